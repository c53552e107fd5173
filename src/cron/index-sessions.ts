import { CALLS_AT_ONCE } from "../domain/limits.ts";
import { sideBySide } from "../lib/side-by-side.ts";
import { unindexedSessions } from "../store/search/unindexed.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";

/** How many sessions are woken a minute. */
const SESSIONS = 200;

/** Wakes sessions that have messages which the search index does not have yet; each goes on by itself from there. */
export async function indexSessions(deps: JobDependencies): Promise<void> {
  // From anywhere: some that cannot be reached hold up nobody else.
  const behind = await unindexedSessions(deps.db, deps.newId(), SESSIONS);
  const ids = behind.length < SESSIONS ? await unindexedSessions(deps.db, "", SESSIONS) : behind;
  await sideBySide(ids, CALLS_AT_ONCE, (id) => deps.session(id).index());
}
