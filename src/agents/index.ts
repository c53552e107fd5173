import type { Agent, AgentRegistry } from "../domain/agent.ts";
import { idProblem } from "../domain/id.ts";
import type { TeamRegistry } from "../domain/team.ts";
import * as list from "./list.ts";

/** The agents by their ids. Throws for an id that is taken or that no URL can carry: a mistake to see at start. */
export function registerAgents(agents: readonly Agent[]): AgentRegistry {
  const registry = new Map<string, Agent>();
  for (const agent of agents) {
    const problem = idProblem(agent.id);
    if (problem !== null) {
      throw new Error(`Agent '${agent.name}' has an invalid id (${problem.replaceAll("_", " ")}): '${agent.id}'.`);
    }
    const other = registry.get(agent.id);
    if (other !== undefined) {
      throw new Error(`Agents '${other.name}' and '${agent.name}' have the same id '${agent.id}'. Give one another.`);
    }
    registry.set(agent.id, agent);
  }
  return registry;
}

/** The teams of this deployment. */
export const teams: TeamRegistry = new Map();

/** The agents of this deployment. */
export const agents = registerAgents(Object.values(list));
