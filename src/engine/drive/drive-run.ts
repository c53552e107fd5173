import type { JsonObject } from "../../domain/json.ts";
import type { Model, ModelMessage, ToolCall, ToolSpec } from "../../domain/model.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { RunFinishReason } from "../../domain/run.ts";
import type { SessionSummary } from "../../domain/session.ts";
import { askModel } from "./ask-model.ts";
import { toModelMessage } from "../prompt/prompt.ts";
import { type PendingCall, pendingCalls } from "../run/calls.ts";
import type { Run, RunFact } from "../run/state.ts";
import { type RoundOutcome, runRound } from "./tool-round.ts";

/** What is to be done about a call that has no result. */
export type CallPlan =
  | { kind: "run"; args: JsonObject | null }
  /** Somebody has said already what its result is. */
  | { kind: "answer"; text: string; isError: boolean }
  | { kind: "wait"; requirement: Requirement; isNew: boolean };

/** What came of a call that ran; `member_paused`: the member that it went to waits for a person. */
export type ToolOutcome = { kind: "answered"; text: string; isError: boolean } | { kind: "member_paused" };

/** The session's summary, of a run that waits for it. */
export interface SummaryWait {
  /** Whether one is due with this run. Must not reject. */
  isDue(): Promise<boolean>;
  /** Null when none was made; answers in bounded time, at once when the signal aborts. Must not reject. */
  make(): Promise<SessionSummary | null>;
}

export interface DriveDependencies {
  model: Model;
  tools: ToolSpec[];
  plan(pending: PendingCall): CallPlan;
  /** Must not throw or reject; answers by itself when the signal aborts. */
  callTool(pending: PendingCall, args: JsonObject | null, signal: AbortSignal): Promise<ToolOutcome>;
  /** Whether the call went to a member that has paused: it was told of already. */
  isDelegated(pending: PendingCall): boolean;
  /** Whether the result of such a call is the run's answer, so that the model is not asked again. */
  isAnswer(call: ToolCall): boolean;
  /** Null: the run does not wait for a summary. */
  summary: SummaryWait | null;
  /** The session's state as it is now. */
  state(): JsonObject;
  /** How many bytes the event log may still grow by, the closing events apart. */
  eventRoom(): number;
  newId(): string;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
  /** `maxOutputBytes` is read again each time: what other members of the tree produce takes from it. */
  limits: { maxToolRounds: number; readonly maxOutputBytes: number };
}

/**
 * Asks the model and runs tools until the run pauses or ends. Yields facts and reads the run, which the caller changes by
 * applying each fact before it asks for the next; a tool starts only after its `tool_started` was taken, so what the
 * caller wrote down is never behind what was done. The last fact is `paused`, `completed`, `failed` or `cancelled`. Does
 * not throw.
 */
export async function* driveRun(
  run: Run,
  prompt: readonly ModelMessage[],
  deps: DriveDependencies,
): AsyncGenerator<RunFact> {
  yield { type: "run_started" };
  yield* drive(run, prompt, deps);
}

/** Goes on with a paused run whose requirements are answered: the calls that waited, then as `driveRun`. */
export async function* continueRun(
  run: Run,
  prompt: readonly ModelMessage[],
  deps: DriveDependencies,
): AsyncGenerator<RunFact> {
  // A team's members go on before their team does.
  const delegated = pendingCalls(run).filter((pending) => deps.isDelegated(pending));
  const members = yield* runRound(run, delegated, deps, { areTold: true });
  if (members.kind === "ended") {
    return;
  }
  yield { type: "run_continued", state: deps.state() };
  if (members.kind !== "next") {
    return yield* closeRound(members, deps);
  }
  const own = yield* runRound(run, pendingCalls(run), deps, { areTold: false });
  if (own.kind === "next") {
    yield* drive(run, prompt, deps);
  } else {
    yield* closeRound(own, deps);
  }
}

async function* drive(run: Run, prompt: readonly ModelMessage[], deps: DriveDependencies): AsyncGenerator<RunFact> {
  for (;;) {
    if (deps.signal.aborted) {
      return yield { type: "cancelled" };
    }
    yield { type: "model_requested", messageId: deps.newId() };
    const answer = yield* askModel(run, [...prompt, ...run.messages.map(toModelMessage)], deps);
    if (answer === null) {
      return;
    }
    if (answer.calls.length === 0) {
      return yield* complete(answer.finishReason, deps);
    }
    const outcome = yield* runRound(run, pendingCalls(run), deps, { areTold: false });
    if (outcome.kind !== "next") {
      return yield* closeRound(outcome, deps);
    }
  }
}

async function* closeRound(outcome: RoundOutcome, deps: DriveDependencies): AsyncGenerator<RunFact> {
  if (outcome.kind === "answered") {
    yield { type: "said", messageId: deps.newId(), content: outcome.text };
    yield* complete("stop", deps);
  } else if (outcome.kind === "stopped") {
    yield* complete(outcome.reason, deps);
  }
}

/** The answer is whole: from here on nothing fails or cancels the run, whatever becomes of the summary. */
async function* complete(
  finishReason: RunFinishReason,
  { summary, signal }: DriveDependencies,
): AsyncGenerator<RunFact> {
  yield { type: "content_completed" };
  if (summary !== null && !signal.aborted && (await summary.isDue())) {
    yield { type: "summary_started", finishReason };
    yield { type: "summary_completed", summary: await summary.make() };
  }
  yield { type: "completed", finishReason };
}
