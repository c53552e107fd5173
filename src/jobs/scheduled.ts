import { errorFields, log } from "../lib/log.ts";
import type { JobDependencies } from "./dependencies.ts";
import { goOnErasing } from "./erase-user.ts";
import { indexSessions } from "./index-sessions.ts";
import { nameUnnamed } from "./name-unnamed.ts";
import { removeOldJobs } from "./remove-old-jobs.ts";
import { expireSessions, purgeSessions } from "./retention.ts";
import { sweepJobs } from "./sweep.ts";

/** One thing that the cron trigger does: a bounded step, which the next minute goes on from. */
type Task = (deps: JobDependencies) => Promise<void>;

const TASKS: readonly [name: string, task: Task][] = [
  ["sweep_jobs", sweepJobs],
  ["name_unnamed", nameUnnamed],
  ["remove_old_jobs", removeOldJobs],
  ["index_sessions", indexSessions],
  ["expire_sessions", expireSessions],
  ["purge_sessions", purgeSessions],
  ["erase_users", goOnErasing],
];

/** What the cron trigger calls every minute. One task that fails stops no other. Does not throw. */
export async function runScheduled(deps: JobDependencies): Promise<void> {
  for (const [name, task] of TASKS) {
    try {
      await task(deps);
    } catch (error) {
      log("error", "scheduled.failed", { task: name, ...errorFields(error) });
    }
  }
}
