import type { ModelMessage, ModelRequest, Usage } from "../../domain/model.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { tokensOfBytes } from "../run/tokens.ts";

/** A request to a model, and what has come of its answer, shown to callers or not. */
export interface Exchange {
  request: Pick<ModelRequest, "messages" | "tools">;
  text: string;
  /** Bytes of thoughts. */
  reasoningBytes: number;
  /** Of tool calls, whole or not. */
  fragments: { bytes: number };
  usage: Usage;
}

/** What a request has used: what the provider counted or, if it has not counted, about what these texts come to. */
export function usedTokens({ request, text, reasoningBytes, fragments, usage }: Exchange): number {
  if (usage.totalTokens > 0) return usage.totalTokens;
  return tokensOfBytes(requestBytes(request) + utf8Bytes(text) + reasoningBytes + fragments.bytes);
}

/** About what a model reads of it. The window counts other bytes (`sentBytes`): ids of calls, and what the provider has said beside the text. */
function requestBytes({ messages, tools }: Exchange["request"]): number {
  const told = tools.length === 0 ? 0 : utf8Bytes(JSON.stringify(tools));
  return messages.reduce((sum, message) => sum + messageBytes(message), told);
}

function messageBytes(message: ModelMessage): number {
  const calls = message.role === "assistant" ? message.toolCalls : [];
  return calls.reduce(
    (sum, call) => sum + utf8Bytes(call.name) + utf8Bytes(call.arguments),
    utf8Bytes(message.content),
  );
}
