import type { Part, RunView } from "./run-view.ts";

export type CalledPart = Extract<Part, { kind: "call" }>;

/** The tool by which a leader gives a task to all of its members. */
const TO_ALL = "delegate_task_to_members";

/**
 * Which call each member run was made by. The server says it of a call's first member run, once the call has ended; until
 * then, and of the others, the call's arguments tell. Answers the members of each call by the id of its part.
 */
export function placedMembers(
  calls: readonly CalledPart[],
  members: readonly RunView[],
  children: ReadonlyMap<string, string>,
): Map<string, RunView[]> {
  const placed = new Map<string, RunView[]>();
  let toAll: CalledPart | undefined;
  for (const member of members) {
    const named = calls.find(({ id }) => children.get(id) === member.runId);
    const free = calls.find(
      ({ id, call }) => call.args?.member_id === member.of.id && !placed.has(id) && !children.has(id),
    );
    if (named?.call.name === TO_ALL) toAll = named;
    const opened = calls.findLast(({ id, call }) => call.name === TO_ALL && !children.has(id));
    const by = named ?? free ?? opened ?? toAll ?? calls.at(-1);
    if (by === undefined) continue;
    const task = by.call.args?.task;
    const asked = member.asked === "" && typeof task === "string" ? task : member.asked;
    placed.set(by.id, [...(placed.get(by.id) ?? []), asked === member.asked ? member : { ...member, asked }]);
  }
  return placed;
}
