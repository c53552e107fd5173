import { z } from "@hono/zod-openapi";
import { AppError, agentNotFound, teamNotFound } from "../../domain/error.ts";
import { type Component, type ComponentRef, findComponent, type Registry } from "../../domain/team.ts";
import { AgentId, RunId, TeamId } from "./common.ts";

/** Agents and teams have the same routes for runs; only the words differ. */
export type ComponentType = ComponentRef["type"];

export const COMPONENT_TYPES = ["agent", "team"] as const satisfies ComponentType[];

const IDS = { agent: AgentId, team: TeamId };

/** The paths of an agent's or team's runs, with their parameters under AgentOS's names. */
export function componentPath(type: ComponentType) {
  const id = { [parameterOf(type)]: IDS[type] };
  const runs = `/${type}s/{${parameterOf(type)}}/runs`;
  return {
    runs,
    run: `${runs}/{run_id}`,
    runsParams: z.object(id),
    runParams: z.object({ ...id, run_id: RunId }),
  };
}

/** The component that validated path parameters name. */
export function refFromPath(type: ComponentType, params: Record<string, string>): ComponentRef {
  return { type, id: params[parameterOf(type)] ?? "" };
}

const parameterOf = (type: ComponentType) => `${type}_id` as const;

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
