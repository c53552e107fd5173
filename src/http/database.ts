import { AppError, databaseNotFound } from "../domain/error.ts";
import { MAX_ID_CHARS } from "../domain/limits.ts";
import type { Middleware } from "./context.ts";

/** Refuses a request that names another database. AgentOS's clients send `db_id` on all session routes. */
export function onlyDatabase(id: string): Middleware {
  return async function onlyDatabase(c, next) {
    const asked = c.req.query("db_id");
    if (asked && asked !== id) throw new AppError(databaseNotFound(asked.slice(0, MAX_ID_CHARS)));
    await next();
  };
}
