import { isSame } from "./list-rules.ts";

/** Rows that the browser skips together where they are out of sight. */
export interface Part {
  key: number;
  ids: readonly string[];
}

/** A page of the list. The browser looks at each part in each frame, so thousands of small ones cost more than they spare. */
const PART = 50;

/** Fewer than a page: rows that come behind the end are made within one frame, also by a slow processor. */
const STEP = 13;

/** The rows that a list shows now: up to the last one that it has shown already, and a step of those behind it. */
export function grown(shown: readonly string[], ids: readonly string[]): readonly string[] {
  const before = new Set(shown);
  const end = ids.findLastIndex((id) => before.has(id)) + 1 + STEP;
  return end < ids.length ? ids.slice(0, end) : ids;
}

/** Whether rows have come behind others only, which stay where they are. */
export const isContinued = (before: readonly string[], ids: readonly string[]): boolean =>
  before.length <= ids.length && before.every((id, at) => id === ids[at]);

/**
 * The list in parts. A row stays in its part, and a part without a change stays the same object, so that a change renders the
 * parts that it is in. A row that moves up goes to the part of the row below it.
 */
export function inParts(before: readonly Part[], ids: readonly string[]): readonly Part[] {
  const partOf = new Map(before.flatMap((part, at) => part.ids.map((id) => [id, at] as const)));
  const there: string[][] = before.map(() => []);
  const behind: string[] = [];
  let at = Number.POSITIVE_INFINITY;
  // From the end: what was not there stands behind all parts, or belongs to the row below it.
  for (const id of ids.toReversed()) {
    at = Math.min(at, partOf.get(id) ?? at);
    (there[at] ?? behind).unshift(id);
  }
  // What comes behind the end fills the last part first.
  const last = there.at(-1);
  if (last !== undefined) last.push(...behind.splice(0, Math.max(0, PART - last.length)));
  let key = Math.max(0, ...before.map((part) => part.key + 1));
  const parts = there.flatMap((own, nth): Part[] => {
    const part = before[nth];
    if (part !== undefined && isSame(part.ids, own)) return [part];
    return split(own).map((some, piece, all) => ({
      // The rows at the end are those that were there.
      key: piece === all.length - 1 && part !== undefined ? part.key : key++,
      ids: some,
    }));
  });
  return [...parts, ...pages(behind).map((some) => ({ key: key++, ids: some }))];
}

/** A part that has grown too large becomes two, and one without rows none. */
function split(ids: readonly string[]): (readonly string[])[] {
  if (ids.length <= 2 * PART) return ids.length === 0 ? [] : [ids];
  return [...pages(ids.slice(0, -PART)), ids.slice(-PART)];
}

function pages(ids: readonly string[]): (readonly string[])[] {
  return Array.from({ length: Math.ceil(ids.length / PART) }, (_, nth) => ids.slice(nth * PART, (nth + 1) * PART));
}
