import { describe, expect, it } from "vitest";
import { MAX_PROVIDER_DATA_BYTES } from "../../../../src/domain/limits.ts";
import type { ModelMessage, ProviderData } from "../../../../src/domain/model.ts";
import { toWireRequest } from "../../../../src/model/openai/chat/request.ts";
import { type RequestOptions, serverAt } from "../../../../src/model/openai/request-parts.ts";
import { askFor, chatModel, newModelId } from "../../../support/openai-model.ts";
import { chunk, cutOff, fail, respond, type Script, scriptModel, text } from "../../../support/scripted-model.ts";

const provider = scriptModel();
const said = (delta: unknown, finish_reason: string | null = null) => chunk({ choices: [{ delta, finish_reason }] });
const stop = () => [said({}, "stop"), cutOff()];
const GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai";

async function told(...deltas: unknown[]) {
  provider.next([...deltas.map((delta) => said(delta)), ...stop()]);
  return askFor();
}

/** The wire messages that a model at this address is sent of a history. */
async function sent(messages: ModelMessage[], model = chatModel()) {
  await askFor({ messages }, model);
  return provider.calls.at(-1)?.request.messages ?? [];
}

const answer = (providerData: ProviderData | null, toolCalls: { id: string; name: string; arguments: string }[] = []) =>
  ({ role: "assistant", content: "Hi", toolCalls, providerData }) satisfies ModelMessage;
const user: ModelMessage = { role: "user", content: "Hello" };
const CALL = { id: "c1", name: "add", arguments: "{}" };
const SIGNED = { google: { thought_signature: "sig-A" } };
const UNSIGNED = { google: { thought_signature: "skip_thought_signature_validator" } };

describe("what a model thinks", () => {
  it.each<[string, unknown[], string, unknown]>([
    [
      "`reasoning_content`",
      [{ reasoning_content: "Wha" }, { reasoning_content: "les", content: "" }],
      "Whales",
      { reasoning_content: "Whales" },
    ],
    ["`reasoning`", [{ reasoning: "Wha" }, { reasoning: "les" }], "Whales", { reasoning: "Whales" }],
    [
      "both names for one thought",
      [{ reasoning: "Whales", reasoning_content: "Whales" }],
      "Whales",
      { reasoning_content: "Whales", reasoning: "Whales" },
    ],
    [
      "OpenRouter's details, in pieces",
      [
        { reasoning: "Wha", reasoning_details: [{ type: "reasoning.text", text: "Wha", format: "f", index: 0 }] },
        { reasoning: "les", reasoning_details: [{ type: "reasoning.text", text: "les", format: "f", index: 0 }] },
        { reasoning_details: [{ type: "reasoning.text", signature: "sig", format: "f", index: 0 }] },
        { reasoning_details: [{ type: "reasoning.encrypted", data: "AAA", format: "f", index: 1 }] },
      ],
      "Whales",
      {
        reasoning_details: [
          { type: "reasoning.text", text: "Whales", signature: "sig", format: "f", index: 0 },
          { type: "reasoning.encrypted", data: "AAA", format: "f", index: 1 },
        ],
      },
    ],
    [
      "details without a name beside them",
      [{ reasoning_details: [{ type: "reasoning.summary", summary: "Whales" }] }],
      "Whales",
      { reasoning_details: [{ type: "reasoning.summary", summary: "Whales" }] },
    ],
    [
      "LiteLLM's blocks of Claude",
      [
        { thinking_blocks: [{ type: "thinking", thinking: "Wha" }] },
        { thinking_blocks: [{ type: "thinking", thinking: "les" }] },
        { thinking_blocks: [{ type: "thinking", thinking: "", signature: "sig" }] },
        { thinking_blocks: [{ type: "thinking", thinking: " sing" }] },
        { thinking_blocks: [{ type: "redacted_thinking", data: "AAA" }] },
      ],
      "Whales sing",
      {
        thinking_blocks: [
          { type: "thinking", thinking: "Whales", signature: "sig" },
          { type: "thinking", thinking: " sing" },
          { type: "redacted_thinking", data: "AAA" },
        ],
      },
    ],
    [
      "Mistral's parts",
      [
        { content: [{ type: "thinking", thinking: [{ type: "text", text: "Wha" }] }] },
        { content: [{ type: "thinking", thinking: [{ type: "text", text: "les" }] }] },
      ],
      "Whales",
      { thinking: "Whales" },
    ],
    [
      "something that is no text",
      [{ reasoning: { text: "x" }, reasoning_content: 7, reasoning_details: "x" }],
      "",
      undefined,
    ],
  ])("is told, and kept as it came: %s", async (_how, deltas, reasoning, beside) => {
    const asked = await told(...deltas, { content: "Hello" });
    expect(asked).toMatchObject({ text: "Hello", reasoning, finish: "stop" });
    expect(asked.beside).toEqual(beside);
  });

  it("comes before the end, and in an answer that was not streamed too", async () => {
    const message = { role: "assistant", content: "Hello", reasoning_content: "Whales" };
    provider.next([respond(200, { choices: [{ message, finish_reason: "stop" }] })]);
    expect((await askFor()).chunks.map(({ type }) => type)).toEqual(["reasoning", "text", "provider_data", "finish"]);
  });

  it("leaves nothing to send back where it stands in a tag", async () => {
    expect(await told({ content: "<think>Whales</think>Hello" })).toMatchObject({
      reasoning: "Whales",
      beside: undefined,
    });
  });

  it("has whole characters, also where the server halves them", async () => {
    const { chunks } = await told({ reasoning_content: "a\ud83d" }, { reasoning_content: "\ude00b" });
    expect(chunks.slice(0, 2)).toEqual([
      { type: "reasoning", delta: "a" },
      { type: "reasoning", delta: "😀b" },
    ]);
  });

  it("goes nowhere when the answer failed", async () => {
    provider.next([said({ reasoning_content: "Whales" }), text("half"), said({}, "error"), cutOff()]);
    expect(await askFor()).toMatchObject({ reasoning: "Whales", beside: undefined });
  });
});

