import {
  answerBefore,
  hasCalls,
  isBlank,
  ofEach,
  ofEachCall,
  openAiError,
  type Provider,
  parsed,
  withoutResult,
} from "./provider.ts";

const MAX_ID_CHARS = 40;
const MAX_NAME_CHARS = 64;

export const OPENAI_CHAT: Provider = {
  name: "OpenAI, Chat Completions",
  status: 400,
  says: openAiError,
  rules: [
    // https://github.com/agno-agi/agno/issues/4345
    ofEach((_message, at, messages) => {
      const ids = withoutResult(messages, at);
      return ids.length === 0
        ? null
        : `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`;
    }),
    // https://github.com/miurla/morphic/issues/136
    ofEach(({ role, tool_call_id: id }, at, messages) =>
      role !== "tool" || answerBefore(messages, at)?.tool_calls?.some((call) => call.id === id)
        ? null
        : "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    ),
    // https://github.com/pydantic/pydantic-ai/issues/4389
    ofEachCall(({ id }, place) =>
      typeof id === "string" && id.length <= MAX_ID_CHARS
        ? null
        : `Invalid '${place}.id': string too long. Expected a string with maximum length 40, but got a string with length ${String(id).length} instead.`,
    ),
    // https://github.com/continuedev/continue/issues/11645
    ofEachCall(({ function: called }, place) =>
      called?.name !== ""
        ? null
        : `Invalid '${place}.function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
    ),
    // https://github.com/mcp-use/mcp-use/issues/90
    ofEachCall(({ function: called }, place) =>
      typeof called?.name === "string" && /^[a-zA-Z0-9_-]+$/.test(called.name) && called.name.length <= MAX_NAME_CHARS
        ? null
        : `Invalid '${place}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
    ),
    // https://github.com/docker/docker-agent/issues/63
    ofEach((message, at) =>
      message.content === null && !hasCalls(message)
        ? `Invalid value for 'content': expected a string, got null. (messages.[${at}].content)`
        : null,
    ),
    // Its API reference: `arguments` are a text, which the model is to have written as JSON.
    ofEachCall(({ function: called }, place) =>
      parsed(called?.arguments) === undefined ? `Invalid '${place}.function.arguments': not valid JSON.` : null,
    ),
    // https://platform.openai.com/docs/api-reference/chat/create: no list of tools is empty.
    ({ tools }) =>
      Array.isArray(tools) && tools.length === 0
        ? "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
        : null,
    // https://github.com/openclaw/openclaw/issues/84730 tells it of servers behind the same API.
    ({ messages }) => {
      const ids = messages.flatMap((message) => (message.tool_calls ?? []).map(({ id }) => id));
      return new Set(ids).size === ids.length && !ids.some(isBlank) ? null : "tool call ids must be unique";
    },
  ],
};
