import { MAX_COMPONENT_NAME_BYTES, MAX_INSTRUCTIONS_BYTES } from "../../domain/limits.ts";
import { type Component, isTeam, membersOf, type Registry } from "../../domain/team.ts";

/** What is too long of what is stored with each run of an agent or team, as a sentence; null when nothing is. */
export function instructionsProblem(component: Component, owner: string, registry: Registry): string | null {
  const { name, model, description, instructions } = component;
  if (bytesOf([name]) > MAX_COMPONENT_NAME_BYTES || bytesOf([model]) > MAX_COMPONENT_NAME_BYTES) {
    return `${owner} has a name, or the name of a model, of more than ${MAX_COMPONENT_NAME_BYTES} bytes. Shorten it.`;
  }
  const members = isTeam(component) ? membersOf(registry, component) : [];
  const told = members.flatMap((member) => [member.id, member.name, member.role ?? member.description]);
  const bytes = bytesOf([description, instructions, ...told]);
  return bytes > MAX_INSTRUCTIONS_BYTES
    ? `${owner} has ${bytes} bytes of description and instructions, with what is said of its members. At most ${MAX_INSTRUCTIONS_BYTES} are taken.`
    : null;
}

const bytesOf = (texts: readonly (string | undefined)[]): number =>
  new TextEncoder().encode(texts.filter((text) => text !== undefined).join("\n")).length;