describe("Gemini's signatures", () => {
  it("are kept with their calls, and with the message", async () => {
    const call = (index: number, extra_content?: unknown) => ({
      tool_calls: [{ index, id: `c${index}`, function: { name: "add", arguments: "{}" }, extra_content }],
    });
    const { beside } = await told(call(0, SIGNED), call(1), { content: "Hi", extra_content: SIGNED });
    expect(beside).toEqual({ extra_content: SIGNED, tool_calls: [{ at: 0, id: "c0", extra_content: SIGNED }] });
  });
});

describe("too much beside the text", () => {
  it.each<[string, unknown]>([
    ["one long thought", { reasoning_content: "x".repeat(MAX_PROVIDER_DATA_BYTES + 1) }],
    ["a thought that is long in bytes only", { reasoning_content: "ü".repeat(MAX_PROVIDER_DATA_BYTES / 2) }],
    ["a long signature", { extra_content: { google: { thought_signature: "x".repeat(MAX_PROVIDER_DATA_BYTES) } } }],
    [
      "long details",
      { reasoning_details: [{ type: "reasoning.encrypted", data: "x".repeat(MAX_PROVIDER_DATA_BYTES) }] },
    ],
  ])("is left out whole, and that is told: %s", async (_what, delta) => {
    expect(await told(delta, { content: "Hello" })).toMatchObject({ text: "Hello", beside: null, finish: "stop" });
  });

  it("is not collected any further, however much comes, and told all the same", async () => {
    const pieces = Array.from({ length: 40 }, () => ({ reasoning_content: "x".repeat(16_384) }));
    const { reasoning, beside } = await told(...pieces, { content: "Hello" });
    expect([reasoning.length, beside]).toEqual([40 * 16_384, null]);
  });

  it("is not what fits", async () => {
    const { beside } = await told(
      { reasoning_content: "x".repeat(MAX_PROVIDER_DATA_BYTES - 100) },
      { content: "Hello" },
    );
    expect(beside).toMatchObject({ reasoning_content: expect.stringMatching(/^x+$/) });
  });
});

