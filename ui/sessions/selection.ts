import { signal } from "@preact/signals";
import { announce } from "../app/announce.ts";
import { texts } from "../texts/index.ts";

/** The conversations that are chosen, to be changed together. */
export const selected = signal<ReadonlySet<string>>(new Set());

/** Whether boxes are shown before anything is chosen: a finger hovers over nothing. */
export const isSelecting = signal(false);

/** Where a range begins: what was chosen last. */
let anchor: string | null = null;

function choose(ids: ReadonlySet<string>): void {
  selected.value = ids;
  announce(texts.sessions.selected(ids.size));
}

/** Chooses one more, or one less. */
export function toggleSelected(sessionId: string): void {
  const now = new Set(selected.peek());
  if (!now.delete(sessionId)) now.add(sessionId);
  anchor = sessionId;
  choose(now);
}

/** Chooses all from the one that was chosen last up to this one, in the order in which they stand. */
export function selectTo(sessionId: string, ids: readonly string[]): void {
  const ends = [anchor === null ? -1 : ids.indexOf(anchor), ids.indexOf(sessionId)].sort((a, b) => a - b);
  const [from = -1, to = -1] = ends;
  if (from === -1) toggleSelected(sessionId);
  else choose(new Set([...selected.peek(), ...ids.slice(from, to + 1)]));
}

export const selectAll = (ids: readonly string[]): void => choose(new Set(ids));

export function clearSelection(): void {
  anchor = null;
  isSelecting.value = false;
  if (selected.peek().size > 0) choose(new Set());
}
