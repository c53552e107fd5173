import {
  answerBefore,
  hasCalls,
  isBlank,
  ofEach,
  ofEachCall,
  openAiError,
  type Provider,
  parsed,
  partsOf,
  withoutResult,
} from "./provider.ts";

export const CLAUDE: Provider = {
  name: "Claude behind a gateway",
  status: 400,
  says: openAiError,
  rules: [
    // https://github.com/BerriAI/litellm/issues/24712, https://github.com/camel-ai/owl/issues/532
    ({ messages, tools }) =>
      messages.some((message) => hasCalls(message) || message.role === "tool") &&
      !(Array.isArray(tools) && tools.length > 0)
        ? "litellm.UnsupportedParamsError: Anthropic doesn't support tool calling without `tools=` param specified."
        : null,
    // https://github.com/anomalyco/opencode/issues/31259
    ofEach((message) =>
      partsOf(message.content).some((text) => text !== "" && isBlank(text))
        ? "messages: text content blocks must contain non-whitespace text"
        : null,
    ),
    // https://github.com/anthropics/claude-code/issues/59812
    ofEach((message) =>
      partsOf(message.content).some((text) => text === "") && !hasCalls(message)
        ? "messages: text content blocks must be non-empty"
        : null,
    ),
    // https://github.com/anthropics/claude-code/issues/52433
    ({ messages }) =>
      messages.at(-1)?.role === "assistant"
        ? "This model does not support assistant message prefill. The conversation must end with a user message."
        : null,
    // https://github.com/anthropics/claude-code/issues/8612
    ofEach((_message, at, messages) => {
      const ids = withoutResult(messages, at);
      return ids.length === 0
        ? null
        : `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    }),
    // https://github.com/anthropics/claude-code/issues/18947
    ofEach(({ role, tool_call_id: id }, at, messages) =>
      role !== "tool" || answerBefore(messages, at)?.tool_calls?.some((call) => call.id === id)
        ? null
        : `messages.${at}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
    ),
    // https://github.com/HKUDS/nanobot/pull/4356
    ofEachCall(({ id }, place) =>
      /^[a-zA-Z0-9_-]+$/.test(String(id))
        ? null
        : `${place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`,
    ),
    // https://github.com/anthropics/claude-code/issues/20901
    ({ messages }) => {
      const ids = messages.flatMap((message) => (message.tool_calls ?? []).map(({ id }) => id));
      return new Set(ids).size === ids.length ? null : "messages: `tool_use` ids must be unique";
    },
    // https://docs.anthropic.com/en/api/messages: the input of a call is an object; a gateway parses it out of the arguments.
    ofEachCall(({ function: called }, place) => {
      const input = parsed(called?.arguments);
      return typeof input === "object" && input !== null && !Array.isArray(input)
        ? null
        : `${place}.tool_use.input: Input should be a valid dictionary`;
    }),
    // https://docs.anthropic.com/en/api/messages
    ({ messages }) =>
      messages.find(({ role }) => role !== "system")?.role === "user"
        ? null
        : 'messages: first message must use the "user" role',
  ],
};
