import type { JobDependencies } from "../jobs/dependencies.ts";
import { sleep } from "../lib/abort.ts";
import { unindexedSessions } from "../store/search/unindexed.ts";

/** How many steps of indexing one go hands out. So the index costs D1 the same each minute, however much is missing in it. */
const STEPS = 200;
/** Sessions are woken one after the other, so that few index at the same time. All are woken within most of a minute. */
const SPACING_MS = 250;

/** Wakes sessions with messages that are not in the search index. Each then does a part of the steps by itself. */
export async function indexSessions({ db, newId, session }: JobDependencies): Promise<void> {
  // The walk begins at a random id, so that sessions that cannot be reached do not hold up the others for ever.
  const behind = await unindexedSessions(db, newId(), STEPS);
  const ids = behind.length < STEPS ? await unindexedSessions(db, "", STEPS) : behind;
  await handOut(ids, (id, steps) => session(id).index(steps), sleep);
}

/** Tells each session how many steps it may do until the next go. One that does not answer holds up no other. */
export async function handOut(
  ids: readonly string[],
  tell: (id: string, steps: number) => Promise<unknown>,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const steps = Math.max(1, Math.floor(STEPS / ids.length));
  const told: Promise<unknown>[] = [];
  for (const id of ids) {
    if (told.length > 0) await pause(SPACING_MS);
    told.push(tell(id, steps));
  }
  await Promise.all(told);
}
