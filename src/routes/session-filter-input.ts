import type { z } from "zod";
import type { listSessions } from "../contract/sessions.ts";
import { MAX_FILTERED_ENTRY_BYTES } from "../domain/limits.ts";
import type { SessionFilter } from "../domain/session-filter.ts";
import { wrongField } from "../http/field-errors.ts";
import { utf8Bytes } from "../lib/text.ts";

type ListQuery = z.output<(typeof listSessions)["request"]["query"]>;

/** The filter that a list's query asks for; throws the 422. */
export function sessionFilter(query: ListQuery): SessionFilter {
  const { archived } = query;
  return {
    sessionType: query.type,
    componentId: query.component_id,
    name: query.session_name,
    tags: query.tag?.map((tag) => tag.trim()),
    metadata: query.metadata?.map(checkedEntry),
    archived: archived === "all" ? archived : archived === "true",
    pinned: query.pinned,
    hasOpenRequirements: query.has_open_requirements,
    unnamed: query.unnamed,
    createdAfter: query.created_after,
    createdBefore: query.created_before,
    updatedAfter: query.updated_after,
    updatedBefore: query.updated_before,
  };
}

/** `key:value`, as a session's metadata can be found by. */
function checkedEntry(entry: string): string {
  if (!entry.includes(":")) throw wrongField("query", "metadata", "give key:value", entry);
  if (utf8Bytes(entry) <= MAX_FILTERED_ENTRY_BYTES) return entry;
  throw wrongField("query", "metadata", `give at most ${MAX_FILTERED_ENTRY_BYTES} bytes`, entry);
}
