import { type Outcome, ok } from "../../domain/outcome.ts";
import type { ReadMode, RunAnswer } from "../run-calls.ts";
import { eventStream } from "./event-stream.ts";
import type { LiveRun } from "./live-run.ts";
import type { Reader } from "./readers.ts";
import { translatorOf } from "./translator-of.ts";

/** How the answer is read. */
export interface Reading {
  read: ReadMode;
  /** The place of a stream's reader at this run; fails if none is left. */
  place: (runId: string) => Outcome<Reader>;
  /** How many runs go before it. */
  waitingBefore: number;
  /** The entry of its log that a stream begins with. */
  fromEntry?: number;
}

/**
 * What a caller gets of a run that was let in. A caller who reads it whole gets it when it is over, any other one at once.
 * It has its place already; one whose start repeats its key is refused here if the run of that key has none left.
 */
export async function runAnswer(
  live: LiveRun,
  { read, place, waitingBefore, fromEntry = 0 }: Reading,
): Promise<Outcome<RunAnswer>> {
  if (read.kind === "whole") {
    await live.done();
  }
  const { runId, sessionId, input } = live.row;
  const head = live.run?.head;
  const known = { runId, sessionId, sessionCache: head?.sessionCache ?? null, timings: head?.timings ?? {} };
  if (read.kind === "background") {
    return ok({ ...known, result: { kind: "background", status: "PENDING", waitingBefore } });
  }
  if (read.kind === "stream") {
    const placed = place(runId);
    if (!placed.ok) {
      return placed;
    }
    const { format = "agentos" } = read;
    const stream = eventStream(live, placed.value, { translator: translatorOf(live, read), fromEntry });
    return ok({ ...known, result: { kind: "stream", stream, format } });
  }
  if (live.run === null) {
    throw new Error("A run that is over has no result.");
  }
  const { persisted, settleMs } = live;
  const whole = { kind: "whole" as const, run: live.run, input, inputMessages: live.input, persisted, settleMs };
  return ok({ ...known, result: whole });
}
