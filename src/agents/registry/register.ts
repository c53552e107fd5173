import type { Agent } from "../../domain/agent.ts";
import { idProblem } from "../../domain/id.ts";
import type { ModelProvider } from "../../domain/model-choice.ts";
import { type Component, isTeam, type Registry, type Team } from "../../domain/team.ts";
import { historyProblem } from "./history-rules.ts";
import { modelsProblem } from "./model-rules.ts";
import { providersProblem } from "./provider-rules.ts";
import { instructionsProblem, summariesProblem, teamProblem, toolsProblem } from "./rules.ts";

/**
 * The agents and teams of a deployment, by their ids. Throws for one that breaks a rule, and says which rule, so that a
 * deployer sees the mistake at start and not in a run.
 */
export function register(components: readonly Component[], providers: readonly ModelProvider[] = []): Registry {
  const wrongProvider = providersProblem(providers);
  if (wrongProvider !== null) throw new Error(wrongProvider);
  const known = new Map<string, Component>();
  for (const component of components) {
    const problem =
      takenOrInvalid(component, known) ??
      toolsProblem(component, titleOf(component)) ??
      modelsProblem(component, capitalised(titleOf(component)), providers) ??
      historyProblem(component, capitalised(titleOf(component))) ??
      summariesProblem(component, capitalised(titleOf(component)));
    if (problem !== null) throw new Error(problem);
    known.set(component.id, component);
  }
  const agents = new Map<string, Agent>();
  const teams = new Map<string, Team>();
  for (const component of components) {
    if (isTeam(component)) teams.set(component.id, component);
    else agents.set(component.id, component);
  }
  for (const team of teams.values()) {
    const problem = teamProblem(team, { agents, teams });
    if (problem !== null) throw new Error(problem);
  }
  for (const component of components) {
    const problem = instructionsProblem(component, capitalised(titleOf(component)), { agents, teams });
    if (problem !== null) throw new Error(problem);
  }
  return { agents, teams };
}

const kindOf = (component: Component) => (isTeam(component) ? "team" : "agent");
const titleOf = (component: Component) => `${kindOf(component)} '${component.name}'`;
const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What is wrong with a component's id, alone or beside the known ones; null when nothing is. */
function takenOrInvalid(component: Component, known: ReadonlyMap<string, Component>): string | null {
  const { id, name } = component;
  const problem = idProblem(id);
  if (problem !== null) {
    return `${capitalised(titleOf(component))} has an invalid id (${problem.replaceAll("_", " ")}): '${id}'.`;
  }
  const other = known.get(id);
  if (other === undefined) return null;
  const both =
    kindOf(other) === kindOf(component)
      ? `${capitalised(kindOf(other))}s '${other.name}' and '${name}'`
      : `${capitalised(titleOf(other))} and ${titleOf(component)}`;
  return `${both} have the same id '${id}'. Give one another.`;
}