describe("what goes back", () => {
  const id = newModelId();
  const model = () => chatModel({ id });
  const source = chatModel({ id }).source;
  const kept = (data: unknown): ProviderData => ({ source, data: JSON.stringify(data) });

  it("goes under the name in which it came", async () => {
    const [, own] = await sent([user, answer(kept({ reasoning_content: "Whales" }))], model());
    expect(own).toEqual({ role: "assistant", content: "Hi", reasoning_content: "Whales" });
    const [, other] = await sent([user, answer(kept({ reasoning: "Whales" }))], model());
    expect(other).toEqual({ role: "assistant", content: "Hi", reasoning: "Whales" });
  });

  it("goes with the calls, by their id, or by their place where ids were written anew", async () => {
    const calls = [
      { ...CALL, id: "c1" },
      { ...CALL, id: "c2" },
    ];
    const beside = kept({ tool_calls: [{ at: 1, id: "c2", extra_content: SIGNED }] });
    const [, byId] = await sent([user, answer(beside, [...calls].reverse())], model());
    expect(byId?.tool_calls?.map((call) => call.extra_content)).toEqual([SIGNED, undefined]);
    const renamed = calls.map((call, nth) => ({ ...call, id: `abc${nth}` }));
    const [, byPlace] = await sent([user, answer(beside, renamed)], model());
    expect(byPlace?.tool_calls?.map((call) => call.extra_content)).toEqual([undefined, SIGNED]);
  });

  it("goes as Mistral's parts", async () => {
    const [, own] = await sent([user, answer(kept({ thinking: "Whales" }))], model());
    expect(own?.content).toEqual([
      { type: "thinking", thinking: [{ type: "text", text: "Whales" }] },
      { type: "text", text: "Hi" },
    ]);
  });

  it("goes whole: what was read comes back as it came", async () => {
    const details = [{ type: "reasoning.text", text: "Whales", index: 0 }];
    provider.next([said({ reasoning_details: details, extra_content: SIGNED }), text("Hi"), ...stop()]);
    const { beside } = await askFor({}, model());
    const [, own] = await sent([user, answer(kept(beside))], model());
    expect(own).toEqual({ role: "assistant", content: "Hi", reasoning_details: details, extra_content: SIGNED });
  });

  it.each<[string, string]>([
    ["another model", chatModel({ id: "another" }).source],
    ["another server", chatModel({ id }, "http://other.test/v1").source],
    ["another API", source.replace("chat", "responses")],
  ])("is nothing of %s", async (_which, other) => {
    const data = JSON.stringify({ reasoning_content: "Whales", extra_content: SIGNED });
    const [, own] = await sent([user, answer({ source: other, data })], model());
    expect(own).toEqual({ role: "assistant", content: "Hi" });
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    "7",
    '{"reasoning_content":7}',
    '{"tool_calls":[null,{"at":"x"}]}',
    '{"role":"system"}',
  ])("is nothing where it cannot be read: %s", async (data) => {
    const [, own] = await sent([user, answer({ source, data })], model());
    expect(own).toEqual({ role: "assistant", content: "Hi" });
  });

  it("is nothing where it was too large", async () => {
    const [, own] = await sent([user, answer({ source, data: null })], model());
    expect(own).toEqual({ role: "assistant", content: "Hi" });
  });

  it("has whole characters", async () => {
    const [, own] = await sent([user, answer({ source, data: '{"reasoning_content":"half \\ud83d"}' })], model());
    expect(own?.reasoning_content).toBe("half \ufffd");
  });

  it("stands in no message of a failure", async () => {
    const thought = "the launch code of the old lighthouse";
    provider.next([fail(400, `Bad reasoning: ${thought}`)]);
    const { error } = await askFor({ messages: [user, answer(kept({ reasoning_content: thought }))] }, model());
    expect(error?.message).toBe("The model's provider answered 400: Bad reasoning: ***");
  });
});

describe("what a model wants of every answer", () => {
  const id = newModelId();
  const model = () => chatModel({ id });
  const own: ProviderData = { source: chatModel({ id }).source, data: '{"reasoning_content":"Whales"}' };
  const KIMI = "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1";
  const DEEPSEEK = "The `reasoning_content` in the thinking mode must be passed back to the API.";
  const GEMINI =
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.";

  it("is a `reasoning_content` where it gave one itself, also of answers of others", async () => {
    const messages = await sent([user, answer(null, [CALL]), user, answer(own), user, answer(null)], model());
    expect(messages.map((message) => message.reasoning_content)).toEqual([
      undefined,
      " ",
      undefined,
      "Whales",
      undefined,
      " ",
    ]);
  });

  it.each([KIMI, DEEPSEEK])("is found out and remembered: %s", async (words) => {
    const kimi = chatModel();
    provider.next([fail(400, words)], "Hello");
    expect(await askFor({ messages: [user, answer(null, [CALL])] }, kimi)).toMatchObject({
      text: "Hello",
      error: null,
    });
    expect(provider.calls.map(({ request }) => request.messages[1]?.reasoning_content)).toEqual([undefined, " "]);
    expect((await sent([user, answer(null)], kimi))[1]?.reasoning_content).toBe(" ");
  });

  it("is asked for once: a server that refuses it still is not asked again", async () => {
    provider.respondWith([fail(400, KIMI)]);
    expect((await askFor({ messages: [user, answer(null, [CALL])] })).error).toMatchObject({
      status: 400,
      refusesHistory: true,
    });
    expect(provider.calls.length).toBe(2);
  });

  it("is a signature of the first call at Google's own server", () => {
    const { source: own } = chatModel({ id: "gemini-3-pro" }, GOOGLE);
    const signed: ProviderData = {
      source: own,
      data: JSON.stringify({ tool_calls: [{ at: 0, id: "c1", extra_content: SIGNED }] }),
    };
    const messages = [user, answer(null, [CALL, { ...CALL, id: "c2" }]), answer(signed, [CALL])];
    const options: RequestOptions = { settings: { id: "gemini-3-pro" }, source: own, server: serverAt(GOOGLE) };
    const body = toWireRequest({ messages, tools: [], toolChoice: "auto" }, options, []);
    expect(body.messages).toMatchObject([
      {},
      { tool_calls: [{ extra_content: UNSIGNED }, {}] },
      { tool_calls: [{ extra_content: SIGNED }] },
    ]);
  });

  it("is no signature at another server, until that asks for one", async () => {
    const gateway = chatModel();
    const script: Script = [respond(400, [{ error: { code: 400, message: GEMINI, status: "INVALID_ARGUMENT" } }])];
    provider.next(script, "Hello");
    expect((await askFor({ messages: [user, answer(null, [CALL])] }, gateway)).text).toBe("Hello");
    const extras = provider.calls.map(({ request }) => request.messages[1]?.tool_calls?.[0]?.extra_content);
    expect(extras).toEqual([undefined, UNSIGNED]);
  });
});
