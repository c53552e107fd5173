import { decideChange } from "../../domain/decide-change.ts";
import { type ItemResult, type Job, unasked } from "../../domain/job.ts";
import { couldSee, maySee, serverFor } from "../../domain/principal.ts";
import { bulkChange } from "../../domain/session-fields.ts";
import type { ClaimedItem } from "../../store/jobs/slices.ts";
import { directoryOfSessions } from "../../store/sessions/sessions.ts";
import type { JobDependencies } from "../dependencies.ts";
import type { KindOfWork } from "./list.ts";

/** Has a session's object make the change of the job's action. */
export const bulk: KindOfWork = {
  /** From D1: an id that is nobody's must not wake an object, nor need one that is as it is asked to be. */
  async decide({ db }: JobDependencies, job: Job, items: readonly ClaimedItem[]): Promise<Map<number, ItemResult>> {
    const ids = items.map(({ sessionId }) => sessionId);
    const rows = new Map((await directoryOfSessions(db, ids)).map((row) => [row.sessionId, row]));
    const decided = new Map<number, ItemResult>();
    for (const item of items) {
      const result = decideItem(job, item, rows.get(item.sessionId));
      if (result !== null) decided.set(item.position, result);
    }
    return decided;
  },

  async work({ config, session }: JobDependencies, job: Job, item: ClaimedItem): Promise<ItemResult> {
    const principal = serverFor(job.userId);
    const change = bulkChange(job.params, item.value);
    if (change.action === "delete") {
      const deleted = await session(item.sessionId).deleteSession(principal, { undo: config.deleteUndoSeconds > 0 });
      return deleted.ok ? DONE : unasked(null, deleted.failure.code);
    }
    const changed = await session(item.sessionId).changeForJob({ principal, change });
    return changed.ok ? settled(item, changed.value) : unasked(null, changed.failure.code);
  },
};

const DONE = unasked("succeeded", null);

type Row = Awaited<ReturnType<typeof directoryOfSessions>>[number];

/** What a session's row says to the job; null when its object is to be asked. */
function decideItem(job: Job, item: ClaimedItem, row: Row | undefined): ItemResult | null {
  const principal = serverFor(job.userId);
  const change = bulkChange(job.params, item.value);
  if (row === undefined || !maySee(principal, row)) {
    const isDeleted = row === undefined || couldSee(principal, row);
    return change.action === "delete" && isDeleted && isRepeated(item) ? DONE : unasked("failed", "not_found");
  }
  const decided = change.action === "delete" ? null : decideChange(row, change);
  const isUntouched = row.updatedAt < job.createdAt;
  return decided === null || isUntouched ? decided : settled(item, decided);
}

/**
 * Of one that is worked on again the first worker may have died before it could say what it did: what has changed since
 * the job was made, and is as it was asked to be, counts as done by the job.
 */
const isRepeated = ({ attempts }: ClaimedItem): boolean => attempts > 1;

const settled = (item: ClaimedItem, result: ItemResult): ItemResult =>
  result.reason === "unchanged" && isRepeated(item) ? DONE : result;
