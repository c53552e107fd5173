import { type Job, UNTOUCHED_MS } from "../domain/job.ts";
import { finishStatement, takeSweep, untouchedSlices } from "../store/job-slices.ts";
import { unsweptJobs } from "../store/jobs.ts";
import type { JobDependencies } from "./dependencies.ts";
import { MESSAGES_AT_ONCE, sendSlices } from "./send-slices.ts";

/** Jobs of one minute; the others are next. */
const JOBS_AT_ONCE = 10;

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

/** Of two that sweep at once one sends. The first slices in order go first: what they hold back is sent next time. */
async function sweepJob(deps: JobDependencies, jobId: string): Promise<void> {
  const nowMs = deps.now();
  if (await takeSweep(deps.db, jobId, nowMs)) {
    const untouched = await untouchedSlices(deps.db, jobId, nowMs - UNTOUCHED_MS, MESSAGES_AT_ONCE);
    await sendSlices(deps, jobId, untouched);
    if (untouched.length === 0) {
      // Its last open items went with an erased user.
      await finishStatement(deps.db, jobId, nowMs);
    }
  }
}
