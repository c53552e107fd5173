import { runNotContinuable, runNotFound } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { RunOrigin } from "../../domain/run.ts";
import type { Answered } from "../../store/runs/standing.ts";

/** What is to be answered again. */
export interface Asked {
  /** The run whose answer is to be replaced, or to whose message another answer is wanted. */
  runId: string;
  /** Whether that run is meant, and no other one that has replaced it since. */
  isExact: boolean;
}

/**
 * Which run is answered again by a request that is not known yet. One that says which answer it replaces means that one. One that
 * does not means the newest; while that is a new answer that is still being made, it is this request that has asked for it. `line`
 * is the newest run, with those that it answers again.
 */
export function replacedRun(line: readonly Answered[], { runId, isExact }: Asked): Outcome<string> {
  const [newest, older] = line;
  const nth = line.findIndex((run) => run.runId === runId);
  if (newest === undefined || nth < 0) return fail(newest === undefined ? runNotFound() : notTheNewest(runId));
  if (isExact && nth > 0) return fail(notTheNewest(runId));
  const isUnderWay = newest.status === "PENDING" || newest.status === "RUNNING";
  if (newest.status === "PAUSED") {
    return fail(runNotContinuable(newest.runId, "it waits for people; answer it, or stop it, first"));
  }
  return ok(!isExact && isUnderWay && older !== undefined ? older.runId : newest.runId);
}

const notTheNewest = (runId: string) => runNotContinuable(runId, "only the newest answer can be regenerated");

/** Whether a run of this origin answers that run again, in its place. */
export const replaces = (origin: RunOrigin | null, runId: string): boolean =>
  origin?.type === "regenerated" && origin.replace && origin.runId === runId;
