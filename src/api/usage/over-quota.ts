import { AppError } from "../../domain/error.ts";
import { forkQuota, type Quota, whyNoRun, whyNoSession, whyNoTokens } from "../../domain/usage.ts";
import type { AppContext } from "../../http/context.ts";
import { countSessionsUpTo, readUsage } from "../../store/usage/guard.ts";
import { database } from "../shared/find-session.ts";

/** Throws the 429 if the caller's user may have no further session. */
export async function refuseSession(c: AppContext, quota: Quota | null, nowMs: number): Promise<void> {
  const failure = quota && whyNoSession(await countSessionsUpTo(database(c), quota), quota.limits, nowMs);
  if (failure !== null) throw new AppError(failure);
}

/** Throws the 429 if the caller's user may make no further fork. */
export async function refuseFork(c: AppContext, quota: Quota | null, nowMs: number): Promise<void> {
  if (quota === null) return;
  const failure = whyNoRun(await readUsage(database(c), quota.userId, nowMs), forkQuota(quota).limits, nowMs);
  if (failure !== null) throw new AppError(failure);
  await refuseSession(c, quota, nowMs);
}

/**
 * Throws the 429 if the caller's user has used the day's tokens up. For what asks a model without a run: names and
 * summaries, whose use is in the ledger once they are made, so those that are asked for at once pass together.
 */
export async function refuseModel(c: AppContext, quota: Quota | null, nowMs: number): Promise<void> {
  if (quota === null || quota.limits.tokensPerDay === 0) return;
  const { tokens } = await readUsage(database(c), quota.userId, nowMs);
  const failure = whyNoTokens(tokens, quota.limits, nowMs);
  if (failure !== null) throw new AppError(failure);
}
