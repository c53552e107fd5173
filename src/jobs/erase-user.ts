import { auditEntry } from "../domain/audit.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Owner } from "../domain/owner.ts";
import { whyNotWritten } from "../store/commit.ts";
import {
  countOfUser,
  type Erasure,
  erasureOf,
  erasuresUnderWay,
  markErasure,
  noteErasure,
  removeJobsOf,
  removeKeptUsage,
  sessionsOfUser,
  takeOutOfJobs,
} from "../store/sessions/erasure.ts";
import type { JobDependencies } from "./dependencies.ts";
import { removeEach } from "./remove-each.ts";

/** How many sessions one call, or one go of the cron trigger, erases. */
const SESSIONS_AT_A_TIME = 200;
/** Counting costs a step for each session, so it stops here. */
const MAX_COUNTED = 10_000;

/**
 * Erases everything of a user, without a way back. One call erases as much as it may, and the cron trigger goes on with
 * the rest. If the user asks, what was used since `keepsUsageFrom` stays until the day is over. Answers how many sessions are left.
 */
export async function eraseUser(
  deps: JobDependencies,
  { userId, keepsUsageFrom, actor }: { userId: Owner; keepsUsageFrom: number | null; actor: string },
): Promise<Outcome<{ remaining: number }>> {
  const erasure = await erasureOf(userId, keepsUsageFrom);
  // Noted before anything is erased: the cron trigger goes on with it even if this call dies.
  const act = auditEntry({ actor, action: "user.erased", target: userId }, deps.newId(), deps.now());
  const noted = await noteErasure(deps.db, erasure, act);
  if (noted.kind !== "written") {
    return fail(whyNotWritten(noted));
  }
  const isDone = await eraseSome(deps, erasure);
  return ok({ remaining: isDone ? 0 : Math.max(1, await countOfUser(deps.db, userId, MAX_COUNTED)) });
}

/** Goes on with one of the erasures that calls could not end. */
export async function goOnErasing(deps: JobDependencies): Promise<void> {
  for (const erasure of await erasuresUnderWay(deps.db, 1, deps.now())) {
    await markErasure(deps.db, erasure, deps.now());
    await (erasure.usageBefore === null ? eraseSome(deps, erasure) : removeKeptUsage(deps.db, erasure));
  }
}

/** Whether nothing of the user is left. */
async function eraseSome(deps: JobDependencies, erasure: Erasure): Promise<boolean> {
  const { db } = deps;
  const { userId } = erasure;
  const ids = await sessionsOfUser(db, userId, SESSIONS_AT_A_TIME);
  // This must come before the sessions are purged. Items name sessions only, so later nobody could tell whose items they are.
  if (!(await takeOutOfJobs(db, userId, ids))) {
    return false;
  }
  await removeEach(ids, (id) => deps.session(id).purgeSession({ userId }), { event: "erase.failed" });
  // A job may have been made meanwhile with items for the sessions. A job that is made from now on does not find them.
  if (!(await takeOutOfJobs(db, userId, ids))) {
    return false;
  }
  return removeJobsOf(db, erasure, deps.now());
}
