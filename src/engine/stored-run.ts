import type { Message } from "../domain/message.ts";
import { NO_USAGE, type Usage } from "../domain/model.ts";
import type { RunRow } from "../domain/run.ts";
import { readStoredLog } from "./event-log.ts";
import type { Run, RunEnd, RunHead } from "./run-state.ts";

/** A stored run as it was when it settled, so that it replays; one that has not settled has an empty log. */
export function runFromRow(row: RunRow, messages: readonly Message[]): Run {
  const produced = messages.slice(row.inputMessages);
  const answers = produced.flatMap((message) => (message.role === "assistant" ? [message] : []));
  const log =
    row.events === null
      ? []
      : readStoredLog(
          row.events,
          answers.map((answer) => answer.content),
        );
  return {
    head: headFromRow(row),
    messages: produced,
    log,
    end: endFromRow(row),
    usage: usageFromRow(row),
    firstTextAt: toMs(row.metrics?.time_to_first_token) ?? null,
    modelMs: toMs(row.metrics?.timings?.model) ?? 0,
    outputBytes: 0,
    eventBytes: 0,
    answer: null,
  };
}

/** What is fixed about a run, from its row; a run that waits has what is known of it. */
export function headFromRow(row: RunRow): RunHead {
  const { model: _model, ...timings } = row.metrics?.timings ?? {};
  return {
    runId: row.runId,
    sessionId: row.sessionId,
    runIndex: row.runIndex,
    parentRunId: row.parentRunId,
    agentId: row.agentId ?? "",
    agentName: row.componentName ?? "",
    userId: row.userId,
    fence: row.fence,
    model: row.model ?? "",
    modelProvider: row.modelProvider ?? "",
    sessionCache: row.sessionCache ?? "miss",
    sessionState: row.sessionState ?? {},
    inputMessages: row.inputMessages,
    createdAt: row.createdAt,
    startedAt: row.startedAt ?? row.createdAt,
    timings,
  };
}

function endFromRow(row: RunRow): RunEnd | null {
  const at = row.settledAt ?? row.createdAt;
  switch (row.status) {
    case "COMPLETED":
    case "REGENERATED":
      return { status: "COMPLETED", finishReason: row.finishReason ?? "stop", at };
    case "CANCELLED":
      return { status: "CANCELLED", at };
    case "ERROR":
      return { status: "ERROR", error: row.error ?? { type: "internal", message: "" }, at };
    case "PENDING":
    case "RUNNING":
    case "PAUSED":
      return null;
  }
}

function usageFromRow({ metrics }: RunRow): Usage {
  return {
    ...NO_USAGE,
    inputTokens: metrics?.input_tokens ?? 0,
    outputTokens: metrics?.output_tokens ?? 0,
    totalTokens: metrics?.total_tokens ?? 0,
    reasoningTokens: metrics?.reasoning_tokens ?? 0,
    cacheReadTokens: metrics?.cache_read_tokens ?? 0,
  };
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}
