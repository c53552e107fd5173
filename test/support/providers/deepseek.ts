import { answerBefore, ofEach, openAiError, type Provider, textsIn, withoutResult } from "./provider.ts";

export const DEEPSEEK: Provider = {
  name: "DeepSeek, thinking",
  status: 400,
  says: openAiError,
  rules: [
    // https://github.com/Zoo-Code-Org/Zoo-Code/issues/461, https://github.com/CherryHQ/cherry-studio/pull/20614
    ({ messages }) => {
      const at = messages.findIndex((message) => textsIn(message).some((text) => !text.isWellFormed()));
      return at < 0
        ? null
        : `Failed to parse the request body as JSON: messages[${at}].content: lone leading surrogate in hex escape`;
    },
    // https://github.com/qwersyk/Newelle/issues/404, https://github.com/NousResearch/hermes-agent/pull/15228
    ofEach(({ role, reasoning_content: reasoning }) =>
      role === "assistant" && typeof reasoning !== "string"
        ? "The `reasoning_content` in the thinking mode must be passed back to the API."
        : null,
    ),
    // https://github.com/FoundationAgents/OpenManus/issues/23
    ofEach(({ role, tool_call_id: id }, at, messages) =>
      role !== "tool" || answerBefore(messages, at)?.tool_calls?.some((call) => call.id === id)
        ? null
        : "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    ),
    // https://github.com/QwenLM/qwen-code/issues/606 tells it of servers behind the same API.
    ofEach((_message, at, messages) =>
      withoutResult(messages, at).length === 0
        ? null
        : "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
    ),
  ],
};
