import type { z } from "zod";
import type { DirectoryFilter } from "./filter.ts";
import type { listSessions } from "./contract.ts";
import { typedEntry, typedTag } from "../../domain/labels.ts";
import { MAX_FILTERED_ENTRY_BYTES } from "../../domain/limits.ts";
import type { SessionFilter } from "../../domain/session-filter.ts";
import { type Location, wrongField } from "../../http/field-errors.ts";
import { utf8Bytes } from "../../lib/text.ts";

type ListQuery = z.output<(typeof listSessions)["request"]["query"]>;

/** The conditions that a list, or a job, is asked for with. */
type Conditions = {
  [Name in "type" | "component_id" | "session_name" | keyof typeof DirectoryFilter]?: ListQuery[Name] | undefined;
};

interface Place {
  at: Location;
  /** Where the conditions stand in it. */
  path: string[];
}

/** The filter that the conditions are; throws the 422. */
export function sessionFilter(query: Conditions, place: Place = { at: "query", path: [] }): SessionFilter {
  const { archived } = query;
  return {
    sessionType: query.type,
    componentId: query.component_id,
    name: query.session_name,
    tags: query.tag?.map(typedTag),
    metadata: query.metadata?.map((entry) => checkedEntry(typedEntry(entry), place)),
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
function checkedEntry(entry: string, { at, path }: Place): string {
  const field = [...path, "metadata"];
  if (!entry.includes(":")) throw wrongField(at, field, "give key:value", entry);
  if (utf8Bytes(entry) <= MAX_FILTERED_ENTRY_BYTES) return entry;
  throw wrongField(at, field, `give at most ${MAX_FILTERED_ENTRY_BYTES} bytes`, entry);
}
