import { describe, expect, it } from "vitest";
import { MAX_PROVIDER_DATA_BYTES } from "../../../../src/domain/limits.ts";
import { askFor, responsesModel } from "../../../support/openai-model.ts";
import {
  chunk,
  cutOff,
  event,
  respond,
  type Script,
  type Step,
  scriptModel,
  text,
  toolCall,
} from "../../../support/scripted-model.ts";

const provider = scriptModel();

async function told(script: Script) {
  provider.next(script);
  return askFor({}, responsesModel());
}

const MESSAGE = { id: "msg_1", type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] };
const added = (output_index: number | undefined, item: object) =>
  event({ type: "response.output_item.added", output_index, item });
const done = (output_index: number | undefined, item: object) =>
  event({ type: "response.output_item.done", output_index, item });
const ended = (response: object = {}, type = "response.completed") =>
  event({ type, response: { object: "response", status: type.slice("response.".length), error: null, ...response } });
const call = (id: string, place = 0) => ({ id: `fc_${place}`, type: "function_call", call_id: id, name: "add" });
const written = (output_index: number | undefined, delta: string, item_id = "fc_0") =>
  event({ type: "response.function_call_arguments.delta", output_index, item_id, delta });
const thought = (delta: string, summary_index = 0, output_index = 0) =>
  event({ type: "response.reasoning_summary_text.delta", output_index, summary_index, delta });
const said = (delta: string, output_index = 0, item_id = "msg_0") =>
  event({ type: "response.output_text.delta", output_index, content_index: 0, item_id, delta });

describe("the items of a response", () => {
  it("are what goes back: whole, in the order of the output, and not as they began", async () => {
    const begun = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "incomplete" };
    const reasoning = { ...begun, encrypted_content: "gAAAA" };
    const { beside, text: content } = await told([
      added(0, begun),
      added(1, { ...MESSAGE, content: [] }),
      said("Hello", 1),
      done(1, { ...MESSAGE, phase: "final_answer" }),
      done(0, reasoning),
      ended(),
      cutOff(),
    ]);
    expect(content).toBe("Hello");
    expect(beside).toEqual([reasoning, { ...MESSAGE, phase: "final_answer" }]);
  });

  it("go back to the model with the next request", async () => {
    const model = responsesModel();
    provider.next([
      (connection) => connection.delta({ reasoning_content: "Hm." }),
      text("Let me see."),
      toolCall("add", {}),
    ]);
    const { beside, calls } = await askFor({}, model);
    const data = JSON.stringify(beside);
    await askFor(
      {
        messages: [
          { role: "user", content: "1+2?" },
          { role: "assistant", content: "Let me see.", toolCalls: calls, providerData: { source: model.source, data } },
          { role: "tool", toolCallId: calls[0]?.id ?? "", toolName: "add", content: "3" },
        ],
      },
      model,
    );
    const input = provider.calls[1]?.body.input as { type: string; id?: string; encrypted_content?: string }[];
    expect(input.map(({ type, id }) => [type, id])).toEqual([
      ["message", undefined],
      ["reasoning", "rs_1_0"],
      ["message", "msg_1_1"],
      ["function_call", "fc_1_2"],
      ["function_call_output", undefined],
    ]);
    expect(input[1]?.encrypted_content).toBe("encrypted rs_1_0");
  });

  it("are left out where they are too large to keep, which is said", async () => {
    const large = {
      id: "rs_1",
      type: "reasoning",
      summary: [],
      encrypted_content: "x".repeat(MAX_PROVIDER_DATA_BYTES),
    };
    const { beside, text: content, finish } = await told([done(0, large), done(1, MESSAGE), ended(), cutOff()]);
    expect([beside, content, finish]).toEqual([null, "Hello", "stop"]);
  });

  it("are not told of an answer that did not end", async () => {
    expect(await told([done(0, MESSAGE), cutOff()])).toMatchObject({ beside: undefined, text: "Hello", finish: null });
  });
});

