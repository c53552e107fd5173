import {
  answerBefore,
  hasCalls,
  isBlank,
  ofEach,
  openAiError,
  type Provider,
  partsOf,
  withoutResult,
} from "./provider.ts";

export const KIMI: Provider = {
  name: "Kimi, thinking",
  status: 400,
  says: openAiError,
  rules: [
    // https://github.com/MoonshotAI/kimi-code/issues/1985
    ofEach((message, at) =>
      partsOf(message.content).every(isBlank) && !hasCalls(message)
        ? `Invalid request: the message at position ${at} with role '${message.role}' must not be empty`
        : null,
    ),
    // https://github.com/BerriAI/litellm/issues/42186
    ofEach(({ content }) =>
      Array.isArray(content) && partsOf(content).some(isBlank) ? "Invalid request: text content is empty" : null,
    ),
    // https://github.com/MoonshotAI/kimi-cli/issues/1977
    ofEach((_message, at, messages) => {
      const ids = withoutResult(messages, at);
      return ids.length === 0
        ? null
        : `an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`;
    }),
    // https://github.com/yaogang1991/harness/issues/392
    ofEach(({ role, tool_call_id: id }, at, messages) =>
      role !== "tool" || answerBefore(messages, at)?.tool_calls?.some((call) => call.id === id)
        ? null
        : "tool_call_id  is not found",
    ),
    // https://github.com/openclaw/openclaw/issues/84730
    ({ messages }) => {
      const ids = messages.flatMap((message) => (message.tool_calls ?? []).map(({ id }) => id));
      return new Set(ids).size === ids.length ? null : "tool_call_id is duplicated";
    },
    // https://github.com/earendil-works/pi/pull/4178: an empty text counts as missing, a blank one does not.
    ofEach((message, at) => {
      const { reasoning_content: reasoning } = message;
      return hasCalls(message) && (typeof reasoning !== "string" || reasoning === "")
        ? `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${at}`
        : null;
    }),
  ],
};
