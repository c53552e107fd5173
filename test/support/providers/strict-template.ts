import { hasCalls, ofEach, openAiError, type Provider } from "./provider.ts";

export const STRICT_TEMPLATE: Provider = {
  name: "a server with a strict chat template",
  status: 400,
  says: openAiError,
  rules: [
    // https://github.com/vllm-project/vllm/issues/41114
    ofEach(({ role }, at) => (role === "system" && at > 0 ? "System message must be at the beginning." : null)),
    // https://github.com/vllm-project/vllm/issues/36432
    ({ messages }) => (messages.some(({ role }) => role === "user") ? null : "No user query found in messages."),
    // https://github.com/eclipse-theia/theia/issues/17104
    ({ messages }) => {
      const turns = messages.filter(
        (message) => message.role === "user" || (message.role === "assistant" && !hasCalls(message)),
      );
      return turns.every(({ role }, at) => role === (at % 2 === 0 ? "user" : "assistant"))
        ? null
        : "Conversation roles must alternate user/assistant/user/assistant/...";
    },
  ],
};
