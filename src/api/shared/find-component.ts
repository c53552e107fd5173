import { type ComponentType, refFromPath } from "./component-path.ts";
import { AppError, agentNotFound, teamNotFound } from "../../domain/error.ts";
import type { Outcome } from "../../domain/outcome.ts";
import { type Component, type ComponentRef, findComponent, type Registry } from "../../domain/team.ts";

/** The agent or team that a path names; throws the 404 when the deployment has none. */
export function requireComponent(
  registry: Registry,
  type: ComponentType,
  params: Record<string, string>,
): { ref: ComponentRef; component: Component } {
  const ref = refFromPath(type, params);
  const component = findComponent(registry, ref);
  if (component === undefined) throw new AppError(type === "agent" ? agentNotFound() : teamNotFound());
  return { ref, component };
}

/** Whether an object's answer is that the run, or its session, does not exist for the caller. */
export function isMissing(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && (outcome.failure.code === "run_not_found" || outcome.failure.code === "session_not_found");
}