describe("the texts of a response", () => {
  it("have a blank line between two messages, and between two summaries", async () => {
    const { text: content, reasoning } = await told([
      thought("First"),
      thought(" this."),
      thought("Then that.", 1),
      said("I look it up.", 1),
      said("It is ", 2),
      said("3.", 2),
      ended(),
      cutOff(),
    ]);
    expect(reasoning).toBe("First this.\n\nThen that.");
    expect(content).toBe("I look it up.\n\nIt is 3.");
  });

  it("are those of refusals and of open reasoning, too", async () => {
    const { text: content, reasoning } = await told([
      event({ type: "response.reasoning_text.delta", output_index: 0, content_index: 0, delta: "Better not." }),
      event({ type: "response.refusal.delta", output_index: 1, content_index: 0, delta: "I can't." }),
      ended(),
      cutOff(),
    ]);
    expect([reasoning, content]).toEqual(["Better not.", "I can't."]);
  });

  it("are told once, whether they come in pieces, whole, or with the response", async () => {
    const reasoning = { id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] };
    const output = [reasoning, MESSAGE];
    const scripts: Step[][] = [
      [thought("Hm."), done(0, reasoning), said("Hello", 1), done(1, MESSAGE), ended({ output })],
      [done(0, reasoning), done(1, MESSAGE), ended({ output })],
      [done(0, reasoning), done(1, MESSAGE), ended({ output: [] })],
      [ended({ output })],
      [respond(200, { object: "response", status: "completed", error: null, output })],
    ];
    for (const script of scripts) {
      expect(await told([...script, cutOff()])).toMatchObject({
        ...{ text: "Hello", reasoning: "Hm.", finish: "stop", beside: output },
      });
    }
  });

  it("may have events with ids that change from one to the next: their place counts", async () => {
    const { text: content, beside } = await told([
      added(0, { ...MESSAGE, id: "a" }),
      said("Hel", 0, "b"),
      said("lo", 0, "c"),
      done(0, { ...MESSAGE, id: "d" }),
      ended({ output: [{ ...MESSAGE, id: "e" }] }),
      cutOff(),
    ]);
    expect([content, beside]).toEqual(["Hello", [{ ...MESSAGE, id: "d" }]]);
  });
});

describe("the calls of a response", () => {
  it("are told apart by their place, in whatever order their pieces come", async () => {
    const { calls, finish } = await told([
      added(1, call("call_a", 1)),
      added(2, call("call_b", 2)),
      written(2, '{"b":', "fc_2"),
      written(1, '{"a":1}', "fc_1"),
      written(2, "2}", "fc_2"),
      ended(),
      cutOff(),
    ]);
    expect(calls).toEqual([
      { id: "call_a", name: "add", arguments: '{"a":1}' },
      { id: "call_b", name: "add", arguments: '{"b":2}' },
    ]);
    expect(finish).toBe("tool_calls");
  });

  it("may come whole", async () => {
    const { calls } = await told([done(0, { ...call("call_a"), arguments: '{"a":1}' }), ended(), cutOff()]);
    expect(calls).toEqual([{ id: "call_a", name: "add", arguments: '{"a":1}' }]);
  });

  it("may come without places, one after the other", async () => {
    const { calls } = await told([
      added(undefined, call("call_a")),
      written(undefined, "{}"),
      added(undefined, call("call_b")),
      written(undefined, '{"b":2}'),
      ended(),
      cutOff(),
    ]);
    expect(calls.map((each) => [each.id, each.arguments])).toEqual([
      ["call_a", "{}"],
      ["call_b", '{"b":2}'],
    ]);
  });

  it.each([["one id"], [""], [undefined]])(
    "with %j for both have ids of their own, and so have their items",
    async (id) => {
      const both = [0, 1].map((place) => ({ ...call("x", place), call_id: id, arguments: "{}" }));
      const { calls, beside } = await told([done(0, both[0] ?? {}), done(1, both[1] ?? {}), ended(), cutOff()]);
      const ids = calls.map((each) => each.id);
      expect(new Set(ids).size).toBe(2);
      expect(ids).not.toContain("");
      expect((beside as { call_id: string }[]).map((item) => item.call_id)).toEqual(ids);
    },
  );

  it("have no reason to run where the response is incomplete", async () => {
    const cut = ended({ incomplete_details: { reason: "max_output_tokens" } }, "response.incomplete");
    expect((await told([added(0, call("call_a")), written(0, '{"a'), cut, cutOff()])).finish).toBe("length");
  });
});

