import { describe, expect, it } from "vitest";
import type { ModelMessage, ProviderData } from "../../../../src/domain/model.ts";
import { toInput } from "../../../../src/model/openai/responses/input.ts";

const SOURCE = "responses api.openai.com/v1 gpt-5";

type Answer = Extract<ModelMessage, { role: "assistant" }>;
type Item = Record<string, unknown>;

const REASONING = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "gAAAA" };
const SAID = {
  id: "msg_1",
  type: "message",
  status: "completed",
  role: "assistant",
  phase: "final_answer",
  content: [{ type: "output_text", annotations: [], logprobs: [], text: "It is 3." }],
};
const CALLED = {
  id: "fc_1",
  type: "function_call",
  status: "completed",
  call_id: "call_1",
  name: "add",
  arguments: '{"a":1}',
};
const CALL = { id: "call_1", name: "add", arguments: '{"a":1}' };

/** An answer of the model that is asked, with what it said beside its text. */
const answer = (items: unknown, said: Partial<Answer> = {}): Answer => ({
  role: "assistant",
  content: "It is 3.",
  toolCalls: [],
  providerData: { source: SOURCE, data: JSON.stringify(items) },
  ...said,
});
const calling = (items: unknown, said: Partial<Answer> = {}) =>
  answer(items, { content: "", toolCalls: [CALL], ...said });
const without = (item: Item, ...names: string[]) =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
const sent = (...messages: ModelMessage[]) => toInput(messages, SOURCE) as unknown as Item[];

describe("the items of the model's own answer", () => {
  it("go back whole, in order, with their ids and phases", () => {
    const commentary = { ...SAID, id: "msg_0", phase: "commentary" };
    const items = [REASONING, commentary, { ...REASONING, id: "rs_2" }, SAID];
    expect(sent(answer(items))).toEqual(items);
    expect(sent(calling([REASONING, CALLED]))).toEqual([REASONING, CALLED]);
  });

  it("stand before the results of their calls, which name them by call_id", () => {
    expect(
      sent(calling([REASONING, CALLED]), { role: "tool", toolCallId: "call_1", toolName: "add", content: "3" }),
    ).toEqual([REASONING, CALLED, { type: "function_call_output", call_id: "call_1", output: "3" }]);
  });

  it("may be of parallel calls", () => {
    const second = { ...CALLED, id: "fc_2", call_id: "call_2" };
    const items = [REASONING, CALLED, second];
    expect(sent(calling(items, { toolCalls: [CALL, { ...CALL, id: "call_2" }] }))).toEqual(items);
  });

  const BARE = { type: "message", role: "assistant", content: "It is 3.", phase: "final_answer" };
  const BARE_CALL = { type: "function_call", call_id: "call_1", name: "add", arguments: '{"a":1}' };

  it.each<[string, Item[]]>([
    ["was not encrypted", [without(REASONING, "encrypted_content"), SAID]],
    ["is null", [{ ...REASONING, encrypted_content: null }, SAID]],
    ["was cut before anything followed it", [SAID, REASONING]],
    ["was followed by an item of a kind that is not sent", [REASONING, { id: "ws_1", type: "web_search_call" }, SAID]],
    ["has no id", [without(REASONING, "id"), SAID]],
  ])("go without reasoning and ids where reasoning %s", (_what, items) => {
    expect(sent(answer(items))).toEqual([BARE]);
  });

  it("go without reasoning and ids with their calls, too", () => {
    expect(sent(calling([without(REASONING, "encrypted_content"), CALLED]))).toEqual([BARE_CALL]);
  });

  it("are sent only where they are of a kind that the API gives us", () => {
    const others = ["item_reference", "web_search_call", "mcp_call", "compaction", "image_generation_call"];
    for (const type of others) expect(sent(answer([{ id: "x_1", type }, SAID]))).toEqual([BARE]);
  });

  it("are not sent with parts that no answer has, such as an image that an import would have fetched", () => {
    const image = { type: "input_image", image_url: "https://elsewhere.test/x.png" };
    expect(sent(answer([{ ...SAID, content: [...SAID.content, image] }]))).toEqual([BARE]);
  });

  it("go without ids where an id stands twice, in one answer or in two", () => {
    expect(sent(answer([SAID, SAID]))).toEqual([BARE, BARE]);
    expect(sent(answer([REASONING, SAID]), answer([REASONING, SAID]))).toEqual([REASONING, SAID, BARE]);
  });

  it("have names and arguments that every later request can hold", () => {
    const made = { ...CALLED, name: "functions.add", arguments: '{"a": 1' };
    expect(
      sent(calling([REASONING, made], { toolCalls: [{ ...CALL, name: made.name, arguments: made.arguments }] })),
    ).toEqual([{ ...BARE_CALL, name: "functions_add", arguments: '{"malformed_arguments":"{\\"a\\": 1"}' }]);
    const half = { ...SAID, content: [{ type: "output_text", text: "half \ud83d" }] };
    expect(JSON.stringify(sent(answer([half])))).toContain("half \ufffd");
  });
});

describe("an answer", () => {
  const ANEW = [
    { type: "message", role: "assistant", content: "It is 3." },
    { type: "function_call", call_id: "call_1", name: "add", arguments: '{"a":1}' },
  ];

  it.each<[string, ProviderData | null]>([
    ["nothing beside its text", null],
    ["what another model said", { source: "responses api.openai.com/v1 gpt-4o", data: JSON.stringify([SAID, CALLED]) }],
    ["what another API said", { source: "chat api.openai.com/v1 gpt-5", data: '{"reasoning_content":"x"}' }],
    ["what was too large to keep", { source: SOURCE, data: null }],
    ["what is no JSON", { source: SOURCE, data: "[{" }],
    ["what is no list", { source: SOURCE, data: '{"type":"message"}' }],
    ["a list of nothing", { source: SOURCE, data: "[]" }],
    ["a list of something else", { source: SOURCE, data: "[null]" }],
    ["items that call nothing", { source: SOURCE, data: JSON.stringify([SAID]) }],
    [
      "items that call something else",
      { source: SOURCE, data: JSON.stringify([SAID, { ...CALLED, call_id: "call_2" }]) },
    ],
    ["items that call more", { source: SOURCE, data: JSON.stringify([SAID, CALLED, CALLED]) }],
    ["items that say nothing", { source: SOURCE, data: JSON.stringify([REASONING, CALLED]) }],
  ])("is made anew where it has %s", (_what, providerData) => {
    expect(sent({ role: "assistant", content: "It is 3.", toolCalls: [CALL], providerData })).toEqual(ANEW);
  });

  it("without words is its calls", () => {
    expect(sent({ role: "assistant", content: " \n", toolCalls: [CALL] })).toEqual(ANEW.slice(1));
  });

  it("has its calls' ids changed only where OpenAI would refuse them, and those of their results with them", () => {
    const long = "x".repeat(65);
    const items = sent(
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { ...CALL, id: long },
          { ...CALL, id: "chatcmpl-tool-1" },
        ],
      },
      { role: "tool", toolCallId: "chatcmpl-tool-1", toolName: "add", content: "1" },
      { role: "tool", toolCallId: long, toolName: "add", content: "2" },
    );
    const [first, second, third, fourth] = items.map((item) => item.call_id);
    expect(first).toMatch(/^[\w-]{1,64}$/);
    expect([second, third, fourth]).toEqual(["chatcmpl-tool-1", "chatcmpl-tool-1", first]);
  });
});
