import type { RunStatus } from "./run-view.ts";

/** A run as `GET /sessions/{id}/run-previews` has it, as far as it is needed. */
export interface Preview {
  run_id: string;
  /** Empty for a run of its own. */
  parent_run_id: string;
  status: RunStatus;
}

/**
 * What of the newest runs is not known here: so many of the newest are to be asked for. `isApart`: none of them is known, and
 * there may be others between them and those that are.
 */
export function whatIsNew(
  newest: readonly Preview[],
  isKnown: (runId: string) => boolean,
): { begun: number; isApart: boolean } {
  const first = newest.findIndex(({ run_id: id, parent_run_id: parent }) => parent === "" && !isKnown(id));
  if (first < 0) return { begun: 0, isApart: false };
  const isApart = newest.every(({ run_id: id }) => !isKnown(id));
  // Members' runs stand before their team's.
  let from = first;
  while (from > 0 && newest[from - 1]?.parent_run_id !== "") from -= 1;
  return { begun: newest.length - from, isApart };
}
