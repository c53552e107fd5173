import { purgeLimits } from "../domain/retention.ts";
import { type Component, componentRef } from "../domain/team.ts";
import {
  overdueByThemselves,
  overdueOfComponent,
  overdueOfDeployment,
  toBePurged,
} from "../store/sessions/retention.ts";
import { stepOf, type Walk, walkOn } from "../store/walks.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { removeEach } from "../jobs/remove-each.ts";

/** How many sessions a minute each task deletes at most: one invocation may call 1,000 objects. */
export const SESSIONS_A_MINUTE = 200;

const failureOf = (task: string) => ({ event: "retention.failed", task });

/** Deletes sessions whose time is over: as a caller would, so that they can be brought back where that is configured. */
export async function expireSessions(deps: JobDependencies): Promise<void> {
  const { sessionTtlSeconds, deleteUndoSeconds } = deps.config;
  const call = { undo: deleteUndoSeconds > 0, deploymentTtlSeconds: sessionTtlSeconds };
  const due = await overdueSessions(deps);
  await removeEach(due, (id) => deps.session(id).expireSession(call), failureOf("retention.expire"));
}

/** Removes for good what was deleted and cannot be brought back any more, and imports that never ended. */
export async function purgeSessions(deps: JobDependencies): Promise<void> {
  const limits = purgeLimits(deps.config.deleteUndoSeconds, deps.now());
  const due = await toBePurged(deps.db, limits, SESSIONS_A_MINUTE);
  await removeEach(due, (id) => deps.session(id).purgeSession({ limits }), failureOf("retention.purge"));
}

async function overdueSessions(deps: JobDependencies): Promise<string[]> {
  const due = new Set<string>();
  const walks = overdueWalks(deps);
  // Each minute another one begins, so that none with much to delete holds up the others for ever.
  const first = Math.floor(deps.now() / 60_000) % walks.length;
  for (const walk of [...walks.slice(first), ...walks.slice(0, first)]) {
    if (due.size >= SESSIONS_A_MINUTE) break;
    const step = await stepOf(deps.db, walk, SESSIONS_A_MINUTE - due.size);
    // Before they are asked, so that those which cannot go hold up nobody behind them.
    await walkOn(deps.db, walk, step);
    for (const id of step.ids) due.add(id);
  }
  return [...due];
}

function overdueWalks({ agents, teams, config, now }: JobDependencies): Walk[] {
  const nowMs = now();
  const since = (seconds: number) => nowMs - seconds * 1000;
  const components: Component[] = [...agents.values(), ...teams.values()];
  const withTheirOwn = components.filter(({ sessionTtlSeconds }) => sessionTtlSeconds !== undefined);
  return [
    overdueByThemselves(nowMs),
    ...withTheirOwn.flatMap((one) => overdueOfComponent(componentRef(one), since(one.sessionTtlSeconds ?? 0))),
    ...(config.sessionTtlSeconds === null
      ? []
      : overdueOfDeployment(withTheirOwn.map(componentRef), since(config.sessionTtlSeconds))),
  ];
}
