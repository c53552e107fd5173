import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MAX_TOOL_RESULT_BYTES } from "../../../../src/domain/limits.ts";
import type { AnswerEntry, Requirement } from "../../../../src/domain/requirement.ts";
import { defineTool, type Tool } from "../../../../src/domain/tool.ts";
import { decideAnswers } from "../../../../src/engine/people/answers.ts";
import {
  answerOutcome,
  expireRequirement,
  outcomeUnknown,
  type RequirementPlace,
  requirementOf,
} from "../../../../src/engine/people/requirements.ts";
import { entry, external, OPENED_AT, requirement, userInput } from "../../../support/requirements.ts";

const place: RequirementPlace = {
  sessionId: "s",
  runId: "run",
  memberRunId: null,
  agentId: "operator",
  teamId: null,
  componentName: "Operator",
  userId: null,
  position: 0,
  call: 0,
  nowMs: OPENED_AT,
  newId: () => "r-1",
};
const called = (args: unknown, name = "delete_record") => ({
  id: "call-1",
  name,
  arguments: typeof args === "string" ? args : JSON.stringify(args),
});
const tool = (its: Partial<Tool>): Tool => ({
  name: "delete_record",
  description: "",
  parameters: z.object({ id: z.int() }),
  ...its,
});

const sendEmail = defineTool({
  name: "send_email",
  description: "Sends an email.",
  parameters: z.object({
    to: z.string().min(3).describe("The address"),
    subject: z.string(),
    copies: z.int().max(5).optional(),
  }),
  requiresUserInput: ["to"],
});

describe("what a call waits for", () => {
  it.each([
    ["nothing", {}, null],
    ["nothing, with flags that say no", { requiresConfirmation: false, requiresUserInput: [] }, null],
    ["a confirmation", { requiresConfirmation: true }, "confirmation"],
    ["user input", { requiresUserInput: ["id"] }, "user_input"],
    ["external execution", { externalExecution: true }, "external_execution"],
  ] as const)("is what its tool says: %s", (_its, flags, kind) => {
    expect(requirementOf(tool(flags), called({ id: 7 }), place)?.kind ?? null).toBe(kind);
  });

  it("is open, with the arguments as the model wrote them", () => {
    const confirm = tool({ requiresConfirmation: true });
    expect(requirementOf(confirm, called({ id: "x", more: [1] }), place)).toEqual(
      requirement({ toolArgs: { id: "x", more: [1] } }),
    );
  });

  it.each([[""], ["[1]"], ["{"], ["null"], ['"text"']])(
    "has no arguments where the model wrote no object: %s",
    (text) => {
      expect(requirementOf(tool({ externalExecution: true }), called(text), place)?.toolArgs).toEqual({});
    },
  );

  it("shows all parameters, and a value only where the model is to fill it", () => {
    const opened = requirementOf(sendEmail, called({ to: "guessed@x", subject: "Hi" }, "send_email"), place);
    expect(opened).toEqual(
      userInput({
        fields: [
          { name: "to", field_type: "str", description: "The address", value: null },
          { name: "subject", field_type: "str", description: null, value: "Hi" },
          { name: "copies", field_type: "int", description: null, value: null },
        ],
      }),
    );
  });

  it.each<[string, z.ZodType, string]>([
    ["a string", z.string(), "str"],
    ["an enum", z.enum(["a", "b"]), "str"],
    ["a whole number", z.int(), "int"],
    ["a number", z.number(), "float"],
    ["a boolean", z.boolean(), "bool"],
    ["a list", z.array(z.string()), "list"],
    ["an object", z.object({ a: z.string() }), "dict"],
    ["a record", z.record(z.string(), z.number()), "dict"],
    ["one that may be null", z.number().nullable(), "float"],
    ["one that may be left out", z.boolean().optional(), "bool"],
    ["one of two", z.union([z.array(z.string()), z.string()]), "list"],
    ["anything", z.any(), "str"],
    ["what JSON schema cannot say", z.date(), "str"],
  ])("names Python's type of %s", (_its, parameter, type) => {
    const asks = tool({ parameters: z.object({ it: parameter }), requiresUserInput: ["it"] });
    expect(requirementOf(asks, called({}), place)?.fields).toMatchObject([{ name: "it", field_type: type }]);
  });

  it("takes no value for one that an object is born with", () => {
    const asks = tool({ parameters: z.object({ constructor: z.string(), id: z.string() }), requiresUserInput: ["id"] });
    expect(requirementOf(asks, called({}), place)?.fields).toMatchObject([{ value: null }, { value: null }]);
  });

  it("expires as its tool says, or never", () => {
    const expiring = tool({ requiresConfirmation: true, expiresAfterSeconds: 90, onExpiry: "cancel" });
    expect(requirementOf(expiring, called({ id: 7 }), place)).toEqual(
      requirement({ expiresAt: OPENED_AT + 90_000, onExpiry: "cancel" }),
    );
    expect(requirementOf(tool({ requiresConfirmation: true }), called({}), place)).toMatchObject({ expiresAt: null });
  });

  it("is a confirmation where nobody knows whether the call has run, whatever its tool says", () => {
    const note = "outcome unknown";
    expect(outcomeUnknown(tool({}), called({ id: 7 }), place)).toEqual(requirement({ note }));
    expect(outcomeUnknown(undefined, called("{"), place)).toEqual(requirement({ note, toolArgs: {} }));
    const filled = { to: "ada@x", subject: "Hi" };
    expect(outcomeUnknown(sendEmail, called({ subject: "Hi" }, "send_email"), place, filled)).toEqual(
      requirement({ note, toolName: "send_email", toolArgs: filled }),
    );
    expect(outcomeUnknown(tool({ expiresAfterSeconds: 1 }), called({}), place).expiresAt).toBe(OPENED_AT + 1000);
  });
});

