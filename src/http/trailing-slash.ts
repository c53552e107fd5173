import { AppError, notFound } from "../domain/error.ts";
import type { Middleware } from "./context.ts";

/**
 * Refuses a list of everybody's that is asked for with a slash at its end, unless it names a user. Clients fold the id `.` away before
 * they send it, so `/sessions/` may have been meant as the session of that id, and must not answer with everybody's.
 */
export function notByFolding(): Middleware {
  return async function notByFolding(c, next) {
    // The router's own path has lost the slash.
    const { pathname } = new URL(c.req.url);
    if (pathname.endsWith("/") && c.get("userId") === null) throw new AppError(notFound());
    await next();
  };
}
