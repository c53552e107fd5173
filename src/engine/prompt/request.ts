import type { ModelMessage } from "../../domain/model.ts";
import { newestMessages } from "./history.ts";
import type { Prompt } from "./prompt.ts";

// The messages of one request of a run. If a provider refuses them, the request is made with less, in steps: without
// provider data, then with the newer half of the history, then with none of it.

/** What of the prompt a request goes without. */
export interface LeftOut {
  /** How many runs of the history, the oldest ones. */
  runs: number;
  /** How many runs go without their provider data: the oldest ones. One more than the history has is the run's own. */
  withoutProviderData: number;
}

export const NOTHING_LEFT_OUT: LeftOut = { runs: 0, withoutProviderData: 0 };

/** Stands in the place of earlier runs that are left out, so that the model does not take what it sees for the beginning. */
const RUNS_LEFT_OUT = "[The earlier part of this conversation is left out.]";

/** The messages of a request; `produced` is what the run has produced so far. */
export function requestMessages(prompt: Prompt, produced: readonly ModelMessage[], left: LeftOut): ModelMessage[] {
  const runs = [...prompt.history.map(({ messages }) => messages), [...prompt.input, ...produced]];
  const sent = runs.map((run, nth) => (nth < left.withoutProviderData ? run.map(withoutProviderData) : run));
  const own = sent.pop() ?? [];
  const conversation = [...wantedMessages(sent.slice(left.runs).flat(), prompt.wanted), ...own];
  return [...prompt.system, ...(left.runs > 0 ? withNote(conversation) : conversation)];
}

/** A request that was refused: what it goes without already, and the `source` of the model that refused it. */
export interface Refused {
  left: LeftOut;
  source: string;
}

/** The next step after a refused request; null if nothing more can be left out. */
export function leaveOutMore(
  prompt: Prompt,
  produced: readonly ModelMessage[],
  { left, source }: Refused,
): LeftOut | null {
  const { length } = prompt.history;
  // What another model's provider said was not sent: without it the same request would be made again.
  if (requestMessages(prompt, produced, left).some((message) => hasProviderData(message, source))) {
    return { ...left, withoutProviderData: length + 1 };
  }
  const newerHalf = length - Math.floor(length / 2);
  if (left.runs < newerHalf && newerHalf < length) return { ...left, runs: newerHalf };
  return left.runs < length ? { ...left, runs: length } : null;
}

function wantedMessages(
  messages: ModelMessage[],
  { numHistoryMessages, maxToolCallsFromHistory }: Prompt["wanted"],
): ModelMessage[] {
  const newest = numHistoryMessages === undefined ? messages : newestMessages(messages, numHistoryMessages);
  return maxToolCallsFromHistory === undefined ? newest : newestCalls(newest, maxToolCallsFromHistory);
}

/** The messages with their newest `count` tool calls only: Agno's `filter_tool_calls`. */
function newestCalls(messages: readonly ModelMessage[], count: number): ModelMessage[] {
  let older = messages.filter(({ role }) => role === "tool").length - count;
  if (older <= 0) return [...messages];
  const kept: ModelMessage[] = [];
  for (const message of messages) {
    if (message.role !== "tool") {
      kept.push(message);
    } else if (older > 0) {
      older -= 1;
      dropCall(kept, message.toolCallId);
    } else {
      kept.push(message);
    }
  }
  return kept;
}

/** Takes a call out of the answer that made it, and removes the answer too if it said nothing else. */
function dropCall(messages: ModelMessage[], id: string): void {
  const at = messages.findLastIndex(
    (message) => message.role === "assistant" && message.toolCalls.some((call) => call.id === id),
  );
  const answer = messages[at];
  if (answer?.role !== "assistant") return;
  const toolCalls = answer.toolCalls.filter((call) => call.id !== id);
  const isEmpty = toolCalls.length === 0 && answer.content.trim() === "";
  // Provider data is about all calls of its answer: with some of them gone the provider would refuse it.
  messages.splice(at, 1, ...(isEmpty ? [] : [{ ...answer, toolCalls, providerData: null }]));
}

const hasProviderData = (message: ModelMessage, source: string): boolean =>
  message.role === "assistant" && message.providerData?.source === source && message.providerData.data !== null;

function withoutProviderData(message: ModelMessage): ModelMessage {
  return message.role === "assistant" ? { ...message, providerData: null } : message;
}

/** The note goes in front of what the user says first: a message of its own would stand where some models want an answer. */
function withNote(messages: readonly ModelMessage[]): ModelMessage[] {
  const first = messages.findIndex(({ role }) => role === "user");
  const said = messages[first];
  if (said?.role !== "user") return [{ role: "user", content: RUNS_LEFT_OUT }, ...messages];
  return messages.with(first, { ...said, content: `${RUNS_LEFT_OUT}\n\n${said.content}` });
}
