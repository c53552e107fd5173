import type { RunEvent, RunEventName, ToolExecution } from "../../domain/event.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { pausedContent, requirementExecution, runRequirementJson } from "../people/requirement-json.ts";

export type EventFields = Partial<Omit<RunEvent, "event_index" | "created_at" | "event">>;
/** What an entry of the log tells of its run, beside what every event says. */
export type Told = [RunEventName, EventFields];

/** That a call has ended: once more, with its result as the error, where it failed. */
export function toldOfEnd(tool: ToolExecution): [completed: Told, failed?: Told] {
  const args = Object.entries(tool.tool_args).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const took = `${tool.metrics?.duration.toFixed(4) ?? 0}s`;
  const content = `${tool.tool_name}(${args.join(", ")}) completed in ${took}. `;
  const completed: Told = ["ToolCallCompleted", { tool, content }];
  return tool.tool_call_error === true
    ? [completed, ["ToolCallError", { tool, error: tool.result ?? "" }]]
    : [completed];
}

/** That the run waits, as its requirements were opened: what was answered since then is told by what follows. */
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
