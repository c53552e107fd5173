import { purgeLimits } from "../domain/retention.ts";
import { type Component, componentRef } from "../domain/team.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { removeEach } from "../jobs/remove-each.ts";
import {
  overdueByThemselves,
  overdueOfComponent,
  overdueOfDeployment,
  toBePurged,
} from "../store/sessions/retention.ts";
import { stepOf, type Walk, walkOn } from "../store/walks.ts";

/** How many sessions each of these tasks deletes in one go: an invocation may call 1,000 objects. */
export const SESSIONS_A_MINUTE = 200;

const failureOf = (task: string) => ({ event: "retention.failed", task });

/** Deletes sessions whose time to live is over, as a caller would: with `DELETE_UNDO_SECONDS` they can be brought back. */
export async function expireSessions(deps: JobDependencies): Promise<void> {
  const { sessionTtlSeconds, deleteUndoSeconds } = deps.config;
  const call = { undo: deleteUndoSeconds > 0, deploymentTtlSeconds: sessionTtlSeconds };
  const due = await overdueSessions(deps);
  await removeEach(due, (id) => deps.session(id).expireSession(call), failureOf("retention.expire"));
}

/** Purges sessions that were deleted and cannot be brought back any more, and imports that never ended. */
export async function purgeSessions(deps: JobDependencies): Promise<void> {
  const limits = purgeLimits(deps.config.deleteUndoSeconds, deps.now());
  const due = await toBePurged(deps.db, limits, SESSIONS_A_MINUTE);
  await removeEach(due, (id) => deps.session(id).purgeSession({ limits }), failureOf("retention.purge"));
}

async function overdueSessions(deps: JobDependencies): Promise<string[]> {
  const due = new Set<string>();
  const walks = overdueWalks(deps);
  // Each minute another walk goes first, so that a walk with much to delete does not hold up the others for ever.
  const first = Math.floor(deps.now() / 60_000) % walks.length;
  for (const walk of [...walks.slice(first), ...walks.slice(0, first)]) {
    if (due.size >= SESSIONS_A_MINUTE) break;
    const step = await stepOf(deps.db, walk, SESSIONS_A_MINUTE - due.size);
    // The walk moves on before the sessions are deleted, so that those that cannot be deleted do not hold up the ones behind.
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
