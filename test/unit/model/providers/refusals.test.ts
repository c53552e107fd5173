import { describe, expect, it } from "vitest";
import { CLAUDE } from "../../../support/providers/claude.ts";
import { DEEPSEEK } from "../../../support/providers/deepseek.ts";
import { GEMINI } from "../../../support/providers/gemini.ts";
import { KIMI } from "../../../support/providers/kimi.ts";
import { MISTRAL } from "../../../support/providers/mistral.ts";
import { OPENAI_CHAT } from "../../../support/providers/openai-chat.ts";
import { OPENAI_RESPONSES } from "../../../support/providers/openai-responses.ts";
import {
  type ChatCall,
  type ChatMessage,
  type Item,
  type Provider,
  type ResponsesBody,
  refusal,
} from "../../../support/providers/provider.ts";
import { STRICT_TEMPLATE } from "../../../support/providers/strict-template.ts";

const TOOLS = [{ type: "function", function: { name: "weather" } }];
const SIGNED = { google: { thought_signature: "signed" } };

const user = (content: unknown = "Hi"): ChatMessage => ({ role: "user", content });
/** What DeepSeek and Kimi want stands on each answer; Mistral's test takes it away. */
const answer = (content: unknown = "Hello", more: Partial<ChatMessage> = {}): ChatMessage => ({
  role: "assistant",
  content,
  reasoning_content: "Hm.",
  ...more,
});
const call = (id: unknown = "abcdefghi", name: unknown = "weather", written: unknown = "{}"): ChatCall => ({
  id,
  function: { name, arguments: written },
  extra_content: SIGNED,
});
const calls = (...made: ChatCall[]): ChatMessage => answer(null, { tool_calls: made.length > 0 ? made : [call()] });
const result = (id: unknown = "abcdefghi", content: unknown = "Sunny"): ChatMessage => ({
  role: "tool",
  tool_call_id: id,
  content,
});
const bare = ({ reasoning_content: _, ...message }: ChatMessage): ChatMessage => message as ChatMessage;

