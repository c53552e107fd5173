import type { JsonObject } from "../../domain/json.ts";
import { NOT_ANSWERED, type RequirementKind, type UserInputField } from "../../domain/requirement.ts";
import type { PortableMessage, PortableRequirement } from "../record/run-record.ts";
import { resultsBehind } from "./events.ts";
import { jsonOf, objectOf, objectsOf, textOf } from "./values.ts";

/**
 * The requirements of a paused run of an agent. If a call without a result is one that nobody is asked about, the run gets no
 * requirements and cannot be continued: it would go on in a way that its agent did not mean.
 */
export function agnoRequirements(
  run: JsonObject,
  produced: readonly PortableMessage[],
  whose: { runId: string; agentId: string | null; componentName: string; at: number },
): PortableRequirement[] {
  const tools = new Map(objectsOf(run.tools).map((tool) => [textOf(tool.tool_call_id), tool]));
  const ids = new Map(
    objectsOf(run.requirements).map((one) => [textOf(objectOf(one.tool_execution)?.tool_call_id), textOf(one.id)]),
  );
  const requirements: PortableRequirement[] = [];
  for (const { id, nth } of unanswered(produced)) {
    const tool = tools.get(id);
    const kind = tool === undefined ? null : kindOf(tool);
    if (tool === undefined || kind === null) return [];
    const args = objectOf(tool.tool_args) ?? {};
    const fields = kind === "user_input" ? fieldsOf(tool) : null;
    const toFill = new Set(fields?.filter(({ value }) => value === null).map(({ name }) => name));
    requirements.push({
      requirementId: ids.get(id) ?? `${whose.runId.slice(0, 100)}-${requirements.length}`,
      runId: whose.runId,
      position: requirements.length,
      memberRunId: null,
      agentId: whose.agentId,
      teamId: null,
      componentName: whose.componentName,
      kind,
      ...NOT_ANSWERED,
      toolCallId: id,
      call: nth,
      toolName: textOf(tool.tool_name) ?? "",
      toolArgs: Object.fromEntries(Object.entries(args).filter(([name]) => !toFill.has(name))),
      fields,
      note: null,
      expiresAt: null,
      onExpiry: "reject",
      createdAt: whose.at,
    });
  }
  return requirements;
}

function unanswered(produced: readonly PortableMessage[]): { id: string; nth: number }[] {
  let calls = 0;
  return produced.flatMap(({ toolCalls }, at) => {
    if (toolCalls === null) return [];
    const results = resultsBehind(produced, at);
    return toolCalls.flatMap(({ id }) => {
      const nth = calls;
      calls += 1;
      return results.has(id) ? [] : [{ id, nth }];
    });
  });
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
