import type { Json, JsonObject } from "./json.ts";
import type { ApprovalType, OnExpiry } from "./tool.ts";

/** What a paused run can wait for. */
export const REQUIREMENT_KINDS = ["confirmation", "user_input", "external_execution"] as const;
export type RequirementKind = (typeof REQUIREMENT_KINDS)[number];

/** `cancelled`: the run ended before anybody answered. */
export const REQUIREMENT_STATUSES = ["open", "answered", "expired", "cancelled"] as const;
export type RequirementStatus = (typeof REQUIREMENT_STATUSES)[number];

/** A parameter of a call as AgentOS shows it to the person who fills it. `value` is null until somebody filled it. */
export interface UserInputField {
  name: string;
  /** A Python type's name: `str`, `int`, `float`, `bool`, `list`, `dict`. */
  field_type: string;
  description: string | null;
  value: Json;
}

/** What a person, or time, said to a requirement. */
export type Answer =
  | { type: "confirmed" }
  | { type: "rejected" }
  /** The arguments of the call with the person's values in them. */
  | { type: "filled"; args: JsonObject }
  | { type: "executed"; result: string };

/** One thing a paused run waits for, as D1 keeps it. Instants are epoch milliseconds. */
export interface Requirement {
  requirementId: string;
  sessionId: string;
  /** The top-level run: the one to continue. */
  runId: string;
  /** Its place among the requirements of that run, from 0. */
  position: number;
  /** The member run whose call it is; null for a call of the run itself. */
  memberRunId: string | null;
  /** The agent, or else the team, whose call it is. */
  agentId: string | null;
  teamId: string | null;
  componentName: string;
  /** The session's owner. */
  userId: string | null;
  kind: RequirementKind;
  status: RequirementStatus;
  toolCallId: string;
  /** Which tool call of its run, counted from 0. */
  call: number;
  toolName: string;
  /** The arguments as the model wrote them, without those that a person is to fill. */
  toolArgs: JsonObject;
  /** The call's parameters, for user input; else null. */
  fields: UserInputField[] | null;
  /** Why the call is asked about, if its tool does not say: `outcome unknown` for a call that may have run. */
  note: string | null;
  answer: Answer | null;
  answerNote: string | null;
  answeredBy: string | null;
  /** Who answered, by the credential that was shown (`Principal.actor`); null until then, and for answers of before. */
  actor: string | null;
  /** Null: whoever may run may answer. */
  approvalType: ApprovalType | null;
  answeredAt: number | null;
  expiresAt: number | null;
  onExpiry: OnExpiry;
  createdAt: number;
}

/** What a requirement has while it is open. */
export const NOT_ANSWERED = {
  status: "open",
  answer: null,
  answerNote: null,
  answeredBy: null,
  actor: null,
  answeredAt: null,
} as const satisfies Partial<Requirement>;

/** The note of a call that had begun when its object died. */
export const OUTCOME_UNKNOWN = "outcome unknown";

/** The run whose call a requirement is about. */
export function callingRunId(requirement: Pick<Requirement, "runId" | "memberRunId">): string {
  return requirement.memberRunId ?? requirement.runId;
}

/**
 * The name of a call that no other call has: a model's own id names a call in one answer only. `call` is its number in its run,
 * from 0.
 */
export const callName = (runId: string, call: number): string => `${runId}.${call}`;

/**
 * What a caller says about one requirement, which is named by its own id, by its tool call's, or by the name of its call
 * (`callName`). A field is null when
 * the caller left it out. An entry may have no answer at all, because clients send back all that they were shown.
 */
export interface AnswerEntry {
  by: "requirement_id" | "tool_call_id" | "call";
  id: string;
  confirmed: boolean | null;
  note: string | null;
  /** The values that are given, by parameter. Null values are left out. */
  values: JsonObject | null;
  /** True when the caller says that every field is filled which a person is to fill. */
  answered: boolean;
  result: string | null;
}
