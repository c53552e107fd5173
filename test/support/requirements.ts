import type { AnswerEntry, Requirement } from "../../src/domain/requirement.ts";

/** 2026-11-21T22:03:21.111Z */
export const OPENED_AT = 1_795_298_601_111;

/** An open confirmation of `delete_record`. `its` has what differs. */
export function requirement(its: Partial<Requirement> = {}): Requirement {
  return {
    requirementId: "r-1",
    sessionId: "s",
    runId: "run",
    position: 0,
    memberRunId: null,
    agentId: "operator",
    teamId: null,
    componentName: "Operator",
    userId: null,
    kind: "confirmation",
    status: "open",
    toolCallId: "call-1",
    call: 0,
    toolName: "delete_record",
    toolArgs: { id: 7 },
    fields: null,
    note: null,
    answer: null,
    answerNote: null,
    answeredBy: null,
    actor: null,
    approvalType: null,
    answeredAt: null,
    expiresAt: null,
    onExpiry: "reject",
    createdAt: OPENED_AT,
    ...its,
  };
}

/** An open request for the field `to` of `send_email`. `its` has what differs. */
export const userInput = (its: Partial<Requirement> = {}): Requirement =>
  requirement({
    kind: "user_input",
    toolName: "send_email",
    toolArgs: { subject: "Hi" },
    fields: [
      { name: "to", field_type: "str", description: "The address", value: null },
      { name: "subject", field_type: "str", description: null, value: "Hi" },
    ],
    ...its,
  });

export const external = (its: Partial<Requirement> = {}): Requirement =>
  requirement({ kind: "external_execution", toolName: "run_shell", toolArgs: { command: "ls" }, ...its });

/** An entry of answers that names a tool call and says nothing to it. `its` has what differs. */
export const entry = (id: string, its: Partial<AnswerEntry> = {}): AnswerEntry => ({
  by: "tool_call_id",
  id,
  confirmed: null,
  note: null,
  values: null,
  answered: false,
  result: null,
  ...its,
});

/**
 * All keys of AgentOS's ToolExecution, in its order, of a call that has no result and that nobody is asked about. They are
 * written out, since what src makes of a call is compared with them.
 */
export const toolExecution = {
  tool_call_id: "",
  tool_name: "",
  tool_args: {},
  tool_call_error: null,
  result: null,
  metrics: null,
  child_run_id: null,
  stop_after_tool_call: false,
  created_at: 1_795_298_601,
  requires_confirmation: null,
  confirmed: null,
  confirmation_note: null,
  requires_user_input: null,
  user_input_schema: null,
  user_feedback_schema: null,
  answered: null,
  external_execution_required: null,
  external_execution_silent: null,
  approval_type: null,
  approval_id: null,
};
