import type { Requirement } from "../../packages/client/src/index.ts";

/**
 * What is shown once the first page was asked for again: all that was shown, with what is new in its place. `gone`: what is not
 * open any more. Where the page is not all there is, nobody knows behind its end.
 */
export function merged(
  shown: readonly Requirement[],
  page: readonly Requirement[],
  hasMore: boolean,
): { all: Requirement[]; gone: Requirement[] } {
  const open = new Set(page.map(({ id }) => id));
  const known = new Set(shown.map(({ id }) => id));
  const last = page.at(-1);
  const isCovered = (row: Requirement) => !hasMore || last === undefined || row.created_at > last.created_at;
  const all = [...shown, ...page.filter(({ id }) => !known.has(id))].sort((one, other) =>
    isNewer(one, other) ? -1 : 1,
  );
  return { all, gone: shown.filter((row) => !open.has(row.id) && isCovered(row)) };
}

/** The server's order. */
const isNewer = (one: Requirement, other: Requirement): boolean =>
  one.created_at === other.created_at ? one.id > other.id : one.created_at > other.created_at;
