import type { RunRequirementJson, ToolExecution } from "../../domain/event.ts";
import type { Requirement, RequirementKind, UserInputField } from "../../domain/requirement.ts";

/** `open` shows a requirement as it was when its run paused, `resolved` with its answer. */
type RequirementStage = "open" | "resolved";

/** The call of a requirement in AgentOS's form. */
export function requirementExecution(requirement: Requirement, stage: RequirementStage): ToolExecution {
  const { kind, createdAt } = requirement;
  const answer = stage === "open" ? null : requirement.answer;
  const requires = (one: RequirementKind) => (kind === one ? stage === "open" : null);
  return {
    ...plainExecution(),
    tool_call_id: requirement.toolCallId,
    tool_name: requirement.toolName,
    tool_args: answer?.type === "filled" ? answer.args : requirement.toolArgs,
    result: answer?.type === "executed" ? answer.result : null,
    created_at: Math.floor(createdAt / 1000),
    requires_confirmation: requires("confirmation"),
    confirmed: confirmedBy(requirement, stage),
    confirmation_note: answer === null ? null : requirement.answerNote,
    requires_user_input: requires("user_input"),
    user_input_schema: fieldsWithValues(requirement, stage),
    // Also true after a rejection: else AgentOS's clients would ask for the fields that still have no value.
    answered: kind === "user_input" && answer !== null ? true : null,
    external_execution_required: requires("external_execution"),
    approval_type: requirement.approvalType ?? null,
  };
}

/** AgentOS's keys of a call that nobody is asked about. The caller fills in the call's id, name, arguments and result. */
export function plainExecution(): ToolExecution {
  return {
    tool_call_id: "",
    tool_name: "",
    tool_args: {},
    tool_call_error: null,
    result: null,
    metrics: null,
    child_run_id: null,
    stop_after_tool_call: false,
    created_at: 0,
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
}

/** The requirement as AgentOS shows it with its run; the fields that only this server has come last. */
export function runRequirementJson(requirement: Requirement, stage: RequirementStage): RunRequirementJson {
  const { memberRunId, note, expiresAt } = requirement;
  const answer = stage === "open" ? null : requirement.answer;
  const confirmed = confirmedBy(requirement, stage);
  const fields = fieldsWithValues(requirement, stage);
  return {
    id: requirement.requirementId,
    created_at: pythonTime(requirement.createdAt),
    ...(confirmed !== null && { confirmation: confirmed }),
    ...(answer !== null && requirement.answerNote !== null && { confirmation_note: requirement.answerNote }),
    ...(answer?.type === "executed" && { external_execution_result: answer.result }),
    ...(memberRunId !== null && {
      member_agent_id: requirement.agentId ?? requirement.teamId ?? "",
      member_agent_name: requirement.componentName,
      member_run_id: memberRunId,
    }),
    tool_execution: requirementExecution(requirement, stage),
    ...(fields !== null && { user_input_schema: fields }),
    ...(note !== null && { note }),
    ...(expiresAt !== null && { expires_at: isoTime(expiresAt) }),
    ...(answer !== null && requirement.answeredBy !== null && { answered_by: requirement.answeredBy }),
    ...(answer !== null && requirement.actor != null && { actor: requirement.actor }),
    ...(answer !== null && requirement.answeredAt !== null && { answered_at: isoTime(requirement.answeredAt) }),
  };
}

/** AgentOS's text of a pause for these requirements. */
export function pausedContent(requirements: readonly Pick<Requirement, "kind">[]): string {
  const waitsFor = (kind: RequirementKind) => requirements.some((requirement) => requirement.kind === kind);
  const confirmation = waitsFor("confirmation");
  const userInput = waitsFor("user_input");
  const external = waitsFor("external_execution");
  if (confirmation && userInput && external) return pauseFor("I need confirmation, user input, or external execution");
  if (confirmation && userInput) return pauseFor("I need confirmation or user input");
  if (confirmation && external) return pauseFor("I need confirmation or external execution");
  if (userInput && external) return pauseFor("I need user input or external execution");
  if (confirmation) return pauseFor("I need confirmation");
  if (userInput) return pauseFor("I need user input");
  return external ? pauseFor("it needs external execution") : "";
}

const pauseFor = (need: string): string => `I have tools to execute, but ${need}.`;

/** True when a person confirmed, false when a person or time rejected; null for any other answer, or none. */
function confirmedBy({ answer }: Requirement, stage: RequirementStage): boolean | null {
  if (stage === "open") return null;
  if (answer?.type === "confirmed") return true;
  return answer?.type === "rejected" ? false : null;
}

function fieldsWithValues({ fields, answer }: Requirement, stage: RequirementStage): UserInputField[] | null {
  if (fields === null || stage === "open" || answer?.type !== "filled") return fields;
  const { args } = answer;
  return fields.map((field) =>
    Object.hasOwn(args, field.name) ? { ...field, value: args[field.name] ?? null } : field,
  );
}

const isoTime = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

/** As Python's `datetime.isoformat` writes an instant in UTC. */
const pythonTime = (epochMs: number): string => new Date(epochMs).toISOString().replace("Z", "000+00:00");
