import type { Job } from "../domain/job.ts";
import { lastKeyedJob, unnamedSessions } from "../store/jobs/jobs.ts";
import { stepOf, walkOn } from "../store/walks.ts";
import { createJob } from "../jobs/create-job.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";

/** Whose jobs these are: no caller can have this name. */
const CALLER = "server";
/** Sessions of one job of the server's own. */
const SESSIONS_AT_ONCE = 500;
/** A session that was tried in vain is left alone for a day, and a provider that named nothing for an hour. */
const NOT_AGAIN_MS = 24 * 3_600_000;
const AFTER_FAILURE_MS = 3_600_000;

/** Puts sessions that have had no name for long into a naming job, one such job at a time. Off unless configured. */
export async function nameUnnamed(deps: JobDependencies): Promise<void> {
  const { nameUnnamedAfterSeconds } = deps.config;
  const nowMs = deps.now();
  if (nameUnnamedAfterSeconds === null) {
    return;
  }
  const last = await lastKeyedJob(deps.db, "names", CALLER);
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
  // Numbered: of two that follow the same job one is made.
  const key = String(Number(last?.key ?? 0) + 1).padStart(12, "0");
  const request = { kind: "names", userId: null, params: { overwrite: "never" } } as const;
  await createJob(deps, { ...request, key: { caller: CALLER, userId: "", key, fieldsDigest: "" } }, { ids: step.ids });
}

/** Whether a job of the server's may be made after this one. */
export function mayFollow({ status, succeeded, fallback, failed, endedAt }: Job, nowMs: number): boolean {
  const isInVain = failed > 0 && succeeded + fallback === 0;
  return status !== "running" && (!isInVain || nowMs >= (endedAt ?? 0) + AFTER_FAILURE_MS);
}
