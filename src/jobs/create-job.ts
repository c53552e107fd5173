import { databaseFull, databaseUnavailable, idempotencyConflict } from "../domain/error.ts";
import { type Job, type JobKind, type JobParams, jobIdAt } from "../domain/job.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Owner } from "../domain/owner.ts";
import { SERVER } from "../domain/principal.ts";
import { commit, readOrNull } from "../store/commit.ts";
import { findJob, findKeyedJob } from "../store/jobs/jobs.ts";
import { createJobStatements, type JobKey, type JobSessions } from "../store/jobs/writes.ts";
import type { JobDependencies } from "./dependencies.ts";
import { sendSlices, sliceStarts } from "./send-slices.ts";

export interface JobRequest {
  kind: JobKind;
  userId: Owner | null;
  params: JobParams;
  key: JobKey | null;
}

/** Stores a job and sends its slices. A call with the key of an earlier one answers the job of that. */
export async function createJob(deps: JobDependencies, request: JobRequest, from: JobSessions): Promise<Outcome<Job>> {
  const stored = await storeJob(deps, request, from);
  if (!stored.ok) {
    return stored;
  }
  const { job, isNew } = stored.value;
  if (isNew && job.status === "running") {
    await sendSlices(deps, job.jobId, sliceStarts(job.total));
  }
  return ok(job);
}

export interface StoredJob {
  job: Job;
  /** False if an earlier request with the same key has made the job. */
  isNew: boolean;
}

/** Stores a job and sends none of its slices. */
export async function storeJob(
  deps: JobDependencies,
  request: JobRequest,
  from: JobSessions,
): Promise<Outcome<StoredJob>> {
  const { kind, key } = request;
  const nowMs = deps.now();
  const jobId = jobIdAt(nowMs, deps.newId());
  const committed = await commit(deps.db, createJobStatements(deps.db, { ...request, jobId, nowMs }, from));
  if (committed.kind === "refused") {
    throw new Error(`D1 refused a job: ${committed.constraint}`);
  }
  if (committed.kind === "full") {
    return fail(databaseFull());
  }
  if (committed.kind === "unknown") {
    // D1 may still write the job. Then the sweep sends it, and a caller with a key finds it.
    return fail(databaseUnavailable());
  }
  const read = await readOrNull(findStored(deps, kind, jobId, key));
  const found = read?.value ?? null;
  if (found === null) {
    return fail(databaseUnavailable());
  }
  if (key !== null && found.fieldsDigest !== key.fieldsDigest) {
    return fail(idempotencyConflict());
  }
  return ok({ job: found.job, isNew: found.job.jobId === jobId });
}

async function findStored(deps: JobDependencies, kind: JobKind, jobId: string, key: JobKey | null) {
  if (key !== null) {
    return findKeyedJob(deps.db, kind, key);
  }
  const job = await findJob(deps.db, SERVER, [kind], jobId);
  return job === null ? null : { job, fieldsDigest: "" };
}
