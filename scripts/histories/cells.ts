import type { Fields } from "./operations.ts";
import type { Cells, Snapshot, Write } from "./record.ts";

/** The fields of a session as answers show them. */
export interface SessionJson {
  session_name: string;
  session_state: Record<string, unknown> | null;
  metadata: Record<string, unknown> | null;
  tags: string[];
  pinned: boolean;
  archived: boolean;
}

export function cellsOf(session: SessionJson): Cells {
  const cells: Cells = { name: JSON.stringify(session.session_name) };
  for (const [key, value] of Object.entries(session.session_state ?? {})) cells[`state.${key}`] = JSON.stringify(value);
  for (const [key, value] of Object.entries(session.metadata ?? {})) cells[`metadata.${key}`] = JSON.stringify(value);
  for (const tag of session.tags) cells[`tag.${tag}`] = "true";
  cells.pinned = String(session.pinned);
  cells.archived = String(session.archived);
  return cells;
}

/** An ETag is made of the time at which the session was created, and of its version. */
export function snapshotOf(etag: string, session: SessionJson): Snapshot {
  const version = /-(\d+)"$/.exec(etag)?.[1];
  if (version === undefined) throw new Error(`This is no ETag of a session: ${etag}`);
  return { etag, version: Number(version), cells: cellsOf(session) };
}

/**
 * What a PATCH changes. A plain PATCH replaces an object as a whole; a merge patch changes only the members that it names.
 */
export function patchWrite(fields: Fields, merge: boolean): Write {
  const write: Write = { clears: [], sets: {} };
  for (const [prefix, object] of [["state.", fields.session_state] as const, ["metadata.", fields.metadata] as const]) {
    if (object === undefined) continue;
    if (!merge) write.clears.push(prefix);
    Object.assign(write.sets, membersOf(prefix, object));
  }
  if (fields.tags !== undefined) {
    write.clears.push("tag.");
    for (const tag of fields.tags) write.sets[`tag.${tag}`] = "true";
  }
  if (fields.pinned !== undefined) write.sets.pinned = String(fields.pinned);
  if (fields.archived !== undefined) write.sets.archived = String(fields.archived);
  return write;
}

/** What a run's own state changes. It is merged into the session's. */
export const stateWrite = (state: Record<string, string>): Write => ({ clears: [], sets: membersOf("state.", state) });

export const nameWrite = (name: string): Write => ({ clears: [], sets: { name: JSON.stringify(name) } });

export function tagWrite(add: readonly string[], remove: readonly string[]): Write {
  const sets: Write["sets"] = {};
  for (const tag of remove) sets[`tag.${tag}`] = null;
  for (const tag of add) sets[`tag.${tag}`] = "true";
  return { clears: [], sets };
}

function membersOf(prefix: string, object: Record<string, string | null>): Write["sets"] {
  const entries = Object.entries(object);
  return Object.fromEntries(
    entries.map(([key, value]) => [`${prefix}${key}`, value === null ? null : JSON.stringify(value)]),
  );
}

export function applied(cells: Cells, write: Write): Cells {
  const after: Cells = {};
  for (const [cell, value] of Object.entries(cells)) {
    if (!touches(write, cell)) after[cell] = value;
  }
  for (const [cell, value] of Object.entries(write.sets)) {
    if (value !== null) after[cell] = value;
  }
  return after;
}

export const touches = (write: Write, cell: string): boolean =>
  Object.hasOwn(write.sets, cell) || write.clears.some((prefix) => cell.startsWith(prefix));

/** The cell's value after this write, which must touch the cell. */
export const valueBehind = (write: Write, cell: string): string | null => write.sets[cell] ?? null;
