import type { RunFinishReason } from "../../domain/run.ts";
import type { Prompt } from "../prompt/prompt.ts";
import { pendingCalls } from "../run/calls.ts";
import type { Run, Facts } from "../run/state.ts";
import { askModel } from "./ask-model.ts";
import type { DriveDependencies } from "./dependencies.ts";
import { type RoundOutcome, runRound } from "./tool-round.ts";

/**
 * Asks the model and runs tools until the run pauses or ends. It yields facts, those of one burst of the model's together;
 * the caller applies each fact to the run before it asks for the next one. A tool starts only after the caller has taken its `tool_started`, so no tool runs that
 * the journal does not know of. The last fact is `paused`, `completed`, `failed` or `cancelled`. Does not throw.
 */
export async function* driveRun(run: Run, prompt: Prompt, deps: DriveDependencies): AsyncGenerator<Facts> {
  yield { type: "run_started" };
  yield* drive(run, prompt, deps);
}

/** Goes on with a paused run whose requirements are answered: first the calls that waited, then as `driveRun` does. */
export async function* continueRun(run: Run, prompt: Prompt, deps: DriveDependencies): AsyncGenerator<Facts> {
  // The paused members of a team go on first: the team needs their results.
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

async function* drive(run: Run, prompt: Prompt, deps: DriveDependencies): AsyncGenerator<Facts> {
  if (run.historyDropped === null && prompt.refused !== null) {
    yield { type: "history_dropped", dropped: prompt.refused };
  }
  let sentAt = deps.firstSentAt;
  for (;;) {
    if (deps.signal.aborted) {
      return yield { type: "cancelled" };
    }
    yield { type: "model_requested", messageId: deps.newId(), ...(sentAt !== undefined && { sentAt }) };
    sentAt = undefined;
    const answer = yield* askModel(run, prompt, deps);
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

async function* closeRound(outcome: RoundOutcome, deps: DriveDependencies): AsyncGenerator<Facts> {
  if (outcome.kind === "answered") {
    yield { type: "said", messageId: deps.newId(), content: outcome.text };
    yield* complete("stop", deps);
  } else if (outcome.kind === "stopped") {
    yield* complete(outcome.reason, deps);
  }
}

/** Ends a run whose answer is whole. It completes also when it is cancelled now, or when its summary cannot be made. */
async function* complete(finishReason: RunFinishReason, { summary, signal }: DriveDependencies): AsyncGenerator<Facts> {
  yield { type: "content_completed" };
  if (summary !== null && !signal.aborted && (await summary.isDue())) {
    yield { type: "summary_started", finishReason };
    yield { type: "summary_completed", summary: await summary.make() };
  }
  yield { type: "completed", finishReason };
}
