import { and, eq, gte, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import type { RunStatus } from "../../domain/run.ts";
import { isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { runs } from "../schema/tables.ts";
import { isThere, type SeenSession } from "../visibility.ts";

/** Which runs of a session are read. */
export interface RunFilter {
  agentId?: string;
  teamId?: string;
  statuses?: readonly RunStatus[];
  /** Inclusive, epoch milliseconds. */
  createdAfter?: number;
  createdBefore?: number;
  /** Only the runs that stand before the run of this id. */
  before?: string;
}

/**
 * The runs of a list that have started, or those that have not. A list has the first in the order of their run index, and
 * behind them the others as they came.
 */
export function listedRuns(db: Database, session: SeenSession, filter: RunFilter, started: boolean): SQL | undefined {
  const { sessionId } = session;
  return and(
    eq(runs.sessionId, sessionId),
    started ? isNotNull(runs.runIndex) : isNull(runs.runIndex),
    isThere(db, session),
    filter.agentId === undefined ? undefined : eq(runs.agentId, filter.agentId),
    filter.teamId === undefined ? undefined : eq(runs.teamId, filter.teamId),
    filter.statuses === undefined ? undefined : isAmong(runs.status, filter.statuses),
    filter.createdAfter === undefined ? undefined : gte(runs.createdAt, filter.createdAfter),
    filter.createdBefore === undefined ? undefined : lte(runs.createdAt, filter.createdBefore),
    filter.before === undefined ? undefined : standsBefore(sessionId, filter.before, started),
  );
}

/** A run that has not started stands behind all that have. */
function standsBefore(sessionId: string, runId: string, started: boolean): SQL {
  const { createdAt, runIndex } = runs;
  const isNamed = and(eq(runs.runId, runId), eq(runs.sessionId, sessionId));
  if (started) {
    const its = sql`(select ${runIndex} from ${runs} where ${isNamed})`;
    return sql`${runIndex} < coalesce(${its}, ${Number.MAX_SAFE_INTEGER})`;
  }
  // Of a run that has started this finds no row, and nothing is less than that.
  const its = sql`(select ${createdAt}, ${runs.runId} from ${runs} where ${and(isNamed, isNull(runIndex))})`;
  return sql`(${createdAt}, ${runs.runId}) < ${its}`;
}
