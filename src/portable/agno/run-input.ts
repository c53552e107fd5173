import type { JsonObject } from "../../domain/json.ts";
import type { PortableMessage } from "../record/run-record.ts";
import { roleOf } from "./messages.ts";
import { contentOf, objectOf, objectsOf, textOf } from "./values.ts";

/** What the run was asked, as AgentOS shows it: of a list of messages what the user said first. */
export function runInput(run: JsonObject, input: readonly PortableMessage[]): string {
  const asked = inputContent(run);
  const [first] = objectsOf(asked);
  const shown = contentOf(first?.role === "user" ? first.content : asked);
  return shown === "" ? (input.findLast(({ role }) => role === "user")?.content ?? "") : shown;
}

const inputContent = (run: JsonObject): unknown => objectOf(run.input)?.input_content ?? run.input;

/**
 * How many messages the run began with. An agent's `additional_input`, and a list of messages as input, may hold answers and
 * results of tools too: those are no work of this run.
 */
export function inputLength(run: JsonObject, messages: readonly PortableMessage[]): number {
  const given = [...objectsOf(run.additional_input), ...objectsOf(inputContent(run))].map((message) =>
    keyOf(roleOf(message) ?? "", contentOf(message.content)),
  );
  const firstProduced = messages.findIndex(({ role, content }) => {
    if (role === "system" || role === "user") return false;
    const at = given.indexOf(keyOf(role, content));
    if (at >= 0) given.splice(at, 1);
    return at < 0;
  });
  return firstProduced < 0 ? messages.length : firstProduced;
}

const keyOf = (role: string, content: string): string => `${role} ${content}`;

/** By what AgentOS calls a session without a name: the first message of a user in its first run that has one. */
export function runName(messages: readonly PortableMessage[], input: string): string {
  return messages.find(({ role, content }) => role === "user" && textOf(content) !== null)?.content ?? input;
}
