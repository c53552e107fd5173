import { CALLS_AT_ONCE } from "../domain/limits.ts";
import type { Outcome } from "../domain/outcome.ts";
import { purgeLimits } from "../domain/retention.ts";
import { type Component, componentRef } from "../domain/team.ts";
import { log } from "../lib/log.ts";
import { sideBySide } from "../lib/side-by-side.ts";
import { overdueByThemselves, overdueOfComponent, overdueOfDeployment, toBePurged } from "../store/retention.ts";
import type { JobDependencies } from "./dependencies.ts";

/** How many sessions a minute each task deletes at most: one invocation may call 1,000 objects. */
export const SESSIONS_A_MINUTE = 200;

/** Deletes sessions whose time is over: as a caller would, so that they can be brought back where that is configured. */
export async function expireSessions(deps: JobDependencies): Promise<void> {
  const { sessionTtlSeconds, deleteUndoSeconds } = deps.config;
  const call = { undo: deleteUndoSeconds > 0, deploymentTtlSeconds: sessionTtlSeconds };
  const due = await overdueSessions(deps);
  await each("retention.expire", due, (id) => deps.session(id).expireSession(call));
}

/** Removes for good what was deleted and cannot be brought back any more, and imports that never ended. */
export async function purgeSessions(deps: JobDependencies): Promise<void> {
  const limits = purgeLimits(deps.config.deleteUndoSeconds, deps.now());
  const due = await toBePurged(deps.db, limits, SESSIONS_A_MINUTE);
  await each("retention.purge", due, (id) => deps.session(id).purgeSession({ limits }));
}

async function overdueSessions({ agents, teams, config, db, now }: JobDependencies): Promise<string[]> {
  const due = new Set(await overdueByThemselves(db, now(), SESSIONS_A_MINUTE));
  const components: Component[] = [...agents.values(), ...teams.values()];
  const withTheirOwn = components.filter(({ sessionTtlSeconds }) => sessionTtlSeconds !== undefined);
  for (const component of withTheirOwn) {
    const since = now() - (component.sessionTtlSeconds ?? 0) * 1000;
    for (const id of await overdueOfComponent(db, componentRef(component), since, SESSIONS_A_MINUTE)) {
      due.add(id);
    }
  }
  if (config.sessionTtlSeconds !== null) {
    const since = now() - config.sessionTtlSeconds * 1000;
    const except = withTheirOwn.map(({ id }) => id);
    for (const id of await overdueOfDeployment(db, except, since, SESSIONS_A_MINUTE)) {
      due.add(id);
    }
  }
  return [...due].slice(0, SESSIONS_A_MINUTE);
}

async function each(
  task: string,
  ids: readonly string[],
  remove: (sessionId: string) => Promise<Outcome<unknown>>,
): Promise<void> {
  const outcomes = await sideBySide(ids, CALLS_AT_ONCE, remove);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  if (failed > 0) {
    // Each is found again in the next minute.
    log("warn", "retention.failed", { task, failed, of: ids.length });
  }
}
