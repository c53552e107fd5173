import { MAX_RUN_EVENT_BYTES, MAX_RUN_OUTPUT_BYTES } from "../domain/limits.ts";
import type { Message } from "../domain/message.ts";
import type { RunError } from "../domain/run.ts";
import { driveRun } from "../engine/drive-run.ts";
import { type HistoryRun, historyMessages } from "../engine/history.ts";
import { buildPrompt } from "../engine/prompt.ts";
import { endInstead, type Run, type RunFact } from "../engine/run-state.ts";
import { errorFields, log } from "../lib/log.ts";
import { settle } from "./landing.ts";
import type { LiveRun } from "./live-run.ts";
import type { DriveWith, RunLane } from "./run-lane.ts";
import { RunRecorder } from "./run-recorder.ts";
import { settledSession, settlementOf } from "./settlement.ts";
import { callTool, toolSpecs } from "./tool-runner.ts";

/** Kept free below the limit for notes about what was cut or not run. */
const OUTPUT_RESERVE_BYTES = 16 * 1024;

/**
 * Drives a started run until it has ended and is written down, and only then shows readers the end. Answers whether it
 * completed and landed. Does not reject: what goes wrong ends the run.
 */
export async function driveToEnd(
  lane: RunLane,
  live: LiveRun,
  run: Run,
  input: Message[],
  drive: DriveWith,
): Promise<boolean> {
  const recorder = new RunRecorder(live, run, lane.deps.journal, lane.deps.now);
  try {
    for await (const fact of facts(lane, live, run, input, drive)) {
      recorder.record(fact);
    }
  } catch (error) {
    log("error", "run.failed_unexpectedly", { run_id: live.runId, ...errorFields(error) });
  }
  try {
    if (run.end === null) {
      const message = "The run failed because of an internal error.";
      recorder.record({ type: "failed", error: { type: "internal", message } });
    }
    return await settleAndShow(lane, live, run, input);
  } catch (error) {
    log("error", "settle.failed_unexpectedly", { run_id: live.runId, ...errorFields(error) });
    live.persisted = false;
    lane.leftovers.abandon(live.runId);
    return false;
  } finally {
    if (live.gone) {
      endInstead(run, { type: "cancelled" });
    }
    live.publish(run);
    live.finish();
  }
}

function facts(lane: RunLane, live: LiveRun, run: Run, input: Message[], drive: DriveWith) {
  return drive.failure === null
    ? driveRun(run, prompt(input, drive.history), driveDependencies(lane, live, run, drive))
    : failAtOnce(drive.failure);
}

async function* failAtOnce(error: RunError): AsyncGenerator<RunFact> {
  yield { type: "run_started" };
  yield { type: "failed", error };
}

async function settleAndShow(lane: RunLane, live: LiveRun, run: Run, input: Message[]): Promise<boolean> {
  const { deps, memory } = lane;
  live.stage = "settling";
  const end = run.end;
  if (live.gone || end === null) {
    return false;
  }
  const startedAt = deps.now();
  const session = await memory.row();
  const mark = memory.mark();
  const settled = session === null ? ({ kind: "unknown" } as const) : await settle(deps.db, run, end, session.value);
  live.settleMs = deps.now() - startedAt;
  if (live.gone) {
    return false;
  }
  if (settled.kind === "unknown") {
    live.persisted = false;
    lane.leftovers.abandon(live.runId);
    return false;
  }
  lane.leftovers.forget(live.runId);
  if (settled.kind === "fenced") {
    // What is stored of it, if anything, is not what its readers have seen.
    live.persisted = false;
    memory.drop();
    return false;
  }
  const { kept } = settled;
  if (kept !== run && kept.end?.status === "ERROR") {
    endInstead(run, { type: "failed", error: kept.end.error });
  }
  if (kept.end !== null) {
    const settlement = settlementOf(kept, kept.end, memory.session);
    memory.updateSince(mark, (before) => settledSession(before, settlement));
  }
  if (run.end?.status !== "COMPLETED") {
    return false;
  }
  memory.addRun(historyRun(run, input));
  return true;
}

function historyRun({ head, messages }: Run, input: Message[]): HistoryRun {
  return {
    runIndex: head.runIndex ?? 0,
    runId: head.runId,
    agentId: head.agentId,
    teamId: null,
    parentRunId: head.parentRunId,
    status: "COMPLETED",
    messages: [...input, ...messages],
  };
}

function prompt(input: Message[], history: HistoryRun[]) {
  // The window was cut to the agent's number of runs when it was loaded; a model sees its own system message only.
  return buildPrompt(historyMessages(history, { skipRoles: ["system"] }), input);
}

function driveDependencies(lane: RunLane, live: LiveRun, run: Run, { agent, model }: DriveWith) {
  const { deps, memory } = lane;
  const tools = agent.tools ?? [];
  const context = {
    sessionId: run.head.sessionId,
    runId: run.head.runId,
    agentId: agent.id,
    userId: run.head.userId,
  };
  return {
    model,
    tools: toolSpecs(tools),
    callTool: (call: Parameters<typeof callTool>[1], signal: AbortSignal) => {
      const sessionState = structuredClone(memory.session?.state ?? run.head.sessionState);
      return callTool(
        tools,
        call,
        { ...context, sessionState, updateState: (change) => change(sessionState), signal },
        deps.settings.toolTimeoutMs,
      );
    },
    newId: deps.newId,
    signal: live.signal,
    limits: {
      maxToolRounds: deps.settings.maxToolRounds,
      maxOutputBytes: MAX_RUN_OUTPUT_BYTES - OUTPUT_RESERVE_BYTES,
      maxEventBytes: MAX_RUN_EVENT_BYTES,
    },
  };
}