describe("what an answer turns into", () => {
  const answered = (of: Requirement, its: Partial<Requirement>) => answerOutcome({ ...of, status: "answered", ...its });

  it("runs a confirmed call as the model wrote it, and a filled one as the person left it", () => {
    expect(answered(requirement(), { answer: { type: "confirmed" } })).toEqual({ kind: "execute", args: { id: 7 } });
    const args = { to: "ada@x", subject: "Hello" };
    expect(answered(userInput(), { answer: { type: "filled", args } })).toEqual({ kind: "execute", args });
  });

  it.each([
    ["the person's note", "Not that one.", "Function call was rejected by the user: Not that one."],
    ["AgentOS's text where there is none", null, "Function call was rejected by the user"],
    ["AgentOS's text where it is empty", "", "Function call was rejected by the user"],
  ])("tells the model of a rejection with %s", (_its, answerNote, text) => {
    const rejected = { answer: { type: "rejected" }, answerNote } as const;
    for (const one of [requirement(), userInput(), external()]) {
      expect(answered(one, rejected)).toEqual({ kind: "result", text, isError: true });
    }
  });

  it("gives the model the caller's result as it is, also an empty one", () => {
    for (const result of ["a\nb", ""]) {
      const outcome = answered(external(), { answer: { type: "executed", result } });
      expect(outcome).toEqual({ kind: "result", text: result, isError: false });
    }
  });

  it("tells the model that time is over", () => {
    const expired = expireRequirement(userInput({ expiresAt: 5 }), 6);
    expect(expired).toEqual(
      userInput({
        expiresAt: 5,
        status: "expired",
        answer: { type: "rejected" },
        answerNote: "Nobody answered in time.",
        answeredAt: 6,
      }),
    );
    expect(answerOutcome(expired)).toEqual({
      kind: "result",
      text: "Function call was rejected: nobody answered in time.",
      isError: true,
    });
  });

  it("never is a rejection where nobody answered", () => {
    expect(() => answerOutcome(requirement())).toThrow("r-1");
    expect(() => answerOutcome(requirement({ status: "cancelled" }))).toThrow("r-1");
  });
});

const NOW = OPENED_AT + 5000;

/**
 * Answers as ada, five seconds after the pause. Of the deployment's tools, `send_email` is known unless the test says
 * otherwise.
 */
