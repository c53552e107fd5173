import { type Job, SLICE_SIZE } from "../domain/job.ts";
import { type Outcome, ok } from "../domain/outcome.ts";
import { SERVER } from "../domain/principal.ts";
import { withTimeout } from "../lib/abort.ts";
import { errorFields, log } from "../lib/log.ts";
import { readOrNull } from "../store/commit.ts";
import { findJob } from "../store/jobs/jobs.ts";
import type { JobSessions } from "../store/jobs/writes.ts";
import { type JobRequest, storeJob } from "./create-job.ts";
import type { JobDependencies } from "./dependencies.ts";
import { sendSlices, sliceStarts } from "./send-slices.ts";
import { workSlice } from "./work-slice.ts";

/** How long a caller waits for a small job. The Queue does what is not done by then. */
const WAIT_MS = 20_000;

/** Changes sessions: up to one slice before it answers, more by the Queue. Answers the job as it stands then. */
export async function changeSessions(
  deps: JobDependencies,
  request: JobRequest,
  from: JobSessions,
): Promise<Outcome<Job>> {
  const stored = await storeJob(deps, request, from);
  if (!stored.ok) {
    return stored;
  }
  const { job, isNew } = stored.value;
  if (job.status !== "running") {
    return ok(job);
  }
  if (job.total > SLICE_SIZE) {
    if (isNew) {
      await sendSlices(deps, job.jobId, sliceStarts(job.total));
    }
    return ok(job);
  }
  await workHere(deps, job);
  const read = await readOrNull(findJob(deps.db, SERVER, [job.kind], job.jobId));
  return ok(read?.value ?? job);
}

/** Does all of a small job. Called again for a job whose first call died, it goes on with what nobody has touched since. */
async function workHere(deps: JobDependencies, { jobId }: Job): Promise<void> {
  const timedOut = () => new Error("the sessions did not answer in time");
  const isDone = await withTimeout(workSlice(deps, { jobId, from: 0 }, 1), WAIT_MS, timedOut).then(
    (delaySeconds) => delaySeconds === null,
    (error: unknown) => {
      log("warn", "job.not_worked_on", { job_id: jobId, ...errorFields(error) });
      return false;
    },
  );
  if (!isDone) {
    await sendSlices(deps, jobId, [0]);
  }
}
