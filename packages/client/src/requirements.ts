import type { RunRequirement, ToolExecution } from "./api-types.ts";

/** What a person is asked for. */
export type RequirementKind = "confirmation" | "user_input" | "external_execution";

/** A value that a person fills in; null where it has none yet. */
export interface UserInputField {
  name: string;
  field_type: string;
  description?: string | null;
  value: unknown;
}

/** A call that waits, with what it waits for. */
interface WaitingCall extends ToolExecution {
  requires_confirmation?: boolean | null;
  requires_user_input?: boolean | null;
  external_execution_required?: boolean | null;
  user_input_schema?: UserInputField[] | null;
}

interface ShownRequirement extends Omit<RunRequirement, "tool_execution" | "user_input_schema"> {
  tool_execution: WaitingCall;
  user_input_schema?: UserInputField[];
}

/** What a paused run waits for. `kind` says which of `approve`, `fill` and `give` answers it. */
export type OpenRequirement = ShownRequirement &
  ({ kind: "confirmation" } | { kind: "user_input" } | { kind: "external_execution" });

/** The kind of a requirement as a run shows it; null for one that is answered. */
export function kindOfRequirement(requirement: RunRequirement): RequirementKind | null {
  const call: WaitingCall = requirement.tool_execution;
  if (call.requires_confirmation === true) return "confirmation";
  if (call.requires_user_input === true) return "user_input";
  return call.external_execution_required === true ? "external_execution" : null;
}

/** Those that are still open, each with its kind. */
export function openOf(requirements: readonly RunRequirement[] | undefined): OpenRequirement[] {
  return (requirements ?? []).flatMap((requirement) => {
    const kind = kindOfRequirement(requirement);
    return kind === null ? [] : [{ ...(requirement as unknown as ShownRequirement), kind }];
  });
}
