import { AppError, badRequest, databaseNotFound, notFound } from "../domain/error.ts";
import { MAX_ID_CHARS } from "../domain/limits.ts";
import { isUtf8Escaped } from "../lib/escapes.ts";
import type { AppContext, Middleware } from "./context.ts";

/**
 * Refuses a URL whose escapes are not UTF-8. The framework reads `%FF` as those three characters, and reads `%25FF` as the
 * same. One session would have two addresses, and a proxy in front would see another address than this server.
 */
export function readableUrl(): Middleware {
  return async function readableUrl(c, next) {
    if (!isUtf8Escaped(c.req.url)) throw new AppError(badRequest("The URL has escapes that are not UTF-8."));
    await next();
  };
}

/** Has the query read as if these parameters did not stand in it. */
export function leaveOutParameters(c: AppContext, names: ReadonlySet<string>): void {
  const url = new URL(c.req.url);
  for (const name of names) url.searchParams.delete(name);
  // A new Request would need the body, which may be a GET's, or have been read. Hono reads queries from `c.req.url`.
  Object.defineProperty(c.req, "url", { value: url.href });
}

/**
 * Refuses a list whose path ends with a slash, unless the request names a user. Clients drop a last `.` of a path before they
 * send it, so `/sessions/` may mean the session whose id is `.`. Then everybody's sessions must not be the answer.
 */
export function notByFolding(): Middleware {
  return async function notByFolding(c, next) {
    // `c.req.path` cannot be used: the router has taken its slash away.
    const { pathname } = new URL(c.req.url);
    if (pathname.endsWith("/") && c.get("userId") === null) throw new AppError(notFound());
    await next();
  };
}

/** Refuses a request that names another database. AgentOS's clients send `db_id` to all routes of sessions. */
export function onlyDatabase(id: string): Middleware {
  return async function onlyDatabase(c, next) {
    const asked = c.req.query("db_id");
    if (asked && asked !== id) throw new AppError(databaseNotFound(asked.slice(0, MAX_ID_CHARS)));
    await next();
  };
}
