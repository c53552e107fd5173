import { and, asc, eq, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import type { PurgeLimits } from "../../domain/retention.ts";
import type { ComponentRef } from "../../domain/team.ts";
import type { Database } from "../database.ts";
import { sessions } from "../schema/tables.ts";
import type { Walk } from "../walks.ts";

// Which sessions are to go, oldest first: ids only, since each one's object looks again.

/** Those whose own time to live is over. */
export function overdueByThemselves(nowMs: number): Walk {
  // As the partial index says it.
  const instant = sql`"updated_at" + "ttl_seconds" * 1000`;
  const along = sql`"ttl_seconds" is not null and "hidden_at" is null and ${instant} <= ${nowMs}`;
  return { name: "expire", instant, along, meant: sql`true` };
}

/** Those of an agent or team that have not changed since, and say nothing of their own. */
export function overdueOfComponent({ type, id }: ComponentRef, sinceMs: number): Walk[] {
  const along = eq(sessions.componentId, id);
  return unchangedSince(`expire ${type} ${id}`, sinceMs, along, eq(sessions.sessionType, type));
}

/** Those that have not changed since, but of components and sessions that have a time to live of their own. */
export function overdueOfDeployment(except: readonly ComponentRef[], sinceMs: number): Walk[] {
  const exempt = JSON.stringify(except.map(({ type, id }) => `${type} ${id}`));
  const component = sql`${sessions.sessionType} || ' ' || coalesce(${sessions.componentId}, '')`;
  const meant = sql`${component} not in (select value from json_each(${exempt}))`;
  return unchangedSince("expire of deployment", sinceMs, undefined, meant);
}

/** Two walks, since an index has sessions in order for one visibility only. */
function unchangedSince(name: string, sinceMs: number, along: SQL | undefined, meant: SQL): Walk[] {
  return (["listed", "archived"] as const).map((visibility) => ({
    name: `${name} ${visibility}`,
    instant: sql`${sessions.updatedAt}`,
    along: and(along, eq(sessions.visibility, visibility), lte(sessions.updatedAt, sinceMs)),
    meant: and(meant, isNull(sessions.ttlSeconds)),
  }));
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
