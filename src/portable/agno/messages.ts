import type { JsonObject } from "../../domain/json.ts";
import { MAX_RUN_REASONING_BYTES } from "../../domain/limits.ts";
import type { Role } from "../../domain/message.ts";
import type { ToolCall } from "../../domain/model.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { PortableMessage } from "../record/run-record.ts";
import { type AgnoCall, AgnoCalls, pairedResults } from "./calls.ts";
import { usageOf } from "./metrics.ts";
import { agnoProviderData } from "./provider-data.ts";
import { splitResults } from "./tool-results.ts";
import { contentOf, instantOf, instantProblem, numberOf, objectOf, objectsOf, textOf } from "./values.ts";

/** The names that models have for the roles. */
const ROLES: Record<string, Role> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  model: "assistant",
  tool: "tool",
  function: "tool",
};

export const roleOf = (message: JsonObject): Role | undefined => ROLES[textOf(message.role) ?? ""];

/** The messages of a run, and what the run says of their calls. */
export interface AgnoMessages {
  messages: PortableMessage[];
  callOf: ReadonlyMap<ToolCall, AgnoCall>;
}

interface Place {
  runId: string;
  messageIndex: number;
  createdAt: number;
}

/** Reads the messages of a run, without copies of earlier ones, and without images, audio, videos and files. */
export function agnoMessages(run: JsonObject, runId: string, createdAt: number): AgnoMessages {
  const callOf = new Map<ToolCall, AgnoCall>();
  const messages: PortableMessage[] = [];
  const thoughts = new Thoughts();
  const add = (message: JsonObject, calls: readonly AgnoCall[] = []) => {
    const role = roleOf(message);
    if (role === undefined) return;
    const read = agnoMessage(message, role, { runId, messageIndex: messages.length, createdAt });
    for (const call of calls) callOf.set(call.call, call);
    messages.push(role === "assistant" ? { ...read, ...asideOf(message, calls, run, thoughts) } : read);
  };
  const reader = new AgnoCalls(run.tools);
  for (const { answer, behind } of rounds(run)) {
    const calls = answer === null ? [] : reader.read(answer);
    if (answer !== null) add(answer, calls);
    const paired = pairedResults(
      calls,
      behind.filter((one) => roleOf(one) === "tool"),
    );
    for (const message of behind) add(roleOf(message) === "tool" ? (paired.shift() ?? message) : message);
  }
  const said = textOf(run.content);
  const isAnswered = messages.some(({ role, content }) => role === "assistant" && content !== "");
  if (run.status === "COMPLETED" && said !== null && !isAnswered) {
    // The run's content is its answer: a member answered for the team, or Agno was told to keep no messages.
    add({ role: "assistant", content: said });
  }
  return { messages, callOf };
}

/** The instant of a message that is wrong, as a sentence; null if all are right. */
export function wrongMessageInstant(run: JsonObject): string | null {
  for (const [nth, message] of objectsOf(run.messages).entries()) {
    const problem = instantProblem(message, ["created_at"]);
    if (problem !== null) return `messages.${nth}.${problem}`;
  }
  return null;
}

/** An answer of the model, with what stands behind it until the next answer. The first round has no answer. */
interface Round {
  answer: JsonObject | null;
  behind: JsonObject[];
}

function rounds(run: JsonObject): Round[] {
  const all: Round[] = [{ answer: null, behind: [] }];
  for (const message of objectsOf(run.messages).flatMap((one) =>
    one.from_history === true ? [] : splitResults(one),
  )) {
    if (roleOf(message) === "assistant") all.push({ answer: message, behind: [] });
    else all.at(-1)?.behind.push(message);
  }
  return all;
}

function agnoMessage(message: JsonObject, role: Role, { runId, messageIndex, createdAt }: Place): PortableMessage {
  const isTool = role === "tool";
  return {
    runId,
    messageIndex,
    messageId: textOf(message.id) ?? `${runId.slice(0, 100)}-${messageIndex}`,
    role,
    content: contentOf(message.content),
    reasoningContent: null,
    providerSource: null,
    providerData: null,
    toolCalls: null,
    toolCallId: isTool ? (textOf(message.tool_call_id) ?? "") : null,
    toolName: isTool ? (textOf(message.tool_name) ?? textOf(message.name) ?? "") : null,
    toolArgs: isTool ? objectOf(message.tool_args) : null,
    toolCallError: isTool ? message.tool_call_error === true : null,
    usage: null,
    timeToFirstTokenMs: null,
    createdAt: instantOf(message.created_at) ?? createdAt,
  };
}

/** What only answers have. */
function asideOf(message: JsonObject, calls: readonly AgnoCall[], run: JsonObject, thoughts: Thoughts) {
  const firstToken = numberOf(objectOf(message.metrics)?.time_to_first_token);
  const beside = agnoProviderData(message, run);
  return {
    reasoningContent: thoughts.kept(textOf(message.reasoning_content)),
    providerSource: beside?.source ?? null,
    providerData: beside?.data ?? null,
    toolCalls: calls.length > 0 ? calls.map(({ call }) => call) : null,
    usage: usageOf(message.metrics),
    timeToFirstTokenMs: firstToken === null ? null : Math.round(firstToken * 1000),
  };
}

/** Keeps as much reasoning of a run as a run here may show. What comes beyond it is left out. */
class Thoughts {
  #bytes = 0;

  kept(text: string | null): string | null {
    this.#bytes += utf8Bytes(text ?? "");
    return this.#bytes > MAX_RUN_REASONING_BYTES ? null : text;
  }
}
