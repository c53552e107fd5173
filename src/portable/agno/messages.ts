import type { JsonObject } from "../../domain/json.ts";
import type { Role } from "../../domain/message.ts";
import type { ToolCall } from "../../domain/model.ts";
import type { PortableMessage } from "../record/run-record.ts";
import { usageOf } from "./metrics.ts";
import { contentOf, instantOf, numberOf, objectOf, objectsOf, textOf } from "./values.ts";

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

/** Reads the messages of a run, without copies of earlier ones, and without images, audio, videos and files. */
export function agnoMessages(run: JsonObject, runId: string, createdAt: number): PortableMessage[] {
  const messages: PortableMessage[] = [];
  for (const message of objectsOf(run.messages)) {
    const role = ROLES[textOf(message.role) ?? ""];
    if (role !== undefined && message.from_history !== true) {
      messages.push(agnoMessage(message, role, { runId, messageIndex: messages.length, createdAt }));
    }
  }
  const said = textOf(run.content);
  const isAnswered = messages.some(({ role, content }) => role === "assistant" && content !== "");
  if (run.status === "COMPLETED" && said !== null && !isAnswered) {
    // The run's content is its answer: a member answered for the team, or Agno was told to keep no messages.
    messages.push(agnoMessage({ content: said }, "assistant", { runId, messageIndex: messages.length, createdAt }));
  }
  return messages;
}

function agnoMessage(
  message: JsonObject,
  role: Role,
  place: { runId: string; messageIndex: number; createdAt: number },
): PortableMessage {
  const { runId, messageIndex } = place;
  const isTool = role === "tool";
  const isAnswer = role === "assistant";
  const calls = isAnswer ? toolCalls(message) : [];
  const firstToken = isAnswer ? numberOf(objectOf(message.metrics)?.time_to_first_token) : null;
  return {
    runId,
    messageIndex,
    messageId: textOf(message.id) ?? `${runId.slice(0, 100)}-${messageIndex}`,
    role,
    content: contentOf(message.content),
    reasoningContent: null,
    providerSource: null,
    providerData: null,
    toolCalls: calls.length > 0 ? calls : null,
    toolCallId: isTool ? (textOf(message.tool_call_id) ?? "") : null,
    toolName: isTool ? (textOf(message.tool_name) ?? textOf(message.name) ?? "") : null,
    toolArgs: isTool ? objectOf(message.tool_args) : null,
    toolCallError: isTool ? message.tool_call_error === true : null,
    usage: isAnswer ? usageOf(message.metrics) : null,
    timeToFirstTokenMs: firstToken === null ? null : Math.round(firstToken * 1000),
    createdAt: instantOf(message.created_at) ?? place.createdAt,
  };
}

function toolCalls(message: JsonObject): ToolCall[] {
  return objectsOf(message.tool_calls).flatMap((call) => {
    const asked = objectOf(call.function);
    const name = textOf(asked?.name);
    if (asked === null || name === null) return [];
    const { arguments: args } = asked;
    return [
      { id: textOf(call.id) ?? "", name, arguments: typeof args === "string" ? args : JSON.stringify(args ?? {}) },
    ];
  });
}
