import type { Agent } from "../domain/agent.ts";
import type { Message } from "../domain/message.ts";
import type { ModelMessage } from "../domain/model.ts";

/** What an agent tells its model before the conversation, or null when it has nothing to say; `more` goes behind it. */
export function systemText(agent: Agent, more: string | null = null): string | null {
  const parts = [agent.description, agent.instructions, more].filter((part) => part != null && part !== "");
  return parts.length === 0 ? null : parts.join("\n");
}

/** The messages of history that a model understands: what stands before a run's own messages, oldest first. */
export function toModelMessage(message: Message): ModelMessage {
  switch (message.role) {
    case "system":
    case "user":
      return { role: message.role, content: message.content };
    case "assistant":
      return { role: "assistant", content: message.content, toolCalls: message.toolCalls };
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
