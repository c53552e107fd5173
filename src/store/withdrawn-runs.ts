import { and, asc, eq, isNotNull, isNull, lt, notExists, type SQL, sql } from "drizzle-orm";
import type { Statement } from "./commit.ts";
import type { Database } from "./database.ts";
import { runs, withdrawnRuns } from "./schema/tables.ts";
import type { Placed } from "./template.ts";

// `withdrawn_runs`: the ids of runs whose accept must not count any more. The network may keep a batch and deliver it
// late; an accept that finds its run id here stores nothing.

const DAY_MS = 24 * 60 * 60 * 1000;

/** Whether the accept of the run was not taken back. */
export function notWithdrawn(db: Database, runId: Placed<string>): SQL {
  return notExists(db.select({ one: sql`1` }).from(withdrawnRuns).where(eq(withdrawnRuns.runId, runId)));
}

/** Makes every accept of the run void, whether it was written before or arrives later. */
export function withdrawRun(db: Database, runId: string, nowMs: number): Statement {
  return db.insert(withdrawnRuns).values({ runId, withdrawnAt: nowMs }).onConflictDoNothing();
}

/**
 * Withdraws the session's first run, for a batch that deletes the session. The accept of the first run is the one write
 * that makes a session: if it were repeated late, it would make the deleted session again.
 */
export function withdrawFirstRun(db: Database, sessionId: string, condition: SQL, nowMs: number): Statement {
  const firstRun = db
    .select({ runId: runs.runId, withdrawnAt: sql`${nowMs}`.as("withdrawn_at") })
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), isNotNull(runs.runIndex), isNull(runs.parentRunId), condition))
    .orderBy(asc(runs.runIndex))
    .limit(1);
  return db.insert(withdrawnRuns).select(firstRun).onConflictDoNothing();
}

/**
 * Removes the two oldest ids that are past a day, when no late accept of them can arrive any more. Every batch that
 * adds an id adds one, so removing two keeps the table small.
 */
export function forgetOldest(db: Database, nowMs: number): Statement {
  const oldest = sql`rowid in (select rowid from ${withdrawnRuns} order by rowid limit 2)`;
  return db.delete(withdrawnRuns).where(and(oldest, lt(withdrawnRuns.withdrawnAt, nowMs - DAY_MS)));
}
