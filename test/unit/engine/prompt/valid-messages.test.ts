import { describe, expect, it } from "vitest";
import type { ModelMessage, ToolCall, ToolSpec } from "../../../../src/domain/model.ts";
import { validMessages } from "../../../../src/engine/prompt/valid-messages.ts";

const tool = (name: string): ToolSpec => ({ name, description: name, parameters: {} });
const TOOLS = [tool("weather"), tool("add")];
const SAID = { source: "chat model.test/v1 m", data: '{"reasoning_content":"Hm."}' };

const system = (content: string): ModelMessage => ({ role: "system", content });
const user = (content = "Hi"): ModelMessage => ({ role: "user", content });
const answer = (
  content: string,
  toolCalls: ToolCall[] = [],
  providerData: typeof SAID | null = null,
): ModelMessage => ({
  role: "assistant",
  content,
  toolCalls,
  providerData,
});
const call = (id: string, name = "weather", written = "{}"): ToolCall => ({ id, name, arguments: written });
const result = (toolCallId: string, content = "Sunny", toolName = "weather"): ModelMessage => ({
  role: "tool",
  toolCallId,
  toolName,
  content,
});

/** Each message as its role, its words, and the ids of its calls or its result. */
const told = (messages: readonly ModelMessage[], tools: readonly ToolSpec[] = TOOLS): unknown[][] =>
  validMessages(messages, tools).map((message) => [
    message.role,
    message.content,
    ...(message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : []),
    ...(message.role === "tool" ? [message.toolCallId] : []),
  ]);

describe("calls and results", () => {
  it("that pair are sent as they are", () => {
    const messages = [
      system("Be kind."),
      user(),
      answer("I look.", [call("a"), call("b")], SAID),
      result("a"),
      result("b", "Rain"),
      answer("Sunny, then rain.", [], SAID),
      user("Thanks"),
    ];
    expect(validMessages(messages, TOOLS)).toEqual(messages);
  });

  it("pair by id, wherever the result stands, in the order of the calls", () => {
    const messages = [user(), answer("", [call("a"), call("b")]), result("b", "Rain"), user("Well?"), result("a")];
    expect(told(messages)).toEqual([
      ["user", "Hi"],
      ["assistant", "", "a", "b"],
      ["tool", "Sunny", "a"],
      ["tool", "Rain", "b"],
      ["assistant", "[No answer.]"],
      ["user", "Well?"],
    ]);
  });

  it("of one id in several answers pair with the nearest answer before", () => {
    const round = (content: string) => [answer("", [call("call_0")]), result("call_0", content)];
    expect(told([user(), ...round("one"), ...round("two"), answer("", [call("call_0")])])).toEqual([
      ["user", "Hi"],
      ["assistant", "", "call_0"],
      ["tool", "one", "call_0"],
      ["assistant", "", "call_0_1"],
      ["tool", "two", "call_0_1"],
      ["assistant", "", "call_0_2"],
      ["tool", "[No result.]", "call_0_2"],
    ]);
  });

  it("without ids pair in order", () => {
    const messages = [user(), answer("", [call(""), call("")]), result("", "one"), result("", "two")];
    expect(told(messages)).toEqual([
      ["user", "Hi"],
      ["assistant", "", "call_1", "call_2"],
      ["tool", "one", "call_1"],
      ["tool", "two", "call_2"],
    ]);
  });

  it("are one of each: a call without a result gets one, a second result goes", () => {
    expect(told([user(), answer("", [call("a"), call("b")]), result("a", "first"), result("a", "second")])).toEqual([
      ["user", "Hi"],
      ["assistant", "", "a", "b"],
      ["tool", "first", "a"],
      ["tool", "[No result.]", "b"],
    ]);
  });

  it("keep what the provider said beside them, whatever is made up behind", () => {
    const [, asks] = validMessages([user(), answer(" ", [call("a")], SAID)], TOOLS);
    expect(asks).toMatchObject({ content: "", providerData: SAID });
  });
});