function decide(requirements: Requirement[], entries: AnswerEntry[], knownTools: Tool[] = [sendEmail]) {
  const outcome = decideAnswers(
    requirements,
    entries,
    {
      runId: "run",
      mayApprove: true,
      actor: null,
      answeredBy: "ada",
      nowMs: NOW,
      knownCalls: {
        ids: new Set(["call-1", "call-2", "plain"]),
        results: new Map([
          ["run.0", null],
          ["run.1", "It expired."],
          ["run.2", "4"],
        ]),
      },
    },
    ({ toolName }) => knownTools.find(({ name }) => name === toolName),
  );
  if (!outcome.ok) return { failure: outcome.failure };
  const { answered, open } = outcome.value;
  return {
    answers: Object.fromEntries(answered.map((one) => [one.requirementId, one.answer])),
    open: open.map((one) => one.requirementId),
    answered,
  };
}

const second = { requirementId: "r-2", toolCallId: "call-2", position: 1, call: 1 };

describe("an answer that is kept for staff", () => {
  const forStaff = requirement({ approvalType: "required" });
  const anybodys = requirement(second);
  const denied = { code: "forbidden", detail: "This run requires admin approval before it can be continued" };
  const by = (mayApprove: boolean, entries: AnswerEntry[], tool?: Tool) => {
    const context = { runId: "run", mayApprove, actor: "user:ada", answeredBy: "ada", nowMs: NOW };
    const known = { ...context, knownCalls: { ids: new Set(["call-1", "call-2"]), results: new Map() } };
    return decideAnswers([forStaff, anybodys], entries, known, () => tool);
  };
  const yes = (id: string) => entry(id, { confirmed: true });

  it.each([
    ["it", [yes("call-1")]],
    ["it and another", [yes("call-2"), yes("call-1")]],
    ["nothing", []],
  ])("refuses all that a caller who is none sends with it: %s", (_its, entries) => {
    expect(by(false, entries)).toEqual({ ok: false, failure: denied });
  });

  it("is one too whose tool has been kept for staff since its run has paused", () => {
    const kept: Tool = { name: "t", description: "", parameters: z.object({}), approvalType: "required" };
    expect(by(false, [yes("call-2")], kept)).toEqual({ ok: false, failure: denied });
    expect(by(true, [yes("call-2")], kept)).toMatchObject({ ok: true });
  });

  it("leaves other answers to everybody, and itself to staff", () => {
    const [other, own] = [by(false, [yes("call-2")]), by(true, [yes("call-1")])];
    expect(other).toMatchObject({ ok: true, value: { answered: [{ requirementId: "r-2", actor: "user:ada" }] } });
    expect(own).toMatchObject({ ok: true, value: { answered: [{ requirementId: "r-1", actor: "user:ada" }] } });
  });
});

