import type { ReadMode, RunAnswer } from "../run-calls.ts";
import { eventStream } from "./event-stream.ts";
import type { LiveRun } from "./live-run.ts";

/**
 * What a caller gets of a run that was let in. A caller who reads it whole gets it when it is over, any other one at once.
 * `waitingBefore` is how many runs go before it, `fromEntry` the entry of its log that a stream begins with.
 */
export async function runAnswer(
  live: LiveRun,
  read: ReadMode,
  { waitingBefore = 0, fromEntry = 0 } = {},
): Promise<RunAnswer> {
  if (read.kind === "whole") {
    await live.done();
  }
  const { runId, sessionId, input } = live.row;
  const head = live.run?.head;
  const known = { runId, sessionId, sessionCache: head?.sessionCache ?? null, timings: head?.timings ?? {} };
  if (read.kind === "background") {
    return { ...known, result: { kind: "background", status: "PENDING", waitingBefore } };
  }
  if (read.kind === "stream") {
    return { ...known, result: { kind: "stream", stream: eventStream(live, read.contentOnly, fromEntry) } };
  }
  if (live.run === null) {
    throw new Error("A run that is over has no result.");
  }
  const { persisted, settleMs } = live;
  return { ...known, result: { kind: "whole", run: live.run, input, inputMessages: live.input, persisted, settleMs } };
}
