import type { Message } from "../../domain/message.ts";
import type { Model } from "../../domain/model.ts";
import type { RunError } from "../../domain/run.ts";
import type { Component } from "../../domain/team.ts";
import { endInstead } from "../../engine/run/apply-fact.ts";
import { continueRun, driveRun } from "../../engine/drive/drive-run.ts";
import { type HistoryRun, historyMessages } from "../../engine/prompt/history.ts";
import { buildPrompt } from "../../engine/prompt/prompt.ts";
import type { Run } from "../../engine/run/state.ts";
import { errorFields, log } from "../../lib/log.ts";
import { watchExpiry } from "../recovery/alarm.ts";
import { driveDependencies } from "./drive-dependencies.ts";
import { delegate, endMembers } from "./member-runs.ts";
import { failAtOnce, recordAll } from "./record-all.ts";
import type { RunTree } from "./driven-tree.ts";
import { settleRun } from "./settle-run.ts";

/** What a run is driven with, once it has started. */
export interface DriveWith {
  component: Component;
  model: Model;
  history: HistoryRun[];
  /** Set when the run is to fail before it asks the model. */
  failure: RunError | null;
  /** Whether it was paused. */
  continues: boolean;
}

/**
 * Drives a top-level run until it has paused or ended and is written down, and only then shows readers that. Answers
 * whether it completed and landed. Does not reject: what goes wrong ends the run.
 */
export async function driveToEnd(tree: RunTree, drive: DriveWith): Promise<boolean> {
  const { lane, live, top } = tree;
  const { run } = top;
  await recordAll(top, facts(tree, drive));
  live.stage = "settling";
  try {
    await endMembers(tree, top);
    return await settleAndRemember(tree);
  } catch (error) {
    log("error", "settle.failed_unexpectedly", { run_id: live.runId, ...errorFields(error) });
    live.persisted = false;
    lane.leftovers.abandon(live.runId);
    return false;
  } finally {
    if (live.gone) {
      endInstead(run, { type: "cancelled" });
    }
    top.recorder.show();
    live.finish();
  }
}

function facts(tree: RunTree, { model, history, failure, continues }: DriveWith) {
  if (failure !== null) {
    return failAtOnce(failure, continues ? tree.state.current : null);
  }
  const { top } = tree;
  const prompt = promptOf(top.input, history);
  const deps = driveDependencies(tree, top, model, delegate);
  return continues ? continueRun(top.run, prompt, deps) : driveRun(top.run, prompt, deps);
}

async function settleAndRemember({ lane, live, top }: RunTree): Promise<boolean> {
  const { memory } = lane;
  const { run } = top;
  const startedAt = lane.deps.now();
  const settled = await settleRun(lane, live, run);
  live.settleMs = lane.deps.now() - startedAt;
  if (settled.kind !== "landed") {
    // What is stored of it, if anything, is not what its readers have seen.
    live.persisted = live.gone;
    return false;
  }
  // A team's end goes behind those of its members.
  live.persisted = true;
  watchExpiry(lane.alarm, run);
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
  // The window was cut to the agent's number of runs when it was loaded; a model sees its own system message only.
  return buildPrompt(historyMessages(history, { skipRoles: ["system"] }), input);
}
