import type { Requirement, RequirementList } from "../../packages/client/src/index.ts";

/**
 * What is shown once the first page was asked for again: all that was shown, and what is new in its sessions. What is new in
 * other sessions is shown with `isAtOnce`, and else is for `later`. `gone` is not open any more.
 */
export function merged(
  before: readonly Requirement[],
  { data, meta }: RequirementList,
  isAtOnce: boolean,
): { shown: Requirement[]; later: Requirement[]; gone: Requirement[] } {
  const has = (rows: readonly Requirement[], one: Requirement) => rows.some(({ id }) => id === one.id);
  const added = data.filter((row) => !has(before, row));
  const isShown = (row: Requirement) => isAtOnce || before.some(({ session_id: id }) => id === row.session_id);
  // Where the page is not all there is, nobody knows what is behind its end.
  const end = meta.next_cursor === null ? "" : (data.at(-1)?.created_at ?? "");
  return {
    shown: [...added.filter(isShown), ...before],
    later: added.filter((row) => !isShown(row)),
    gone: before.filter((row) => !has(data, row) && row.created_at > end),
  };
}
