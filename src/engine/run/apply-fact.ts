import type { ProviderData, ToolCall, Usage } from "../../domain/model.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { callArguments, toolCallBytes, toolCalls, toolResultBytes } from "./calls.ts";
import {
  appendDelta,
  appendEntry,
  appendMember,
  type CallEntry,
  type Delta,
  type ModelChangedEntry,
  type PausedEntry,
  type PlainEntry,
  type SummaryEntry,
} from "./event-log.ts";
import { newRun, type RecordedFact, type Run, type RunFact } from "./state.ts";
import { tokensOfBytes, withUsage } from "./tokens.ts";

/**
 * What may still happen to a paused run: people answer, requirements expire, somebody cancels. The member runs of a paused
 * team run go on before it does.
 */
const IS_HEARD_AFTER_PAUSE: Record<RunFact["type"], boolean> = {
  run_started: false,
  run_continued: true,
  model_requested: false,
  model_changed: false,
  history_dropped: false,
  content: false,
  reasoning: false,
  model_answered: false,
  tool_started: false,
  tool_ended: false,
  tool_paused: false,
  tool_resolved: true,
  said: false,
  member_started: true,
  member_told: true,
  state_changed: true,
  paused: true,
  content_completed: false,
  summary_started: false,
  summary_completed: false,
  completed: false,
  failed: true,
  cancelled: true,
  gap: true,
};

function isHeard(run: Run, fact: RunFact): boolean {
  return (
    run.end === null ||
    fact.type === "state_changed" ||
    (run.end.status === "PAUSED" && IS_HEARD_AFTER_PAUSE[fact.type])
  );
}

/**
 * The only way a run changes. Once a run has settled, a fact changes nothing, except for the session's state: somebody
 * else may change that at any time.
 */
export function applyFact(run: Run, { at, fact }: RecordedFact): void {
  if (!isHeard(run, fact)) {
    return;
  }
  const endedAt = run.head.startedAt + at;
  switch (fact.type) {
    case "run_started":
    case "content_completed":
      tell(run, { kind: fact.type, at });
      break;
    case "summary_started":
      run.answered = fact.finishReason;
      tell(run, { kind: "summary_started", at });
      break;
    case "summary_completed":
      tell(run, { kind: "summary_completed", at, summary: fact.summary });
      break;
    case "run_continued":
      run.end = null;
      run.state = fact.state;
      run.stored.metrics = null;
      tell(run, { kind: "run_continued", at });
      break;
    case "model_requested":
      run.answer = {
        messageId: fact.messageId,
        text: [],
        reasoning: [],
        requestedAt: fact.sentAt ?? at,
        firstTokenAt: null,
      };
      tell(run, { kind: "model_requested", at });
      break;
    case "model_changed":
      if (run.answer !== null) {
        run.modelMs += at - run.answer.requestedAt;
        run.answer.requestedAt = at;
      }
      tell(run, { kind: "model_changed", at, before: run.model });
      run.model = fact.model;
      break;
    case "history_dropped":
      run.historyDropped = fact.dropped;
      break;
    case "content":
      applyDelta(run, { kind: "deltas", delta: fact.delta, at });
      break;
    case "reasoning":
      applyDelta(run, { kind: "reasoning", delta: fact.delta, at });
      break;
    case "model_answered":
      closeAnswer(run, at, fact);
      run.usage = withUsage(run.usage, { model: run.model, usage: fact.usage });
      tell(run, { kind: "model_answered", at });
      break;
    case "tool_started":
    case "tool_paused":
      tell(run, { kind: fact.type, at, call: fact.call });
      break;
    case "tool_ended":
      applyToolResult(run, fact, at);
      tell(run, { kind: "tool_ended", at, call: fact.call }, fact.isError ? 2 : 1);
      break;
    case "tool_resolved":
      applyToolResult(run, fact, at);
      break;
    case "said":
      applySaid(run, fact.messageId, fact.content, at);
      break;
    case "member_started":
      // A run that is closed after its object died has its member runs from D1 already.
      if (run.members.every(({ head }) => head.runId !== fact.head.runId)) {
        run.members.push(newRun(fact.head, run.requirements));
      }
      break;
    case "member_told":
      applyMemberTold(run, fact);
      break;
    case "state_changed":
      run.state = fact.state;
      run.isStateChanged = true;
      break;
    case "paused":
      // Members that pause at the same time come in any order. The list has the order of positions, as D1 answers it.
      run.requirements.push(...fact.requirements);
      run.requirements.sort((a, b) => a.position - b.position);
      run.end = { status: "PAUSED", at: endedAt };
      tell(run, { kind: "run_paused", at, open: fact.open });
      break;
    case "completed":
      run.end = { status: "COMPLETED", finishReason: fact.finishReason, at: endedAt };
      tell(run, { kind: "run_completed", at });
      break;
    case "failed":
      keepPartialAnswer(run, at, fact);
      run.end = { status: "ERROR", error: fact.error, at: endedAt };
      tell(run, { kind: "run_failed", at });
      break;
    case "cancelled":
      keepPartialAnswer(run, at, fact);
      run.end = { status: "CANCELLED", at: endedAt };
      tell(run, { kind: "run_cancelled", at });
      tell(run, { kind: "run_completed", at });
      break;
    case "gap":
      run.eventBytes += appendEntry(run.log, { kind: "gap", nextIndex: fact.nextIndex });
      run.eventCount = Math.max(run.eventCount, fact.nextIndex);
      break;
  }
}

