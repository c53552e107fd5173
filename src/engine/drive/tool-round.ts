import type { Requirement } from "../../domain/requirement.ts";
import type { RunFinishReason } from "../../domain/run.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";
import { callArguments, openRequirements, type PendingCall, toolResultBytes, toolRounds } from "../run/calls.ts";
import { ENTRY_BYTES } from "../run/event-log.ts";
import type { Run, RunFact } from "../run/state.ts";
import type { DriveDependencies, ToolOutcome } from "./dependencies.ts";

const CUT_NOTE = "\n[cut: the run's output limit was reached]";
const NOT_RUN = "Not run: the run reached a limit.";

type RoundDependencies = Pick<
  DriveDependencies,
  "plan" | "callTool" | "isAnswer" | "eventRoom" | "newId" | "signal" | "limits"
>;

/** What comes after the calls of one round. `ended`: the run has paused or was cancelled. */
export type RoundOutcome =
  | { kind: "next" }
  | { kind: "answered"; text: string }
  | { kind: "stopped"; reason: RunFinishReason }
  | { kind: "ended" };

/** A call that ran, and what came of it. */
interface Ended {
  pending: PendingCall;
  outcome: ToolOutcome;
}

/** The calls of one answer of the model while they are worked on. */
interface Round {
  readonly run: Run;
  readonly deps: RoundDependencies;
  /** Whether readers were told of these calls before the run paused. Then the calls get their results without events. */
  readonly areTold: boolean;
  /** Calls that wait for a person. `fresh` is the requirement that the call opens now; null for one that is open already. */
  readonly waiting: { pending: PendingCall; fresh: Requirement | null }[];
  /** Calls that run, by their number. */
  readonly running: Map<number, Promise<Ended>>;
  /** The limit that was reached: no further call runs. */
  stopped: RunFinishReason | null;
  /** The result that is the run's answer. */
  answer: string | null;
}

/**
 * Runs the calls of one round side by side, except those that wait for a person. Once all others have results, the run
 * pauses for those.
 */
export async function* runRound(
  run: Run,
  calls: readonly PendingCall[],
  deps: RoundDependencies,
  { areTold }: { areTold: boolean },
): AsyncGenerator<RunFact, RoundOutcome> {
  const stopped = toolRounds(run) > deps.limits.maxToolRounds ? "tool_rounds" : null;
  const round: Round = { run, deps, areTold, waiting: [], running: new Map(), stopped, answer: null };
  for (const pending of calls) {
    yield* begin(round, pending);
  }
  while (round.running.size > 0) {
    const ended = await Promise.race(round.running.values());
    round.running.delete(ended.pending.nth);
    // After a cancel the other calls are still awaited, because member runs must be stored before their team run ends.
    if (!deps.signal.aborted) yield* end(round, ended);
  }
  return yield* close(round);
}

/** Starts a call, answers it, or lets it wait, as its plan says; past a limit it does not run. */
function* begin(round: Round, pending: PendingCall): Generator<RunFact> {
  const { deps, running, waiting } = round;
  if (deps.eventRoom() < 2 * ENTRY_BYTES * (running.size + 1)) round.stopped ??= "length";
  if (round.stopped !== null) return yield notRun(pending, deps);
  const { nth } = pending;
  const plan = deps.plan(pending);
  switch (plan.kind) {
    case "wait":
      waiting.push({ pending, fresh: plan.isNew ? plan.requirement : null });
      return;
    case "answer": {
      const { text, isError } = fitted(round, nth, plan);
      return yield { type: "tool_ended", call: nth, messageId: deps.newId(), result: text, isError };
    }
    case "run":
      if (!round.areTold) yield { type: "tool_started", call: nth };
      running.set(
        nth,
        deps.callTool(pending, plan.args, deps.signal).then((outcome) => ({ pending, outcome })),
      );
  }
}

/** Takes in what came of a call that ran. */
function* end(round: Round, { pending, outcome }: Ended): Generator<RunFact> {
  const { deps, areTold } = round;
  const { call, nth } = pending;
  if (outcome.kind === "member_paused") {
    round.waiting.push({ pending, fresh: null });
    if (!areTold) yield { type: "tool_paused", call: nth };
    return;
  }
  const { text, isError, isCut } = fitted(round, nth, outcome);
  if (isCut) round.stopped ??= "length";
  yield { type: areTold ? "tool_resolved" : "tool_ended", call: nth, messageId: deps.newId(), result: text, isError };
  if (!isError && deps.isAnswer(call)) round.answer ??= text;
}

/** What the round comes to once no call of it runs any more. */
function* close({ run, deps, areTold, waiting, stopped, answer }: Round): Generator<RunFact, RoundOutcome> {
  if (deps.signal.aborted) {
    yield { type: "cancelled" };
    return { kind: "ended" };
  }
  if (stopped !== null) {
    for (const { pending } of waiting) yield notRun(pending, deps);
    return { kind: "stopped", reason: stopped };
  }
  if (waiting.length > 0) {
    const requirements = waiting.flatMap(({ fresh }) => (fresh === null ? [] : [fresh]));
    const open = openRequirements(run, requirements);
    if (!areTold) yield { type: "content_completed" };
    yield { type: "paused", requirements, open: open.map(({ position }) => position) };
    return { kind: "ended" };
  }
  return answer === null ? { kind: "next" } : { kind: "answered", text: answer };
}

/** The result of a call that does not run. Without any result the call would make every later prompt invalid. */
function notRun({ nth }: PendingCall, deps: RoundDependencies): RunFact {
  return { type: "tool_resolved", call: nth, messageId: deps.newId(), result: NOT_RUN, isError: true };
}

/** A result as far as the run's output still has room for it. */
function fitted(
  { run, deps }: Round,
  nth: number,
  { text, isError }: { text: string; isError: boolean },
): { text: string; isError: boolean; isCut: boolean } {
  const room = deps.limits.maxOutputBytes - run.outputBytes - toolResultBytes(callArguments(run, nth), "");
  return utf8Bytes(text) <= room
    ? { text, isError, isCut: false }
    : { text: cutUtf8(text, Math.max(0, room - CUT_NOTE.length)) + CUT_NOTE, isError, isCut: true };
}