describe("what cannot be sent as a call is told by a user message", () => {
  it("where no tools are listed", () => {
    const messages = [
      user(),
      answer("I look.", [call("a", "weather", '{"city":"Paris"}'), call("b", "add", " ")], SAID),
      result("a"),
      answer("Sunny."),
      user("Thanks"),
    ];
    expect(told(messages, [])).toEqual([
      ["user", "Hi"],
      ["assistant", "I look."],
      [
        "user",
        '[Earlier, the tool weather was called with {"city":"Paris"}. Its result:]\nSunny\n\n[Earlier, the tool add was called. No result is known.]',
      ],
      ["assistant", "Sunny."],
      ["user", "Thanks"],
    ]);
    expect(JSON.stringify(validMessages(messages, []))).not.toContain("Hm.");
  });

  it("where the tool is gone", () => {
    expect(told([user(), answer("", [call("a", "gone")]), result("a", "Done", "gone")])).toEqual([
      ["user", "Hi"],
      ["assistant", "[No answer.]"],
      ["user", "[Earlier, the tool gone was called with {}. Its result:]\nDone"],
    ]);
  });

  it("but not where a tool of the same answer is listed: what the provider said beside it stays whole", () => {
    const messages = [
      user(),
      answer("", [call("a"), call("b", "gone")], SAID),
      result("a"),
      result("b", "Done", "gone"),
    ];
    expect(validMessages(messages, TOOLS)).toEqual(messages);
  });

  it("where a result has no call", () => {
    expect(told([user(), result("a"), result("b", " ", ""), answer("Hello"), user("Bye")])).toEqual([
      ["user", "Hi"],
      ["assistant", "[No answer.]"],
      [
        "user",
        "[Earlier, the tool weather was called. Its result:]\nSunny\n\n[Earlier, a tool was called. No result is known.]",
      ],
      ["assistant", "Hello"],
      ["user", "Bye"],
    ]);
  });
});

describe("turns", () => {
  it.each(["", " ", "\n\n", "\u0085", "\u200b", "\u0000"])("that say nothing get words: %j", (nothing) => {
    const messages = [
      system(nothing),
      user(nothing),
      answer(nothing, [call("a")]),
      result("a", nothing),
      answer(nothing, [], SAID),
      user(),
    ];
    const valid = validMessages(messages, TOOLS);
    expect(valid.map(({ role, content }) => [role, content])).toEqual([
      ["user", "[No words.]"],
      ["assistant", ""],
      ["tool", "[No result.]"],
      ["assistant", "[No answer.]"],
      ["user", "Hi"],
    ]);
    expect(JSON.stringify(valid)).not.toContain("Hm.");
  });

  it("alternate, also where a run was cut", () => {
    const messages = [
      ...[answer("Hello"), user("one"), user("two"), answer("a"), answer("b"), user("three")],
      ...[answer("", [call("a")]), result("a"), user("four")],
    ];
    expect(told(messages)).toEqual([
      ["user", "[No words.]"],
      ["assistant", "Hello"],
      ["user", "one"],
      ["assistant", "[No answer.]"],
      ["user", "two"],
      ["assistant", "a"],
      ["user", "[No words.]"],
      ["assistant", "b"],
      ["user", "three"],
      ["assistant", "", "a"],
      ["tool", "Sunny", "a"],
      ["assistant", "[No answer.]"],
      ["user", "four"],
    ]);
  });

  it.each([
    ["an answer", [user(), answer("Hello")]],
    ["nothing", []],
    ["a system message", [system("Be kind.")]],
  ])("end with what is to be answered, where the last one is %s", (_last, messages) => {
    expect(told(messages).at(-1)).toEqual(["user", "[Go on.]"]);
  });

  it("stand behind one system message, which says each thing once", () => {
    expect(told([user(), system("Be kind."), answer("a"), system("Be brief."), system("Be kind."), user("b")])).toEqual(
      [
        ["system", "Be kind.\n\nBe brief."],
        ["user", "Hi"],
        ["assistant", "a"],
        ["user", "b"],
      ],
    );
  });
});

it("a request grows at its end only, so that the provider's cache holds", () => {
  const first = [
    system("Be kind."),
    user(),
    answer("", [call("call_0")]),
    result("call_0"),
    answer("Sunny."),
    user("And?"),
  ];
  const more = [answer("", [call("call_0")]), result("call_0", "Rain")];
  const [before, after] = [first, [...first, ...more]].map((messages) => validMessages(messages, TOOLS));
  expect(after?.slice(0, before?.length)).toEqual(before);
});