describe("an answer", () => {
  it.each<[string, Requirement, Partial<AnswerEntry>, Requirement["answer"], string | null]>([
    ["confirms", requirement(), { confirmed: true }, { type: "confirmed" }, null],
    ["confirms with a note", requirement(), { confirmed: true, note: "ok" }, { type: "confirmed" }, "ok"],
    ["rejects with a note", requirement(), { confirmed: false, note: "no" }, { type: "rejected" }, "no"],
    ["rejects what is to be filled", userInput(), { confirmed: false }, { type: "rejected" }, null],
    ["rejects though it fills", userInput(), { confirmed: false, values: { to: "a@x" } }, { type: "rejected" }, null],
    ["rejects what is executed elsewhere", external(), { confirmed: false, result: "x" }, { type: "rejected" }, null],
    ["has a result", external(), { result: "done" }, { type: "executed", result: "done" }, null],
    ["has an empty result", external(), { result: "" }, { type: "executed", result: "" }, null],
    ["has halves of letters", external(), { result: "a\ud800" }, { type: "executed", result: "a\ufffd" }, null],
    [
      "fills what the model left out",
      userInput(),
      { values: { to: "ada@x", subject: "Hi" } },
      { type: "filled", args: { to: "ada@x", subject: "Hi" } },
      null,
    ],
    [
      "changes what the model wrote",
      userInput(),
      { values: { to: "ada@x", subject: "Hello" } },
      { type: "filled", args: { to: "ada@x", subject: "Hello" } },
      null,
    ],
  ])("%s", (...[_its, one, its, answer, answerNote]) => {
    for (const by of ["tool_call_id", "requirement_id"] as const) {
      const id = by === "tool_call_id" ? "call-1" : "r-1";
      expect(decide([one], [entry(id, { by, ...its })])).toEqual({
        answers: { "r-1": answer },
        open: [],
        answered: [{ ...one, status: "answered", answer, answerNote, answeredBy: "ada", answeredAt: NOW }],
      });
    }
  });

  it.each<[string, Requirement, Partial<AnswerEntry>]>([
    ["nothing at all", requirement(), {}],
    ["a note alone", requirement(), { note: "hm" }],
    ["a result for a confirmation", requirement(), { result: "done" }],
    ["values for a confirmation", requirement(), { values: { to: "ada@x" }, answered: true }],
    ["yes to what is to be filled", userInput(), { confirmed: true }],
    ["what the model wrote, given back", userInput(), { values: { subject: "Hi" } }],
    ["no values", userInput(), { values: {} }],
    ["yes to what is executed elsewhere", external(), { confirmed: true, answered: true }],
  ])("is not this: %s", (_its, one, its) => {
    expect(decide([one], [entry("call-1", its)]).failure).toEqual({
      code: "bad_request",
      detail: `The request answers nothing that run run waits for: ${one.toolName} (${one.kind.replace("_", " ")}, requirement r-1, tool call call-1)`,
    });
  });

  it("is asked for by name of all that is open", () => {
    const many = Array.from({ length: 30 }, (_, nth) => requirement({ requirementId: `r-${nth}`, position: nth }));
    const { failure } = decide([...many.slice(1), requirement({ status: "expired" })], []);
    expect(failure?.detail).toMatch(/requirement r-1, .*requirement r-20, .* and 9 more$/);
    expect(decide([requirement({ status: "cancelled" })], []).failure?.detail).toBe("Run run waits for no answer.");
  });

  it("may leave others open", () => {
    const three = [requirement(), external(second), userInput({ requirementId: "r-3", toolCallId: "plain" })];
    const entries = [
      entry("call-1"),
      entry("call-2", { result: "done" }),
      entry("plain", { values: { subject: "Hi" } }),
    ];
    expect(decide(three, entries)).toMatchObject({
      answers: { "r-2": { type: "executed", result: "done" } },
      open: ["r-1", "r-3"],
    });
  });

  it("comes with calls that wait for nobody, and their results", () => {
    const entries = [entry("plain", { result: "4" }), entry("call-1", { confirmed: true })];
    expect(decide([requirement()], entries)).toMatchObject({ answers: { "r-1": { type: "confirmed" } } });
    expect(decide([requirement()], entries.slice(0, 1)).failure?.code).toBe("bad_request");
  });

  it.each([
    ["a tool call", entry("other", { confirmed: true })],
    ["a tool call, saying nothing", entry("other")],
    ["a requirement", entry("other", { by: "requirement_id", confirmed: true })],
    ["a tool call as a requirement", entry("call-1", { by: "requirement_id" })],
    ["a requirement as a tool call", entry("r-1")],
  ])("is refused with all others when one id is unknown: %s", (_its, wrong) => {
    const { failure, answers } = decide([requirement()], [entry("call-1", { confirmed: true }), wrong]);
    expect(answers).toBeUndefined();
    expect(failure).toEqual({
      code: "bad_request",
      detail: `Run run has no requirement or tool call with this id: ${wrong.id}`,
    });
  });

  it("does not echo ids without end", () => {
    const { failure } = decide(
      [requirement()],
      Array.from({ length: 99 }, (_, nth) => entry(`${nth}${"x".repeat(9999)}`)),
    );
    expect(failure?.detail.length).toBeLessThan(20 * 130 + 100);
  });
});

