import { decideChange } from "../../domain/decide-change.ts";
import { type ItemResult, type Job, unasked } from "../../domain/job.ts";
import { couldSee, maySee, serverFor } from "../../domain/principal.ts";
import { bulkChange } from "../../domain/session-fields.ts";
import type { ClaimedItem } from "../../store/jobs/slices.ts";
import { directoryOfSessions } from "../../store/sessions/sessions.ts";
import type { JobDependencies } from "../dependencies.ts";
import { decideByRows, type KindOfWork, sessionIdsOf } from "./kind-of-work.ts";

/** Has a session's object make the change that the job's action says. */
export const bulk: KindOfWork = {
  async decide({ db }: JobDependencies, job: Job, items: readonly ClaimedItem[]) {
    const rows = await directoryOfSessions(db, sessionIdsOf(items));
    return decideByRows(items, rows, (item, row) => decideItem(job, item, row));
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

/** What a session's row says to the job; null where the session's object has to be asked. */
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
 * Whether the item was worked on before. The first worker may have died before it could record what it did. So a session
 * that has changed since the job was made, and is as the job wants it, counts as changed by the job.
 */
const isRepeated = ({ attempts }: ClaimedItem): boolean => attempts > 1;

const settled = (item: ClaimedItem, result: ItemResult): ItemResult =>
  result.reason === "unchanged" && isRepeated(item) ? DONE : result;
