import { jobIdAt, KEPT_MS } from "../domain/job.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { commit } from "../store/commit.ts";
import { endedJobs } from "../store/jobs/jobs.ts";
import { removeStatements } from "../store/jobs/writes.ts";

const JOBS_AT_ONCE = 10;
/** How many items of one job one go removes; the next go removes more. */
const ITEMS_AT_ONCE = 5_000;

/** Removes jobs that ended longer than `KEPT_MS` ago, with their items, in bounded steps. */
export async function removeOldJobs(deps: JobDependencies): Promise<void> {
  const endedBefore = deps.now() - KEPT_MS;
  const lowestUuid = "00000000-0000-0000-0000-000000000000";
  for (const jobId of await endedJobs(deps.db, jobIdAt(endedBefore, lowestUuid), endedBefore, JOBS_AT_ONCE)) {
    await commit(deps.db, removeStatements(deps.db, jobId, ITEMS_AT_ONCE));
  }
}
