import type { SessionsQuery } from "../../packages/client/src/index.ts";
import type { Filter } from "../app/route.ts";
import { listQuery } from "../inbox/list-rules.ts";

/** The sessions that a filter shows, as the server is asked for them; null for those that only this browser knows. */
export function queryOf(filter: Filter): SessionsQuery | null {
  if (filter.view === "unread") return null;
  const { sort_by: _, ...query } = listQuery(filter, 0);
  return filter.words.trim() === "" ? query : { ...query, q: filter.words };
}
