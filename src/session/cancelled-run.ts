import type { RunRow } from "../domain/run.ts";
import { storedLog } from "../engine/event-log.ts";
import { applyFact, newRun, type Run, type RunHead } from "../engine/run-state.ts";
import { headFromRow } from "../engine/stored-run.ts";
import { commit } from "../store/commit.ts";
import type { Database } from "../store/database.ts";
import { cancelWaiting } from "../store/run-writes.ts";
import type { Leftovers } from "./leftovers.ts";

/** A run that was cancelled before it started; `at` is milliseconds since the epoch. */
export function cancelledRun(head: RunHead, at: number): Run {
  const run = newRun(head);
  applyFact(run, { at: Math.max(0, at - head.startedAt), fact: { type: "cancelled" } });
  return run;
}

/** Stores that a waiting run is cancelled, if it waits still; false when D1 is away. */
export async function storeCancelled(db: Database, leftovers: Leftovers, row: RunRow, at: number): Promise<boolean> {
  const events = storedLog(cancelledRun(headFromRow(row), at).log);
  // In line with starts: one that D1 did not confirm is put back first, or it would wait again after this.
  const committed = await leftovers.writeRow(() => commit(db, [cancelWaiting(db, row.runId, events, at)]));
  return committed?.kind === "written";
}
