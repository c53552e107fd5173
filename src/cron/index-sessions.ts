import { CALLS_AT_ONCE } from "../domain/limits.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { sideBySide } from "../lib/side-by-side.ts";
import { unindexedSessions } from "../store/search/unindexed.ts";

/** How many sessions one go wakes. */
const SESSIONS = 200;

/** Wakes sessions with messages that are not in the search index. Each then goes on indexing by itself. */
export async function indexSessions(deps: JobDependencies): Promise<void> {
  // The walk begins at a random id, so that sessions that cannot be reached do not hold up the others for ever.
  const behind = await unindexedSessions(deps.db, deps.newId(), SESSIONS);
  const ids = behind.length < SESSIONS ? await unindexedSessions(deps.db, "", SESSIONS) : behind;
  await sideBySide(ids, CALLS_AT_ONCE, (id) => deps.session(id).index());
}
