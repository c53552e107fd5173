import type { JsonObject } from "../../domain/json.ts";
import { MAX_REQUIREMENTS } from "../../domain/limits.ts";
import { type Answer, NOT_ANSWERED, type RequirementKind, type UserInputField } from "../../domain/requirement.ts";
import type { PortableMessage, PortableRequirement } from "../record/run-record.ts";
import type { AgnoCall } from "./calls.ts";
import { resultsBehind } from "./events.ts";
import type { AgnoMessages } from "./messages.ts";
import { jsonOf, objectOf, objectsOf, textOf } from "./values.ts";

interface Whose {
  runId: string;
  memberRunId: string | null;
  agentId: string | null;
  teamId: string | null;
  componentName: string;
  at: number;
  isPaused: boolean;
}

/** A call, its place among those of its run, and whether it has its result. */
interface PlacedCall {
  asked: AgnoCall;
  nth: number;
  hasResult: boolean;
}

/**
 * What people were asked about the calls of a run: those that they confirmed or rejected, and of an agent's paused run those
 * that it waits for. If one of these is a call that nobody is asked about, the run gets no requirements and cannot be
 * continued: it would go on in a way that its agent did not mean.
 */
export function agnoRequirements(
  run: JsonObject,
  { produced, callOf }: { produced: readonly PortableMessage[]; callOf: AgnoMessages["callOf"] },
  whose: Whose,
): PortableRequirement[] {
  const calls = placedCalls(produced, callOf);
  const answered = calls.filter(({ asked, hasResult }) => hasResult && typeof asked.tool?.confirmed === "boolean");
  const open = whose.isPaused ? calls.filter(({ hasResult }) => !hasResult) : [];
  const isOfAgent = whose.agentId !== null && whose.memberRunId === null;
  const isAskable = isOfAgent && open.every(({ asked }) => asked.tool !== null && kindOf(asked.tool) !== null);
  if (whose.isPaused && !isAskable) {
    return [];
  }
  return [...answered.slice(0, Math.max(0, MAX_REQUIREMENTS - open.length)), ...open]
    .sort((one, other) => one.nth - other.nth)
    .map((call, position) => requirement(call, requirementIdOf(run, call.asked), { ...whose, position }));
}

function placedCalls(produced: readonly PortableMessage[], callOf: AgnoMessages["callOf"]): PlacedCall[] {
  let next = 0;
  return produced.flatMap(({ toolCalls }, at) => {
    const results = resultsBehind(produced, at);
    return (toolCalls ?? []).map((call): PlacedCall => {
      const asked = callOf.get(call) ?? { call, ids: [call.id], isUnnamed: false, tool: null };
      const nth = next;
      next += 1;
      return { asked, nth, hasResult: results.has(call.id) };
    });
  });
}

function requirementIdOf(run: JsonObject, { ids }: AgnoCall): string | null {
  const rows = objectsOf(run.requirements);
  return textOf(rows.findLast((one) => ids.includes(String(objectOf(one.tool_execution)?.tool_call_id)))?.id);
}

function requirement(
  { asked, nth, hasResult }: PlacedCall,
  id: string | null,
  { at, isPaused: _, position, ...whose }: Whose & { position: number },
): PortableRequirement {
  const { call } = asked;
  const tool = asked.tool ?? {};
  const kind = hasResult ? "confirmation" : (kindOf(tool) ?? "confirmation");
  const args = objectOf(tool.tool_args) ?? {};
  const fields = kind === "user_input" ? fieldsOf(tool) : null;
  const toFill = new Set(fields?.filter(({ value }) => value === null).map(({ name }) => name));
  return {
    ...whose,
    requirementId: id ?? `${whose.runId.slice(0, 100)}-${position}`,
    position,
    kind,
    ...NOT_ANSWERED,
    ...(hasResult && answerOf(tool)),
    toolCallId: call.id,
    call: nth,
    toolName: textOf(tool.tool_name) ?? call.name,
    toolArgs: Object.fromEntries(Object.entries(args).filter(([name]) => !toFill.has(name))),
    // Values that the model gave stay in the arguments. A field with a value would count as filled by a person.
    fields: fields !== null && toFill.size === 0 ? fields.map((field) => ({ ...field, value: null })) : fields,
    note: null,
    approvalType: tool.approval_type === "required" ? "required" : null,
    expiresAt: null,
    onExpiry: "reject",
    createdAt: at,
  };
}

function answerOf(tool: JsonObject): Pick<PortableRequirement, "status" | "answer" | "answerNote"> {
  const answer: Answer = { type: tool.confirmed === true ? "confirmed" : "rejected" };
  return { status: "answered", answer, answerNote: textOf(tool.confirmation_note) };
}

/** What people are asked about the call; null if they are not asked, or in a way that this server does not have. */
function kindOf(tool: JsonObject): RequirementKind | null {
  if (tool.external_execution_required === true) return tool.result == null ? "external_execution" : null;
  if (tool.requires_user_input === true) return tool.answered === true ? null : "user_input";
  return tool.requires_confirmation === true && tool.confirmed == null ? "confirmation" : null;
}

function fieldsOf(tool: JsonObject): UserInputField[] {
  return objectsOf(tool.user_input_schema).map((field) => ({
    name: textOf(field.name) ?? "",
    field_type: textOf(field.field_type) ?? "str",
    description: textOf(field.description),
    value: jsonOf(field.value),
  }));
}
