import type { RunEvent, RunEventName, ToolExecution } from "../../domain/event.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { pausedContent, requirementExecution, runRequirementJson } from "../people/requirement-json.ts";

export type EventFields = Partial<Omit<RunEvent, "event_index" | "created_at" | "event">>;
/** The event that an entry of the log stands for: its name, and its fields beside those that every event has. */
export type Told = [RunEventName, EventFields];

/** The events of a call that has ended. A failed call has two: completed, and an error with its result. */
export function toldOfEnd(tool: ToolExecution): [completed: Told, failed?: Told] {
  const args = Object.entries(tool.tool_args).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const took = `${tool.metrics?.duration.toFixed(4) ?? 0}s`;
  const content = `${tool.tool_name}(${args.join(", ")}) completed in ${took}. `;
  const completed: Told = ["ToolCallCompleted", { tool, content }];
  return tool.tool_call_error === true
    ? [completed, ["ToolCallError", { tool, error: tool.result ?? "" }]]
    : [completed];
}

/** The event of a pause. It shows the requirements as they were opened; later events tell what people answered. */
export function toldOfPause(waiting: readonly Requirement[]): Told {
  return [
    "RunPaused",
    {
      content: pausedContent(waiting),
      tools: waiting.map((requirement) => requirementExecution(requirement, "open")),
      requirements: waiting.map((requirement) => runRequirementJson(requirement, "open")),
    },
  ];
}

/** What was said and what was thought: AgentOS tells both in one event. Here one of them is empty, as each chunk of a model is either. */
export function contentFields(
  { content, reasoning = "" }: { content: string; reasoning?: string },
  isTeam: boolean,
): EventFields {
  return { content, ...(!isTeam && { workflow_agent: false }), content_type: "str", reasoning_content: reasoning };
}
