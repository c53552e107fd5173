import { type ItemResult, type Job, unasked } from "../domain/job.ts";
import type { ClaimedItem } from "../store/job-slices.ts";
import type { JobDependencies } from "./dependencies.ts";
import type { KindOfWork } from "./kinds.ts";

/** Has a session's object name it. */
export const names: KindOfWork = {
  async work(deps: JobDependencies, { jobId, userId, params }: Job, { sessionId }: ClaimedItem): Promise<ItemResult> {
    const named = await deps.session(sessionId).nameForJob({
      jobId,
      principal: { caller: "development", userId },
      overwrite: params.overwrite ?? "never",
      fallback: params.fallback ?? null,
    });
    return named.ok ? named.value : unasked(null, named.failure.code);
  },
};
