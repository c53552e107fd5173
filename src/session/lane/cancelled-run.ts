import type { Requirement } from "../../domain/requirement.ts";
import type { RunRow } from "../../domain/run.ts";
import { applyFact } from "../../engine/run/apply-fact.ts";
import { storedLog } from "../../engine/run/event-log.ts";
import { newRun, type Run } from "../../engine/run/state.ts";
import { headFromRow, runTree } from "../../engine/run/stored-run.ts";
import { commit, readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { cancelPausedStatements } from "../../store/runs/settle.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { cancelWaiting } from "../../store/runs/writes.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Leftovers } from "../recovery/leftovers.ts";

/** A run that is cancelled while it does not run; `at` is milliseconds since the epoch. */
export function cancelledRun(run: Run, at: number): Run {
  applyFact(run, { at: Math.max(0, at - run.head.startedAt), fact: { type: "cancelled" } });
  return run;
}

/** Stores that a waiting run is cancelled, if it waits still; false when D1 is away. */
export async function storeCancelled(db: Database, leftovers: Leftovers, row: RunRow, at: number): Promise<boolean> {
  const events = storedLog(cancelledRun(newRun(headFromRow(row)), at).log);
  // In line with starts: one that D1 did not confirm is put back first, or it would wait again after this.
  const committed = await leftovers.writeRow(() => commit(db, [cancelWaiting(db, row.runId, events, at)]));
  return committed?.kind === "written";
}

type CancelledPause = { kind: "cancelled"; run: Run; at: number } | { kind: "not_paused" } | { kind: "away" };

/**
 * Cancels a paused run, whether it waits for people or to go on, with the member runs that are paused in it. `expired`
 * are the requirements that it is cancelled for.
 */
export async function cancelPaused(
  { db, sessionId, now }: SessionDependencies,
  leftovers: Leftovers,
  runId: string,
  expired: readonly Requirement[] = [],
): Promise<CancelledPause> {
  const done = await leftovers.writeRow(async (): Promise<CancelledPause> => {
    const read = await readOrNull(findRunTree(db, sessionId, runId));
    if (read === null) {
      return { kind: "away" };
    }
    const { value: tree } = read;
    if (tree?.row.status !== "PAUSED" || tree.row.parentRunId !== null) {
      return { kind: "not_paused" };
    }
    const run = runTree(tree, tree.members, tree.requirements);
    const at = now();
    cancelledRun(run, at);
    const committed = await commit(
      db,
      cancelPausedStatements(db, tree.row, { events: storedLog(run.log), settledAt: at, expired }),
    );
    if (committed.kind === "written") {
      return committed.changed.at(-1) ? { kind: "cancelled", run, at } : { kind: "not_paused" };
    }
    return { kind: "away" };
  });
  return done ?? { kind: "away" };
}
