import { describe, expect, it } from "vitest";
import { readAct, type Sent } from "../../../../src/wire/ui/act.ts";

const user = (id: string, ...parts: object[]) => ({ id, role: "user", parts });
const text = (said: unknown) => ({ type: "text", text: said });
const assistant = (id: string, ...parts: object[]) => ({ id, role: "assistant", parts });
const tool = (toolCallId: string, its: object) => ({ type: "tool-add", toolCallId, input: {}, ...its });

const send = (its: Partial<Sent>) => readAct({ trigger: "submit-message", messageId: null, messages: [], ...its });
const again = (its: Partial<Sent>) => send({ trigger: "regenerate-message", ...its });
const acts = (outcome: ReturnType<typeof send>) => (outcome.ok ? outcome.value : outcome.failure);
const refusal = (outcome: ReturnType<typeof send>) =>
  outcome.ok || typeof outcome.failure.detail === "string" ? acts(outcome) : outcome.failure.detail[0]?.msg;

describe("a request whose last message is the user's", () => {
  it("says the text of its parts, with a blank line between them", () => {
    const messages = [assistant("r"), user("m", text("One"), { ...text("Two"), state: "done" })];
    const said = { messageId: "m", text: "One\n\nTwo" };
    expect(acts(send({ messages }))).toEqual({ kind: "say", said, isEdit: false });
    expect(acts(send({ messages, messageId: "m" }))).toEqual({ kind: "say", said, isEdit: true });
    expect(acts(send({ messages, messageId: "other" }))).toEqual({ kind: "say", said, isEdit: false });
  });

  it("asks for another answer to it where it is to be regenerated, or to the message that is named", () => {
    const messages = [user("m", text("One"))];
    const said = { messageId: "m", text: "One" };
    expect(acts(again({ messages }))).toEqual({ kind: "again", messageId: null, said });
    expect(acts(again({ messages, messageId: "m" }))).toEqual({ kind: "again", messageId: null, said });
    expect(acts(again({ messages, messageId: "r" }))).toEqual({ kind: "again", messageId: "r", said });
  });

  it.each([
    ["file", { type: "file", mediaType: "image/png", url: "data:," }],
    ["data-note", { type: "data-note", data: {} }],
    ["reasoning", { type: "reasoning", text: "hm" }],
    ["of no kind", {}],
  ])("is refused with a part that is no text: %s", (type, part) => {
    const detail = `Files are not supported: a part is ${type}. Send text.`;
    expect(acts(send({ messages: [user("m", text("Look"), part)] }))).toEqual({ code: "unsupported_file", detail });
  });

  it.each([[[]], [[text("")], [text(" "), text("\n")]], [[text(" ")]]])(
    "is refused where it says nothing",
    (...parts) => {
      for (const some of parts) {
        expect(refusal(send({ messages: [user("m", ...some)] }))).toBe(
          "Value error, the last message must not be empty",
        );
      }
    },
  );
});

describe("a request whose last message is the assistant's", () => {
  const entry = { by: "call", confirmed: null, note: null, values: null, answered: false, result: null };
  const entries = (...parts: object[]) => {
    const act = send({ messages: [assistant("run", ...parts)] });
    return act.ok && act.value.kind === "answer" ? act.value.entries : acts(act);
  };

  it("answers the calls of the run that has its id", () => {
    const approval = (its: object) => ({ state: "approval-responded", approval: { id: "run.0", ...its } });
    expect(
      entries(
        text("I ask"),
        tool("run.0", approval({ approved: true })),
        { ...tool("run.1", approval({ approved: false, reason: "no" })), type: "dynamic-tool", toolName: "add" },
        tool("run.2", { state: "output-available", output: "done" }),
        tool("run.3", { state: "output-available", output: { values: { to: "ada", cc: null } } }),
        tool("run.4", { state: "output-available", output: { to: "ada", values: 7 } }),
        tool("run.5", { state: "output-available", output: [1, null] }),
        tool("run.6", { state: "output-error", errorText: "It broke." }),
      ),
    ).toEqual([
      { ...entry, id: "run.0", confirmed: true },
      { ...entry, id: "run.1", confirmed: false, note: "no" },
      { ...entry, id: "run.2", result: "done" },
      { ...entry, id: "run.3", result: '{"values":{"to":"ada","cc":null}}', values: { to: "ada" } },
      { ...entry, id: "run.4", result: '{"to":"ada","values":7}', values: { to: "ada", values: 7 } },
      { ...entry, id: "run.5", result: "[1,null]" },
      { ...entry, id: "run.6", result: "It broke." },
    ]);
  });

  it.each([
    tool("run.0", { state: "input-available" }),
    tool("run.0", { state: "approval-requested", approval: { id: "run.0" } }),
    tool("run.0", { state: "approval-responded", approval: { id: "run.0", approved: "yes" } }),
    tool("run.0", { state: "output-denied", approval: { id: "run.0", approved: false } }),
    tool("run.0", { state: "output-available" }),
    tool("run.0", { state: "output-error" }),
    { ...tool("run.0", { state: "output-available", output: "x" }), type: "data-tool" },
    { type: "tool-add", state: "output-available", output: "x" },
  ])("answers nothing by %j", (part) => {
    expect(entries(part)).toEqual([]);
  });

  it("answers by its newest thousand calls, among which are all that may be open", () => {
    const calls = Array.from({ length: 1_200 }, (_, nth) =>
      tool(`run.${nth}`, { state: "output-available", output: "" }),
    );
    const ids = (entries(...calls) as { id: string }[]).map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([1_000, "run.200", "run.1199"]);
  });

  it("answers the message that is named, where the user has gone on", () => {
    const asked = assistant("run", tool("run.0", { state: "approval-responded", approval: { approved: true } }));
    for (const last of [assistant("later", text("Hi")), user("m", text("Hi"))]) {
      const act = acts(send({ messages: [asked, last], messageId: "run" }));
      expect(act).toEqual({ kind: "answer", runId: "run", entries: [{ ...entry, id: "run.0", confirmed: true }] });
    }
  });

  it("is the answer that is replaced where it is to be regenerated and no other is named", () => {
    const messages = [assistant("run")];
    expect(acts(again({ messages }))).toEqual({ kind: "again", messageId: "run", said: null });
    expect(acts(again({ messages, messageId: "r" }))).toEqual({ kind: "again", messageId: "r", said: null });
    expect(acts(again({ messageId: "r" }))).toEqual({ kind: "again", messageId: "r", said: null });
  });
});

describe("what is no list of messages", () => {
  it.each([
    [[], "the last one is an object"],
    [["text"], "the last one is an object"],
    [[[]], "the last one is an object"],
    [[{ role: "user", parts: [] }], "the last one has an id"],
    [[{ id: "", role: "user", parts: [] }], "the last one has an id"],
    [[{ id: "m", role: "user", content: "Hi" }], "the last one has parts, which are objects"],
    [[user("m", ["text"])], "the last one has parts, which are objects"],
    [[{ ...user("m", text("Hi")), role: "system" }], "the last one is the user's or the assistant's"],
    [[user("m", text(7))], "the text of a part is a string"],
  ])("is refused: %j", (messages, reason) => {
    expect(refusal(send({ messages }))).toBe(`Value error, ${reason}`);
  });
});