describe("an answer to what is answered", () => {
  const confirmed = requirement({ status: "answered", answer: { type: "confirmed" }, answerNote: "ok" });
  const rejected = external({ status: "answered", answer: { type: "rejected" }, answerNote: "no" });
  const executed = external({ status: "answered", answer: { type: "executed", result: "done" } });
  const filled = userInput({ status: "answered", answer: { type: "filled", args: { to: "a@x", subject: "Hi" } } });
  const expired = expireRequirement(requirement(), NOW);
  const cancelled = requirement({ status: "cancelled" });
  const open = external(second);
  const fresh = entry("call-2", { result: "done" });

  it.each<[string, Requirement, Partial<AnswerEntry>]>([
    ["a confirmation", confirmed, { confirmed: true }],
    ["a confirmation with its note and the call's result", confirmed, { confirmed: true, note: "ok", result: "4" }],
    ["a rejection, shown with its text as result", rejected, { confirmed: false, note: "no", result: "no" }],
    ["a result", executed, { result: "done" }],
    ["values, in any order", filled, { values: { subject: "Hi", to: "a@x" }, answered: true }],
    ["some of the values", filled, { values: { to: "a@x" } }],
    ["time's", expired, { confirmed: false, note: "Nobody answered in time." }],
    ["nothing", confirmed, {}],
  ])("is ignored beside a new one when it is the same: %s", (_its, stored, its) => {
    expect(decide([stored, open], [entry("call-1", its), fresh])).toMatchObject({ open: [], answers: { "r-2": {} } });
  });

  it.each<[string, Requirement, Partial<AnswerEntry>]>([
    ["a rejection", confirmed, { confirmed: false }],
    ["another note", confirmed, { confirmed: true, note: "yes" }],
    ["a result after a rejection", rejected, { result: "done" }],
    ["another result", executed, { result: "done!" }],
    ["other values", filled, { values: { to: "b@x" } }],
    ["a confirmation after time was over", expired, { confirmed: true }],
    ["one after the run's end", cancelled, { confirmed: false }],
  ])("is refused, with all others, when it is different: %s", (_its, stored, its) => {
    const refused = { code: "requirement_answered", runId: "run", detail: expect.stringContaining("call-1.") };
    expect(decide([stored, open], [fresh, entry("call-1", its)])).toEqual({ failure: refused });
  });

  it("is refused when the request holds no new one", () => {
    const entries = [entry("call-1", { confirmed: true }), entry("r-2", { by: "requirement_id" })];
    expect(decide([confirmed, open], entries).failure).toMatchObject({
      code: "requirement_answered",
      detail: "Already answered: call-1. An answer is given once.",
    });
  });
});

describe("an answer that names its call", () => {
  const byCall = (id: string, its: Partial<AnswerEntry>) => entry(id, { by: "call", ...its });
  const yes = byCall("run.0", { confirmed: true });
  const expired = external({ requirementId: "r-2", toolCallId: "call-2", call: 1, status: "expired" });

  it("means that call alone, though others have its tool call id", () => {
    const member = requirement({ requirementId: "r-3", memberRunId: "member" });
    const decided = decide([requirement(), member], [byCall("member.0", { confirmed: true })]);
    expect(decided).toMatchObject({ answers: { "r-3": { type: "confirmed" } }, open: ["r-1"] });
  });

  it("comes with the results of calls that waited for nobody, and of those that expired", () => {
    const shown = [byCall("run.2", { result: "4" }), byCall("run.1", { result: "It expired." })];
    expect(decide([requirement(), expired], [...shown, yes])).toMatchObject({
      answers: { "r-1": { type: "confirmed" } },
    });
    expect(decide([requirement(), expired], shown).failure?.code).toBe("bad_request");
  });

  it("is refused with all others where its call has expired, asks nobody, or is not there", () => {
    const late = decide([requirement(), expired], [yes, byCall("run.1", { result: "done" })]);
    expect(late.failure?.code).toBe("requirement_answered");
    for (const other of [byCall("run.2", { confirmed: true }), byCall("run.7", { result: "x" })]) {
      expect(decide([requirement()], [yes, other]).failure).toMatchObject({ code: "bad_request" });
    }
  });

  it("stands in the request's messages where its values are wrong", () => {
    const { failure } = decide([userInput()], [byCall("run.0", { values: { to: "a" } })]);
    expect(failure?.detail).toMatchObject([{ loc: ["body", "messages", "run.0", "to"] }]);
  });
});