describe("the end of a response", () => {
  const incomplete = (reason?: unknown) => ended({ incomplete_details: { reason } }, "response.incomplete");

  it.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
  ])("that is incomplete for %s is %s", async (reason, finish) => {
    expect(await told([said("Hel"), incomplete(reason), cutOff()])).toMatchObject({ text: "Hel", finish, error: null });
  });

  it.each([
    ["something_new", "The model's provider reported an error: The response is incomplete: something_new."],
    [undefined, "The model's provider reported an error: The response is incomplete: no reason given."],
  ])("that is incomplete for %s is a failure, whose text is kept", async (reason, message) => {
    const { text: content, finish, error } = await told([said("Hel"), incomplete(reason), cutOff()]);
    expect([content, finish, error?.message]).toEqual(["Hel", null, message]);
  });

  it("that failed is a failure in the provider's words, whose text and usage are kept", async () => {
    const error = { code: "rate_limit_exceeded", message: "Request too large for gpt-5" };
    const usage = { input_tokens: 7, output_tokens: 1, total_tokens: 8 };
    const failed = await told([said("Hel"), ended({ error, usage }, "response.failed"), cutOff()]);
    expect(failed).toMatchObject({
      ...{ text: "Hel", finish: null, beside: undefined, usage: { inputTokens: 7, totalTokens: 8 } },
      error: {
        type: "model_rate_limit_error",
        message: "The model's provider reported an error: Request too large for gpt-5",
      },
    });
  });

  it.each<[string, Step]>([
    ["failed without a word", ended({ error: null }, "response.failed")],
    ["was cancelled", ended({ status: "cancelled" })],
    ["has no response", event({ type: "response.failed" })],
    ["is an error without a name", event({ type: "response.failed", response: { error: { code: "server_error" } } })],
  ])("that %s is a failure", async (_what, end) => {
    expect((await told([said("Hel"), end, cutOff()])).error?.message).toMatch(
      /^The model's provider reported an error/,
    );
  });

  it("is an error event, in either of its forms", async () => {
    const bare = { type: "error", code: "server_error", message: "Try again", param: null };
    for (const script of [[event(bare)], [event({ type: "error", error: { message: "Try again" } })]]) {
      expect((await told(script)).error?.message).toBe("The model's provider reported an error: Try again");
    }
  });

  it.each(["in_progress", "queued"])("is not one that is %s still", async (status) => {
    const { finish, error } = await told([respond(200, { object: "response", status, error: null, output: [] })]);
    expect([finish, error]).toEqual([null, null]);
  });

  it("tells all tokens and the cost, where they are told", async () => {
    const usage = {
      ...{ input_tokens: 20, output_tokens: 9, total_tokens: 29, cost: 0.25 },
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 6 },
      output_tokens_details: { reasoning_tokens: 3 },
    };
    expect((await told([said("x"), ended({ usage }), cutOff()])).usage).toEqual({
      ...{ inputTokens: 20, outputTokens: 9, totalTokens: 29, reasoningTokens: 3, cacheReadTokens: 4 },
      ...{ cacheWriteTokens: 6, cost: 0.25 },
    });
  });
});

describe("events that say nothing", () => {
  it("are passed over", async () => {
    const odd = [null, 5, {}, { type: "response.created" }, { type: "response.something.new", delta: "x" }].map(chunk);
    const half = [added(0, null as never), done(0, null as never), written(7, "{}"), said("")];
    expect(await told([...odd, ...half, said("Hello"), ended(), cutOff()])).toMatchObject({
      ...{ text: "Hello", calls: [], beside: undefined, finish: "stop" },
    });
  });
});
