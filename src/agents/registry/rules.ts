import type { Agent } from "../../domain/agent.ts";
import { MAX_COMPONENT_NAME_BYTES, MAX_INSTRUCTIONS_BYTES, MAX_SHOWN_SCHEMA_BYTES } from "../../domain/limits.ts";
import {
  type Component,
  DELEGATE_TO_MEMBER,
  DELEGATE_TO_MEMBERS,
  isTeam,
  membersOf,
  type Registry,
  TEAM_MODES,
  type Team,
} from "../../domain/team.ts";
import { APPROVAL_TYPES, modelParameters, ON_EXPIRY, type Tool, toolParameters } from "../../domain/tool.ts";

// The rules that agents and teams must keep. Each answers what is wrong, as a sentence for the deployer; null when nothing is.

/** The tools of an agent or team. `owner` is how the sentence calls it. */
export function toolsProblem(component: Component, owner: string): string | null {
  const { tools = [] } = component;
  for (const [nth, tool] of tools.entries()) {
    const called = `Tool '${tool.name}' of ${owner}`;
    if (tools.findIndex(({ name }) => name === tool.name) !== nth) {
      return `${called} has the name of another of its tools. Give one another.`;
    }
    if (isTeam(component) && [DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS].includes(tool.name)) {
      return `${called} has the name of a tool that every team is given. Give it another.`;
    }
    const problem = waitsProblem(tool) ?? approvalProblem(tool) ?? expiryProblem(tool);
    if (problem !== null) return `${called} ${problem}`;
  }
  return null;
}

function waitsProblem(tool: Tool): string | null {
  const said = [
    tool.requiresConfirmation === true && "requiresConfirmation",
    tool.requiresUserInput !== undefined && "requiresUserInput",
    tool.externalExecution === true && "externalExecution",
  ].filter((word) => word !== false);
  if (said.length > 1) return `says ${said.join(" and ")}. Keep one of them.`;
  if (tool.execute === undefined && tool.externalExecution !== true) {
    return "has no `execute`. Write it, or say externalExecution.";
  }
  if (tool.requiresUserInput === undefined) return null;
  if (tool.requiresUserInput.length === 0) return "says requiresUserInput without a parameter. Name at least one.";
  const known = toolParameters(tool).map(([name]) => name);
  const unknown = tool.requiresUserInput.find((name) => !known.includes(name));
  if (unknown !== undefined) return `lets a person fill '${unknown}', which is none of its parameters.`;
  const bytes = bytesOf(JSON.stringify(modelParameters({ ...tool, requiresUserInput: [] })));
  return bytes > MAX_SHOWN_SCHEMA_BYTES
    ? `has ${bytes} bytes of parameters that a person is shown. At most ${MAX_SHOWN_SCHEMA_BYTES} are taken.`
    : null;
}

function approvalProblem(tool: Tool): string | null {
  const { approvalType, requiresConfirmation, requiresUserInput, externalExecution } = tool;
  if (approvalType === undefined) return null;
  if (!APPROVAL_TYPES.includes(approvalType)) {
    return `has the unknown approvalType '${approvalType}'. It must be ${APPROVAL_TYPES.join(" or ")}.`;
  }
  const waits = requiresConfirmation === true || requiresUserInput !== undefined || externalExecution === true;
  return waits ? null : "says approvalType and waits for nobody. Say requiresConfirmation too.";
}

function expiryProblem({ expiresAfterSeconds: seconds, onExpiry }: Tool): string | null {
  if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0)) {
    return `has expiresAfterSeconds ${seconds}. It must be a positive number; leave it out to wait for ever.`;
  }
  if (onExpiry !== undefined && !ON_EXPIRY.includes(onExpiry)) {
    return `has the unknown onExpiry '${onExpiry}'. It must be ${ON_EXPIRY.join(" or ")}.`;
  }
  return null;
}

/** How sessions of an agent or team are summarized. */
export function summariesProblem({ summaries }: Agent, owner: string): string | null {
  const { every = 0, runWaits } = summaries ?? {};
  if (!Number.isSafeInteger(every) || every < 0) {
    return `${owner} has summaries.every ${every}. It must be a whole number of runs; 0 is never.`;
  }
  if (runWaits === true && every === 0) {
    return `${owner} has summaries.runWaits without summaries.every. Say after how many runs a summary is made.`;
  }
  return null;
}

/** A team's mode and members. */
export function teamProblem(team: Team, registry: Registry): string | null {
  const { name, mode, members } = team;
  if (!TEAM_MODES.includes(mode)) {
    return `Team '${name}' has the unknown mode '${mode}'. The modes are ${TEAM_MODES.join(", ")}.`;
  }
  if (members.length === 0) return `Team '${name}' has no members. Name at least one.`;
  const unknown = members.find((id) => !registry.agents.has(id) && !registry.teams.has(id));
  if (unknown !== undefined) {
    return `Team '${name}' names the member '${unknown}', which is no agent or team of this deployment.`;
  }
  const twice = members.find((id, nth) => members.indexOf(id) !== nth);
  if (twice !== undefined) return `Team '${name}' names the member '${twice}' twice.`;
  const path = pathTo(team.id, [team], registry);
  return path === null ? null : `Team '${name}' contains itself: ${path.map(({ id }) => id).join(" > ")}.`;
}

/** The first path from the last team of `path` down to a team with this id, which it includes; null when there is none. */
function pathTo(id: string, path: readonly Team[], registry: Registry): readonly Team[] | null {
  const last = path.at(-1);
  const inner = last === undefined ? [] : membersOf(registry, last).filter(isTeam);
  for (const team of inner) {
    const longer = [...path, team];
    if (team.id === id) return longer;
    // A circle that does not contain this team is reported when the teams in it are checked.
    const found = path.includes(team) ? null : pathTo(id, longer, registry);
    if (found !== null) return found;
  }
  return null;
}

/** The texts that are stored with each run of an agent or team must not be too long. */
export function instructionsProblem(component: Component, owner: string, registry: Registry): string | null {
  const { name, description, instructions } = component;
  if (bytesOf(name) > MAX_COMPONENT_NAME_BYTES) {
    return `${owner} has a name of more than ${MAX_COMPONENT_NAME_BYTES} bytes. Shorten it.`;
  }
  const members = isTeam(component) ? membersOf(registry, component) : [];
  const told = members.flatMap((member) => [member.id, member.name, member.role ?? member.description]);
  const texts = [description, instructions, ...told].filter((text) => text !== undefined);
  const bytes = bytesOf(texts.join("\n"));
  return bytes > MAX_INSTRUCTIONS_BYTES
    ? `${owner} has ${bytes} bytes of description and instructions, with what is said of its members. At most ${MAX_INSTRUCTIONS_BYTES} are taken.`
    : null;
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
