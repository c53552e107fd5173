import { MAX_SHOWN_SCHEMA_BYTES } from "../../domain/limits.ts";
import { type Component, DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS, isTeam } from "../../domain/team.ts";
import { ON_EXPIRY, type Tool } from "../../domain/tool.ts";
import { modelParameters, parameterNames } from "../../domain/tool-schema.ts";

/** What is wrong with the tools of an agent or team, as a sentence; null when nothing is. `owner` is how it is called. */
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
    const problem = waitsProblem(tool) ?? expiryProblem(tool);
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
  const known = parameterNames(tool);
  const unknown = tool.requiresUserInput.find((name) => !known.includes(name));
  if (unknown !== undefined) return `lets a person fill '${unknown}', which is none of its parameters.`;
  const { length } = new TextEncoder().encode(JSON.stringify(modelParameters({ ...tool, requiresUserInput: [] })));
  return length > MAX_SHOWN_SCHEMA_BYTES
    ? `has ${length} bytes of parameters that a person is shown. At most ${MAX_SHOWN_SCHEMA_BYTES} are taken.`
    : null;
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