/** Gives an ended run another end. Readers have not seen the first one, so its entries are taken out of the log. */
export function endInstead(run: Run, fact: Extract<RunFact, { type: "failed" | "cancelled" }>): void {
  const end = run.end;
  if (end === null) {
    return;
  }
  const told = end.status === "CANCELLED" ? 2 : 1;
  run.log.splice(-told);
  run.eventCount -= told;
  run.end = null;
  applyFact(run, { at: end.at - run.head.startedAt, fact });
}

function tell(
  run: Run,
  entry: PlainEntry | CallEntry | PausedEntry | SummaryEntry | ModelChangedEntry,
  events = 1,
): void {
  run.eventBytes += appendEntry(run.log, entry);
  run.eventCount += events;
}

function applyDelta(run: Run, delta: Delta): void {
  if (run.answer === null) {
    return;
  }
  run.answer.firstTokenAt ??= delta.at;
  run.firstTokenAt ??= delta.at;
  const bytes = utf8Bytes(delta.delta);
  const eventBytes = appendDelta(run.log, delta, run.head.startedAt);
  run.eventCount += 1;
  if (delta.kind === "reasoning") {
    run.answer.reasoning.push(delta.delta);
    run.reasoningBytes += bytes;
    run.reasoningEventBytes += eventBytes;
  } else {
    run.answer.text.push(delta.delta);
    run.outputBytes += bytes;
    run.eventBytes += eventBytes;
  }
}

function applyMemberTold(run: Run, { member, events, ...fact }: Extract<RunFact, { type: "member_told" }>): void {
  const isReasoning = fact.isReasoning === true;
  const bytes = appendMember(run.log, { member, events, isReasoning });
  run.eventCount += events;
  if (isReasoning) run.reasoningEventBytes += bytes;
  else run.eventBytes += bytes;
}

function applySaid(run: Run, messageId: string, content: string, at: number): void {
  run.firstTokenAt ??= at;
  run.outputBytes += utf8Bytes(content);
  run.messages.push({
    role: "assistant",
    messageId,
    content,
    toolCalls: [],
    reasoningContent: null,
    providerData: null,
    usage: null,
    timeToFirstTokenMs: null,
    createdAt: run.head.startedAt + at,
  });
  tell(run, { kind: "said", at });
}

/** What is known of an answer only when it is whole. */
interface WholeAnswer {
  toolCalls: ToolCall[];
  usage: Usage | null;
  providerData?: ProviderData;
  uncounted?: number | undefined;
}

function closeAnswer(run: Run, at: number, { toolCalls, usage, providerData, uncounted }: WholeAnswer): void {
  if (run.answer === null) {
    return;
  }
  const { messageId, text, reasoning, requestedAt, firstTokenAt } = run.answer;
  run.answer = null;
  run.modelMs += at - requestedAt;
  // A provider counts once its answer has ended, so who ends answers before that would use it for nothing; some never count.
  // Of an answer under which the object died only its text is known.
  if (!usage?.totalTokens) run.uncounted += uncounted ?? tokensOfBytes(bytesOf(text) + bytesOf(reasoning));
  run.outputBytes += toolCallBytes(toolCalls);
  run.providerDataBytes += utf8Bytes(providerData?.data ?? "");
  run.messages.push({
    role: "assistant",
    messageId,
    content: text.join(""),
    toolCalls,
    reasoningContent: reasoning.length === 0 ? null : reasoning.join(""),
    providerData: providerData ?? null,
    usage,
    timeToFirstTokenMs: firstTokenAt === null ? null : firstTokenAt - requestedAt,
    createdAt: run.head.startedAt + requestedAt,
  });
}

const bytesOf = (deltas: readonly string[]): number => deltas.reduce((sum, delta) => sum + utf8Bytes(delta), 0);

function keepPartialAnswer(run: Run, at: number, { uncounted }: Pick<WholeAnswer, "uncounted">): void {
  if (run.answer === null) {
    return;
  }
  if (run.answer.text.length + run.answer.reasoning.length > 0) {
    closeAnswer(run, at, { toolCalls: [], usage: null, uncounted });
  } else {
    run.uncounted += uncounted ?? 0;
    run.modelMs += at - run.answer.requestedAt;
    run.answer = null;
  }
}

function applyToolResult(
  run: Run,
  { call: nth, messageId, result, isError }: Extract<RunFact, { type: "tool_ended" | "tool_resolved" }>,
  at: number,
): void {
  const call = toolCalls(run)[nth];
  if (call === undefined) return;
  const args = callArguments(run, nth);
  run.outputBytes += toolResultBytes(args, result);
  run.messages.push({
    role: "tool",
    messageId,
    content: result,
    toolCallId: call.id,
    toolName: call.name,
    toolArgs: args,
    toolCallError: isError,
    createdAt: run.head.startedAt + at,
  });
}
