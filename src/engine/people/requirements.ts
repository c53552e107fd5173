import type { z } from "zod";
import type { JsonObject } from "../../domain/json.ts";
import type { ToolCall } from "../../domain/model.ts";
import {
  NOT_ANSWERED,
  OUTCOME_UNKNOWN,
  type Requirement,
  type RequirementKind,
  type UserInputField,
} from "../../domain/requirement.ts";
import { type Tool, toolParameters } from "../../domain/tool.ts";
import { toolArguments } from "../run/calls.ts";

/** Where the call of a requirement stands: the run, the agent or team, and the position among the requirements. */
export interface RequirementPlace
  extends Pick<
    Requirement,
    | "sessionId"
    | "runId"
    | "memberRunId"
    | "agentId"
    | "teamId"
    | "componentName"
    | "userId"
    | "position"
    /** Which tool call of its run, from 0. */
    | "call"
  > {
  nowMs: number;
  newId(): string;
}

/** The requirement that a call of this tool opens; null when the tool may run at once. */
export function requirementOf(tool: Tool, call: ToolCall, place: RequirementPlace): Requirement | null {
  const kind = kindOf(tool);
  if (kind === null) return null;
  const args = toolArguments(call) ?? {};
  if (kind !== "user_input") return { ...opened(tool, call, place), kind, toolArgs: args };
  const byPerson = new Set(tool.requiresUserInput);
  const toolArgs = Object.fromEntries(Object.entries(args).filter(([name]) => !byPerson.has(name)));
  return { ...opened(tool, call, place), kind, toolArgs, fields: fieldsOf(tool, toolArgs) };
}

/**
 * The requirement of a call that may have run already, before its object died: a person says whether it is to run. `args`
 * are the call's arguments, with what a person filled in before. `tool` is undefined if the deployment no longer has the
 * tool.
 */
export function outcomeUnknown(
  tool: Tool | undefined,
  call: ToolCall,
  place: RequirementPlace,
  args: JsonObject | null = toolArguments(call),
): Requirement {
  return { ...opened(tool, call, place), kind: "confirmation", toolArgs: args ?? {}, note: OUTCOME_UNKNOWN };
}

const EXPIRED_NOTE = "Nobody answered in time.";

/** The requirement once its time is over. Its `onExpiry` says whether the run goes on or is cancelled. */
export function expireRequirement(requirement: Requirement, nowMs: number): Requirement {
  return {
    ...requirement,
    status: "expired",
    answer: { type: "rejected" },
    answerNote: EXPIRED_NOTE,
    answeredBy: null,
    actor: null,
    answeredAt: nowMs,
  };
}

/** What becomes of an answered call when its run goes on: it runs, or it has this result. */
type AnswerOutcome = { kind: "execute"; args: JsonObject } | { kind: "result"; text: string; isError: boolean };

/** AgentOS's text for a rejected call. The note alone would not tell the model that nothing was done. */
function rejection(status: Requirement["status"], note: string | null): string {
  if (status === "expired") return "Function call was rejected: nobody answered in time.";
  return `Function call was rejected by the user${note ? `: ${note}` : ""}`;
}

/** Throws for a requirement that nobody answered: a missing answer is never taken for a rejection. */
export function answerOutcome(requirement: Requirement): AnswerOutcome {
  const { answer, answerNote, requirementId, status, toolArgs } = requirement;
  switch (answer?.type) {
    case "confirmed":
      return { kind: "execute", args: toolArgs };
    case "filled":
      return { kind: "execute", args: answer.args };
    case "executed":
      return { kind: "result", text: answer.result, isError: false };
    case "rejected":
      return { kind: "result", text: rejection(status, answerNote), isError: true };
    case undefined:
      throw new Error(`Requirement ${requirementId} has no answer.`);
  }
}

function kindOf(tool: Tool): RequirementKind | null {
  if (tool.externalExecution === true) return "external_execution";
  if (tool.requiresUserInput !== undefined && tool.requiresUserInput.length > 0) return "user_input";
  return tool.requiresConfirmation === true ? "confirmation" : null;
}

function opened(tool: Tool | undefined, call: ToolCall, place: RequirementPlace): Omit<Requirement, "kind"> {
  const { nowMs, newId, ...ids } = place;
  const { expiresAfterSeconds } = tool ?? {};
  return {
    ...ids,
    ...NOT_ANSWERED,
    requirementId: newId(),
    toolCallId: call.id,
    toolName: call.name,
    toolArgs: {},
    fields: null,
    note: null,
    approvalType: tool?.approvalType ?? null,
    expiresAt: expiresAfterSeconds === undefined ? null : nowMs + expiresAfterSeconds * 1000,
    onExpiry: tool?.onExpiry ?? "reject",
    createdAt: nowMs,
  };
}

/** All parameters of the tool, with the values that the model gave. */
function fieldsOf(tool: Tool, args: JsonObject): UserInputField[] {
  return toolParameters(tool).map(([name, schema]) => ({
    name,
    field_type: pythonType(schema),
    description: (typeof schema === "object" && schema.description) || null,
    value: Object.hasOwn(args, name) ? (args[name] ?? null) : null,
  }));
}

const PYTHON_TYPES: Record<string, string> = {
  string: "str",
  integer: "int",
  number: "float",
  boolean: "bool",
  array: "list",
  object: "dict",
};

/** The first type that is not null; `str`, as in AgentOS, if the schema names no type. */
function pythonType(schema: z.core.JSONSchema._JSONSchema): string {
  if (typeof schema === "boolean") return "str";
  const { type, anyOf, oneOf } = schema;
  const named = [type].flat().find((one) => one !== undefined && one !== "null");
  if (named !== undefined) return PYTHON_TYPES[named] ?? "str";
  const first = (anyOf ?? oneOf)?.find((one) => typeof one === "boolean" || one.type !== "null");
  return first === undefined ? "str" : pythonType(first);
}
