import { AppError, badRequest, databaseNotFound, notFound } from "../domain/error.ts";
import { MAX_ID_CHARS } from "../domain/limits.ts";
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

/** Refuses a request that names another database. AgentOS's clients send `db_id` on all session routes. */
export function onlyDatabase(id: string): Middleware {
  return async function onlyDatabase(c, next) {
    const asked = c.req.query("db_id");
    if (asked && asked !== id) throw new AppError(databaseNotFound(asked.slice(0, MAX_ID_CHARS)));
    await next();
  };
}
