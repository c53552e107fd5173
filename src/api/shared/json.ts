import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { Usage } from "../../domain/model.ts";
import { shownMessages, type View } from "../../domain/view.ts";
import { type TokenDetails, tokenDetails } from "../../engine/run/tokens.ts";

/** AgentOS's session and run schemas show instants as ISO 8601 UTC with `Z`, without a fraction. */
export const isoSeconds = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

export const isoOrNull = (epochMs: number | null): string | null => (epochMs === null ? null : isoSeconds(epochMs));

/** AgentOS's run outputs, messages and events show whole epoch seconds. */
export const epochSeconds = (epochMs: number): number => Math.floor(epochMs / 1000);

/** Leaves out fields that are null or undefined, as AgentOS does in lists and details. */
export function withoutNulls<T extends object>(value: T): T {
  const kept: Partial<T> = {};
  for (const name in value) {
    if (value[name] !== null && value[name] !== undefined) kept[name] = value[name];
  }
  return kept as T;
}

/** A message as AgentOS shows it, without the fields that are null, or an empty list or object. */
export type MessageJson = {
  id: string;
  content?: string;
  reasoning_content?: string;
  /** Always false: copies of earlier messages in a prompt are not stored. */
  from_history: boolean;
  stop_after_tool_call: boolean;
  role: Message["role"];
  tool_call_id?: string;
  tool_name?: string;
  tool_args?: JsonObject;
  tool_call_error?: boolean;
  tool_calls?: { id: string; type: "function"; function: { name: string; arguments: string } }[];
  /** True if the answer had provider data that was too large to keep. Left out otherwise. */
  provider_data_dropped?: true;
  metrics?: MessageMetricsJson;
  /** Epoch seconds. */
  created_at: number;
};

type MessageMetricsJson = TokenDetails & {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  /** Seconds. */
  time_to_first_token?: number;
};

/** Messages for an answer: those that the view shows. */
export const messagesJson = (messages: readonly Message[], view: View): MessageJson[] =>
  shownMessages(messages, view).map(messageJson);

/** The keys are in AgentOS's order. */
function messageJson(message: Message): MessageJson {
  return {
    id: message.messageId,
    ...contentJson(message),
    ...(message.role === "assistant" && message.reasoningContent && { reasoning_content: message.reasoningContent }),
    from_history: false,
    stop_after_tool_call: false,
    role: message.role,
    ...(message.role === "tool" && toolJson(message)),
    ...(message.role === "assistant" && assistantJson(message)),
    created_at: epochSeconds(message.createdAt),
  };
}

/** In Agno the content of an answer that has only tool calls is null; an empty result of a tool is an empty text. */
function contentJson(message: Message): Pick<MessageJson, "content"> {
  return message.role === "assistant" && message.content === "" ? {} : { content: message.content };
}

function toolJson(message: Extract<Message, { role: "tool" }>) {
  const { toolArgs } = message;
  return {
    tool_call_id: message.toolCallId,
    tool_name: message.toolName,
    ...(toolArgs !== null && Object.keys(toolArgs).length > 0 && { tool_args: toolArgs }),
    tool_call_error: message.toolCallError,
  };
}

function assistantJson(message: Extract<Message, { role: "assistant" }>) {
  const metrics = metricsJson(message.usage, message.timeToFirstTokenMs);
  return {
    ...(message.toolCalls.length > 0 && {
      tool_calls: message.toolCalls.map((call) => ({
        id: call.id,
        type: "function" as const,
        function: { name: call.name, arguments: call.arguments },
      })),
    }),
    ...(message.providerData !== null &&
      message.providerData.data === null && { provider_data_dropped: true as const }),
    ...(Object.keys(metrics).length > 0 && { metrics }),
  };
}

/** Without what is zero or unknown, as in Agno. */
function metricsJson(usage: Usage | null, timeToFirstTokenMs: number | null): MessageMetricsJson {
  return {
    ...(usage?.inputTokens && { input_tokens: usage.inputTokens }),
    ...(usage?.outputTokens && { output_tokens: usage.outputTokens }),
    ...(usage?.totalTokens && { total_tokens: usage.totalTokens }),
    ...(usage && tokenDetails(usage)),
    ...(timeToFirstTokenMs && { time_to_first_token: timeToFirstTokenMs / 1000 }),
  };
}
