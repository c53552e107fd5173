import { decideNaming } from "../../domain/decide-naming.ts";
import { type ItemResult, type Job, unasked } from "../../domain/job.ts";
import { serverFor } from "../../domain/principal.ts";
import type { ClaimedItem } from "../../store/jobs/slices.ts";
import { namesOfSessions } from "../../store/sessions/sessions.ts";
import type { JobDependencies } from "../dependencies.ts";
import { decideByRows, type KindOfWork, sessionIdsOf } from "./kind-of-work.ts";

/** Has a session's object name the session. */
export const names: KindOfWork = {
  async decide({ db }: JobDependencies, job: Job, items: readonly ClaimedItem[]) {
    const rows = await namesOfSessions(db, serverFor(job.userId), sessionIdsOf(items));
    return decideByRows(items, rows, (_, row) =>
      row === undefined ? unasked("failed", "not_found") : decideNaming(row, job.jobId, overwriteOf(job)),
    );
  },

  async work(deps: JobDependencies, job: Job, { sessionId }: ClaimedItem): Promise<ItemResult> {
    const named = await deps.session(sessionId).nameForJob({
      jobId: job.jobId,
      principal: serverFor(job.userId),
      overwrite: overwriteOf(job),
      fallback: job.params.fallback ?? null,
    });
    return named.ok ? named.value : unasked(null, named.failure.code);
  },
};

const overwriteOf = ({ params }: Job) => params.overwrite ?? "never";
