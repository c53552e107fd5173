import type { JobDependencies } from "../jobs/dependencies.ts";
import { goOnErasing } from "../jobs/erase-user.ts";
import { sweepJobs } from "../jobs/sweep.ts";
import { withTimeout } from "../lib/abort.ts";
import { errorFields, log } from "../lib/log.ts";
import { indexSessions } from "./index-sessions.ts";
import { nameUnnamed } from "./name-unnamed.ts";
import { removeOldAudit } from "./remove-old-audit.ts";
import { removeOldJobs } from "./remove-old-jobs.ts";
import { removeOldUsageRows } from "./remove-old-usage.ts";
import { expireSessions, purgeSessions } from "./retention.ts";

/** A task does one bounded step, and the next minute goes on from there. */
type Task = (deps: JobDependencies) => Promise<void>;

/** What the cron trigger does, in this order. A new task is a file and a line here. Logs name a task as it is named here. */
const TASKS: readonly [name: string, task: Task][] = [
  ["sweep_jobs", sweepJobs],
  ["name_unnamed", nameUnnamed],
  ["remove_old_jobs", removeOldJobs],
  ["remove_old_usage", removeOldUsageRows],
  ["remove_old_audit", removeOldAudit],
  ["expire_sessions", expireSessions],
  ["purge_sessions", purgeSessions],
  ["erase_users", goOnErasing],
  // Behind the others, because it takes most of a minute where much is missing.
  ["index_sessions", indexSessions],
];

/** How long all tasks together may take, each an equal part of it: the platform ends a trigger after 15 minutes. */
const ALL_TASKS_MS = 14 * 60_000;

/** What the cron trigger calls every minute. A task that fails, or never ends, stops no other one. Does not throw. */
export async function runScheduled(deps: JobDependencies, tasks = TASKS): Promise<void> {
  const taskMs = Math.floor(ALL_TASKS_MS / tasks.length);
  for (const [name, task] of tasks) {
    try {
      await withTimeout(task(deps), taskMs, () => new Error("the task did not end in time"));
    } catch (error) {
      log("error", "scheduled.failed", { task: name, ...errorFields(error) });
    }
  }
}
