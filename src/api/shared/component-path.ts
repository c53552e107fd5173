import { z } from "@hono/zod-openapi";
import { type Component, type ComponentRef, knownComponent, type Registry } from "../../domain/team.ts";
import { unwrap } from "../../http/errors.ts";
import { AgentId, RunId, SessionId, TeamId } from "./request-fields.ts";

/** Agents and teams have the same routes for what runs in them; only the words differ. */
export type ComponentType = ComponentRef["type"];

export const COMPONENT_TYPES = ["agent", "team"] as const satisfies ComponentType[];

const IDS = { agent: AgentId, team: TeamId };

/** As they stand in sentences of the document. */
export const WITH_ARTICLE = { agent: "an agent", team: "a team" };

/** The paths of an agent or team and of its runs, with their parameters under AgentOS's names, and what their routes need. */
export function componentPath(type: ComponentType) {
  const id = { [parameterOf(type)]: IDS[type] };
  const component = `/${type}s/{${parameterOf(type)}}`;
  const of = parameterOf(type);
  return {
    component,
    runs: `${component}/runs`,
    run: `${component}/runs/{run_id}`,
    chat: `${component}/chat`,
    componentParams: z.object(id),
    runParams: z.object({ ...id, run_id: RunId }),
    chatParams: z.object({ ...id, session_id: SessionId }),
    mayRead: { scope: `${type}s:read`, of } as const,
    mayRun: { scope: `${type}s:run`, of } as const,
    /** For what reads or copies runs: AgentOS answers the lack of it in other words. */
    mayRunThere: { scope: `${type}s:run`, of, denied: `Access denied to run this ${type}` } as const,
  };
}

/** The agent or team that validated path parameters name; throws the 404 if the deployment has none. */
export function componentInPath(
  registry: Registry,
  type: ComponentType,
  params: Record<string, string>,
): { ref: ComponentRef; component: Component } {
  const ref = { type, id: params[parameterOf(type)] ?? "" };
  return { ref, component: unwrap(knownComponent(registry, ref)) };
}

const parameterOf = (type: ComponentType) => `${type}_id` as const;
