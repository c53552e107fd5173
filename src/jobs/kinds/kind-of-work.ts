import type { ItemResult, Job } from "../../domain/job.ts";
import type { ClaimedItem } from "../../store/jobs/slices.ts";
import type { JobDependencies } from "../dependencies.ts";

/**
 * What a job does to each of its sessions. A worker may die before it has recorded an item as done. Both methods are then
 * called again for that item: they must answer the same, and do nothing twice.
 */
export interface KindOfWork {
  /**
   * Decides items by their sessions' rows in D1. Answers these results by position; the other items are worked on. An id that
   * no session has must be decided here, because `work` would make an object for it. If this throws, all items are worked on.
   */
  decide(deps: JobDependencies, job: Job, items: readonly ClaimedItem[]): Promise<Map<number, ItemResult>>;
  work(deps: JobDependencies, job: Job, item: ClaimedItem): Promise<ItemResult>;
}

/** The results of the items that their sessions' rows decide; `decide` answers null for the others. */
export function decideByRows<Row extends { sessionId: string }>(
  items: readonly ClaimedItem[],
  rows: readonly Row[],
  decide: (item: ClaimedItem, row: Row | undefined) => ItemResult | null,
): Map<number, ItemResult> {
  const rowOf = new Map(rows.map((row) => [row.sessionId, row]));
  const decided = new Map<number, ItemResult>();
  for (const item of items) {
    const result = decide(item, rowOf.get(item.sessionId));
    if (result !== null) {
      decided.set(item.position, result);
    }
  }
  return decided;
}

export const sessionIdsOf = (items: readonly ClaimedItem[]): string[] => items.map(({ sessionId }) => sessionId);
