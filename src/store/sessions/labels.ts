import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import type { JsonObject } from "../../domain/json.ts";
import { typedEntry } from "../../domain/labels.ts";
import { MAX_FILTERED_ENTRIES, MAX_FILTERED_ENTRY_BYTES } from "../../domain/limits.ts";
import type { Session } from "../../domain/session.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { sessionLabels, sessions } from "../schema/tables.ts";

// A label is what a filter asks for, as it is asked for, behind a sign that tells tags from metadata: a key may begin with
// `#`, and may hold a colon.
const TAG = "#";
const ENTRY = "=";

export const tagLabel = (tag: string): string => TAG + tag;

/** Of `key:value`. */
export const entryLabel = (entry: string): string => ENTRY + entry;

/** The label of each tag. */
export const tagLabels = (tags: readonly string[]): string[] => tags.map(tagLabel);

/** A label for each top-level entry whose value is short and no object or array: the first 64 of them. */
export function metadataLabels(metadata: JsonObject | null): string[] {
  const entries = Object.entries(metadata ?? {})
    .filter(([, value]) => typeof value !== "object" || value === null)
    .map(([key, value]) => typedEntry(`${key}:${value}`))
    .filter((entry) => utf8Bytes(entry) <= MAX_FILTERED_ENTRY_BYTES);
  return [...new Set(entries)].slice(0, MAX_FILTERED_ENTRIES).map(entryLabel);
}

/**
 * Makes the labels of what is given those that follow from it, as long as that is what the session's row says: behind a
 * write of the row, in its batch, they follow what it left, and whatever arrives late changes nothing. Repeatable.
 */
export function labelStatements(
  db: Database,
  sessionId: string,
  { tags, metadata }: Partial<Pick<Session, "tags" | "metadata">>,
): Statement[] {
  const says = (column: SQL): SQL =>
    exists(
      db
        .select({ one: sql`1` })
        .from(sessions)
        .where(and(eq(sessions.sessionId, sessionId), column)),
    );
  const is = (name: "tags" | "metadata", value: unknown) =>
    says(sql`${sessions[name]} is ${sql.param(value, sessions[name])}`);
  return [
    ...(tags === undefined
      ? []
      : replaceLabels(db, sessionId, { sign: TAG, labels: tagLabels(tags) }, is("tags", tags))),
    ...(metadata === undefined
      ? []
      : replaceLabels(db, sessionId, { sign: ENTRY, labels: metadataLabels(metadata) }, is("metadata", metadata))),
  ];
}

/** The labels with this sign become these, where the condition holds. */
function replaceLabels(
  db: Database,
  sessionId: string,
  { sign, labels }: { sign: string; labels: string[] },
  condition: SQL,
): Statement[] {
  const listed = sql`select value from json_each(${JSON.stringify(labels)})`;
  const removeOthers = db
    .delete(sessionLabels)
    .where(
      and(
        eq(sessionLabels.sessionId, sessionId),
        sql`substr(${sessionLabels.label}, 1, 1) = ${sign}`,
        sql`${sessionLabels.label} not in (${listed})`,
        condition,
      ),
    );
  const add = db
    .insert(sessionLabels)
    .select(sql`select ${sessionId}, value from json_each(${JSON.stringify(labels)}) where ${condition}`)
    .onConflictDoNothing();
  return labels.length === 0 ? [removeOthers] : [removeOthers, add];
}
