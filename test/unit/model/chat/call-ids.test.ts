import { describe, expect, it } from "vitest";
import type { ModelMessage } from "../../../../src/domain/model.ts";
import { CallIds } from "../../../../src/model/openai/chat/call-ids.ts";
import { toWireMessages } from "../../../../src/model/openai/chat/messages.ts";

const SOURCE = "chat model.test/v1 m";
const KIMI = "chat api.moonshot.ai/v1 kimi-k2.6";

describe("an id of a call, sent as chat", () => {
  it.each([
    "",
    "c",
    "abcdefghi",
    `chatcmpl-tool-${"a".repeat(32)}`,
    "functions.add:0",
    "ü | \ud83d",
    "x".repeat(5_000),
  ])("is nine letters and digits: %j", (id) => {
    expect(new CallIds(SOURCE).of(id)).toMatch(/^[a-z0-9]{9}$/);
  });

  it("is the same in every request", () => {
    const [first, second] = [new CallIds(SOURCE), new CallIds(SOURCE)];
    second.of("another");
    expect(second.of("call_1")).toBe(first.of("call_1"));
  });

  it("stays as it is for a Kimi, in its own form: it tells the model which tool was called", () => {
    expect(new CallIds(KIMI).of("functions.get_weather:12")).toBe("functions.get_weather:12");
    expect(new CallIds(KIMI).of("call_1")).toMatch(/^[a-z0-9]{9}$/);
  });

  it("is the one that its result, and what the provider said of it, name", () => {
    const details = [
      { type: "reasoning.text", text: "Hm.", id: "another" },
      { type: "reasoning.encrypted", data: "e", id: "tool_1" },
    ];
    const messages: ModelMessage[] = [
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "tool_1", name: "add", arguments: "{}" }],
        providerData: { source: SOURCE, data: JSON.stringify({ reasoning_details: details }) },
      },
      { role: "tool", toolCallId: "tool_1", toolName: "add", content: "3" },
    ];
    const id = new CallIds(SOURCE).of("tool_1");
    expect(toWireMessages(messages, SOURCE, [])).toMatchObject([
      { tool_calls: [{ id }], reasoning_details: [{ id: "another" }, { id }] },
      { tool_call_id: id },
    ]);
  });
});

describe("a call, sent", () => {
  const written = (name: string, args: string) =>
    toWireMessages([{ role: "assistant", content: "", toolCalls: [{ id: "a", name, arguments: args }] }], SOURCE, []);

  it("has a name, also where none came with it", () => {
    expect(written("", "{}")).toMatchObject([{ tool_calls: [{ function: { name: "unknown" } }] }]);
  });

  it.each([
    ["a half that is escaped", '{"a":"\\ud83d"}', '{"a":"\\ufffd"}'],
    ["a half that is not", '{"a":"\ud83d"}', '{"a":"\ufffd"}'],
    ["both halves", '{"a":"\\uD83D\\uDE00"}', '{"a":"\\uD83D\\uDE00"}'],
    ["a backslash before what is no escape", '{"a":"\\\\ud83d"}', '{"a":"\\\\ud83d"}'],
  ])("holds no half of a character: %s", (_what, args, sent) => {
    expect(written("add", args)).toMatchObject([{ tool_calls: [{ function: { arguments: sent } }] }]);
  });
});