describe("several entries for one requirement", () => {
  const byId = (its: Partial<AnswerEntry>) => entry("r-1", { by: "requirement_id", ...its });

  it("count as one when they agree, or say nothing", () => {
    const entries = [entry("call-1", { confirmed: false }), byId({ confirmed: false, note: "no" }), byId({})];
    expect(decide([requirement()], entries).answered).toMatchObject([
      { answer: { type: "rejected" }, answerNote: "no" },
    ]);
  });

  it.each<[string, Requirement, Partial<AnswerEntry>, Partial<AnswerEntry>]>([
    ["yes and no", requirement(), { confirmed: true }, { confirmed: false }],
    ["two notes", requirement(), { confirmed: false, note: "a" }, { confirmed: false, note: "b" }],
    ["two results", external(), { result: "a" }, { result: "b" }],
    ["two values", userInput(), { values: { to: "a@x" } }, { values: { to: "b@x" } }],
  ])("are refused when they differ: %s", (_its, one, first, other) => {
    expect(decide([one], [entry("call-1", first), byId(other)]).failure).toEqual({
      code: "bad_request",
      detail: `The request answers requirement r-1 (${one.toolName}) in two different ways.`,
    });
  });
});

describe("calls that share a tool call id", () => {
  const earlier = requirement({ status: "answered", answer: { type: "confirmed" } });
  const later = requirement({ ...second, toolCallId: "call-1" });

  it("leave an answer to the one that is open", () => {
    expect(decide([earlier, later], [entry("call-1", { confirmed: false })]).answers).toEqual({
      "r-2": { type: "rejected" },
    });
  });

  it("never lend the answer of one to another: an old one that comes back is refused", () => {
    const failure = {
      code: "bad_request",
      detail: "It is not clear which call with the id call-1 is meant. Answer by requirement id: r-2",
    };
    const old = entry("call-1", { confirmed: true });
    expect(decide([earlier, later], [old, entry("call-1")])).toEqual({ failure });
    expect(decide([earlier, later], [entry("call-1"), old])).toEqual({ failure });
    const named = entry("r-2", { by: "requirement_id", confirmed: false });
    expect(decide([earlier, later], [named]).answers).toEqual({ "r-2": { type: "rejected" } });
  });

  it("never lend the result of one that waited for nobody to one that is executed elsewhere", () => {
    const plain = entry("call-1", { result: "4" });
    expect(decide([external()], [plain, entry("call-1")]).failure?.detail).toContain("requirement id: r-1");
    expect(decide([external()], [plain, entry("call-1", { result: "x" })]).failure?.detail).toContain("two different");
    expect(decide([requirement()], [plain, entry("call-1", { confirmed: true })]).answers).toMatchObject({ "r-1": {} });
  });

  it("are answered by requirement id when several are open", () => {
    const members = [
      requirement({ memberRunId: "m-1" }),
      requirement({ ...second, call: 0, toolCallId: "call-1", memberRunId: "m-2" }),
    ];
    expect(decide(members, [entry("call-1", { confirmed: true })]).failure?.detail).toContain("r-1, r-2");
    expect(decide(members, [entry("call-1")]).failure?.detail).toContain("answers nothing");
  });

  it("may be one call that is asked about twice", () => {
    const filled = userInput({ status: "answered", answer: { type: "filled", args: { to: "a@x", subject: "Hi" } } });
    const again = requirement({ ...second, call: 0, toolCallId: "call-1", toolName: "send_email" });
    const entries = [entry("call-1", { confirmed: true }), entry("call-1")];
    expect(decide([filled, again], entries).answers).toEqual({ "r-2": { type: "confirmed" } });
  });
});

