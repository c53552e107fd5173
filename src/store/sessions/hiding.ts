import { and, eq, exists, inArray, or, type SQL, sql } from "drizzle-orm";
import type { AuditEntry } from "../../domain/audit.ts";
import { PURGE_BEGUN } from "../../domain/retention.ts";
import type { Session } from "../../domain/session.ts";
import { PLACE_HELD_MS, type Quota } from "../../domain/usage.ts";
import type { Statement } from "../commit.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { auditStatement } from "../doors/audit.ts";
import { hasManyDocs, removeDocs } from "../messages/message-docs.ts";
import {
  continuations,
  messageDocs,
  messages,
  requirements,
  runs,
  sessionLabels,
  sessions,
  systemTexts,
} from "../schema/tables.ts";
import { mayComeBack } from "../usage/guard.ts";
import { freePlaces } from "../usage/ledger.ts";
import { forgetOldest, withdrawFirstRun } from "../withdrawn-runs.ts";
import { isAsRead, type SessionAsRead } from "./writes.ts";

/**
 * A change of whether the session shows. It gives the session another fence, so that a write which names the old one and
 * arrives late changes nothing.
 */
export interface Hiding {
  seen: SessionAsRead;
  /** The session's fence from now on. */
  fence: string;
  nowMs: number;
}

/** The batch, which first writes down the act if there is one, while the session is as it was seen: either both are written or neither. */
export function audited(
  db: Database,
  seen: SessionAsRead,
  act: AuditEntry | null,
  statements: [Statement, ...Statement[]],
): [Statement, ...Statement[]] {
  return act === null ? statements : [auditStatement(db, act, hasRow(db, sessions, isAsRead(seen))), ...statements];
}

/** Deletes the session so that it can be restored; changes 1 row if it did. Repeatable. */
export function hideStatement(db: Database, { seen, fence, nowMs }: Hiding): Statement {
  const isShown = and(isAsRead(seen), inArray(sessions.visibility, ["listed", "archived"]));
  return db
    .update(sessions)
    .set({ visibility: "deleted", hiddenAt: nowMs, fence })
    .where(orDone(seen, fence, isShown));
}

/**
 * As `hideStatement`, for a full database, in which even the new index entries of a hidden session may find no room: its words are
 * taken out of the search index first, as far as one statement may. If the session comes back it is indexed anew.
 */
export function hideInFullStatements(db: Database, hiding: Hiding): [Statement, ...Statement[]] {
  const { seen, fence, nowMs } = hiding;
  const isShown = and(isAsRead(seen), inArray(sessions.visibility, ["listed", "archived"]));
  return [
    removeDocs(db, seen.sessionId, exists(db.select({ one: sql`1` }).from(sessions).where(isShown))),
    db
      .update(sessions)
      .set({ visibility: "deleted", hiddenAt: nowMs, fence, unindexedFrom: 0 })
      .where(orDone(seen, fence, isShown)),
  ];
}

/**
 * Restores a deleted session as it was, archived or not, unless its user may have no further one; changes 1 row if it did.
 * `updated_at` moves: else a session whose time to live is over would be deleted again at once. Repeatable.
 */
export function restoreStatement(db: Database, { seen, fence, nowMs }: Hiding, quota: Quota | null): Statement {
  const mayReturn = and(isAsRead(seen), eq(sessions.visibility, "deleted"), mayComeBack(quota));
  return db
    .update(sessions)
    .set({
      visibility: sql`iif(${sessions.archivedAt} is null, 'listed', 'archived')`,
      hiddenAt: null,
      fence,
      updatedAt: sql`max(${sessions.updatedAt}, ${nowMs})`,
    })
    .where(orDone(seen, fence, mayReturn));
}

/**
 * Begins the purge of a session that is too large for one batch. From then on the session exists for nobody, and its rows are
 * removed afterwards. The last statement changes 1 row if it did. Repeatable.
 */
export function beginPurgeStatements(db: Database, { seen, fence, nowMs }: Hiding): [Statement, ...Statement[]] {
  const isThere = exists(db.select({ one: sql`1` }).from(sessions).where(isAsRead(seen)));
  return [
    withdrawFirstRun(db, seen.sessionId, isThere, nowMs),
    forgetOldest(db, nowMs),
    freePlaces(db, seen.sessionId, nowMs - PLACE_HELD_MS, isThere),
    db
      .update(sessions)
      .set({ visibility: "deleted", hiddenAt: PURGE_BEGUN, fence })
      .where(orDone(seen, fence, isAsRead(seen))),
  ];
}

/** The condition of a write, or that it was written before: a repeated write then answers again that it changed a row. */
function orDone({ sessionId }: SessionAsRead, fence: string, isToDo: SQL | undefined): SQL | undefined {
  return or(isToDo, and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence)));
}

/**
 * The tables of what is in a session, in the order in which it is purged. Runs go first: without its run's row no late write
 * of a run or of its messages finds anything to change.
 */
export const PURGED_TABLES = [
  runs,
  requirements,
  continuations,
  messageDocs,
  messages,
  systemTexts,
  sessionLabels,
] as const;

/** How many rows one batch removes at most, apart from those of their indexes. */
export const PURGE_ROWS = 2_000;

/** Removes some rows of a session whose purge has begun; changes no row when none is left. */
export function purgeStatement(db: Database, table: (typeof PURGED_TABLES)[number], seen: SessionAsRead): Statement {
  const isThere = exists(db.select({ one: sql`1` }).from(sessions).where(isAsRead(seen)));
  if (table === messageDocs) {
    return removeDocs(db, seen.sessionId, isThere);
  }
  const some = sql`select rowid from ${table} where ${table.sessionId} = ${seen.sessionId} limit ${PURGE_ROWS}`;
  return db.delete(table).where(and(sql`rowid in (${some})`, isThere));
}

/** Whether the session is small enough for one batch to remove all of it. */
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
