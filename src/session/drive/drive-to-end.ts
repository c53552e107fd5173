import type { Model } from "../../domain/model.ts";
import type { RunError } from "../../domain/run.ts";
import { continueRun, driveRun } from "../../engine/drive/drive-run.ts";
import { askedModel } from "../../engine/drive/fallback.ts";
import { toModelMessage } from "../../engine/prompt/prompt.ts";
import { refusalOf } from "../../engine/prompt/refusal.ts";
import { type WindowRun, windowRun } from "../../engine/prompt/window.ts";
import { endInstead } from "../../engine/run/apply-fact.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { SessionContext } from "../context.ts";
import { watchExpiry } from "../recovery/alarm.ts";
import { driveDependencies } from "./drive-dependencies.ts";
import type { DrivenTree } from "./driven-tree.ts";
import { delegate, endMembers } from "./member-runs.ts";
import { promptOf } from "./prompt-of.ts";
import { failAtOnce } from "./run-recorder.ts";
import { settleRun } from "./settle-run.ts";

/** A top-level run whose start is in D1, with what it is driven with. */
export interface StartedRun {
  tree: DrivenTree;
  model: Model;
  /** When its first request was sent, in milliseconds since the run started, if that was before its start was in D1. */
  firstSentAt?: number | undefined;
  history: WindowRun[];
  /** Set when the run is to fail before it asks the model. */
  failure: RunError | null;
  /** Whether it was paused. */
  continues: boolean;
}

/**
 * Drives a top-level run until it has paused or ended. Readers see its pause or end only once that is in D1 or the journal.
 * Answers whether the run completed and D1 has it. Does not reject: what goes wrong ends the run.
 */
export async function driveToEnd(context: SessionContext, started: StartedRun): Promise<boolean> {
  const { tree } = started;
  const { live, top } = tree;
  await top.recorder.recordAll(facts(context, started));
  live.stage = "settling";
  try {
    await endMembers(context, tree, top);
    return await settleAndRemember(context, started);
  } catch (error) {
    log("error", "settle.failed_unexpectedly", { run_id: live.runId, ...errorFields(error) });
    live.persisted = false;
    context.leftovers.abandon(live.runId);
    return false;
  } finally {
    if (live.gone) {
      endInstead(top.run, { type: "cancelled" });
    }
    top.recorder.show();
    live.finish();
  }
}

function facts(context: SessionContext, started: StartedRun) {
  const { tree, model, firstSentAt, history, failure, continues } = started;
  if (failure !== null) {
    return failAtOnce(failure, continues ? tree.state.current : null);
  }
  const { top } = tree;
  const { source } = askedModel(model, top.run.model).model;
  const prompt = promptOf(context.memory, source, { ...top, history });
  const deps = driveDependencies(context, tree, {
    strand: top,
    model,
    firstSentAt,
    delegate: (delegation) => delegate(context, tree, top, delegation),
  });
  return continues ? continueRun(top.run, prompt, deps) : driveRun(top.run, prompt, deps);
}

async function settleAndRemember(context: SessionContext, started: StartedRun): Promise<boolean> {
  const { live, top } = started.tree;
  const { deps, memory, alarm } = context;
  const { run } = top;
  const startedAt = deps.now();
  const settled = await settleRun(context, live, run);
  live.settleMs = deps.now() - startedAt;
  if (settled.kind !== "landed") {
    // Readers are told that the run's end is not in D1, unless the session is gone.
    live.persisted = live.gone;
    return false;
  }
  // The member runs are in D1 too: a team run settles in line with other writes, so its members' leftovers landed before it.
  live.persisted = true;
  watchExpiry(alarm, run);
  const { origin } = run.head;
  if (origin?.type === "regenerated" && origin.replace) {
    memory.dropHistory();
  }
  if (run.historyDropped !== null) {
    const { runs, withoutProviderData } = run.historyDropped;
    log("warn", "run.history_dropped", { run_id: live.runId, runs, without_provider_data: withoutProviderData });
  }
  const hasChangedModel = run.log.some(({ kind }) => kind === "model_changed");
  if (hasChangedModel) {
    const { id, provider } = run.model;
    log("warn", "run.model_changed", { run_id: live.runId, model: id, model_provider: provider });
  }
  if (run.end?.status !== "COMPLETED") {
    return false;
  }
  // With another model in the run it is not known which of them refused the history.
  if (run.historyDropped !== null && !hasChangedModel) {
    memory.refuse(started.model.source, refusalOf(run.historyDropped, started.history, run.head.runIndex ?? 0));
  }
  memory.addRun(windowRun(run.head.runIndex ?? 0, [...top.input, ...run.messages].map(toModelMessage)));
  return true;
}
