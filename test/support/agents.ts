import { onTestFinished } from "vitest";
import { agents, teams } from "../../src/agents/index.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { Team } from "../../src/domain/team.ts";

/** Registers an agent for one test, in the server under test too, and answers its id. */
export function testAgent(fields: Omit<Agent, "id" | "name"> & { name?: string }): string {
  const id = `test-${crypto.randomUUID()}`;
  return registered(agents as Map<string, Agent>, { id, name: "Test Agent", ...fields });
}

/** Registers a team for one test and answers its id. Its members are ids of agents and teams. */
export function testTeam(fields: Omit<Team, "id" | "name"> & { name?: string }): string {
  const id = `test-team-${crypto.randomUUID()}`;
  return registered(teams as Map<string, Team>, { id, name: "Test Team", ...fields });
}

/** The Worker, its objects and the test share one instance of this registry, so all of them see the component. */
function registered<T extends { id: string }>(registry: Map<string, T>, component: T): string {
  registry.set(component.id, component);
  onTestFinished(() => void registry.delete(component.id));
  return component.id;
}
