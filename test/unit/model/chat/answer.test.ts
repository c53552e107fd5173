import { describe, expect, it } from "vitest";
import { askFor, chatModel } from "../../../support/openai-model.ts";
import {
  chunk,
  cutOff,
  raw,
  respond,
  type Script,
  scriptModel,
  text,
  toolCall,
} from "../../../support/scripted-model.ts";

const provider = scriptModel();
const said = (delta: unknown, finish_reason: string | null = null) => chunk({ choices: [{ delta, finish_reason }] });
const ends = (reason: string) => said({}, reason);

async function told(script: Script, model = chatModel()) {
  provider.next(script);
  return askFor({}, model);
}

describe("the reason of an answer", () => {
  it.each([
    "error",
    "abort",
    "network_error",
    "insufficient_system_resource",
    "engine_overloaded",
    "MALFORMED_FUNCTION_CALL",
    "function_call_filter: MALFORMED_FUNCTION_CALL",
  ])("`%s` is a failed answer, whose text is kept", async (reason) => {
    const { text: kept, finish, error } = await told([text("half an "), text("answer"), ends(reason), cutOff()]);
    expect(kept).toBe("half an answer");
    expect(finish).toBeNull();
    expect(error).toMatchObject({
      type: "model_provider_error",
      message: `The model's provider broke its answer off: ${reason}.`,
      refusesHistory: false,
    });
  });

  it.each([
    ["length", "length"],
    ["max_tokens", "length"],
    ["MAX_TOKENS", "length"],
    ["model_length", "length"],
    ["model_context_window_exceeded", "length"],
    ["sensitive", "content_filter"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["content_filter", "content_filter"],
    ["content_filter: PROHIBITED_CONTENT", "content_filter"],
    ["content_filtered", "content_filter"],
    ["refusal", "content_filter"],
    ["STOP", "stop"],
    ["eos", "stop"],
    ["something new", "stop"],
  ])("`%s` is %s", async (reason, expected) => {
    const { finish, error } = await told([text("x"), ends(reason), cutOff()]);
    expect([finish, error]).toEqual([expected, null]);
  });

  it.each(["length", "model_context_window_exceeded", "content_filter", "SAFETY"])(
    "`%s` behind a call is that, and not a reason to run the call",
    async (reason) => {
      const { finish } = await told([toolCall("add", "{}"), ends(reason), cutOff()]);
      expect(finish).not.toBe("tool_calls");
      expect(finish).not.toBe("stop");
    },
  );

  it("`error` behind a call ends without a reason to run it", async () => {
    const { finish, error } = await told([toolCall("add", "{}"), ends("error"), cutOff()]);
    expect([finish, error?.type]).toEqual([null, "model_provider_error"]);
  });

  it("`error` is told in the words of the error behind it", async () => {
    const broken = chunk({ error: { message: "The upstream is on fire", code: 502 } });
    const { text: kept, error } = await told([text("half"), ends("error"), broken]);
    expect(kept).toBe("half");
    expect(error?.message).toBe("The model's provider reported an error: The upstream is on fire");
  });

  it("is not told where it is longer than a word: a provider may say anything", async () => {
    const { error } = await told([text("half"), ends(`malformed: {"key":"${"x".repeat(80)}"}`), cutOff()]);
    expect(error?.message).toBe("The model's provider broke its answer off.");
  });
});

describe("a stream that ends with [DONE] and no reason", () => {
  const done = raw("data: [DONE]\n\n");
  const counts = () => chatModel({ finishOnDone: true });

  it("is an incomplete answer", async () => {
    expect((await told([text("whole"), done, cutOff()])).finish).toBeNull();
  });

  it("is whole where the model's settings say so", async () => {
    expect(await told([text("whole"), done, cutOff()], counts())).toMatchObject({ text: "whole", finish: "stop" });
  });

  it("is whole with calls whose arguments are whole", async () => {
    const answer = await told([toolCall("add", { a: 1 }), done, cutOff()], counts());
    expect(answer).toMatchObject({ finish: "tool_calls", calls: [{ name: "add", arguments: '{"a":1}' }] });
  });

  it.each<[string, Script]>([
    ["no arguments", [toolCall("add", ""), done, cutOff()]],
    ["half of its arguments", [toolCall("add", '{"a":'), done, cutOff()]],
    ["nothing at all", [said({ content: "" }), done, cutOff()]],
    ["thoughts only", [text("<think>hm"), done, cutOff()]],
  ])("is incomplete with %s", async (_what, script) => {
    expect((await told(script, counts())).finish).toBeNull();
  });

  it.each<[string, Script]>([
    ["without [DONE]", [text("half"), cutOff()]],
    ["with [DONE] in its text", [text("\ndata: [DONE]\n\n"), cutOff()]],
  ])("is incomplete %s", async (_what, script) => {
    expect((await told(script, counts())).finish).toBeNull();
  });

  it("is known by the mark also where it comes in two pieces", async () => {
    expect((await told([text("whole"), raw("data: [DO"), raw("NE]\n\n"), cutOff()], counts())).finish).toBe("stop");
  });

  it("has a reason of its own where the server gives one", async () => {
    expect((await told([text("whole"), ends("length"), done, cutOff()], counts())).finish).toBe("length");
  });
});

describe("the usage of an answer", () => {
  const ZERO = { inputTokens: 10, outputTokens: 5, totalTokens: 15, reasoningTokens: 0, cacheReadTokens: 0 };
  const counted = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

  it.each<[string, unknown, object]>([
    ["OpenAI's cached tokens", { prompt_tokens_details: { cached_tokens: 4 } }, { cacheReadTokens: 4 }],
    ["DeepSeek's", { prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 }, { cacheReadTokens: 4 }],
    ["Kimi's", { cached_tokens: 4 }, { cacheReadTokens: 4 }],
    [
      "Anthropic's, behind a gateway",
      { cache_read_input_tokens: 4, cache_creation_input_tokens: 3 },
      { cacheReadTokens: 4, cacheWriteTokens: 3 },
    ],
    [
      "OpenRouter's, with its cost",
      { prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 }, cost: 0.0125 },
      { cacheReadTokens: 4, cacheWriteTokens: 3, cost: 0.0125 },
    ],
    ["a cost of nothing", { cost: 0 }, { cost: 0 }],
    ["Perplexity's cost", { cost: { total_cost: 0.5 } }, { cost: 0.5 }],
    ["reasoning tokens", { completion_tokens_details: { reasoning_tokens: 3 } }, { reasoningTokens: 3 }],
    ["reasoning tokens at the top", { reasoning_tokens: 3 }, { reasoningTokens: 3 }],
    [
      "audio tokens",
      { prompt_tokens_details: { audio_tokens: 2 }, completion_tokens_details: { audio_tokens: 1 } },
      { audioInputTokens: 2, audioOutputTokens: 1 },
    ],
    ["null details", { prompt_tokens_details: null, completion_tokens_details: null, cost: null }, {}],
    ["a cost that is none", { cost: -1, prompt_tokens_details: { cached_tokens: "4" } }, {}],
  ])("has %s", async (_what, more, expected) => {
    const event = chunk({ choices: [], usage: { ...counted, ...(more as object) } });
    expect((await told([text("x"), ends("stop"), event, cutOff()])).usage).toEqual({ ...ZERO, ...expected });
  });

  it("may stand where Groq puts it", async () => {
    const event = chunk({ choices: [{ delta: {}, finish_reason: "stop" }], x_groq: { id: "req", usage: counted } });
    expect((await told([text("x"), event, cutOff()])).usage).toEqual(ZERO);
  });

  it("may stand in the choice, as Kimi puts it", async () => {
    const event = chunk({ choices: [{ delta: {}, finish_reason: "stop", usage: { ...counted, cached_tokens: 4 } }] });
    expect((await told([text("x"), event, cutOff()])).usage).toEqual({ ...ZERO, cacheReadTokens: 4 });
  });

  it("may have the names of the Responses API", async () => {
    const usage = { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 4 } };
    expect((await told([text("x"), ends("stop"), chunk({ choices: [], usage }), cutOff()])).usage).toEqual({
      ...ZERO,
      cacheReadTokens: 4,
    });
  });

  it("is told of a failed answer too", async () => {
    expect((await told([text("x"), ends("error"), chunk({ choices: [], usage: counted }), cutOff()])).usage).toEqual(
      ZERO,
    );
  });
});

