import { and, asc, eq, isNotNull, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { PurgeLimits } from "../domain/retention.ts";
import type { ComponentRef } from "../domain/team.ts";
import type { Database } from "./database.ts";
import { sessions } from "./schema.ts";

// Which sessions are to go, oldest first: ids only, since each one's object looks again.

/** Those whose own time to live is over. */
export function overdueByThemselves(db: Database, nowMs: number, limit: number): Promise<string[]> {
  // As the partial index says it, and pluses before what another index has, so that SQLite uses this one.
  const endsAt = sql`"updated_at" + "ttl_seconds" * 1000`;
  const isShown = sql`+"hidden_at" is null and +"visibility" in ('listed', 'archived')`;
  return ids(db, and(sql`"ttl_seconds" is not null`, sql`${endsAt} <= ${nowMs}`, isShown), endsAt, limit);
}

/** Those of an agent or team that have not changed since, and say nothing of their own. */
export function overdueOfComponent(db: Database, { type, id }: ComponentRef, sinceMs: number, limit: number) {
  const isOfIt = and(eq(sessions.componentId, id), eq(sessions.sessionType, type));
  return unchangedSince(db, sinceMs, isOfIt, limit);
}

/** Those that have not changed since, but of components and sessions that have a time to live of their own. */
export function overdueOfDeployment(db: Database, except: readonly string[], sinceMs: number, limit: number) {
  const exempt = sql`(select value from json_each(${JSON.stringify(except)}))`;
  // The plus keeps SQLite off the component's index, in which the oldest are not together.
  const isNoneOf = or(isNull(sessions.componentId), sql`+${sessions.componentId} not in ${exempt}`);
  return unchangedSince(db, sinceMs, isNoneOf, limit);
}

async function unchangedSince(
  db: Database,
  sinceMs: number,
  condition: SQL | undefined,
  limit: number,
): Promise<string[]> {
  // One after the other: an index has them in order for one visibility only, and all would be read to be sorted.
  const found: string[] = [];
  for (const visibility of ["listed", "archived"] as const) {
    const isUnchanged = and(eq(sessions.visibility, visibility), lte(sessions.updatedAt, sinceMs));
    const where = and(condition, isUnchanged, isNull(sessions.ttlSeconds));
    found.push(...(await ids(db, where, asc(sessions.updatedAt), limit - found.length)));
  }
  return found;
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
