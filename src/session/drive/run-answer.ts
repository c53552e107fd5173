import { tooManyStreams } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import type { ReadMode, RunAnswer } from "../run-calls.ts";
import { eventStream } from "./event-stream.ts";
import type { LiveRun } from "./live-run.ts";
import type { Readers } from "./readers.ts";

/** Who gets the answer, and how. */
export interface Reading {
  principal: Principal;
  read: ReadMode;
  readers: Readers;
  /** How many runs go before it. */
  waitingBefore: number;
  /** The entry of its log that a stream begins with. */
  fromEntry?: number;
}

/**
 * What a caller gets of a run that was let in. A caller who reads it whole gets it when it is over, any other one at once.
 * Only a request that is repeated with its key can be refused here: a new run has no readers yet.
 */
export async function runAnswer(
  live: LiveRun,
  { principal, read, readers, waitingBefore, fromEntry = 0 }: Reading,
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
    const reader = readers.admit(principal, runId);
    if (reader === null) {
      return fail(tooManyStreams());
    }
    const stream = eventStream(live, reader, { contentOnly: read.contentOnly, fromEntry });
    return ok({ ...known, result: { kind: "stream", stream } });
  }
  if (live.run === null) {
    throw new Error("A run that is over has no result.");
  }
  const { persisted, settleMs } = live;
  const whole = { kind: "whole" as const, run: live.run, input, inputMessages: live.input, persisted, settleMs };
  return ok({ ...known, result: whole });
}
