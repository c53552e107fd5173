import { describe, expect, it } from "vitest";
import { type Draft, NOTHING_YET, problemsOf, readAnswer, verdictOf } from "../../../../ui/approvals/answer.ts";
import type { Asked } from "../../../../ui/approvals/asked.ts";

const confirmation: Asked = {
  id: "r1",
  kind: "confirmation",
  toolName: "delete_record",
  args: { id: "42" },
  fields: [],
  asker: "Operator",
  note: null,
  expiresAtMs: null,
  onExpiry: null,
  isForStaff: false,
};
const field = (name: string, value: unknown = null) => ({ name, field_type: "str", description: null, value });
const form: Asked = {
  ...confirmation,
  id: "r2",
  kind: "user_input",
  args: { subject: "Invoice" },
  fields: [field("to"), field("subject", "Invoice")],
};
const external: Asked = { ...confirmation, id: "r3", kind: "external_execution", args: { command: "ls" } };

const draft = (change: Partial<Draft>): Draft => ({ ...NOTHING_YET, ...change });
const entry = (asked: Asked, change: Partial<Draft>, verdict: "confirmed" | "rejected" | "filled") => {
  const read = readAnswer(asked, draft(change), verdict);
  return "entry" in read ? read.entry : read.problems;
};

describe("An answer to what a run waits for", () => {
  it("confirms or rejects, with a note where there is one", () => {
    expect(entry(confirmation, {}, "confirmed")).toEqual({ id: "r1", confirmation: true });
    expect(entry(confirmation, { note: " too early " }, "rejected")).toEqual({
      id: "r1",
      confirmation: false,
      confirmation_note: "too early",
    });
    expect(entry(form, {}, "rejected")).toEqual({ id: "r2", confirmation: false });
  });

  it("fills the fields that were typed, and is shown with all values", () => {
    expect(readAnswer(form, draft({ typed: { to: "ada" } }), "filled")).toEqual({
      entry: { id: "r2", user_input_schema: [{ name: "to", value: "ada" }], tool_execution: { answered: true } },
      how: "filled",
      said: "subject: Invoice, to: ada",
    });
  });

  it("gives the result as it was typed, and none that is empty", () => {
    expect(entry(external, { result: " total 0\n" }, "filled")).toEqual({
      id: "r3",
      external_execution_result: " total 0\n",
    });
    expect(entry(external, {}, "filled")).toEqual({ result: expect.any(String) });
  });

  it("is ready to be sent with others once all is said that it is asked for", () => {
    expect(verdictOf(confirmation, draft({}))).toBeNull();
    expect(verdictOf(confirmation, draft({ choice: "rejected" }))).toBe("rejected");
    expect(verdictOf(form, draft({}))).toBeNull();
    expect(verdictOf(form, draft({ typed: { to: "ada" } }))).toBe("filled");
    expect(verdictOf(external, draft({}))).toBeNull();
    expect(verdictOf(external, draft({ result: "ok" }))).toBe("filled");
  });
});

describe("What the server finds wrong with answers", () => {
  const wrong = (...loc: string[]) => ({
    type: "missing",
    loc: ["body", "requirements", ...loc],
    msg: "Field required",
  });

  it("stands at its field", () => {
    const all = problemsOf(
      [wrong("r2", "to"), wrong("r3", "x", "0"), wrong("r2", "to"), wrong("unknown")],
      [form, external],
    );
    expect([...all]).toEqual([
      ["r2", { to: "Field required" }],
      ["r3", { "": "x.0: Field required" }],
    ]);
  });
});
