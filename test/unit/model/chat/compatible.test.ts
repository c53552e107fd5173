import { describe, expect, it } from "vitest";
import { askFor } from "../../../support/openai-model.ts";
import { chunk, cutOff, finish, scriptModel, toolCall } from "../../../support/scripted-model.ts";

const provider = scriptModel();
const USAGE = { inputTokens: 10, outputTokens: 5, totalTokens: 15, reasoningTokens: 0, cacheReadTokens: 0 };
const said = (delta: unknown, finish_reason: string | null = null) => chunk({ choices: [{ delta, finish_reason }] });
const ask = async () => (await askFor()).chunks;

describe("a server that is only roughly compatible", () => {
  it("may send the usage with the last choice, and without a total", async () => {
    provider.next([
      said({ content: "x" }),
      chunk({ choices: [{ delta: {}, finish_reason: "stop" }], usage: { prompt_tokens: 2, completion_tokens: 3 } }),
      cutOff(),
    ]);
    const tokens = { ...USAGE, inputTokens: 2, outputTokens: 3, totalTokens: 5 };
    expect(await ask()).toContainEqual({ type: "usage", usage: tokens });
  });

  it("may repeat the usage with every event: the last one counts, once", async () => {
    const event = (completion_tokens: number) =>
      chunk({ choices: [{ delta: { content: "x" } }], usage: { prompt_tokens: 1, completion_tokens } });
    provider.next([event(1), event(2), said({}, "stop"), cutOff()]);
    const told = (await ask()).filter((each) => each.type === "usage");
    expect(told.map((each) => each.usage.outputTokens)).toEqual([2]);
  });

  it.each([-5, 1e308, Number.MAX_SAFE_INTEGER, "7", null])(
    "may count %s tokens: that is none",
    async (prompt_tokens) => {
      const counted = chunk({ choices: [], usage: { prompt_tokens, completion_tokens: 3 } });
      provider.next([said({ content: "x" }), said({}, "stop"), counted, cutOff()]);
      expect(await ask()).toContainEqual({
        type: "usage",
        usage: { ...USAGE, inputTokens: 0, outputTokens: 3, totalTokens: 3 },
      });
    },
  );

  it("may send events without choices, without delta, with null content and with null itself", async () => {
    provider.next([
      chunk({ choices: [] }),
      chunk({ choices: [{ index: 0 }] }),
      chunk(null),
      chunk({ id: "x" }),
      said({ role: "assistant", content: null, tool_calls: null }),
      said({ content: "Hello" }, ""),
      said({ content: null }, "stop"),
      cutOff(),
    ]);
    expect(await ask()).toEqual([
      { type: "text", delta: "Hello" },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("may send whole tool calls without index and id: the ids are made from the place, the same every time", async () => {
    const call = (name: string, args: unknown) => ({ function: { name, arguments: args } });
    const script = [said({ tool_calls: [call("add", '{"a":1}'), call("now", { b: 2 })] }, "stop"), cutOff()];
    provider.next(script, script);
    const first = (await askFor()).calls;
    expect(first).toEqual([
      { id: "call_1_0", name: "add", arguments: '{"a":1}' },
      { id: "call_1_1", name: "now", arguments: '{"b":2}' },
    ]);
    expect((await askFor()).calls).toEqual(first);
  });

  it("may give every tool call the same index, or stream fragments without one", async () => {
    const whole = (id: string) => ({ index: 0, id, function: { name: "add", arguments: "{}" } });
    provider.next([said({ tool_calls: [whole("a")] }), said({ tool_calls: [whole("b")] }, "tool_calls"), cutOff()]);
    expect((await askFor()).calls.map((call) => call.id)).toEqual(["a", "b"]);
    provider.next([
      said({ tool_calls: [{ id: "c", function: { name: "add", arguments: '{"a"' } }] }),
      said({ tool_calls: [{ function: { arguments: ":1}" } }] }, "tool_calls"),
      cutOff(),
    ]);
    expect((await askFor()).calls).toEqual([{ id: "c", name: "add", arguments: '{"a":1}' }]);
  });

  it("may call in the form that came before tools", async () => {
    const call = (piece: unknown) => said({ function_call: piece });
    provider.next([
      call({ name: "add", arguments: "{" }),
      call({ arguments: "}" }),
      said({}, "function_call"),
      cutOff(),
    ]);
    const { calls, finish: reason } = await askFor();
    expect(calls).toEqual([{ id: "call_1_0", name: "add", arguments: "{}" }]);
    expect(reason).toBe("tool_calls");
  });

  it("may end an answer that called tools with another word: what was called decides", async () => {
    provider.next([toolCall("add", {}), finish("stop")], [toolCall("add", {}), finish("function_call")]);
    expect((await askFor()).finish).toBe("tool_calls");
    expect((await askFor()).finish).toBe("tool_calls");
  });
});
