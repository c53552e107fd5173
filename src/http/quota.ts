import { isConfined, type UserLimits } from "../domain/principal.ts";
import type { Quota } from "../domain/usage.ts";
import type { AppContext } from "./context.ts";

/** How much the caller's user may use; null for a caller that is not confined, and so not limited. */
export function quotaOf(c: AppContext): Quota | null {
  const credential = c.get("credential");
  const { subject } = credential;
  return subject !== null && isConfined(credential) ? { userId: subject, limits: limitsOf(c) } : null;
}

/** The limits of the deployment; those that the caller's token names stand in their place. */
export const limitsOf = (c: AppContext): UserLimits => ({ ...deploymentLimits(c), ...c.get("credential").limits });

export function deploymentLimits(c: AppContext): UserLimits {
  const { userConcurrentRuns, userRunsPerDay, userTokensPerDay, userMaxSessions } = c.get("config");
  return {
    concurrentRuns: userConcurrentRuns,
    runsPerDay: userRunsPerDay,
    tokensPerDay: userTokensPerDay,
    maxSessions: userMaxSessions,
  };
}