describe("<think> at the head of a text", () => {
  const deltas = (...pieces: string[]): Script => [...pieces.map((piece) => text(piece))];

  it.each<[string, string[], string, string]>([
    ["in one piece", ["<think>Whales sing.</think>Hello"], "Whales sing.", "Hello"],
    ["in single characters", [..."<think>Whales sing.</think>\n\nHello"], "Whales sing.", "Hello"],
    ["cut within its tags", ["<th", "ink>Whales", " sing.</", "think>", "\n\n", "Hello"], "Whales sing.", "Hello"],
    ["behind blanks", ["\n ", "\n<think>", "Whales", "</think>Hello"], "Whales", "Hello"],
    ["that is never closed", ["<think>Whales sing.", " Long."], "Whales sing. Long.", ""],
    ["that ends within its closing tag", ["<think>Whales</thi"], "Whales</thi", ""],
    ["around nothing", ["<think>\n\n</think>\n\n", "Hello"], "", "Hello"],
    ["with something like its end within", ["<think>a < b </thin b\n", "</think>Hello"], "a < b </thin b\n", "Hello"],
    ["and nothing behind it", ["<think>Whales</think>\n"], "Whales", ""],
  ])("%s is reasoning", async (_how, pieces, reasoning, rest) => {
    expect(await told(deltas(...pieces))).toMatchObject({ reasoning, text: rest, finish: "stop" });
  });

  it.each<[string, string[]]>([
    ["behind the head", ["Hello <think>no</think>"]],
    ["behind thoughts", ["Hello", "<think>no</think>"]],
    ["that is another tag", ["<thi", "s> is a tag"]],
    ["that is cut off", ["<thi"]],
    ["that is no tag", ["< think>"]],
    ["of nothing but blanks", [" \n"]],
    ["behind more blanks than a model sends", [" ".repeat(2_000), "<think>x</think>"]],
  ])("is text %s", async (_where, pieces) => {
    expect(await told(deltas(...pieces))).toMatchObject({ reasoning: "", text: pieces.join("") });
  });

  it("comes once: a second one behind it is text", async () => {
    expect(await told(deltas("<think>a</think><think>b</think>c"))).toMatchObject({
      reasoning: "a",
      text: "<think>b</think>c",
    });
  });

  it("is told as it comes, and not when it ends", async () => {
    const { chunks } = await told(deltas("<think>Whales", " sing", "</think>", "Hel", "lo"));
    expect(chunks.slice(0, 4)).toEqual([
      { type: "reasoning", delta: "Whales" },
      { type: "reasoning", delta: " sing" },
      { type: "text", delta: "Hel" },
      { type: "text", delta: "lo" },
    ]);
  });

  it("is reasoning in an answer that was not streamed", async () => {
    const message = { role: "assistant", content: "<think>Whales</think>\n\nHello" };
    expect(await told([respond(200, { choices: [{ message, finish_reason: "stop" }] })])).toMatchObject({
      reasoning: "Whales",
      text: "Hello",
    });
  });

  it("is kept as far as it came when the answer breaks off", async () => {
    expect(await told([text("<think>Whales</th"), chunk({ error: { message: "gone" } })])).toMatchObject({
      reasoning: "Whales</th",
    });
  });
});

