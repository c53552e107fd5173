import type { Job } from "../domain/job.ts";
import { unsweptJobs } from "../store/jobs/jobs.ts";
import { finishStatement, openSlices, sweepSooner, takeSweep } from "../store/jobs/slices.ts";
import type { JobDependencies } from "./dependencies.ts";
import { MESSAGES_AT_ONCE, sendSlices } from "./send-slices.ts";

/** How many jobs are swept by one go of the cron trigger; the next go takes the others. */
const JOBS_AT_ONCE = 10;
/** However soon work may count as left behind, a sweep goes through a job's items no more often than this. */
const SWEEP_GAP_MS = 10_000;

/** Sends again what nobody has touched for `SWEEP_AFTER_MS` of every running job. A slice that is sent in vain costs one claim. */
export async function sweepJobs(deps: JobDependencies): Promise<void> {
  for (const jobId of await unsweptJobs(deps.db, deps.now() - deps.config.sweepAfterMs, JOBS_AT_ONCE)) {
    await sweepJob(deps, jobId);
  }
}

/** Sweeps a job that somebody reads: on one's own machine no cron trigger fires. */
export async function sweepIfDue(deps: JobDependencies, { jobId, status, sweptAt }: Job): Promise<void> {
  if (status === "running" && sweptAt <= deps.now() - deps.config.sweepAfterMs) {
    await sweepJob(deps, jobId);
  }
}

/**
 * Sends again the slices of a job that nobody works on. Where two callers sweep at once only one sends. A sweep sends a
 * bounded number of slices, in order; later sweeps send the others. The next sweep comes when the first item in work may
 * have been left for `SWEEP_AFTER_MS`, which is sooner than that long from now.
 */
async function sweepJob(deps: JobDependencies, jobId: string): Promise<void> {
  const { sweepAfterMs } = deps.config;
  const nowMs = deps.now();
  const untouchedSince = nowMs - sweepAfterMs;
  if (await takeSweep(deps.db, jobId, { nowMs, notSince: untouchedSince })) {
    const { untouched, oldestInWork } = await openSlices(deps.db, jobId, untouchedSince);
    if (oldestInWork !== null) {
      const gapMs = Math.min(SWEEP_GAP_MS, sweepAfterMs / 6);
      await sweepSooner(deps.db, jobId, Math.max(oldestInWork, untouchedSince + gapMs));
    }
    await sendSlices(deps, jobId, untouched.slice(0, MESSAGES_AT_ONCE));
    if (untouched.length === 0) {
      // The last open items of the job went with a user who was erased: nothing else would end it.
      await finishStatement(deps.db, jobId, nowMs);
    }
  }
}
