import { describe, expect, it } from "vitest";
import type { Requirement } from "../../../../src/domain/requirement.ts";
import {
  pausedContent,
  requirementExecution,
  runRequirementJson,
} from "../../../../src/engine/people/requirement-json.ts";
import { external, OPENED_AT, requirement, toolExecution, userInput } from "../../../support/requirements.ts";

const unset = { ...toolExecution, tool_call_id: "call-1", tool_name: "delete_record", tool_args: { id: 7 } };
const opened = {
  confirmation: { ...unset, requires_confirmation: true },
  userInput: {
    ...unset,
    tool_name: "send_email",
    tool_args: { subject: "Hi" },
    requires_user_input: true,
    user_input_schema: userInput().fields,
  },
  external: { ...unset, tool_name: "run_shell", tool_args: { command: "ls" }, external_execution_required: true },
};

const answered = (one: Requirement, answer: Requirement["answer"], its: Partial<Requirement> = {}): Requirement => ({
  ...one,
  status: "answered",
  answer,
  answeredBy: "ada",
  answeredAt: OPENED_AT + 60_000,
  ...its,
});
const args = { to: "ada@x", subject: "Hello" };
const filledFields = [
  { name: "to", field_type: "str", description: "The address", value: "ada@x" },
  { name: "subject", field_type: "str", description: null, value: "Hello" },
];

const cases: {
  its: string;
  one: Requirement;
  open: object;
  resolved: object;
  /** What the requirement has besides its id, its time and the tool call. */
  beside: object;
}[] = [
  {
    its: "a confirmed call",
    one: answered(requirement(), { type: "confirmed" }),
    open: opened.confirmation,
    resolved: { ...unset, requires_confirmation: false, confirmed: true },
    beside: { confirmation: true },
  },
  {
    its: "a rejected call",
    one: answered(requirement(), { type: "rejected" }, { answerNote: "no" }),
    open: opened.confirmation,
    resolved: { ...unset, requires_confirmation: false, confirmed: false, confirmation_note: "no" },
    beside: { confirmation: false, confirmation_note: "no" },
  },
  {
    its: "a filled call",
    one: answered(userInput(), { type: "filled", args }),
    open: opened.userInput,
    resolved: {
      ...opened.userInput,
      tool_args: args,
      requires_user_input: false,
      user_input_schema: filledFields,
      answered: true,
    },
    beside: { user_input_schema: filledFields },
  },
  {
    its: "a call that nobody wanted to fill",
    one: answered(userInput(), { type: "rejected" }),
    open: opened.userInput,
    resolved: { ...opened.userInput, requires_user_input: false, confirmed: false, answered: true },
    beside: { confirmation: false, user_input_schema: userInput().fields },
  },
  {
    its: "a call that was executed elsewhere",
    one: answered(external(), { type: "executed", result: "a.txt" }),
    open: opened.external,
    resolved: { ...opened.external, external_execution_required: false, result: "a.txt" },
    beside: { external_execution_result: "a.txt" },
  },
  {
    its: "a call that was rejected instead of executed",
    one: answered(external(), { type: "rejected" }),
    open: opened.external,
    resolved: { ...opened.external, external_execution_required: false, confirmed: false },
    beside: { confirmation: false },
  },
];

describe("the call of a requirement", () => {
  it.each(cases)("has all of AgentOS's keys, in its order: $its", ({ one, open, resolved }) => {
    expect(requirementExecution(one, "open")).toEqual(open);
    expect(requirementExecution(one, "resolved")).toEqual(resolved);
    for (const stage of ["open", "resolved"] as const) {
      expect(Object.keys(requirementExecution(one, stage))).toEqual(Object.keys(unset));
    }
  });

  it("asks for nothing any more when its run ended first", () => {
    const cancelled = requirement({ status: "cancelled" });
    expect(requirementExecution(cancelled, "resolved")).toEqual({ ...unset, requires_confirmation: false });
  });
});

describe("a requirement with its run", () => {
  const created_at = "2026-11-21T22:03:21.111000+00:00";

  it.each(cases)("shows what was said, and by whom, once it is resolved: $its", ({ one, resolved, beside }) => {
    expect(runRequirementJson(one, "resolved")).toEqual({
      id: "r-1",
      created_at,
      ...beside,
      tool_execution: resolved,
      answered_by: "ada",
      answered_at: "2026-11-21T22:04:21Z",
    });
  });

  it.each(cases)("shows nothing of it as when it was opened: $its", ({ one, open }) => {
    const { fields } = one;
    expect(runRequirementJson(one, "open")).toEqual({
      id: "r-1",
      created_at,
      tool_execution: open,
      ...(fields !== null && { user_input_schema: fields }),
    });
  });

  it("says why it is asked, until when, and who asks in a team", () => {
    const one = requirement({ note: "outcome unknown", expiresAt: OPENED_AT + 1, memberRunId: "m-1" });
    const shown = { note: "outcome unknown", expires_at: "2026-11-21T22:03:21Z", member_run_id: "m-1" };
    expect(runRequirementJson(one, "open")).toEqual({
      id: "r-1",
      created_at,
      ...shown,
      member_agent_id: "operator",
      member_agent_name: "Operator",
      tool_execution: opened.confirmation,
    });
    const ofTeam = { ...one, agentId: null, teamId: "support", componentName: "Support" };
    expect(runRequirementJson(ofTeam, "open")).toMatchObject({
      member_agent_id: "support",
      member_agent_name: "Support",
    });
  });

  it("names nobody where nobody is known to have answered", () => {
    const { answered_by, answered_at } = runRequirementJson(
      answered(requirement(), { type: "rejected" }, { answeredBy: null }),
      "resolved",
    );
    expect([answered_by, answered_at]).toEqual([undefined, "2026-11-21T22:04:21Z"]);
  });
});

describe("what a paused run says", () => {
  const [c, u, x] = [requirement(), userInput(), external()];

  it.each<[Requirement[], string]>([
    [[], ""],
    [[c, c], "I have tools to execute, but I need confirmation."],
    [[u], "I have tools to execute, but I need user input."],
    [[x], "I have tools to execute, but it needs external execution."],
    [[u, c], "I have tools to execute, but I need confirmation or user input."],
    [[x, c], "I have tools to execute, but I need confirmation or external execution."],
    [[x, u], "I have tools to execute, but I need user input or external execution."],
    [[x, u, c], "I have tools to execute, but I need confirmation, user input, or external execution."],
  ])("is AgentOS's sentence for all it waits for, in any order (%#)", (requirements, text) => {
    expect(pausedContent(requirements)).toBe(text);
  });
});
