import { and, eq, exists, inArray, or, type SQL, sql } from "drizzle-orm";
import { PURGE_BEGUN } from "../../domain/retention.ts";
import type { Session } from "../../domain/session.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { hasManyDocs, removeDocs } from "../messages/message-docs.ts";
import { continuations, messageDocs, messages, requirements, runs, sessionLabels, sessions } from "../schema/tables.ts";
import { forgetOldest, withdrawFirstRun } from "../withdrawn-runs.ts";
import { isAsSeen, type SeenSession } from "./writes.ts";

/** A change of whether the session shows: from how it was seen to another incarnation, so that whatever is late is void. */
export interface Hiding {
  seen: SeenSession;
  /** The fence from now on. */
  fence: string;
  nowMs: number;
}

/** Deletes the session so that it can be brought back; changes 1 row if it did. Repeatable. */
export function hideStatement(db: Database, { seen, fence, nowMs }: Hiding): Statement {
  const isShown = and(isAsSeen(seen), inArray(sessions.visibility, ["listed", "archived"]));
  return db
    .update(sessions)
    .set({ visibility: "deleted", hiddenAt: nowMs, fence })
    .where(orDone(seen, fence, isShown));
}

/**
 * Brings a deleted session back as it was, archived or not; changes 1 row if it did. `updated_at` moves, or a session whose time is
 * over would go again at once. Repeatable.
 */
export function restoreStatement(db: Database, { seen, fence, nowMs }: Hiding): Statement {
  return db
    .update(sessions)
    .set({
      visibility: sql`iif(${sessions.archivedAt} is null, 'listed', 'archived')`,
      hiddenAt: null,
      fence,
      updatedAt: sql`max(${sessions.updatedAt}, ${nowMs})`,
    })
    .where(orDone(seen, fence, and(isAsSeen(seen), eq(sessions.visibility, "deleted"))));
}

/** Makes a session that is too large for one batch exist for nobody before its rows go; the last statement changes 1 row if it did. Repeatable. */
export function beginPurgeStatements(db: Database, { seen, fence, nowMs }: Hiding): [Statement, ...Statement[]] {
  const isThere = exists(db.select({ one: sql`1` }).from(sessions).where(isAsSeen(seen)));
  return [
    withdrawFirstRun(db, seen.sessionId, isThere, nowMs),
    forgetOldest(db, nowMs),
    db
      .update(sessions)
      .set({ visibility: "deleted", hiddenAt: PURGE_BEGUN, fence })
      .where(orDone(seen, fence, isAsSeen(seen))),
  ];
}

/** A repeated batch finds what it wrote and says again that it changed it. */
function orDone({ sessionId }: SeenSession, fence: string, isToDo: SQL | undefined): SQL | undefined {
  return or(isToDo, and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence)));
}

/**
 * What is in a session, in the order in which it is purged: without its run row nothing that is late is written, of a
 * run or of its messages.
 */
export const PURGED_TABLES = [runs, requirements, continuations, messageDocs, messages, sessionLabels] as const;

/** Rows that one batch removes at most, beside those of their indexes. */
export const PURGE_ROWS = 2_000;

/** Removes some rows of a session whose purge has begun; changes none when none is left. */
export function purgeStatement(db: Database, table: (typeof PURGED_TABLES)[number], seen: SeenSession): Statement {
  const isThere = exists(db.select({ one: sql`1` }).from(sessions).where(isAsSeen(seen)));
  if (table === messageDocs) {
    return removeDocs(db, seen.sessionId, isThere);
  }
  const some = sql`select rowid from ${table} where ${table.sessionId} = ${seen.sessionId} limit ${PURGE_ROWS}`;
  return db.delete(table).where(and(sql`rowid in (${some})`, isThere));
}

/** Whether one batch may remove all of the session. */
export async function isSmall(db: Database, { sessionId }: Pick<Session, "sessionId">): Promise<boolean> {
  const counted = PURGED_TABLES.map(
    (table) =>
      sql`(select count(*) from (select 1 from ${table} where ${table.sessionId} = ${sessionId} limit ${PURGE_ROWS + 1}))`,
  );
  const [row] = await db.all<{ count: number; many: number }>(
    sql`select ${sql.join(counted, sql` + `)} as "count", ${hasManyDocs(sessionId)} as "many"`,
  );
  return row !== undefined && row.count <= PURGE_ROWS && row.many === 0;
}
