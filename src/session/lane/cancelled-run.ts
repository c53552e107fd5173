import type { Requirement } from "../../domain/requirement.ts";
import type { RunRow } from "../../domain/run.ts";
import { usageKey } from "../../domain/usage.ts";
import { applyFact } from "../../engine/run/apply-fact.ts";
import { shortLog } from "../../engine/run/event-log.ts";
import { newRun, type Run } from "../../engine/run/state.ts";
import { headFromRow, runTree } from "../../engine/run/stored-run.ts";
import { commit, type NotWritten, readOrNull } from "../../store/commit.ts";
import { cancelPausedStatements } from "../../store/runs/settle.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { cancelWaiting } from "../../store/runs/writes.ts";
import type { SessionContext } from "../context.ts";
import type { LiveRun } from "../drive/live-run.ts";
import { isNotLanded, type NotLanded } from "../recovery/leftovers.ts";

type CancelContext = Pick<SessionContext, "deps" | "leftovers">;

/** Ends a run that nobody drives as cancelled; `at` is milliseconds since the epoch. */
function cancelledRun(run: Run, at: number): Run {
  applyFact(run, { at: Math.max(0, at - run.head.startedAt), fact: { type: "cancelled" } });
  return run;
}

/** Tells the readers of a run that never started, or whose session is gone, that it is cancelled. */
export function showCancelled(live: LiveRun, at: number): void {
  if (live.stage !== "done") {
    live.publish(cancelledRun(live.run ?? newRun(headFromRow(live.row)), at));
    live.finish();
  }
}

/** Stores that a waiting run is cancelled, if it still waits. */
export async function storeCancelled(
  { deps, leftovers }: CancelContext,
  row: RunRow,
  at: number,
): Promise<"cancelled" | NotLanded> {
  const { db } = deps;
  const events = shortLog(cancelledRun(newRun(headFromRow(row)), at).log);
  // In line with starts: a start that D1 did not confirm must be put back before. Afterwards it would make the run wait again.
  const committed = await leftovers.writeRowInFull(() => commit(db, cancelWaiting(db, row, events, at)));
  if (isNotLanded(committed)) {
    return committed;
  }
  return committed.kind === "written" ? "cancelled" : notCancelled(committed);
}

const notCancelled = ({ kind }: NotWritten): NotLanded => (kind === "full" ? "full" : "away");

type CancelledPause = { kind: "cancelled"; run: Run; at: number } | { kind: "not_paused" } | { kind: NotLanded };

/**
 * Cancels a paused run, whether it waits for people or to continue, with the member runs that are paused in it. `expired`
 * are the requirements whose expiry cancels it.
 */
export async function cancelPaused(
  { deps: { db, sessionId, now }, leftovers }: CancelContext,
  runId: string,
  expired: readonly Requirement[] = [],
): Promise<CancelledPause> {
  const done = await leftovers.writeRowInFull(async (): Promise<CancelledPause> => {
    const read = await readOrNull(findRunTree(db, { sessionId, principal: null }, runId));
    if (read === null) {
      return { kind: "away" };
    }
    const { value: tree } = read;
    if (tree?.row.status !== "PAUSED" || tree.row.parentRunId !== null) {
      return { kind: "not_paused" };
    }
    const at = now();
    const run = cancelledRun(runTree(tree, tree.members, tree.requirements), at);
    const usage = tree.row.waiting ? usageKey(tree.row, tree.requirements) : null;
    const cancelled = { events: shortLog(run.log), settledAt: at, expired, usage };
    const committed = await commit(db, cancelPausedStatements(db, tree.row, cancelled));
    if (committed.kind === "written") {
      return committed.changed.at(-1) ? { kind: "cancelled", run, at } : { kind: "not_paused" };
    }
    return { kind: notCancelled(committed) };
  });
  return isNotLanded(done) ? { kind: done } : done;
}
