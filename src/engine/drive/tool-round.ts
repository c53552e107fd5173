import type { Requirement } from "../../domain/requirement.ts";
import type { RunFinishReason } from "../../domain/run.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";
import type { DriveDependencies, ToolOutcome } from "./drive-run.ts";
import { ENTRY_BYTES } from "../run/event-log.ts";
import { callArguments, openRequirements, type PendingCall, toolResultBytes } from "../run/calls.ts";
import type { Run, RunFact } from "../run/state.ts";

const CUT_NOTE = "\n[cut: the run's output limit was reached]";
const NOT_RUN = "Not run: the run reached a limit.";

/** What comes after the calls of one round. `ended`: the run has paused or was cancelled. */
export type RoundOutcome =
  | { kind: "next" }
  | { kind: "answered"; text: string }
  | { kind: "stopped"; reason: RunFinishReason }
  | { kind: "ended" };

/**
 * Runs the calls of one round side by side, but those that wait for somebody: once all others have results the run
 * pauses for them. With `areTold` the calls were told of before the run paused: their results come without events.
 */
export async function* runRound(
  run: Run,
  calls: readonly PendingCall[],
  deps: DriveDependencies,
  { areTold }: { areTold: boolean },
): AsyncGenerator<RunFact, RoundOutcome> {
  const { signal } = deps;
  const waiting: { pending: PendingCall; fresh: Requirement | null }[] = [];
  const running = new Map<number, Promise<{ pending: PendingCall; outcome: ToolOutcome }>>();
  let stopped: RunFinishReason | null = toolRounds(run) > deps.limits.maxToolRounds ? "tool_rounds" : null;
  let answer: string | null = null;

  for (const pending of calls) {
    const { call, nth } = pending;
    if (stopped === null && deps.eventRoom() < 2 * ENTRY_BYTES * (running.size + 1)) {
      stopped = "length";
    }
    if (stopped !== null) {
      yield notRun(pending, deps);
      continue;
    }
    const plan = deps.plan(pending);
    if (plan.kind === "wait") {
      waiting.push({ pending, fresh: plan.isNew ? plan.requirement : null });
    } else if (plan.kind === "answer") {
      const { text, isError } = fitted(run, nth, plan, deps);
      yield { type: "tool_ended", call: nth, messageId: deps.newId(), result: text, isError };
    } else {
      if (!areTold) {
        yield { type: "tool_started", call: nth };
      }
      running.set(
        nth,
        deps.callTool({ call, nth }, plan.args, signal).then((outcome) => ({ pending, outcome })),
      );
    }
  }

  while (running.size > 0) {
    const { pending, outcome } = await Promise.race(running.values());
    const { call, nth } = pending;
    running.delete(nth);
    if (signal.aborted) {
      // The others end too: member runs are written down before their team's end.
      continue;
    }
    if (outcome.kind === "member_paused") {
      waiting.push({ pending, fresh: null });
      if (!areTold) {
        yield { type: "tool_paused", call: nth };
      }
      continue;
    }
    const { text, isError, isCut } = fitted(run, nth, outcome, deps);
    stopped ??= isCut ? "length" : null;
    const type = areTold ? "tool_resolved" : "tool_ended";
    yield { type, call: nth, messageId: deps.newId(), result: text, isError };
    if (!isError && deps.isAnswer(call)) {
      answer ??= text;
    }
  }

  if (signal.aborted) {
    yield { type: "cancelled" };
    return { kind: "ended" };
  }
  if (stopped !== null) {
    for (const { pending } of waiting) {
      yield notRun(pending, deps);
    }
    return { kind: "stopped", reason: stopped };
  }
  if (waiting.length > 0) {
    const requirements = waiting.flatMap(({ fresh }) => (fresh === null ? [] : [fresh]));
    const open = openRequirements(run, requirements);
    if (!areTold) {
      yield { type: "content_completed" };
    }
    yield { type: "paused", requirements, open: open.map(({ position }) => position) };
    return { kind: "ended" };
  }
  return answer === null ? { kind: "next" } : { kind: "answered", text: answer };
}

/** How often the model has asked for tools so far. */
export function toolRounds(run: Run): number {
  return run.messages.filter((message) => message.role === "assistant" && message.toolCalls.length > 0).length;
}

/** Kept short, and counted on no limit: a call without any result would make every later prompt invalid. */
function notRun({ nth }: PendingCall, deps: DriveDependencies): RunFact {
  return { type: "tool_resolved", call: nth, messageId: deps.newId(), result: NOT_RUN, isError: true };
}

/** A result as far as the run's output still has room for it. */
function fitted(
  run: Run,
  nth: number,
  { text, isError }: { text: string; isError: boolean },
  { limits }: DriveDependencies,
): { text: string; isError: boolean; isCut: boolean } {
  const room = limits.maxOutputBytes - run.outputBytes - toolResultBytes(callArguments(run, nth), "");
  return utf8Bytes(text) <= room
    ? { text, isError, isCut: false }
    : { text: cutUtf8(text, Math.max(0, room - CUT_NOTE.length)) + CUT_NOTE, isError, isCut: true };
}
