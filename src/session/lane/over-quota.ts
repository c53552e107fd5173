import { databaseUnavailable } from "../../domain/error.ts";
import { fail, type Outcome } from "../../domain/outcome.ts";
import { type Quota, type UserSessions, whyNoRun, whyNoSession } from "../../domain/usage.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { countSessionsUpTo, readUsage } from "../../store/usage/guard.ts";

const NONE: UserSessions = { there: 0, stored: 0 };

/**
 * The failure of a caller whose user may not use more; null if they may, so that it was not for this that D1 wrote nothing. Asked
 * only once a batch has changed nothing, so that a run which is let in costs no read.
 */
export async function whyOverQuota(
  { db, now }: { db: Database; now(): number },
  quota: Quota,
  { newSession }: { newSession: boolean },
): Promise<Outcome<never> | null> {
  const nowMs = now();
  const read = await readOrNull(
    Promise.all([readUsage(db, quota.userId, nowMs), newSession ? countSessionsUpTo(db, quota) : NONE]),
  );
  if (read === null) {
    return fail(databaseUnavailable());
  }
  const [usage, sessions] = read.value;
  const failure = whyNoRun(usage, quota.limits, nowMs) ?? whyNoSession(sessions, quota.limits, nowMs);
  return failure && fail(failure);
}
