import { and, asc, eq, inArray, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { PurgeLimits } from "../domain/retention.ts";
import type { ComponentRef } from "../domain/team.ts";
import type { Database } from "./database.ts";
import { sessions } from "./schema.ts";

// Which sessions are to go, oldest first: ids only, since each one's object looks again.

const SHOWN = inArray(sessions.visibility, ["listed", "archived"]);

/** Those whose own time to live is over. */
export function overdueByThemselves(db: Database, nowMs: number, limit: number): Promise<string[]> {
  // As the partial index says it, so that SQLite may use it.
  const endsAt = sql`"updated_at" + "ttl_seconds" * 1000`;
  return ids(
    db,
    and(sql`"ttl_seconds" is not null`, sql`${endsAt} <= ${nowMs}`, isNull(sessions.hiddenAt), SHOWN),
    endsAt,
    limit,
  );
}

/** Those of an agent or team that have not changed since, and say nothing of their own. */
export function overdueOfComponent(db: Database, { type, id }: ComponentRef, sinceMs: number, limit: number) {
  const unchanged = and(eq(sessions.componentId, id), SHOWN, lte(sessions.updatedAt, sinceMs));
  return ids(
    db,
    and(unchanged, eq(sessions.sessionType, type), isNull(sessions.ttlSeconds)),
    asc(sessions.updatedAt),
    limit,
  );
}

/** Those that have not changed since, but of components and sessions that have a time to live of their own. */
export function overdueOfDeployment(db: Database, except: readonly string[], sinceMs: number, limit: number) {
  const exempt = sql`(select value from json_each(${JSON.stringify(except)}))`;
  // The plus keeps SQLite off the component's index, in which the oldest are not together.
  const isNoneOf = or(isNull(sessions.componentId), sql`+${sessions.componentId} not in ${exempt}`);
  return ids(
    db,
    and(SHOWN, lte(sessions.updatedAt, sinceMs), isNull(sessions.ttlSeconds), isNoneOf),
    asc(sessions.updatedAt),
    limit,
  );
}

/** Those that were deleted, or began to be imported, long enough ago; those whose purge has begun come first. */
export async function toBePurged(db: Database, limits: PurgeLimits, limit: number): Promise<string[]> {
  const hidden = (visibility: keyof PurgeLimits) =>
    ids(
      db,
      and(
        eq(sessions.visibility, visibility),
        isNotNull(sessions.hiddenAt),
        lte(sessions.hiddenAt, limits[visibility]),
      ),
      asc(sessions.hiddenAt),
      limit,
    );
  return [...(await hidden("deleted")), ...(await hidden("importing"))].slice(0, limit);
}

async function ids(db: Database, condition: SQL | undefined, order: SQL, limit: number): Promise<string[]> {
  const rows = await db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(condition)
    .orderBy(order)
    .limit(limit);
  return rows.map(({ sessionId }) => sessionId);
}
