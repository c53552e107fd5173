import { decideNaming } from "../../names/decide-naming.ts";
import { type ItemResult, type Job, unasked } from "../../domain/job.ts";
import { serverFor } from "../../domain/principal.ts";
import type { ClaimedItem } from "../../store/jobs/slices.ts";
import { namesOfSessions } from "../../store/sessions/sessions.ts";
import type { JobDependencies } from "../dependencies.ts";
import type { KindOfWork } from "./list.ts";

/** Has a session's object name it. */
export const names: KindOfWork = {
  /** From D1: an id that is nobody's must not wake, and thereby make, an object. */
  async decide({ db }: JobDependencies, job: Job, items: readonly ClaimedItem[]): Promise<Map<number, ItemResult>> {
    const ids = items.map(({ sessionId }) => sessionId);
    const rows = new Map((await namesOfSessions(db, serverFor(job.userId), ids)).map((row) => [row.sessionId, row]));
    const decided = new Map<number, ItemResult>();
    for (const { position, sessionId } of items) {
      const row = rows.get(sessionId);
      const result =
        row === undefined
          ? unasked("failed", "not_found")
          : decideNaming(row, job.jobId, job.params.overwrite ?? "never");
      if (result !== null) decided.set(position, result);
    }
    return decided;
  },

  async work(deps: JobDependencies, job: Job, { sessionId }: ClaimedItem): Promise<ItemResult> {
    const named = await deps.session(sessionId).nameForJob({
      jobId: job.jobId,
      principal: serverFor(job.userId),
      overwrite: job.params.overwrite ?? "never",
      fallback: job.params.fallback ?? null,
    });
    return named.ok ? named.value : unasked(null, named.failure.code);
  },
};
