import type { JsonObject } from "../domain/json.ts";
import type { Message } from "../domain/message.ts";
import { NO_USAGE, type ToolCall, type Usage } from "../domain/model.ts";
import type { RunError, RunFinishReason, RunTimings, SessionCacheUse } from "../domain/run.ts";
import { utf8Bytes } from "../lib/text.ts";
import { appendDelta, appendEntry, type LogEntry, type PlainKind } from "./event-log.ts";

/** What is fixed about a run once it has started. */
export interface RunHead {
  runId: string;
  sessionId: string;
  /** Null when it was cancelled before it started. */
  runIndex: number | null;
  parentRunId: string | null;
  agentId: string;
  agentName: string;
  userId: string | null;
  /** Names this attempt: only it may settle the run. */
  fence: string;
  model: string;
  modelProvider: string;
  sessionCache: SessionCacheUse;
  sessionState: JsonObject;
  /** How many messages stand before what the run produces. */
  inputMessages: number;
  /** Milliseconds since the epoch, as `startedAt`. */
  createdAt: number;
  startedAt: number;
  timings: RunTimings;
}

/** How a run ended; null while it goes on. `at` is milliseconds since the epoch. */
export type RunEnd =
  | { status: "COMPLETED"; finishReason: RunFinishReason; at: number }
  | { status: "ERROR"; error: RunError; at: number }
  | { status: "CANCELLED"; at: number };

/**
 * A started run: what it produced so far, what it told, and how it ended. Only `applyFact` changes it, by appending, so
 * that readers can hold on to a position in it.
 */
export interface Run {
  readonly head: RunHead;
  /** Assistant and tool messages, in order; an assistant message is added when its answer is whole or was cut off. */
  readonly messages: Message[];
  readonly log: LogEntry[];
  end: RunEnd | null;
  usage: Usage;
  /** Milliseconds after the start; null until the first text came. */
  firstTextAt: number | null;
  /** Time spent waiting for the model, in milliseconds. */
  modelMs: number;
  /** Bytes as stored of text, tool arguments and tool results, and of the event log. */
  outputBytes: number;
  eventBytes: number;
  /** The answer that is streaming in. */
  answer: { messageId: string; parts: string[]; requestedAt: number; firstTextAt: number | null } | null;
}

/** One thing that happened in a run; the journal keeps them, `applyFact` folds them. */
export type RunFact =
  | { type: "run_started" }
  | { type: "model_requested"; messageId: string }
  | { type: "content"; delta: string }
  | { type: "model_answered"; usage: Usage; toolCalls: ToolCall[] }
  | { type: "tool_started" }
  | { type: "tool_ended"; messageId: string; result: string; isError: boolean }
  /** A call that gets a result without having run, because the run stops at a limit. */
  | { type: "tool_skipped"; messageId: string; result: string }
  | { type: "content_completed" }
  | { type: "completed"; finishReason: RunFinishReason }
  | { type: "failed"; error: RunError }
  | { type: "cancelled" };

/** A fact and when it was recorded, in milliseconds since the run started. */
export interface RecordedFact {
  at: number;
  fact: RunFact;
}

export function newRun(head: RunHead): Run {
  return {
    head,
    messages: [],
    log: [],
    end: null,
    usage: NO_USAGE,
    firstTextAt: null,
    modelMs: 0,
    outputBytes: 0,
    eventBytes: 0,
    answer: null,
  };
}

/** The only way a run changes. After the end nothing does. */
export function applyFact(run: Run, { at, fact }: RecordedFact): void {
  if (run.end !== null) {
    return;
  }
  switch (fact.type) {
    case "run_started":
      tell(run, "run_started", at);
      break;
    case "model_requested":
      run.answer = { messageId: fact.messageId, parts: [], requestedAt: at, firstTextAt: null };
      tell(run, "model_requested", at);
      break;
    case "content":
      applyContent(run, fact.delta, at);
      break;
    case "model_answered":
      closeAnswer(run, at, fact.toolCalls, fact.usage);
      run.usage = addUsage(run.usage, fact.usage);
      tell(run, "model_answered", at);
      break;
    case "tool_started":
      tell(run, "tool_started", at);
      break;
    case "tool_ended":
      applyToolResult(run, fact.messageId, fact.result, fact.isError, at);
      tell(run, "tool_ended", at);
      break;
    case "tool_skipped":
      applyToolResult(run, fact.messageId, fact.result, true, at);
      break;
    case "content_completed":
      tell(run, "content_completed", at);
      break;
    case "completed":
      run.end = { status: "COMPLETED", finishReason: fact.finishReason, at: run.head.startedAt + at };
      tell(run, "run_completed", at);
      break;
    case "failed":
      keepPartialAnswer(run, at);
      run.end = { status: "ERROR", error: fact.error, at: run.head.startedAt + at };
      tell(run, "run_failed", at);
      break;
    case "cancelled":
      keepPartialAnswer(run, at);
      run.end = { status: "CANCELLED", at: run.head.startedAt + at };
      tell(run, "run_cancelled", at);
      tell(run, "run_completed", at);
      break;
  }
}

