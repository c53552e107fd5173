import { endOfDay } from "../../domain/usage.ts";
import { deploymentLimits, quotaOf } from "../../http/quota.ts";
import { readUsage } from "../../store/usage/guard.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database } from "../shared/find-session.ts";
import { isoSeconds } from "../shared/json.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";

/** What a user has used, and may use. */
export function usageRouter({ now }: Pick<RouteDependencies, "now">) {
  const router = newRouter();

  router.openapi(contract.userUsage, async (c) => {
    const { user_id } = c.req.valid("param");
    const nowMs = now();
    const { concurrentRuns, runsPerDay, tokensPerDay, maxSessions } = quotaOf(c)?.limits ?? deploymentLimits(c);
    const usage = {
      user_id,
      ...(await readUsage(database(c), user_id, nowMs)),
      limits: {
        concurrent_runs: concurrentRuns,
        runs_per_day: runsPerDay,
        tokens_per_day: tokensPerDay,
        max_sessions: maxSessions,
      },
      resets_at: isoSeconds(endOfDay(nowMs)),
    };
    return c.json(usage, 200);
  });

  return router;
}
