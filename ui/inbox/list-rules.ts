import type { SessionsQuery } from "../../packages/client/src/index.ts";
import type { Filter } from "../app/route.ts";
import type { Known } from "../sessions/known.ts";

/** Which sessions a list has, as the server is asked for them, and as the page decides it for those that it knows. */

/** What the server is asked for. `readUpToMs`: what changed before cannot be unread. */
export function listQuery(filter: Filter, readUpToMs: number): SessionsQuery {
  return {
    ...componentQuery(filter),
    sort_by: "updated_at",
    ...(filter.view === "waiting" && { has_open_requirements: true }),
    ...(filter.view === "pinned" && { pinned: true }),
    ...(filter.view === "archived" && { archived: "true" }),
    ...(filter.view === "unread" && { updated_after: new Date(readUpToMs).toISOString() }),
    ...(filter.tag !== null && { tag: [filter.tag] }),
  };
}

/**
 * What is asked again and again: whatever has changed. What a change does to a list is decided here, so that a session that
 * belongs to it no more is known too.
 */
export const changesQuery = (filter: Filter, since: string | null): SessionsQuery => ({
  ...componentQuery(filter),
  sort_by: "updated_at",
  archived: "all",
  ...(since !== null && { updated_after: since }),
});

/** The agent or the team that a list is of. */
export function componentQuery({ component }: Pick<Filter, "component">): Pick<SessionsQuery, "type" | "component_id"> {
  if (component === null) return {};
  const [type, id] = splitComponent(component);
  return { type, component_id: id };
}

/** `teams/research` as the kind and the id. */
export function splitComponent(component: string): ["agent" | "team", string] {
  const slash = component.indexOf("/");
  return [component.startsWith("teams/") ? "team" : "agent", component.slice(slash + 1)];
}

/** Whether the session belongs to the list. */
export function belongs(session: Known, filter: Filter, isUnread: boolean): boolean {
  const { view, tag, userId, component } = filter;
  if (session.archived !== (view === "archived")) return false;
  if (view === "waiting" && session.open_requirements === 0) return false;
  if (view === "pinned" && !session.pinned) return false;
  if (view === "unread" && !isUnread) return false;
  if (tag !== null && !session.tags.includes(tag)) return false;
  if (userId !== null && session.user_id !== userId) return false;
  if (component === null) return true;
  const [type, id] = splitComponent(component);
  return (type === "team" ? session.team_id : session.agent_id) === id;
}

/** The list with what has changed at its head, in the order in which the server told it: newest first. */
export function withChanges(
  ids: readonly string[],
  changed: readonly string[],
  isIn: (id: string) => boolean,
): readonly string[] {
  const moved = new Set(changed);
  const next = [...changed.filter(isIn), ...ids.filter((id) => !moved.has(id))];
  return isSame(ids, next) ? ids : next;
}

/** The list with a page of older ones behind it. One that moved meanwhile stands once. */
export function withOlder(ids: readonly string[], page: readonly string[]): readonly string[] {
  const there = new Set(ids);
  return [...ids, ...page.filter((id) => !there.has(id))];
}

export const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((id, at) => id === other[at]);
