import type { SessionsQuery } from "../../packages/client/src/index.ts";
import type { Filter } from "../app/route.ts";

/** The sessions that a filter shows, as the server is asked for them; null for those that only this browser knows. */
export function queryOf({ view, tag, component, words }: Filter): SessionsQuery | null {
  if (view === "unread") return null;
  return {
    ...(view === "waiting" && { has_open_requirements: true }),
    ...(view === "pinned" && { pinned: true }),
    ...(view === "archived" && { archived: "true" }),
    ...(tag !== null && { tag: [tag] }),
    ...(component !== null && { component_id: component.replace(/^[^/]*\//, "") }),
    ...(words.trim() !== "" && { q: words }),
  };
}
