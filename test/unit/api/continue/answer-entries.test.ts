import { describe, expect, it } from "vitest";
import { type AnswersField, readAnswers } from "../../../../src/api/continue/answer-entries.ts";
import { readContinueFrom } from "../../../../src/api/continue/contract.ts";
import type { AnswerEntry } from "../../../../src/domain/requirement.ts";
import { toolExecution } from "../../../support/requirements.ts";

const SILENT = { confirmed: null, note: null, values: null, answered: false, result: null };
const byTool = (id: string, its: Partial<AnswerEntry> = {}) => ({ by: "tool_call_id", id, ...SILENT, ...its });
const byId = (id: string, its: Partial<AnswerEntry> = {}) => ({ by: "requirement_id", id, ...SILENT, ...its });

/** The tool as the event RunPaused shows it. Clients send it back with their answer in it. */
const shown = {
  ...toolExecution,
  tool_call_id: "c1",
  tool_name: "delete_record",
  tool_args: { id: "7" },
  requires_confirmation: true,
};
const field = (name: string, value: unknown) => ({ name, field_type: "str", description: null, value });
const requirement = { id: "q1", created_at: "2026-11-21T22:03:21.111578+00:00", tool_execution: shown };

describe("answers", () => {
  const cases: [rule: string, field: AnswersField, given: unknown, expected: unknown[]][] = [
    ["are none where there is nothing", "tools", undefined, []],
    ["are none in an empty list", "tools", [], []],
    ["are none in null's text, as AgentOS reads it", "tools", " null ", []],
    ["say nothing where a tool is sent back as it was shown", "tools", [shown], [byTool("c1")]],
    ["may confirm", "tools", [{ ...shown, confirmed: true }], [byTool("c1", { confirmed: true })]],
    [
      "may reject with a note",
      "tools",
      [{ tool_call_id: "c1", confirmed: false, confirmation_note: "not today" }],
      [byTool("c1", { confirmed: false, note: "not today" })],
    ],
    [
      "fill fields, and leave out those without a value",
      "tools",
      [
        {
          tool_call_id: "c1",
          answered: true,
          user_input_schema: [field("to", "a@b.c"), field("cc", null), { name: "x" }],
        },
      ],
      [byTool("c1", { answered: true, values: { to: "a@b.c" } })],
    ],
    [
      "fill fields with any JSON",
      "tools",
      [
        {
          tool_call_id: "c1",
          user_input_schema: [field("n", 0), field("no", false), field("list", [{ a: null }]), field("", "")],
        },
      ],
      [byTool("c1", { values: { n: 0, no: false, list: [{ a: null }], "": "" } })],
    ],
    [
      "fill a field of any name",
      "tools",
      '[{"tool_call_id":"c1","user_input_schema":[{"name":"__proto__","value":"x"}]}]',
      [byTool("c1", { values: Object.fromEntries([["__proto__", "x"]]) })],
    ],
    [
      "fill nothing where no field has a value",
      "tools",
      [{ tool_call_id: "c1", user_input_schema: [field("to", null)] }],
      [byTool("c1")],
    ],
    ["give a result", "tools", [{ tool_call_id: "c1", result: "done" }], [byTool("c1", { result: "done" })]],
    ["give an empty result", "tools", [{ tool_call_id: "c1", result: "" }], [byTool("c1", { result: "" })]],
    [
      "give a result that is JSON as its text",
      "tools",
      [1, false, { a: [1] }].map((result) => ({ tool_call_id: "c1", result })),
      ["1", "false", '{"a":[1]}'].map((result) => byTool("c1", { result })),
    ],
    [
      "are taken as text",
      "tools",
      JSON.stringify([{ ...shown, confirmed: true }]),
      [byTool("c1", { confirmed: true })],
    ],
    [
      "keep their order, and double entries",
      "tools",
      [{ tool_call_id: "b" }, { tool_call_id: "a" }, { tool_call_id: "b", confirmed: true }],
      [byTool("b"), byTool("a"), byTool("b", { confirmed: true })],
    ],
    [
      "have whole characters only",
      "tools",
      [{ tool_call_id: "c1", result: "\ud800", confirmation_note: "\udc00" }],
      [byTool("c1", { result: "\ufffd", note: "\ufffd" })],
    ],
    ["say nothing where a requirement is sent back as it was shown", "requirements", [requirement], [byId("q1")]],
    [
      "may confirm a requirement",
      "requirements",
      [{ ...requirement, confirmation: true }],
      [byId("q1", { confirmed: true })],
    ],
    [
      "may confirm a requirement in its tool",
      "requirements",
      [{ ...requirement, tool_execution: { ...shown, confirmed: true } }],
      [byId("q1", { confirmed: true })],
    ],
    [
      "name a requirement by its tool call where they have no id",
      "requirements",
      [{ id: null, confirmation: false, confirmation_note: "no", tool_execution: { tool_call_id: "c1" } }],
      [byTool("c1", { confirmed: false, note: "no" })],
    ],
    [
      "of a tool go before those of its requirement",
      "requirements",
      [
        {
          id: "q1",
          confirmation: true,
          confirmation_note: "outer",
          external_execution_result: "outer",
          user_input_schema: [field("to", "outer"), field("cc", "outer")],
          tool_execution: {
            tool_call_id: "c1",
            confirmed: false,
            confirmation_note: "inner",
            result: "inner",
            answered: true,
            user_input_schema: [field("to", "inner"), field("cc", null)],
          },
        },
      ],
      [
        byId("q1", {
          confirmed: false,
          note: "inner",
          result: "inner",
          answered: true,
          values: { to: "inner", cc: "outer" },
        }),
      ],
    ],
    [
      "of a requirement count where its tool has none",
      "requirements",
      [
        {
          ...requirement,
          confirmation_note: "outer",
          external_execution_result: { rows: 2 },
          user_input_schema: [field("to", "outer")],
        },
      ],
      [byId("q1", { note: "outer", result: '{"rows":2}', values: { to: "outer" } })],
    ],
    [
      "need no tool in a requirement",
      "requirements",
      [{ id: "q1", tool_execution: null, confirmation: true }],
      [byId("q1", { confirmed: true })],
    ],
  ];
  it.each(cases)("%s (%s)", (_, name, given, expected) => {
    expect(readAnswers(name, given)).toEqual({ ok: true, value: expected });
  });

  it("are as many as a run can have requirements, and no more", () => {
    const entries = Array.from({ length: 1000 }, (_, nth) => ({ tool_call_id: `c${nth}` }));
    expect(readAnswers("tools", entries)).toMatchObject({ ok: true, value: { length: 1000 } });
    expect(readAnswers("tools", [...entries, { tool_call_id: "one more" }])).toMatchObject({ ok: false });
    const ids = entries.map(({ tool_call_id }) => ({ id: tool_call_id }));
    expect(readAnswers("requirements", [...ids, { id: "one more" }])).toMatchObject({ ok: false });
  });

  it.each(["{", "nonsense", "", "[1", `${"[".repeat(200)}${"]".repeat(200)}`, "[1e999]"])(
    "in %j are no JSON",
    (text) => {
      for (const name of ["tools", "requirements"] as const) {
        expect(readAnswers(name, text)).toEqual({
          ok: false,
          failure: { code: "bad_request", detail: `Invalid JSON in ${name} field` },
        });
      }
    },
  );

  const wrongs: [field: AnswersField, given: unknown, where: string][] = [
    ["tools", "7", ""],
    ["tools", 7, ""],
    ["tools", {}, ""],
    ["tools", '"text"', ""],
    ["tools", [7], "entry 0: "],
    ["tools", [null], "entry 0: "],
    ["tools", [{}], "entry 0, tool_call_id: "],
    ["tools", [{ tool_call_id: "" }], "entry 0, tool_call_id: "],
    ["tools", [{ tool_call_id: "c1" }, { tool_call_id: 7 }], "entry 1, tool_call_id: "],
    ["tools", [{ tool_call_id: "c1", confirmed: "true" }], "entry 0, confirmed: "],
    ["tools", [{ tool_call_id: "c1", confirmed: 1 }], "entry 0, confirmed: "],
    ["tools", [{ tool_call_id: "c1", confirmation_note: {} }], "entry 0, confirmation_note: "],
    ["tools", [{ tool_call_id: "c1", answered: "yes" }], "entry 0, answered: "],
    ["tools", [{ tool_call_id: "c1", user_input_schema: {} }], "entry 0, user_input_schema: "],
    ["tools", [{ tool_call_id: "c1", user_input_schema: [{ value: 1 }] }], "entry 0, user_input_schema.0.name: "],
    ["requirements", "7", ""],
    ["requirements", [{}], "entry 0: an entry needs an id"],
    ["requirements", [{ id: null, tool_execution: {} }], "entry 0: an entry needs an id"],
    ["requirements", [{ id: 7 }], "entry 0, id: "],
    ["requirements", [{ id: "q1", confirmation: "no" }], "entry 0, confirmation: "],
    ["requirements", [{ id: "q1", tool_execution: [] }], "entry 0, tool_execution: "],
    ["requirements", [{ id: "q1", tool_execution: { confirmed: "no" } }], "entry 0, tool_execution.confirmed: "],
  ];
  it.each(wrongs)("of the wrong shape are refused with the place: %s %j", (name, given, where) => {
    const detail = `Invalid structure or content for ${name}: ${where}`;
    const answer = readAnswers(name, given);
    expect(answer).toMatchObject({ ok: false, failure: { code: "bad_request" } });
    expect(answer.ok ? "" : String(answer.failure.detail).slice(0, detail.length)).toBe(detail);
    expect(answer.ok ? "" : String(answer.failure.detail).length).toBeGreaterThan(
      `Invalid structure or content for ${name}: `.length,
    );
  });
});

describe("continue_from", () => {
  it.each([
    ["end", "end"],
    ["last_user", "last_user"],
    ["3", 3],
    [" 3 ", 3],
    [3, 3],
    ["-1", -1],
    ["0", 0],
    ["", null],
    ["END", null],
    ["1.5", null],
    [1.5, null],
    ["1e3", null],
    ["first", null],
    [true, null],
    [["end"], null],
    [{}, null],
  ])("%j is read as %j", (given, expected) => {
    expect(readContinueFrom(given)).toBe(expected);
  });
});
