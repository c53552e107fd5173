import { hasCalls, isBlank, ofEach, ofEachCall, type Provider, partsOf, resultsBehind } from "./provider.ts";

/** What may stand behind what: https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py */
const BEHIND: Record<string, readonly string[]> = {
  system: ["user", "assistant", "system"],
  user: ["assistant", "system", "user"],
  assistant: ["assistant", "user", "tool"],
  tool: ["assistant", "tool"],
};
const IN_MESSAGES = ["role", "content", "tool_calls", "tool_call_id", "name", "prefix"];

export const MISTRAL: Provider = {
  name: "Mistral",
  status: 400,
  says: (message) => ({ object: "error", message, type: "invalid_request_error", param: null, code: "3230" }),
  rules: [
    // https://github.com/datapizza-labs/datapizza-ai/issues/98
    ofEach(({ role }, at, messages) => {
      const before = messages[at - 1]?.role;
      return before === undefined || BEHIND[before]?.includes(role)
        ? null
        : `Unexpected role '${role}' after role '${before}'`;
    }),
    // https://github.com/mistralai/client-ts/issues/106
    ofEach((message, at, messages) =>
      message.role !== "assistant" || resultsBehind(messages, at).length === (message.tool_calls?.length ?? 0)
        ? null
        : "Not the same number of function calls and responses",
    ),
    // https://github.com/karthink/gptel/issues/1203
    ofEachCall(({ id }) =>
      /^[a-zA-Z0-9]{9}$/.test(String(id))
        ? null
        : `Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`,
    ),
    ofEach(({ role, tool_call_id: id }) =>
      role !== "tool" || /^[a-zA-Z0-9]{9}$/.test(String(id))
        ? null
        : `Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`,
    ),
    // https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py
    ofEachCall(({ function: called }) =>
      /^[a-zA-Z0-9_-]{1,64}$/.test(String(called?.name))
        ? null
        : `Function name was ${called?.name} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64.`,
    ),
    // https://github.com/OpenHands/OpenHands/issues/8685
    ofEach((message) =>
      message.role === "assistant" && partsOf(message.content).every(isBlank) && !hasCalls(message)
        ? "Assistant message must have either content or tool_calls, but not none."
        : null,
    ),
    // https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py
    ({ messages }) =>
      messages.at(-1)?.role === "assistant"
        ? "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
        : null,
    // https://github.com/charmbracelet/crush/issues/1590
    ofEach((message, at) => {
      const extra = Object.keys(message).find((name) => !IN_MESSAGES.includes(name));
      return extra === undefined
        ? null
        : `extra_forbidden: Extra inputs are not permitted (body.messages.${at}.${message.role}.${extra})`;
    }),
    // https://github.com/charmbracelet/crush/issues/279, https://github.com/mistralai/mistral-vibe/issues/1006
    ({ messages }) => {
      const turns = messages.filter(
        (message) => message.role === "user" || (message.role === "assistant" && !hasCalls(message)),
      );
      return turns.every(({ role }, at) => role === (at % 2 === 0 ? "user" : "assistant"))
        ? null
        : "After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results.";
    },
  ],
};
