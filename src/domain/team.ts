import type { Agent, AgentRegistry } from "./agent.ts";
import { agentNotFound, teamNotFound } from "./error.ts";
import { fail, type Outcome, ok } from "./outcome.ts";

/**
 * How a team works. `coordinate`: the leader delegates tasks to members and composes the answer. `route`: one member's
 * answer is the team's. `broadcast`: every member gets the task, at once, and the leader composes the answer.
 */
export const TEAM_MODES = ["coordinate", "route", "broadcast"] as const;
export type TeamMode = (typeof TEAM_MODES)[number];

/** The tools by which a team's leader delegates: to one member, and to every member. */
export const DELEGATE_TO_MEMBER = "delegate_task_to_member";
export const DELEGATE_TO_MEMBERS = "delegate_task_to_members";

/** A team as a deployer writes it: members, and for its leader all that an agent has. */
export interface Team extends Agent {
  mode: TeamMode;
  /** Ids of agents and teams of the deployment. */
  members: readonly string[];
}

export type TeamRegistry = ReadonlyMap<string, Team>;

/** All that a deployment can run. No agent has the id of a team. */
export interface Registry {
  agents: AgentRegistry;
  teams: TeamRegistry;
}

/** Which agent or team is meant. */
export interface ComponentRef {
  type: "agent" | "team";
  id: string;
}

/** An agent or a team, as runs see it. */
export type Component = Agent | Team;

export function isTeam(component: Component): component is Team {
  return "members" in component;
}

export function componentRef(component: Component): ComponentRef {
  return { type: isTeam(component) ? "team" : "agent", id: component.id };
}

export function findComponent({ agents, teams }: Registry, { type, id }: ComponentRef): Component | undefined {
  return type === "agent" ? agents.get(id) : teams.get(id);
}

/** The agent or team that a caller asks for; the failure that callers get where the deployment has none. */
export function knownComponent(registry: Registry, ref: ComponentRef): Outcome<Component> {
  const component = findComponent(registry, ref);
  return component === undefined ? fail(ref.type === "agent" ? agentNotFound() : teamNotFound()) : ok(component);
}

/** The agent or team that a row names, by one of its two ids. */
export function refOf(row: { agentId: string | null; teamId: string | null }): ComponentRef {
  return row.teamId !== null && row.agentId === null
    ? { type: "team", id: row.teamId }
    : { type: "agent", id: row.agentId ?? "" };
}

/** Whether a run is a run of this agent or team. */
export function isRunOf({ type, id }: ComponentRef, row: Parameters<typeof refOf>[0]): boolean {
  const of = refOf(row);
  return of.type === type && of.id === id;
}

/** The members of a team, in its order. Ids that the deployment does not know are left out. */
export function membersOf({ agents, teams }: Registry, team: Team): Component[] {
  return team.members.map((id) => agents.get(id) ?? teams.get(id)).filter((member) => member !== undefined);
}

/** How many levels of teams a team has: 1 when all members are agents, Infinity when the team contains itself. */
export function teamDepth(registry: Registry, team: Team, above: readonly string[] = []): number {
  if (above.includes(team.id)) return Number.POSITIVE_INFINITY;
  const inner = membersOf(registry, team).filter(isTeam);
  return 1 + Math.max(0, ...inner.map((member) => teamDepth(registry, member, [...above, team.id])));
}
