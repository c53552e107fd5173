import type { Agent } from "../../domain/agent.ts";
import type { Message } from "../../domain/message.ts";
import type { ModelMessage } from "../../domain/model.ts";
import type { HistoryDropped } from "../../domain/run.ts";
import { MAX_SUMMARY_CODE_POINTS, type SessionSummary } from "../../domain/session.ts";
import { firstCodePoints } from "../../lib/text.ts";
import type { WindowRun } from "./window.ts";

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

/** What a run's model sees, in parts, so that less of the history can be sent if the provider refuses it. */
export interface Prompt {
  /** The agent's instructions. */
  system: readonly ModelMessage[];
  /** Earlier runs, oldest first. */
  history: readonly Pick<WindowRun, "runIndex" | "messages">[];
  /** The run's own first messages. */
  input: readonly ModelMessage[];
  /**
   * The part of the history that is left out from the first request on, because the provider refused it in an earlier run.
   * Null: nothing is left out.
   */
  refused: HistoryDropped | null;
  /** How much the agent wants of the history's messages and tool calls. */
  wanted: Pick<Agent, "numHistoryMessages" | "maxToolCallsFromHistory">;
}

export function buildPrompt(
  input: readonly Message[],
  wanted: Prompt["wanted"],
  { history, refused }: Pick<Prompt, "history" | "refused"> = { history: [], refused: null },
): Prompt {
  return {
    refused,
    system: input.filter((message) => message.role === "system").map(toModelMessage),
    history,
    input: input.filter((message) => message.role !== "system").map(toModelMessage),
    wanted,
  };
}
