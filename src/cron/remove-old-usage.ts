import { USAGE_KEPT_MS } from "../domain/usage.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { commit } from "../store/commit.ts";
import { oldestUsage, removeOldUsage } from "../store/usage/removal.ts";

/** Removes what users used longer than `USAGE_KEPT_MS` ago, in bounded steps. A minute in which nothing is that old reads one row. */
export async function removeOldUsageRows({ db, now }: JobDependencies): Promise<void> {
  const before = now() - USAGE_KEPT_MS;
  const oldest = await oldestUsage(db);
  if (oldest !== null && oldest < before) await commit(db, [removeOldUsage(db, before)]);
}