/** What each refuses, and in which words. */
const CHAT: [provider: Provider, refused: [words: string | RegExp, messages: ChatMessage[], tools?: unknown][]][] = [
  [
    OPENAI_CHAT,
    [
      [/did not have response messages: abcdefghi/, [user(), calls(), user()]],
      [/must be a response to a preceeding message/, [user(), result()]],
      [/must be a response to a preceeding message/, [user(), calls(), result(), user(), answer(), result()]],
      [/tool_calls\[0\]\.id': string too long/, [user(), calls(call("x".repeat(41))), result("x".repeat(41))]],
      [/function\.name': empty string/, [user(), calls(call("a", "")), result("a")]],
      [/function\.name': string does not match pattern/, [user(), calls(call("a", "made up")), result("a")]],
      [/function\.name': string does not match pattern/, [user(), calls(call("a", "n".repeat(65))), result("a")]],
      [/expected a string, got null/, [user(), answer(null)]],
      [/arguments': not valid JSON/, [user(), calls(call("a", "weather", "{")), result("a")]],
      [/'tools': empty array/, [user()], []],
      [/must be unique/, [user(), calls(), result(), calls(), result()]],
    ],
  ],
  [
    MISTRAL,
    [
      [/Unexpected role 'user' after role 'tool'/, [user(), bare(calls()), result(), user()]],
      [/Unexpected role 'tool' after role 'user'/, [user(), result()]],
      [/Not the same number of function calls/, [user(), bare(calls()), bare(answer()), user()]],
      [/Not the same number of function calls/, [user(), bare(calls()), result(), result()]],
      [/Tool call id was call_1 but must be/, [user(), bare(calls(call("call_1"))), result("call_1")]],
      [/Tool call id was call_1 but must be/, [user(), bare(calls()), result("call_1")]],
      [/Function name was made up but must be/, [user(), bare(calls(call("abcdefghi", "made up"))), result()]],
      [/but not none/, [user(), bare(answer(""))]],
      [/Expected last role User or Tool/, [user(), bare(answer())]],
      [/extra_forbidden/, [user(), answer(), user()]],
      [/must alternate/, [user(), user()]],
      [/must alternate/, [bare(answer()), user()]],
    ],
  ],
  [
    KIMI,
    [
      [/position 1 with role 'assistant' must not be empty/, [user(), answer("")]],
      [/position 1 with role 'assistant' must not be empty/, [user(), answer(" \n")]],
      [/position 0 with role 'user' must not be empty/, [user("")]],
      [/text content is empty/, [user(), answer([{ type: "text", text: "" }], { tool_calls: [call()] }), result()]],
      [/did not have response messages: abcdefghi/, [user(), calls(), user()]],
      [/tool_call_id {2}is not found/, [user(), calls(), result(), result("another")]],
      [/duplicated/, [user(), calls(), result(), calls(), result()]],
      [/reasoning_content is missing/, [user(), bare(calls()), result()]],
      [/reasoning_content is missing/, [user(), { ...calls(), reasoning_content: "" }, result()]],
    ],
  ],
  [
    DEEPSEEK,
    [
      [/lone leading surrogate/, [user("half \ud83d")]],
      [/lone leading surrogate/, [user(), calls(call("a", "weather", '{"a":"\\ud83d"}')), result("a")]],
      [/must be passed back/, [user(), bare(answer()), user()]],
      [/must be a response to a preceding message/, [user(), result()]],
      [/insufficient tool messages/, [user(), calls(), user()]],
    ],
  ],
  [
    GEMINI,
    [
      [/function call turn comes immediately after/, [calls(), result()]],
      [/function call turn comes immediately after/, [user(), answer(), calls(), result()]],
      [/function response turn comes immediately after/, [user(), result()]],
      [/number of function response parts/, [user(), calls(), user()]],
      [/number of function response parts/, [user(), calls(), result(), result()]],
      [/missing a thought_signature/, [user(), calls({ ...call(), extra_content: {} }), result()]],
      [/contents\.parts must not be empty/, [user(), answer(""), user()]],
      [/required oneof field/, [user(), answer([{ text: "a" }, { text: "" }]), user()]],
      [/contents is not specified/, [{ role: "system", content: "Be kind." }]],
      [/end with a user role/, [user(), answer()]],
    ],
  ],
  [
    CLAUDE,
    [
      [/without `tools=` param/, [user(), calls(), result()], undefined],
      [/must contain non-whitespace text/, [user(), answer(" \n"), user()]],
      [/must be non-empty/, [user(), answer(""), user()]],
      [/does not support assistant message prefill/, [user(), answer()]],
      [/without `tool_result` blocks immediately after: abcdefghi/, [user(), calls(), user()]],
      [/unexpected `tool_use_id`/, [user(), result()]],
      [/should match pattern/, [user(), calls(call("functions.a:0")), result("functions.a:0")]],
      [/ids must be unique/, [user(), calls(), result(), calls(), result()]],
      [/valid dictionary/, [user(), calls(call("a", "weather", "[1]")), result("a")]],
      [/first message must use the "user" role/, [answer(), user()]],
    ],
  ],
  [
    STRICT_TEMPLATE,
    [
      [/System message must be at the beginning/, [user(), { role: "system", content: "Be kind." }]],
      [/No user query found/, [{ role: "system", content: "Be kind." }]],
      [/must alternate/, [user(), user()]],
      [/must alternate/, [answer(), user()]],
    ],
  ],
];

const said = (id: string, more: Item = {}): Item => ({
  type: "message",
  role: "assistant",
  id,
  content: "Hello",
  ...more,
});
const made = (callId: string, more: Item = {}): Item => ({
  type: "function_call",
  call_id: callId,
  name: "weather",
  arguments: "{}",
  ...more,
});
const output = (callId: string): Item => ({ type: "function_call_output", call_id: callId, output: "Sunny" });
const thought = (id: string, more: Item = {}): Item => ({
  type: "reasoning",
  id,
  summary: [],
  encrypted_content: "e",
  ...more,
});
const asked: Item = { type: "message", role: "user", content: "Hi" };

const RESPONSES: [words: RegExp, input: Item[]][] = [
  [/No tool call found for function call output with call_id a/, [asked, output("a")]],
  [/No tool output found for function call a/, [asked, made("a"), asked]],
  [/without its required following item/, [asked, thought("rs_1"), asked]],
  [/Items are not persisted/, [asked, thought("rs_1", { encrypted_content: null }), said("msg_1"), asked]],
  [/without its required 'reasoning' item: 'rs_1'/, [asked, said("msg_1_needs_rs_1"), asked]],
  [/Duplicate item found with id msg_1/, [asked, said("msg_1"), asked, said("msg_1"), asked]],
  [/'input\[1\]\.id': string too long/, [asked, said(`msg_${"a".repeat(70)}`), asked]],
  [/Expected an ID that begins with 'fc'/, [asked, made("a", { id: "call_a" }), output("a")]],
  [/contains letters, numbers, underscores/, [asked, made("a", { id: "fc_a/b" }), output("a")]],
  [/'input\[1\]\.call_id': string too long/, [asked, made("x".repeat(65)), output("x".repeat(65))]],
  [/lone leading surrogate/, [{ ...asked, content: "half \ud83d" }]],
  [/'input\[1\]\.name': string does not match pattern/, [asked, made("a", { name: "made up" }), output("a")]],
];

const takes = <Body>(provider: Provider<Body>, body: Body) => expect(refusal(provider, body)).toBeNull();

describe.each(CHAT)("$name, as the tests play it", (provider, refused) => {
  it.each(refused)("refuses with %s", (words, messages, ...tools) => {
    expect(refusal(provider, { messages, tools: tools.length > 0 ? tools[0] : TOOLS })).toMatch(words);
  });

  it("has a test for each of its rules", () => {
    const bodies = refused.map(([, messages, ...tools]) => ({ messages, tools: tools.length > 0 ? tools[0] : TOOLS }));
    for (const rule of provider.rules) expect(bodies.some((body) => rule(body) !== null)).toBe(true);
  });

  it("takes what is right", () => {
    const right = [user(), calls(), result(), answer(), user()];
    takes(provider, { messages: provider === MISTRAL ? right.map(bare) : right, tools: TOOLS });
  });
});

describe("OpenAI's Responses, as the tests play it", () => {
  it.each(RESPONSES)("refuses with %s", (words, input) => {
    expect(refusal(OPENAI_RESPONSES, { input })).toMatch(words);
  });

  it("has a test for each of its rules", () => {
    for (const rule of OPENAI_RESPONSES.rules) {
      expect(RESPONSES.some(([, input]) => rule({ input } satisfies ResponsesBody) !== null)).toBe(true);
    }
  });

  it("takes what is right", () => {
    const answered = [thought("rs_1"), made("a", { id: "fc_1_needs_rs_1" }), output("a"), said("msg_2"), asked];
    takes(OPENAI_RESPONSES, { input: [asked, ...answered] });
  });
});
