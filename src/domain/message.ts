import type { JsonObject } from "./json.ts";
import type { ProviderData, ToolCall, Usage } from "./model.ts";

export const ROLES = ["system", "user", "assistant", "tool"] as const;
export type Role = (typeof ROLES)[number];

interface MessageBase {
  messageId: string;
  content: string;
  createdAt: number;
}

/** One entry of the history. Instants are epoch milliseconds. */
export type Message =
  | (MessageBase & { role: "system" })
  | (MessageBase & { role: "user" })
  | (MessageBase & {
      role: "assistant";
      toolCalls: ToolCall[];
      /** What the model thought, as callers are shown it; null if there is nothing to show. */
      reasoningContent: string | null;
      providerData: ProviderData | null;
      usage: Usage | null;
      timeToFirstTokenMs: number | null;
    })
  | (MessageBase & {
      role: "tool";
      toolCallId: string;
      toolName: string;
      /** Null when the model's arguments were not a JSON object. */
      toolArgs: JsonObject | null;
      toolCallError: boolean;
    });

/** The place of a message in its session. History is in this order. */
export interface MessageKey {
  runIndex: number;
  messageIndex: number;
}
