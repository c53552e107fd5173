import { type Job, UNTOUCHED_MS } from "../domain/job.ts";
import { finishStatement, openSlices, sweepSooner, takeSweep } from "../store/jobs/slices.ts";
import { unsweptJobs } from "../store/jobs/jobs.ts";
import type { JobDependencies } from "./dependencies.ts";
import { MESSAGES_AT_ONCE, sendSlices } from "./send-slices.ts";

/** Jobs of one minute; the others are next. */
const JOBS_AT_ONCE = 10;
/** However soon something may be left behind, a job's items are gone through no more often. */
const SWEEP_GAP_MS = 10_000;

/** Sends again what was not touched for a minute of every running job. A slice that is sent in vain costs one look. */
export async function sweepJobs(deps: JobDependencies): Promise<void> {
  for (const jobId of await unsweptJobs(deps.db, deps.now() - UNTOUCHED_MS, JOBS_AT_ONCE)) {
    await sweepJob(deps, jobId);
  }
}

/** For a reader of the job: locally nothing else sweeps. */
export async function sweepIfDue(deps: JobDependencies, { jobId, status, sweptAt }: Job): Promise<void> {
  if (status === "running" && sweptAt <= deps.now() - UNTOUCHED_MS) {
    await sweepJob(deps, jobId);
  }
}

/**
 * Of two that sweep at once one sends. The first slices in order go first: what they hold back is sent next time. What is
 * being worked on is looked at again once nobody has touched it for a minute, not a minute from now.
 */
async function sweepJob(deps: JobDependencies, jobId: string): Promise<void> {
  const nowMs = deps.now();
  const untouchedSince = nowMs - UNTOUCHED_MS;
  if (await takeSweep(deps.db, jobId, nowMs)) {
    const { untouched, oldestInWork } = await openSlices(deps.db, jobId, untouchedSince);
    if (oldestInWork !== null) {
      await sweepSooner(deps.db, jobId, Math.max(oldestInWork, untouchedSince + SWEEP_GAP_MS));
    }
    await sendSlices(deps, jobId, untouched.slice(0, MESSAGES_AT_ONCE));
    if (untouched.length === 0) {
      // Its last open items went with an erased user.
      await finishStatement(deps.db, jobId, nowMs);
    }
  }
}