describe("held in trials", () => {
  const event = (body: unknown) => JSON.stringify(body);
  const hello = event({ choices: [{ delta: { content: "Hello" } }] });
  const stop = event({ choices: [{ delta: {}, finish_reason: "stop" }] });

  it.each([
    ["comments", `: OPENROUTER PROCESSING\n\ndata: ${hello}\n\n: ping\n\ndata: ${stop}\n\n`],
    ["CRLF", `data: ${hello}\r\n\r\ndata: ${stop}\r\n\r\n`],
    ["`data:` without a space", `data:${hello}\n\ndata:${stop}\n\ndata:[DONE]\n\n`],
    [
      "null choices and deltas",
      `data: {"choices":null}\n\ndata: {"choices":[{"delta":null}]}\n\ndata: ${hello}\n\ndata: ${stop}\n\n`,
    ],
    [
      "null members",
      `data: {"choices":[{"delta":{"content":"Hello","reasoning_content":null,"tool_calls":null,"refusal":null},"finish_reason":null}],"usage":null}\n\ndata: ${stop}\n\n`,
    ],
  ])("a stream with %s is read", async (_what, bytes) => {
    expect(await told([raw(bytes), cutOff()])).toMatchObject({ text: "Hello", finish: "stop", error: null });
  });

  it("a refusal is what the model says", async () => {
    expect(await told([said({ refusal: "I will not." }), ends("stop"), cutOff()])).toMatchObject({
      text: "I will not.",
    });
  });

  it("content in parts is one text", async () => {
    const content = [
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
    ];
    expect(await told([said({ content }), ends("stop"), cutOff()])).toMatchObject({ text: "Hello" });
  });
});
