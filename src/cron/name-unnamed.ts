import type { Job } from "../domain/job.ts";
import { SERVER } from "../domain/principal.ts";
import { createJob } from "../jobs/create-job.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { lastKeyedJob, unnamedSessions } from "../store/jobs/jobs.ts";
import { stepOf, walkOn } from "../store/walks.ts";

/** How many sessions one such job names. */
const SESSIONS_AT_ONCE = 500;
/** How long a session is left alone after a job tried to name it in vain. */
const NOT_AGAIN_MS = 24 * 3_600_000;
/** How long the server waits after a job that named nothing, because the provider failed, before it makes another one. */
const AFTER_FAILURE_MS = 3_600_000;

/**
 * Makes a naming job of sessions that are older than `NAME_UNNAMED_AFTER_SECONDS` and have no name, one such job at a time.
 * Does nothing if that setting is unset.
 */
export async function nameUnnamed(deps: JobDependencies): Promise<void> {
  const { nameUnnamedAfterSeconds } = deps.config;
  const nowMs = deps.now();
  if (nameUnnamedAfterSeconds === null) {
    return;
  }
  const last = await lastKeyedJob(deps.db, "names", SERVER.caller);
  if (last !== null && !mayFollow(last.job, nowMs)) {
    return;
  }
  const walk = unnamedSessions({
    createdBefore: nowMs - nameUnnamedAfterSeconds * 1000,
    untouchedSince: nowMs - NOT_AGAIN_MS,
  });
  const step = await stepOf(deps.db, walk, SESSIONS_AT_ONCE);
  await walkOn(deps.db, walk, step);
  if (step.ids.length === 0) {
    return;
  }
  // The key numbers these jobs. If two triggers follow the same job, both give the next one the same key, and only one job is
  // made. No request has the server as its caller, so no caller's Idempotency-Key names one of these jobs.
  const number = String(Number(last?.key ?? 0) + 1).padStart(12, "0");
  const key = { caller: SERVER.caller, userId: "", key: number, fieldsDigest: "" };
  const request = { kind: "names", userId: null, params: { overwrite: "never" }, key } as const;
  await createJob(deps, request, { ids: step.ids });
}

/** Whether the server may make a further naming job after this one. */
export function mayFollow({ status, succeeded, fallback, failed, endedAt }: Job, nowMs: number): boolean {
  const isInVain = failed > 0 && succeeded + fallback === 0;
  return status !== "running" && (!isInVain || nowMs >= (endedAt ?? 0) + AFTER_FAILURE_MS);
}
