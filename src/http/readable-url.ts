import { AppError, badRequest } from "../domain/error.ts";
import { isUtf8Escaped } from "../lib/escapes.ts";
import type { Middleware } from "./context.ts";

/**
 * Refuses a URL whose escapes are no UTF-8. The framework would take `%FF` for those three characters, as it does
 * `%25FF`: two addresses of one session, of which a proxy sees another than we do.
 */
export function readableUrl(): Middleware {
  return async function readableUrl(c, next) {
    if (!isUtf8Escaped(c.req.url)) throw new AppError(badRequest("The URL has escapes that are not UTF-8."));
    await next();
  };
}
