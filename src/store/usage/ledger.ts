import { and, eq, type SQL, sql } from "drizzle-orm";
import type { UsageKey } from "../../domain/usage.ts";
import type { Statement } from "../commit.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { type DriverRow, driverRow, insertNew } from "../insert-rows.ts";
import { runs, runUsage, sessions } from "../schema/tables.ts";
import type { Placed } from "../template.ts";

// The rows of `run_usage`, which go into the batches of their run. Each statement changes something only while its
// condition holds, and can be repeated. A run without a user has no row, so its batches have no such statement.

/** The row of a run that begins, as D1 is given it. */
export const usageRow = (key: UsageKey): DriverRow => driverRow(runUsage, { ...key, tokens: 0, settled: false });

/** Adds the row of a continue. The condition takes four parameters at most. */
export function addUsage(db: Database, key: UsageKey | null, condition: SQL): Statement[] {
  return key === null ? [] : insertNew(db, runUsage, [{ ...key, tokens: 0, settled: false }], condition);
}

/** Adds the row of what is over at once: a fork, which costs no tokens, or a name or a summary. */
export function addSettledUsage(db: Database, key: UsageKey, condition: SQL, tokens = 0): Statement[] {
  return insertNew(db, runUsage, [{ ...key, tokens, settled: true }], condition);
}

/**
 * Adds the row of what a name or a summary of the session has used. Not if neither the session nor anything else of the user's use
 * is there: then the user was erased meanwhile, and nothing may be left. Repeatable.
 */
export function addUsedBeside(db: Database, key: UsageKey, tokens: number, sessionId: string): Statement[] {
  const { userId } = key;
  const isThere = hasRow(db, sessions, and(eq(sessions.sessionId, sessionId), sql`${sessions.userId} = ${userId}`));
  const isKnown = sql`(${isThere} or ${hasRow(db, runUsage, eq(runUsage.userId, userId))})`;
  return addSettledUsage(db, key, isKnown, tokens);
}

/** Takes the row back, with the accept or the answers that added it. */
export function takeBackUsage(db: Database, key: UsageKey | null, condition?: SQL): Statement[] {
  return key === null ? [] : [db.delete(runUsage).where(and(isRow(key), condition))];
}

/**
 * Adds the tokens that a run has used since it was stored last. With `settled` it holds no place any more. The condition must
 * not hold any more once the batch is written, else a repeated batch would add the tokens twice.
 */
export function settleUsage(
  db: Database,
  key: UsageKey | null,
  { tokens, settled }: { tokens: number; settled: boolean },
  condition: SQL,
): Statement[] {
  if (key === null) return [];
  const change = { tokens: tokens > 0 ? tokens : null, settled: settled ? 1 : 0 };
  return [updateUsage(db, key, change, condition)];
}

/** The same of values or of their placeholders; `tokens` is null for none, and `settled` is 1 or 0. */
export function updateUsage(
  db: Database,
  key: Placed<UsageKey>,
  { tokens, settled }: Placed<{ tokens: number | null; settled: number }>,
  condition: SQL,
) {
  const set = { ...(tokens !== null && { tokens: sql`${runUsage.tokens} + ${tokens}` }), settled: sql`${settled}` };
  return db
    .update(runUsage)
    .set(set)
    .where(and(isRow(key), condition));
}

/** Writes what a run has used whose session is gone, so that there is no row of it to settle. Repeatable. */
export function keepUsage(db: Database, key: UsageKey, tokens: number): Statement {
  return db
    .update(runUsage)
    .set({ tokens: sql`max(${runUsage.tokens}, ${tokens})`, settled: true })
    .where(isRow(key));
}

/**
 * Gives the places back that runs hold which are removed with their session. Rows from before `since` hold none. What a run
 * without a user has stands in a row of the session's owner.
 */
export function freePlaces(db: Database, sessionId: string, since: number, condition: SQL): Statement {
  const isHeld = sql`(${runs.status} in ('PENDING', 'RUNNING') or ${runs.waiting} = 1)`;
  const held = (column: SQL) =>
    sql`(select ${column} from ${runs} where ${runs.sessionId} = ${sessionId} and ${isHeld})`;
  const owner = sql`(select ${sessions.userId} from ${sessions} where ${sessions.sessionId} = ${sessionId})`;
  return db
    .update(runUsage)
    .set({ settled: true })
    .where(
      and(
        sql`${runUsage.userId} in ${held(sql`ifnull(${runs.userId}, ${owner})`)}`,
        sql`${runUsage.startedAt} >= ${since}`,
        sql`${runUsage.runId} in ${held(sql`${runs.runId}`)}`,
        eq(runUsage.settled, false),
        condition,
      ),
    );
}

/** Whether the ledger has the row. */
export const hasUsage = (db: Database, key: Placed<UsageKey>): SQL => hasRow(db, runUsage, isRow(key));

const isRow = ({ userId, startedAt, runId }: Placed<UsageKey>): SQL | undefined =>
  and(eq(runUsage.userId, userId), eq(runUsage.startedAt, startedAt), eq(runUsage.runId, runId));
