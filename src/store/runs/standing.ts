import { and, asc, type Column, desc, eq, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { RunRow } from "../../domain/run.ts";
import { type ComponentRef, isRunOf } from "../../domain/team.ts";
import type { Database } from "../database.ts";
import { requirements, runs } from "../schema/tables.ts";
import { isThere, type SeenSession } from "../visibility.ts";
import { pendingQuery } from "./runs.ts";

// How the runs of one agent or team stand in a session. Member runs are no runs of their own here.

/** The run that is active or is about to be, and the newest one that waits for people; null where none does. */
export interface Standing {
  activeRunId: string | null;
  pausedRunId: string | null;
}

/** A run that is active is looked for among this many. One that was continued may stand behind newer ones. */
const LOOKED_THROUGH = 1_000;

export async function readStanding(db: Database, session: SeenSession, component: ComponentRef): Promise<Standing> {
  const { sessionId } = session;
  const newest = db
    .select({ runId: runs.runId, status: runs.status, own: sql<number>`${isOwn(component)}`.as("own") })
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), isNotNull(runs.runIndex), isThere(db, session)))
    .orderBy(desc(runs.runIndex))
    .limit(LOOKED_THROUGH)
    .as("newest");
  const [[active], [waiting], [paused]] = await db.batch([
    db
      .select({ runId: newest.runId })
      .from(newest)
      .where(and(eq(newest.status, "RUNNING"), sql`${newest.own}`))
      .limit(1),
    waitingRuns(db, session, component).orderBy(asc(runs.position)).limit(1),
    db
      .select({ runId: runs.runId })
      .from(requirements)
      .innerJoin(runs, eq(runs.runId, requirements.runId))
      .where(
        and(
          eq(requirements.sessionId, sessionId),
          eq(requirements.status, "open"),
          eq(runs.status, "PAUSED"),
          eq(runs.waiting, false),
          isOwn(component),
          isThere(db, session),
        ),
      )
      .orderBy(desc(runs.runIndex))
      .limit(1),
  ]);
  return { activeRunId: (active ?? waiting)?.runId ?? null, pausedRunId: paused?.runId ?? null };
}

/** The runs that wait to start, in the order in which they will. */
export function unstartedRuns(db: Database, session: SeenSession, component: ComponentRef): Promise<RunRow[]> {
  return pendingQuery(db, session).then((rows) =>
    rows.filter((row) => row.runIndex === null && row.parentRunId === null && isRunOf(component, row)),
  );
}

/** A run that may be answered again, with its status. */
export type Answered = Pick<RunRow, "runId" | "status">;

/** No run was answered again as often as this. */
const MAX_LINE = 1_000;

/** The newest run, behind which stands the run that it answers again, and so on; empty if there is none. */
export async function newestRun(db: Database, session: SeenSession, component: ComponentRef): Promise<Answered[]> {
  const { sessionId } = session;
  const waiting = waitingRuns(db, session, component).orderBy(desc(runs.position)).limit(1);
  const started = db
    .select({ runId: runs.runId })
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), isNotNull(runs.runIndex), isOwn(component), isThere(db, session)))
    .orderBy(desc(runs.runIndex))
    .limit(1);
  return db.all<Answered>(sql`with recursive line(nth, run_id, status, older) as (
      select 0, run_id, status, ${OLDER} from ${runs} where run_id = coalesce((${waiting}), (${started}))
      union all
      select nth + 1, ${runs.runId}, ${runs.status}, ${OLDER} from line
        join ${runs} on ${runs.runId} = line.older and ${eq(runs.sessionId, sessionId)}
        where nth < ${sql.raw(String(MAX_LINE))}
    ) select run_id as "runId", status from line order by nth`);
}

/** The run that a run answers again. */
const OLDER = sql`iif(${runs.origin} ->> '$.type' = 'regenerated', ${runs.origin} ->> '$.runId', null)`;

const waitingRuns = (db: Database, session: SeenSession, component: ComponentRef) =>
  db
    .select({ runId: runs.runId })
    .from(runs)
    // The condition of the partial index `runs_waiting`, word for word: else SQLite would not use the index.
    .where(and(eq(runs.sessionId, session.sessionId), sql`${runs.waiting} = 1`, isOwn(component), isThere(db, session)))
    .$dynamic();

/** Whether a run is a top-level run of the agent or team. */
export function isOwn(
  { type, id }: ComponentRef,
  table: Record<"parentRunId" | "agentId" | "teamId", Column> = runs,
): SQL | undefined {
  return and(isNull(table.parentRunId), eq(type === "agent" ? table.agentId : table.teamId, id));
}
