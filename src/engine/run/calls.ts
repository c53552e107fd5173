import { isObject, type JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { ToolCall } from "../../domain/model.ts";
import { callingRunId, type Requirement } from "../../domain/requirement.ts";
import { readJson } from "../../lib/read-json.ts";
import { roundedIntegers } from "../../lib/rounded-integers.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { Run } from "./state.ts";

/** All text of the run so far, over all its rounds: AgentOS's `content`. */
export function runText(run: Run): string {
  const texts = run.messages.map((message) => (message.role === "assistant" ? message.content : ""));
  return texts.join("") + (run.answer?.text.join("") ?? "");
}

/** All reasoning of the run so far that callers are shown: AgentOS's `reasoning_content`. */
export function runReasoning(run: Run): string {
  const texts = assistantMessages(run).map(({ reasoningContent }) => reasoningContent ?? "");
  return texts.join("") + (run.answer?.reasoning.join("") ?? "");
}

type AssistantMessage = Extract<Message, { role: "assistant" }>;
export type ToolMessage = Extract<Message, { role: "tool" }>;

/** A run's messages, sorted by what they are. */
interface Said {
  /** How many messages were sorted. */
  messages: number;
  answers: AssistantMessage[];
  calls: ToolCall[];
  results: (ToolMessage | null)[];
}

/**
 * The sorted messages of each run, valid until the run gets a further message. Without this cache, sorting for each event
 * makes a long run take minutes.
 */
const known = new WeakMap<readonly Message[], Said>();

function said({ messages }: Run): Said {
  const before = known.get(messages);
  if (before?.messages === messages.length) {
    return before;
  }
  const answers = messages.filter((message) => message.role === "assistant");
  const calls = answers.flatMap(({ toolCalls }) => toolCalls);
  const now = { messages: messages.length, answers, calls, results: resultsOf(messages) };
  known.set(messages, now);
  return now;
}

/** The whole answers of the run's model, in order. */
export const assistantMessages = (run: Run): readonly AssistantMessage[] => said(run).answers;

/** The run's tool calls in order: the nth is what facts and events call `call` n. */
export const toolCalls = (run: Run): readonly ToolCall[] => said(run).calls;

/** The message that answers each of the run's calls; null for one that has no result yet. */
export const toolAnswers = (run: Run): readonly (ToolMessage | null)[] => said(run).results;

/** How often the model has asked for tools so far. */
export function toolRounds(run: Run): number {
  return assistantMessages(run).filter((answer) => answer.toolCalls.length > 0).length;
}

function resultsOf(messages: readonly Message[]): (ToolMessage | null)[] {
  // A call's id is unique within one answer only. That suffices: all calls have results before the model is asked again.
  const open = new Map<string, number[]>();
  const results: (ToolMessage | null)[] = [];
  for (const message of messages) {
    if (message.role === "assistant") {
      for (const { id } of message.toolCalls) {
        const nths = open.get(id);
        if (nths === undefined) open.set(id, [results.length]);
        else nths.push(results.length);
        results.push(null);
      }
    } else if (message.role === "tool") {
      const nth = open.get(message.toolCallId)?.shift();
      if (nth !== undefined) {
        results[nth] = message;
      }
    }
  }
  return results;
}

/** A call of the run that has no result. */
export interface PendingCall {
  call: ToolCall;
  nth: number;
}

export function pendingCalls(run: Run): PendingCall[] {
  const answers = toolAnswers(run);
  return toolCalls(run).flatMap((call, nth) => (answers[nth] === null ? [{ call, nth }] : []));
}

/** The requirement of a call. A call about which people were asked twice has two; the later one counts. */
export function requirementOfCall(run: Run, nth: number): Requirement | null {
  const { runId } = run.head;
  return run.requirements.findLast((one) => one.call === nth && callingRunId(one) === runId) ?? null;
}

/** Whether a member run of this call goes on after a pause. */
export function isWaitingDelegation(run: Run, nth: number): boolean {
  return run.members.some(({ head, end }) => head.parentCall === nth && end === null);
}

/** The newest member run of each member that the call went to: after an interruption a member may have run again. */
export function membersOfCall({ members }: Run, nth: number): Run[] {
  const ofCall = members.filter(({ head }) => head.parentCall === nth);
  return [...new Map(ofCall.map((member) => [member.head.component.id, member])).values()];
}

export const wasInterrupted = ({ end }: Run): boolean => end?.status === "ERROR" && end.error.type === "interrupted";

/** The open requirements of the run and of the member runs in it, and those of `more`, which are about to be asked. */
export function openRequirements(run: Run, more: readonly Requirement[] = []): Requirement[] {
  const ids = runIds(run);
  return [...run.requirements, ...more].filter((one) => one.status === "open" && ids.has(callingRunId(one)));
}

/** All requirements of the run and of the member runs in it, answered ones too. */
export function requirementsWithin(run: Run): Requirement[] {
  const ids = runIds(run);
  return run.requirements.filter((one) => ids.has(callingRunId(one)));
}

function runIds(run: Run): Set<string> {
  return new Set([run.head.runId, ...run.members.flatMap((member) => [...runIds(member)])]);
}

/** The arguments of a call with what a person filled in; null when the model wrote no object. */
export function callArguments(run: Run, nth: number): JsonObject | null {
  const { runId } = run.head;
  const filled = run.requirements.findLast(
    (one) => one.call === nth && callingRunId(one) === runId && one.answer?.type === "filled",
  );
  if (filled?.answer?.type === "filled") {
    return filled.answer.args;
  }
  const call = toolCalls(run)[nth];
  return call === undefined ? null : toolArguments(call);
}

export function toolCallBytes(calls: readonly ToolCall[]): number {
  return calls.length === 0 ? 0 : utf8Bytes(JSON.stringify(calls));
}

/**
 * The bytes that calls take. Their arguments are stored with the model's answer, and again with each result. The larger of
 * the two sums counts: a model may write `1e20`, which has 21 digits once it is written as JSON again.
 */
export function roomForCalls(calls: readonly ToolCall[]): number {
  const answered = calls.map(
    (call) => utf8Bytes(call.id) + utf8Bytes(call.name) + toolResultBytes(toolArguments(call), ""),
  );
  return Math.max(
    toolCallBytes(calls),
    answered.reduce((sum, bytes) => sum + bytes, 0),
  );
}

/**
 * The arguments of a call as an object; null when the model wrote no object, or one that cannot be written out again. An
 * integer that a number would round is kept as text: such a call does not run, and readers see what the model wrote.
 */
export function toolArguments(call: ToolCall): JsonObject | null {
  const read = readJson(call.arguments === "" ? "{}" : call.arguments);
  if (!read.ok || !isObject(read.value)) return null;
  for (const { path, source } of roundedIntegers(call.arguments)) {
    const [name = "", ...holders] = path.reverse();
    const holder = holders.reduceRight<unknown>((value, step) => Reflect.get(Object(value), step), read.value);
    if (typeof Reflect.get(Object(holder), name) === "number") Reflect.set(Object(holder), name, source);
  }
  return read.value;
}

/** How many characters of the integer's place the sentence shows. */
const PLACE_CHARS = 200;

/** Why a call must not run, as a sentence for the model; null when it may. */
export function unusable(call: ToolCall): string | null {
  if (!readJson(call.arguments).ok) return null;
  for (const { path } of roundedIntegers(call.arguments)) {
    const place = path.join(".").slice(0, PLACE_CHARS);
    return `Not run: the integer at ${place} is too large to be kept as it is. Give it as text.`;
  }
  return null;
}

/** The bytes of a stored result. The arguments of its call are stored with it. */
export function toolResultBytes(args: JsonObject | null, result: string): number {
  return utf8Bytes(result) + (args === null ? 0 : utf8Bytes(JSON.stringify(args)));
}
