import type { JsonObject } from "../domain/json.ts";
import type { Message } from "../domain/message.ts";
import type { ToolCall } from "../domain/model.ts";
import { callingRunId, type Requirement } from "../domain/requirement.ts";
import { utf8Bytes } from "../lib/text.ts";
import type { Run } from "./run-state.ts";

/** All text of the run so far, over all its rounds: AgentOS's `content`. */
export function runText(run: Run): string {
  const texts = run.messages.map((message) => (message.role === "assistant" ? message.content : ""));
  return texts.join("") + (run.answer?.parts.join("") ?? "");
}

/** The run's tool calls in order: the nth is what facts and events call `call` n. */
export function toolCalls(run: Run): ToolCall[] {
  return run.messages.flatMap((message) => (message.role === "assistant" ? message.toolCalls : []));
}

export type ToolMessage = Extract<Message, { role: "tool" }>;

/** The message that answers each of the run's calls; null for one that has no result yet. */
export function toolAnswers(run: Run): (ToolMessage | null)[] {
  const open: { id: string; nth: number }[] = [];
  const answers: (ToolMessage | null)[] = [];
  for (const message of run.messages) {
    if (message.role === "assistant") {
      for (const { id } of message.toolCalls) {
        open.push({ id, nth: answers.length });
        answers.push(null);
      }
    } else if (message.role === "tool") {
      // Ids are unique in one answer of a model only, and all calls of one have results before it is asked again.
      const at = open.findIndex(({ id }) => id === message.toolCallId);
      const [call] = at < 0 ? [] : open.splice(at, 1);
      if (call !== undefined) {
        answers[call.nth] = message;
      }
    }
  }
  return answers;
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

/** What a call waits or waited for; a call that is asked about twice has two, of which the later one counts. */
export function requirementOfCall(run: Run, nth: number): Requirement | null {
  const { runId } = run.head;
  return run.requirements.findLast((one) => one.call === nth && callingRunId(one) === runId) ?? null;
}

/** Whether a member run of this call goes on after a pause. */
export function isWaitingDelegation(run: Run, nth: number): boolean {
  return run.members.some(({ head, end }) => head.parentCall === nth && end === null);
}

/** The member runs of a call, of each member the newest: one that was interrupted may have been asked for again. */
export function membersOfCall({ members }: Run, nth: number): Run[] {
  const ofCall = members.filter(({ head }) => head.parentCall === nth);
  return [...new Map(ofCall.map((member) => [member.head.component.id, member])).values()];
}

export const wasInterrupted = ({ end }: Run): boolean => end?.status === "ERROR" && end.error.type === "interrupted";

/** What is open of what the run and the member runs in it wait for, with `more` that is to be asked. */
export function openRequirements(run: Run, more: readonly Requirement[] = []): Requirement[] {
  const ids = runIds(run);
  return [...run.requirements, ...more].filter((one) => one.status === "open" && ids.has(callingRunId(one)));
}

/** What the run and the member runs in it wait and waited for. */
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
export function toolResultBytes(args: JsonObject | null, result: string): number {
  return utf8Bytes(result) + (args === null ? 0 : utf8Bytes(JSON.stringify(args)));
}
