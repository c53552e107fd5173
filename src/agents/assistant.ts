import type { Agent } from "../domain/agent.ts";

export const assistant: Agent = {
  id: "assistant",
  name: "Assistant",
  description: "Talks, and remembers the conversation.",
  instructions: "You are a helpful assistant. Answer clearly and briefly, in the language you are spoken to.",
};