/** Ends an ended run in another way: what it told of its end before was not shown to anybody. */
export function endInstead(run: Run, fact: Extract<RunFact, { type: "failed" | "cancelled" }>): void {
  const end = run.end;
  if (end === null) {
    return;
  }
  run.log.splice(end.status === "CANCELLED" ? -2 : -1);
  run.end = null;
  applyFact(run, { at: end.at - run.head.startedAt, fact });
}

/** All text of the run so far, over all its rounds: AgentOS's `content`. */
export function runText(run: Run): string {
  const texts = run.messages.map((message) => (message.role === "assistant" ? message.content : ""));
  return texts.join("") + (run.answer?.parts.join("") ?? "");
}

/** The run's tool calls in order; the nth tool message answers the nth call. */
export function toolCalls(run: Run): ToolCall[] {
  return run.messages.flatMap((message) => (message.role === "assistant" ? message.toolCalls : []));
}

export function toolCallBytes(calls: readonly ToolCall[]): number {
  return calls.length === 0 ? 0 : utf8Bytes(JSON.stringify(calls));
}

/** The arguments of a call as an object; null when the model did not write one. */
export function toolArguments(call: ToolCall): JsonObject | null {
  try {
    const value: unknown = JSON.parse(call.arguments === "" ? "{}" : call.arguments);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

/** The arguments of a call stand twice in storage: with the call, and with its result. */
export function toolResultBytes(call: ToolCall | undefined, result: string): number {
  const args = call === undefined ? null : toolArguments(call);
  return utf8Bytes(result) + (args === null ? 0 : utf8Bytes(JSON.stringify(args)));
}

function tell(run: Run, kind: PlainKind, at: number): void {
  run.eventBytes += appendEntry(run.log, kind, at);
}

function applyContent(run: Run, delta: string, at: number): void {
  if (run.answer === null) {
    return;
  }
  run.answer.parts.push(delta);
  run.answer.firstTextAt ??= at;
  run.firstTextAt ??= at;
  run.outputBytes += utf8Bytes(delta);
  run.eventBytes += appendDelta(run.log, delta, at, run.head.startedAt);
}

function closeAnswer(run: Run, at: number, calls: ToolCall[], usage: Usage | null): void {
  if (run.answer === null) {
    return;
  }
  const { messageId, parts, requestedAt, firstTextAt } = run.answer;
  run.answer = null;
  run.modelMs += at - requestedAt;
  run.outputBytes += toolCallBytes(calls);
  run.messages.push({
    role: "assistant",
    messageId,
    content: parts.join(""),
    toolCalls: calls,
    usage,
    timeToFirstTokenMs: firstTextAt === null ? null : firstTextAt - requestedAt,
    createdAt: run.head.startedAt + requestedAt,
  });
}

function keepPartialAnswer(run: Run, at: number): void {
  if (run.answer === null) {
    return;
  }
  if (run.answer.parts.length > 0) {
    closeAnswer(run, at, [], null);
  } else {
    run.modelMs += at - run.answer.requestedAt;
    run.answer = null;
  }
}

function applyToolResult(run: Run, messageId: string, result: string, isError: boolean, at: number): void {
  const answered = run.messages.filter((message) => message.role === "tool").length;
  const call = toolCalls(run)[answered];
  if (call === undefined) {
    return;
  }
  run.outputBytes += toolResultBytes(call, result);
  run.messages.push({
    role: "tool",
    messageId,
    content: result,
    toolCallId: call.id,
    toolName: call.name,
    toolArgs: toolArguments(call),
    toolCallError: isError,
    createdAt: run.head.startedAt + at,
  });
}

function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  };
}