describe("what a person fills in", () => {
  const wrong = (its: Partial<AnswerEntry>, tools?: Tool[], one = userInput()) => {
    const { failure } = decide(
      [one, requirement(second)],
      [entry("call-2", { confirmed: true }), entry("call-1", its)],
      tools,
    );
    return failure;
  };

  it.each<[string, Partial<AnswerEntry>, string, string]>([
    ["is missing", { answered: true }, "to", "Field required"],
    ["has a wrong type", { values: { to: 5 } }, "to", "Input should be a valid string"],
    ["is too short", { values: { to: "a" } }, "to", "String should have at least 3 characters"],
    ["makes the model's wrong", { values: { to: "ada@x", subject: [] } }, "subject", "Input should be a valid string"],
    ["is too much", { values: { to: "ada@x", copies: 6 } }, "copies", "Input should be less than or equal to 5"],
  ])("is refused by field, with all other answers: what %s", (_its, its, field, msg) => {
    const fields = [
      ...(userInput().fields ?? []),
      { name: "copies", field_type: "int", description: null, value: null },
    ];
    expect(wrong(its, undefined, userInput({ fields }))).toEqual({
      code: "invalid_request",
      detail: [expect.objectContaining({ loc: ["body", "tools", "call-1", field], msg })],
    });
  });

  it("is refused where it is no parameter, once", () => {
    const values = { to: "ada@x", recipient: "ada@x" };
    const extra = { type: "extra_forbidden", loc: ["body", "tools", "call-1", "recipient"], input: "ada@x" };
    const strict = { ...sendEmail, parameters: z.strictObject({ to: z.string(), subject: z.string() }) };
    for (const one of [sendEmail, strict]) {
      expect(wrong({ values }, [one])).toMatchObject({ code: "invalid_request", detail: [extra] });
      expect(wrong({ values }, [one])?.detail).toHaveLength(1);
    }
  });

  it("is named by the requirement's id where the caller named that", () => {
    const { failure } = decide([userInput()], [entry("r-1", { by: "requirement_id", values: { to: 5 } })]);
    expect(failure?.detail).toMatchObject([{ loc: ["body", "requirements", "r-1", "to"], type: "string_type" }]);
  });

  it("lists what is wrong with every call", () => {
    const two = [userInput(), userInput(second)];
    const entries = [entry("call-1", { values: { to: 5 } }), entry("call-2", { answered: true })];
    expect(decide(two, entries).failure?.detail).toMatchObject([
      { loc: ["body", "tools", "call-1", "to"] },
      { loc: ["body", "tools", "call-2", "to"] },
    ]);
  });

  it("is kept as it was written: the call's own check turns it into what the tool receives", () => {
    const trimming = { ...sendEmail, parameters: z.object({ to: z.string().trim(), subject: z.string() }) };
    const args = { to: " ada@x ", subject: "Hi" };
    expect(decide([userInput()], [entry("call-1", { values: args })], [trimming]).answers).toEqual({
      "r-1": { type: "filled", args },
    });
  });

  it.each<[string, Tool[]]>([
    ["the deployment does not know the tool any more", []],
    [
      "the tool's check has to wait",
      [{ ...sendEmail, parameters: z.object({ to: z.any().refine(async () => false), subject: z.string() }) }],
    ],
  ])("is taken unchecked where %s", (_its, tools) => {
    expect(decide([userInput()], [entry("call-1", { values: { to: 5 } })], tools).answers).toEqual({
      "r-1": { type: "filled", args: { to: 5, subject: "Hi" } },
    });
  });
});

describe("the size of an answer", () => {
  const most = "ä".repeat(MAX_TOOL_RESULT_BYTES / 2);

  it.each<[string, Requirement, (text: string) => Partial<AnswerEntry>]>([
    ["The result of run_shell", external(), (text) => ({ result: text })],
    ["The note on delete_record", requirement(), (text) => ({ confirmed: false, note: text })],
    [
      "The user input of send_email",
      userInput({ toolArgs: {} }),
      (text) => ({ values: { to: text.slice(12), subject: "" } }),
    ],
  ])("ends at 256 KB: %s", (what, one, its) => {
    expect(decide([one], [entry("call-1", its(most))]).failure).toBeUndefined();
    expect(decide([one], [entry("call-1", its(`${most}${"x".repeat(16)}`))]).failure).toEqual({
      code: "payload_too_large",
      detail: `${what} is larger than 262144 bytes.`,
    });
  });
});
