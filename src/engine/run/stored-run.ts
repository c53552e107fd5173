import type { Message } from "../../domain/message.ts";
import type { ModelName } from "../../domain/model.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { RunMetrics, RunRow } from "../../domain/run.ts";
import { refOf } from "../../domain/team.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { usageByModel } from "./asked-model.ts";
import { toolAnswers, toolCallBytes, toolResultBytes } from "./calls.ts";
import { type LogEntry, readStoredLog, reasoningEventBytes } from "./event-log.ts";
import { totalTokens, wholeMetrics } from "./metrics.ts";
import { modelOf, type Run, type RunEnd, type RunHead } from "./state.ts";

/** A run with its messages, input first, as the store answers it. */
interface Stored {
  row: RunRow;
  messages: readonly Message[];
}

/** A stored run as it was when it paused or settled, to be replayed or continued. Before that its log is empty. */
export function runFromRow(row: RunRow, messages: readonly Message[], requirements: Requirement[] = []): Run {
  const produced = messages.slice(row.inputMessages);
  const answers = produced.flatMap((message) => (message.role === "assistant" ? [message] : []));
  const log =
    row.events === null
      ? []
      : readStoredLog(
          row.events,
          answers.map(({ content, reasoningContent }) => ({ deltas: content, reasoning: reasoningContent ?? "" })),
        );
  const head = headFromRow(row);
  const model = modelOf(head);
  const usage = usageByModel(answers, { log, model });
  const logBytes = row.events?.length ?? 0;
  const ofReasoning = Math.min(logBytes, reasoningEventBytes(log));
  return {
    head,
    messages: produced,
    log,
    members: [],
    requirements,
    end: endFromRow(row),
    answered: null,
    state: head.sessionState,
    isStateChanged: false,
    historyDropped: row.historyDropped,
    model,
    usage,
    uncounted: 0,
    firstTokenAt: firstTokenAt(log),
    modelMs: toMs(row.metrics?.timings?.model) ?? 0,
    outputBytes: produced.reduce((sum, message) => sum + messageBytes(message), 0),
    eventBytes: logBytes - ofReasoning,
    reasoningBytes: bytesOf(answers.map(({ reasoningContent }) => reasoningContent)),
    reasoningEventBytes: ofReasoning,
    providerDataBytes: bytesOf(answers.map(({ providerData }) => providerData?.data)),
    eventCount: 0,
    answer: null,
    stored: {
      messages: produced.length,
      usage,
      metrics: row.metrics && wholeMetrics(row.metrics, ownModel(row)),
      tokens: 0,
    },
  };
}

/** The model that the run's row names. */
export const ownModel = ({ model, modelProvider }: Pick<RunRow, "model" | "modelProvider">): ModelName => ({
  id: model ?? "",
  provider: modelProvider ?? "",
});

function firstTokenAt(log: readonly LogEntry[]): number | null {
  for (const entry of log) {
    if (entry.kind === "deltas" || entry.kind === "reasoning" || entry.kind === "said") return entry.at;
  }
  return null;
}

const bytesOf = (texts: readonly (string | null | undefined)[]): number =>
  texts.reduce((bytes, text) => bytes + utf8Bytes(text ?? ""), 0);

/** A run with its member runs in it; `others` may hold any runs of its session. */
export function runTree(stored: Stored, others: readonly Stored[], requirements: Requirement[]): Run {
  const run = runFromRow(stored.row, stored.messages, requirements);
  const members = others
    .filter(({ row }) => row.parentRunId === stored.row.runId)
    .sort((a, b) => (a.row.runIndex ?? 0) - (b.row.runIndex ?? 0));
  run.members.push(...members.map((member) => runTree(member, others, requirements)));
  run.eventCount = countEvents(run);
  run.stored.tokens = storedTokens(run, stored.row.metrics);
  return run;
}

/**
 * The tokens that the run had used when it was stored itself. Member runs that landed since have used more; and what an import
 * says of a run need not fit its messages.
 */
function storedTokens(run: Run, metrics: RunMetrics | null): number {
  const inMessages = totalTokens(run);
  return metrics === null ? inMessages : Math.min(metrics.total_tokens ?? 0, inMessages);
}

/** What is fixed about a run, from its row. For a run that has not started: what is known so far. */
export function headFromRow(row: RunRow): RunHead {
  const { model: _model, ...timings } = row.metrics?.timings ?? {};
  return {
    runId: row.runId,
    sessionId: row.sessionId,
    runIndex: row.runIndex,
    parentRunId: row.parentRunId,
    parentCall: row.parentCall,
    component: { ...refOf(row), name: row.componentName ?? "" },
    userId: row.userId,
    fence: row.fence,
    model: row.model ?? "",
    modelProvider: row.modelProvider ?? "",
    modelName: row.modelName,
    sessionCache: row.sessionCache ?? "miss",
    sessionState: row.sessionState ?? {},
    inputMessages: row.inputMessages,
    memberSlots: row.memberSlots,
    origin: row.origin,
    claims: row.claims,
    createdAt: row.createdAt,
    startedAt: row.startedAt ?? row.createdAt,
    timings,
  };
}

/** How many events the log stands for, gaps included: the index of the next event. */
function countEvents(run: Run): number {
  let count = 0;
  const isError = new Map(failedCalls(run).map((nth) => [nth, true]));
  for (const entry of run.log) {
    if (entry.kind === "deltas" || entry.kind === "reasoning") count += entry.deltas.length;
    else if (entry.kind === "member_told") count += entry.events;
    else if (entry.kind === "gap") count = Math.max(count, entry.nextIndex);
    else count += entry.kind === "tool_ended" && isError.get(entry.call) === true ? 2 : 1;
  }
  return count;
}

function failedCalls(run: Run): number[] {
  return toolAnswers(run).flatMap((answer, nth) => (answer?.toolCallError === true ? [nth] : []));
}

function messageBytes(message: Message): number {
  switch (message.role) {
    case "assistant":
      return utf8Bytes(message.content) + toolCallBytes(message.toolCalls);
    case "tool":
      return toolResultBytes(message.toolArgs, message.content);
    default:
      return 0;
  }
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
    case "PAUSED":
      return { status: "PAUSED", at };
    case "PENDING":
    case "RUNNING":
      return null;
  }
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}
