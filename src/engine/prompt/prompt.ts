import type { Agent } from "../../domain/agent.ts";
import type { Message } from "../../domain/message.ts";
import type { ModelMessage } from "../../domain/model.ts";
import { MAX_SUMMARY_CODE_POINTS, type SessionSummary } from "../../domain/session.ts";
import { firstCodePoints } from "../../lib/text.ts";

/** What an agent tells its model before the conversation, with `more` behind it; null when there is nothing to tell. */
export function systemText(agent: Agent, more: string | null = null): string | null {
  const parts = [agent.description, agent.instructions, more].filter((part) => part != null && part !== "");
  return parts.length === 0 ? null : parts.join("\n");
}

/**
 * A session's summary within Agno's words. The summary is made of what users said, so the block's tags are escaped in it:
 * it must not end the block that marks it as a summary.
 */
export function summaryText({ summary }: SessionSummary): string {
  const text = firstCodePoints(summary, MAX_SUMMARY_CODE_POINTS).replace(SUMMARY_TAG, "&lt;$1");
  return [
    "Here is a brief summary of your previous interactions:",
    "",
    "<summary_of_previous_interactions>",
    text,
    "</summary_of_previous_interactions>",
    "",
    "Note: this information is from previous interactions and may be outdated. You should ALWAYS prefer information " +
      "from this conversation over the past summary.",
  ].join("\n");
}

const SUMMARY_TAG = /<(\s*\/?\s*summary_of_previous_interactions)/gi;

/** A message as the model is sent it. */
export function toModelMessage(message: Message): ModelMessage {
  switch (message.role) {
    case "system":
    case "user":
      return { role: message.role, content: message.content };
    case "assistant":
      return {
        role: "assistant",
        content: message.content,
        toolCalls: message.toolCalls,
        providerData: message.providerData,
      };
    case "tool":
      return {
        role: "tool",
        toolCallId: message.toolCallId,
        toolName: message.toolName,
        content: message.content,
      };
  }
}

/** What the model sees: the agent's instructions, the history window, and the run's own user message. */
export function buildPrompt(history: readonly Message[], input: readonly Message[]): ModelMessage[] {
  const system = input.filter((message) => message.role === "system");
  const own = input.filter((message) => message.role !== "system");
  return [...system, ...history, ...own].map(toModelMessage);
}
