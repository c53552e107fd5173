import type { Message } from "../../domain/message.ts";
import type { Model } from "../../domain/model.ts";
import type { RunError } from "../../domain/run.ts";
import { continueRun, driveRun } from "../../engine/drive/drive-run.ts";
import { type HistoryRun, historyMessages } from "../../engine/prompt/history.ts";
import { buildPrompt } from "../../engine/prompt/prompt.ts";
import { endInstead } from "../../engine/run/apply-fact.ts";
import type { Run } from "../../engine/run/state.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { SessionContext } from "../context.ts";
import { watchExpiry } from "../recovery/alarm.ts";
import { driveDependencies } from "./drive-dependencies.ts";
import type { DrivenTree } from "./driven-tree.ts";
import { delegate, endMembers } from "./member-runs.ts";
import { failAtOnce } from "./run-recorder.ts";
import { settleRun } from "./settle-run.ts";

/** A top-level run whose start is in D1, with what it is driven with. */
export interface StartedRun {
  tree: DrivenTree;
  model: Model;
  history: HistoryRun[];
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
    return await settleAndRemember(context, tree);
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

function facts(context: SessionContext, { tree, model, history, failure, continues }: StartedRun) {
  if (failure !== null) {
    return failAtOnce(failure, continues ? tree.state.current : null);
  }
  const { top } = tree;
  const prompt = promptOf(top.input, history);
  const deps = driveDependencies(context, tree, {
    strand: top,
    model,
    delegate: (delegation) => delegate(context, tree, top, delegation),
  });
  return continues ? continueRun(top.run, prompt, deps) : driveRun(top.run, prompt, deps);
}

async function settleAndRemember(context: SessionContext, { live, top }: DrivenTree): Promise<boolean> {
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
  if (run.end?.status !== "COMPLETED") {
    return false;
  }
  memory.addRun(historyRun(run, top.input));
  return true;
}

function historyRun({ head, messages }: Run, input: readonly Message[]): HistoryRun {
  const { component } = head;
  return {
    runIndex: head.runIndex ?? 0,
    runId: head.runId,
    agentId: component.type === "agent" ? component.id : null,
    teamId: component.type === "team" ? component.id : null,
    parentRunId: head.parentRunId,
    status: "COMPLETED",
    messages: [...input, ...messages],
  };
}

function promptOf(input: readonly Message[], history: HistoryRun[]) {
  // The history was cut to the agent's number of runs when it was loaded. A model sees its own system message only.
  return buildPrompt(historyMessages(history, { skipRoles: ["system"] }), input);
}
