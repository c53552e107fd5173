import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import type { JsonObject } from "../../domain/json.ts";
import { typedEntry } from "../../domain/labels.ts";
import { MAX_FILTERED_ENTRIES, MAX_FILTERED_ENTRY_BYTES } from "../../domain/limits.ts";
import type { Session } from "../../domain/session.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { sessionLabels, sessions } from "../schema/tables.ts";

// A label is a sign and the text that a filter asks for. Only the sign tells tags from entries of metadata, because a tag may
// hold a colon.
const TAG = "#";
const ENTRY = "=";

export const tagLabel = (tag: string): string => TAG + tag;

/** The label of `key:value`. */
export const entryLabel = (entry: string): string => ENTRY + entry;

/** The label of each tag. */
export const tagLabels = (tags: readonly string[]): string[] => tags.map(tagLabel);

/** The labels of the first 64 top-level entries that are short and whose value is no object or array. */
export function metadataLabels(metadata: JsonObject | null): string[] {
  const entries = Object.entries(metadata ?? {})
    .filter(([, value]) => typeof value !== "object" || value === null)
    .map(([key, value]) => typedEntry(`${key}:${value}`))
    .filter((entry) => utf8Bytes(entry) <= MAX_FILTERED_ENTRY_BYTES);
  return [...new Set(entries)].slice(0, MAX_FILTERED_ENTRIES).map(entryLabel);
}

/** All labels of a session. */
export const allLabels = ({ tags, metadata }: Pick<Session, "tags" | "metadata">): string[] => [
  ...tagLabels(tags),
  ...metadataLabels(metadata),
];

/**
 * Replaces the session's labels by those of these tags and metadata, if the session's row has exactly these. The statements
 * stand behind a write of the row in its batch. If that write came late and changed nothing, the row has other values, and
 * the labels stay as they are too. Repeatable.
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

/** Replaces the labels with this sign, if the condition holds. */
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
