import { isConfined, type UserLimits } from "../domain/principal.ts";
import type { Quota } from "../domain/usage.ts";
import type { AppContext } from "./context.ts";

/**
 * How much the caller's user may use: the limits of the deployment, and in their place those that the caller's token names.
 * Null for a caller that is not confined, and so not limited.
 */
export function quotaOf(c: AppContext): Quota | null {
  const { subject, limits, scopes } = c.get("credential");
  if (subject === null || !isConfined({ scopes })) return null;
  return { userId: subject, limits: { ...deploymentLimits(c), ...limits } };
}

export function deploymentLimits(c: AppContext): UserLimits {
  const { userConcurrentRuns, userRunsPerDay, userTokensPerDay, userMaxSessions } = c.get("config");
  return {
    concurrentRuns: userConcurrentRuns,
    runsPerDay: userRunsPerDay,
    tokensPerDay: userTokensPerDay,
    maxSessions: userMaxSessions,
  };
}
