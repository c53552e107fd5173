import { withTimeout } from "../lib/abort.ts";
import { errorFields, log } from "../lib/log.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { goOnErasing } from "../jobs/erase-user.ts";
import { indexSessions } from "./index-sessions.ts";
import { nameUnnamed } from "./name-unnamed.ts";
import { removeOldJobs } from "./remove-old-jobs.ts";
import { expireSessions, purgeSessions } from "./retention.ts";
import { sweepJobs } from "../jobs/sweep.ts";

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

/** All of them together stay below the quarter of an hour that the platform lets a trigger take. */
const TASK_MS = 120_000;

/** What the cron trigger calls every minute. One task that fails, or never ends, stops no other. Does not throw. */
export async function runScheduled(deps: JobDependencies, tasks = TASKS): Promise<void> {
  for (const [name, task] of tasks) {
    try {
      await withTimeout(task(deps), TASK_MS, () => new Error("the task did not end in time"));
    } catch (error) {
      log("error", "scheduled.failed", { task: name, ...errorFields(error) });
    }
  }
}
