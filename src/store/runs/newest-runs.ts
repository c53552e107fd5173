import { and, desc, eq } from "drizzle-orm";
import type { Database } from "../database.ts";
import { runs } from "../schema/tables.ts";
import { isThere, type SeenSession } from "../visibility.ts";
import { listedRuns, type RunFilter } from "./run-filter.ts";
import { FIRST_RUN, type RunPosition } from "./runs.ts";

/** Finds the run that the filter names, if the session has it. Where the filter names none, nothing is looked for. */
export function beforeQuery(db: Database, session: SeenSession, { before }: RunFilter) {
  const named = before === undefined ? undefined : eq(runs.runId, before);
  return db
    .select({ namedRunId: runs.runId })
    .from(runs)
    .where(and(eq(runs.sessionId, session.sessionId), named, isThere(db, session)))
    .limit(before === undefined ? 0 : 1);
}

/**
 * The position behind which the newest `limit` runs of the filter begin; without a limit all of them. Null if the session
 * has no run `before`. Only the keys of these runs are read, however long the session is.
 */
export async function startOfNewest(
  db: Database,
  session: SeenSession,
  filter: RunFilter,
  limit: number | undefined,
): Promise<RunPosition | null> {
  if (limit === undefined && filter.before === undefined) return FIRST_RUN;
  const reached = limit === undefined ? 0 : limit + 1;
  const { createdAt, runId, runIndex } = runs;
  const [named, waiting, started] = await db.batch([
    beforeQuery(db, session, filter),
    db
      .select({ createdAt, runId })
      .from(runs)
      .where(listedRuns(db, session, filter, false))
      .orderBy(desc(createdAt), desc(runId))
      .limit(reached),
    db
      .select({ runIndex })
      .from(runs)
      .where(listedRuns(db, session, filter, true))
      .orderBy(desc(runIndex))
      .limit(reached),
  ]);
  if (filter.before !== undefined && named.length === 0) return null;
  const newestFirst: RunPosition[] = [
    ...waiting.map((run) => ({ started: false as const, ...run })),
    ...started.map((run) => ({ started: true as const, runIndex: run.runIndex ?? 0 })),
  ];
  return (limit === undefined ? undefined : newestFirst[limit]) ?? FIRST_RUN;
}
