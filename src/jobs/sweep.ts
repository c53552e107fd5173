import type { Job } from "../domain/job.ts";
import { unsweptJobs } from "../store/jobs/jobs.ts";
import { finishStatement, openSlices, sweepSooner, takeSweep } from "../store/jobs/slices.ts";
import type { JobDependencies } from "./dependencies.ts";
import { MESSAGES_AT_ONCE, sendSlices } from "./send-slices.ts";

/** How many jobs the cron trigger sweeps in one go. The next go takes the others. */
const JOBS_AT_ONCE = 10;
/** The shortest time between two sweeps of a job, however short `SWEEP_AFTER_MS` is: a sweep goes through all open items. */
const SWEEP_GAP_MS = 10_000;

/**
 * Sends again the slices of running jobs that nobody has touched for `SWEEP_AFTER_MS`. One that is sent in
 * vain costs a claim.
 */
export async function sweepJobs(deps: JobDependencies): Promise<void> {
  for (const jobId of await unsweptJobs(deps.db, deps.now() - deps.config.sweepAfterMs, JOBS_AT_ONCE)) {
    await sweepJob(deps, jobId);
  }
}

/** Sweeps a job when a caller reads it, because on a developer's machine no cron trigger fires. */
export async function sweepIfDue(deps: JobDependencies, { jobId, status, sweptAt }: Job): Promise<void> {
  if (status === "running" && sweptAt <= deps.now() - deps.config.sweepAfterMs) {
    await sweepJob(deps, jobId);
  }
}

/**
 * Sends again the slices of a job that nobody works on. If two callers sweep at once, only one sends. A sweep sends a
 * bounded number of slices, in order; later sweeps send the others. An item in work was touched some time ago, so it may
 * count as left behind before `SWEEP_AFTER_MS` have passed from now: the next sweep is set for that instant.
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
