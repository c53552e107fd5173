import { describe, expect, it } from "vitest";
import type { ModelChunk } from "../../../../src/domain/model.ts";
import type { OpenAiOptions } from "../../../../src/model/openai/client.ts";
import { APIS, askFor, newModel } from "../../../support/openai-model.ts";
import {
  cutOff,
  ends,
  finish,
  gate,
  hold,
  never,
  reset,
  respond,
  scriptModel,
  text,
  toolCall,
  usage,
} from "../../../support/scripted-model.ts";

const provider = scriptModel();
const USAGE = { inputTokens: 10, outputTokens: 5, totalTokens: 15, reasoningTokens: 0, cacheReadTokens: 0 };

describe.each(APIS)("an answer of $api", (tested) => {
  const model = (options: Partial<OpenAiOptions> = {}) => newModel(tested, options);
  const ask = (options: Partial<OpenAiOptions> = {}) => askFor({}, model(options));
  /** What is told, without what goes back to the provider: that differs. */
  const chunksOf = async (options: Partial<OpenAiOptions> = {}): Promise<ModelChunk[]> =>
    (await ask(options)).chunks.filter(({ type }) => type !== "provider_data");

  it("comes as its deltas, its usage and its reason, in that order", async () => {
    provider.next([text("Hel", "lo")]);
    expect(await chunksOf()).toEqual([
      { type: "text", delta: "Hel" },
      { type: "text", delta: "lo" },
      { type: "usage", usage: USAGE },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("streams: a delta arrives while the provider still works on the next", async () => {
    const point = gate();
    provider.next([text("one"), hold(point), text("two")]);
    const bursts = model()
      .stream({ messages: [], tools: [], toolChoice: "auto" }, new AbortController().signal)
      [Symbol.asyncIterator]();
    expect(await bursts.next()).toEqual({ done: false, value: [{ type: "text", delta: "one" }] });
    await point.reached();
    point.release();
    expect(await bursts.next()).toEqual({ done: false, value: [{ type: "text", delta: "two" }] });
  });

  it("has tool calls in fragments, each with its id and name first", async () => {
    provider.next([toolCall("add", { a: 1, b: 22 }), toolCall("now", {})]);
    const { chunks, calls, finish: reason } = await ask();
    expect(chunks[0]).toEqual({ type: "tool_call", index: 0, id: "call_1_0", name: "add" });
    expect(chunks.filter((each) => each.type === "tool_call" && each.index === 0).length).toBeGreaterThan(2);
    expect(calls).toEqual([
      { id: "call_1_0", name: "add", arguments: '{"a":1,"b":22}' },
      { id: "call_1_1", name: "now", arguments: "{}" },
    ]);
    expect(reason).toBe("tool_calls");
  });

  it("may have words before its calls", async () => {
    provider.next([text("Let me see."), toolCall("now", {})]);
    expect(await ask()).toMatchObject({ text: "Let me see.", finish: "tool_calls", calls: [{ name: "now" }] });
  });

  it("tells reasoning and cached tokens", async () => {
    provider.next([
      usage({ prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 3 } }),
      text("x"),
    ]);
    expect((await ask()).usage).toEqual({ ...USAGE, cacheReadTokens: 4, reasoningTokens: 3 });
  });

  it.each(["length", "content_filter"])("that was cut has the reason %s, with calls and without", async (reason) => {
    provider.next([text("x"), finish(reason)], [toolCall("add", "{}"), finish(reason)]);
    expect((await ask()).finish).toBe(reason);
    expect((await ask()).finish).toBe(reason);
  });

  it("that the provider closes early has no finish chunk", async () => {
    provider.next([text("Hel"), cutOff()]);
    expect(await chunksOf()).toEqual([{ type: "text", delta: "Hel" }]);
  });

  it("is whole once its reason was seen, even if the connection breaks right after", async () => {
    provider.next([text("done"), ends("stop"), reset()]);
    expect(await chunksOf()).toEqual([
      { type: "text", delta: "done" },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("is whole once its reason was seen, even if the server never closes the connection", async () => {
    provider.next([text("done"), ends("stop"), never()]);
    expect((await ask({ timeoutMs: 60 })).finish).toBe("stop");
    expect(provider.calls[0]?.aborted).toBe(true);
  });

  it("may come without usage", async () => {
    provider.next([usage(null), text("x")]);
    expect((await chunksOf()).map((each) => each.type)).toEqual(["text", "finish"]);
  });

  it("may have a character in two halves: the delta has it whole", async () => {
    provider.next([text("a\ud83d", "\ude00b")]);
    expect((await chunksOf()).slice(0, 2)).toEqual([
      { type: "text", delta: "a" },
      { type: "text", delta: "😀b" },
    ]);
  });

  it("may be one JSON although a stream was asked for", async () => {
    provider.next([respond(200, tested.whole("All at once."))]);
    expect(await chunksOf()).toEqual([
      { type: "text", delta: "All at once." },
      { type: "usage", usage: USAGE },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("may be a refusal, which is what it says", async () => {
    provider.next([(connection) => connection.delta({ refusal: "I can't help with that." })]);
    expect(await ask()).toMatchObject({ text: "I can't help with that.", finish: "stop" });
  });

  it("has what the model thought apart from what it says", async () => {
    provider.next([(connection) => connection.delta({ reasoning_content: "Whales, then." }), text("Whales.")]);
    expect(await ask()).toMatchObject({ reasoning: "Whales, then.", text: "Whales." });
  });

  it("has what stands in a tag at its head as what was thought", async () => {
    provider.next([text("<thi", "nk>Whales, then.</think>\n\n", "Whales.")]);
    expect(await ask()).toMatchObject({ reasoning: "Whales, then.", text: "Whales." });
  });
});
