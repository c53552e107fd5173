import { hasCalls, isBlank, ofEach, type Provider, partsOf, resultsBehind, withoutResult } from "./provider.ts";

export const GEMINI: Provider = {
  name: "Gemini 3, OpenAI-compatible",
  status: 400,
  // It answers a list.
  says: (message) => [{ error: { code: 400, message, status: "INVALID_ARGUMENT" } }],
  rules: [
    // https://github.com/google-gemini/gemini-cli/issues/11814
    ofEach((message, at, messages) => {
      const before = messages[at - 1]?.role;
      return !hasCalls(message) || before === "user" || before === "tool"
        ? null
        : "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
    }),
    // https://github.com/langchain-ai/langchain/issues/27799
    ofEach(({ role }, at, messages) => {
      const before = messages[at - 1];
      return role !== "tool" || before?.role === "tool" || hasCalls(before)
        ? null
        : "Please ensure that function response turn comes immediately after a function call turn.";
    }),
    // https://github.com/microsoft/vscode/issues/299295
    ofEach((message, at, messages) =>
      withoutResult(messages, at).length === 0 &&
      (!hasCalls(message) || resultsBehind(messages, at).length === message.tool_calls?.length)
        ? null
        : "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
    ),
    // https://github.com/securo-finance/securo/issues/884, https://ai.google.dev/gemini-api/docs/thought-signatures
    ofEach((message, at) => {
      const first = message.tool_calls?.[0];
      const signature = first?.extra_content?.google?.thought_signature;
      return first === undefined || (typeof signature === "string" && signature !== "")
        ? null
        : `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.function?.name}\`, position ${at}.`;
    }),
    // https://github.com/vercel/ai/issues/3775
    ofEach((message, at) =>
      partsOf(message.content).every((text) => text === "") && !hasCalls(message)
        ? `* GenerateContentRequest.contents[${at}].parts: contents.parts must not be empty.`
        : null,
    ),
    // https://github.com/router-for-me/CLIProxyAPI/issues/1292
    ofEach(({ content }, at) =>
      partsOf(content).length > 1 && partsOf(content).some(isBlank)
        ? `* GenerateContentRequest.contents[${at}].parts[0].data: required oneof field 'data' must have one initialized field`
        : null,
    ),
    // https://github.com/Mai-with-u/MaiBot/pull/1915
    ({ messages }) =>
      messages.some(({ role }) => role !== "system")
        ? null
        : "* GenerateContentRequest.contents: contents is not specified",
    // https://github.com/crewAIInc/crewAI/pull/6973
    ({ messages }) =>
      messages.at(-1)?.role === "assistant"
        ? "Please ensure that single turn requests end with a user role or the role field is empty."
        : null,
  ],
};
