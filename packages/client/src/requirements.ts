import type { Requirement, RunRequirement } from "./api-types.ts";

/** What a person is asked for. */
export type RequirementKind = Requirement["kind"];

/** What a paused run waits for. `kind` says which of `approve`, `fill` and `give` answers it. */
export type OpenRequirement = RunRequirement &
  ({ kind: "confirmation" } | { kind: "user_input" } | { kind: "external_execution" });

/** The kind of a requirement as a run shows it; null for one that is answered. */
function kindOfRequirement({ tool_execution: call }: RunRequirement): RequirementKind | null {
  if (call.requires_confirmation === true) return "confirmation";
  if (call.requires_user_input === true) return "user_input";
  return call.external_execution_required === true ? "external_execution" : null;
}

/** Those that are still open, each with its kind. */
export function openOf(requirements: readonly RunRequirement[] | undefined): OpenRequirement[] {
  return (requirements ?? []).flatMap((requirement) => {
    const kind = kindOfRequirement(requirement);
    return kind === null ? [] : [{ ...requirement, kind }];
  });
}
