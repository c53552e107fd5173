import { and, asc, eq, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import type { PurgeLimits } from "../../domain/retention.ts";
import type { ComponentRef } from "../../domain/team.ts";
import type { Database } from "../database.ts";
import { sessions } from "../schema/tables.ts";
import type { Walk } from "../walks.ts";

// Finds the ids of sessions that are to be deleted or purged, oldest first. Each session's object decides on its row again.

/** Sessions whose own time to live is over. */
export function overdueByThemselves(nowMs: number): Walk {
  // The condition of the partial index `sessions_ttl`, word for word: else SQLite would not use the index.
  const instant = sql`"updated_at" + "ttl_seconds" * 1000`;
  const along = sql`"ttl_seconds" is not null and "hidden_at" is null and ${instant} <= ${nowMs}`;
  return { name: "expire", instant, along, meant: sql`true` };
}

/** Sessions of an agent or team that have not changed since, and have no time to live of their own. */
export function overdueOfComponent({ type, id }: ComponentRef, sinceMs: number): Walk[] {
  const along = eq(sessions.componentId, id);
  return unchangedSince(`expire ${type} ${id}`, sinceMs, along, eq(sessions.sessionType, type));
}

/** Sessions that have not changed since. Those that have a time to live of their own, or whose component has one, are left out. */
export function overdueOfDeployment(except: readonly ComponentRef[], sinceMs: number): Walk[] {
  const exempt = JSON.stringify(except.map(({ type, id }) => `${type} ${id}`));
  const component = sql`${sessions.sessionType} || ' ' || coalesce(${sessions.componentId}, '')`;
  const meant = sql`${component} not in (select value from json_each(${exempt}))`;
  return unchangedSince("expire of deployment", sinceMs, undefined, meant);
}

/** One walk for each visibility, since an index has the sessions of one visibility in order, and not those of both. */
function unchangedSince(name: string, sinceMs: number, along: SQL | undefined, meant: SQL): Walk[] {
  return (["listed", "archived"] as const).map((visibility) => ({
    name: `${name} ${visibility}`,
    instant: sql`${sessions.updatedAt}`,
    along: and(along, eq(sessions.visibility, visibility), lte(sessions.updatedAt, sinceMs)),
    meant: and(meant, isNull(sessions.ttlSeconds)),
  }));
}

/** Sessions that were deleted, or whose import began, long enough ago. Those whose purge has begun come first. */
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
