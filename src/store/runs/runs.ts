import { and, asc, eq, or, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { Idempotency, RunRow, RunStatus } from "../../domain/run.ts";
import { entryStart } from "../../engine/run/log-letters.ts";
import { isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { type MessageRow, messageFromRow, wholeMessage } from "../messages/message-rows.ts";
import { MESSAGE_BYTES, REQUIREMENT_BYTES, RUN_BYTES } from "../row-bytes.ts";
import { runColumns } from "../run-rows.ts";
import { messages, requirements, runs } from "../schema/tables.ts";
import { isThere, type SeenSession } from "../visibility.ts";
import { listedRuns, type RunFilter } from "./run-filter.ts";

/** A run with its messages, input first. */
export interface StoredRun {
  row: RunRow;
  messages: Message[];
}

/** A run in a list, with its requirements but without its member runs. */
export interface ListedRun extends StoredRun {
  requirements: Requirement[];
}

/** The query of a session's waiting runs, in the order in which they will start. */
export function pendingQuery(db: Database, session: SeenSession) {
  return (
    db
      .select(runColumns)
      .from(runs)
      // The condition of the partial index `runs_waiting`, word for word: else SQLite would not use the index.
      .where(and(eq(runs.sessionId, session.sessionId), sql`${runs.waiting} = 1`, isThere(db, session)))
      .orderBy(asc(runs.position), asc(runs.createdAt))
  );
}

/** The run with its messages; null if the session has no such run. */
export async function findRun(db: Database, session: SeenSession, runId: string): Promise<StoredRun | null> {
  const { sessionId } = session;
  const [found, rows] = await db.batch([
    db
      .select(runColumns)
      .from(runs)
      .where(and(eq(runs.runId, runId), eq(runs.sessionId, sessionId), isThere(db, session)))
      .limit(1),
    db
      .select({ message: wholeMessage })
      .from(messages)
      .innerJoin(runs, and(eq(runs.sessionId, messages.sessionId), eq(runs.runIndex, messages.runIndex)))
      .where(and(eq(runs.runId, runId), eq(runs.sessionId, sessionId)))
      .orderBy(asc(messages.messageIndex)),
  ]);
  const [row] = found;
  return row === undefined ? null : { row, messages: rows.map(({ message }) => messageFromRow(message)) };
}

/** The run's status; null if the session has no such run. */
export async function statusOfRun(db: Database, session: SeenSession, runId: string): Promise<RunStatus | null> {
  const [row] = await db
    .select({ status: runs.status })
    .from(runs)
    .where(and(eq(runs.runId, runId), eq(runs.sessionId, session.sessionId), isThere(db, session)))
    .limit(1);
  return row?.status ?? null;
}

/** The session that a run belongs to, for a cancel, which names no session. */
export async function sessionOfRun(
  db: Database,
  runId: string,
): Promise<Pick<RunRow, "sessionId" | "agentId" | "teamId"> | null> {
  const [row] = await db
    .select({ sessionId: runs.sessionId, agentId: runs.agentId, teamId: runs.teamId })
    .from(runs)
    .where(eq(runs.runId, runId))
    .limit(1);
  return row ?? null;
}

/** The run that an idempotency key named first, in any session. */
export async function findByKey(db: Database, key: Idempotency): Promise<RunRow | null> {
  const [row] = await db
    .select(runColumns)
    .from(runs)
    .where(
      and(
        eq(runs.idempotencyCaller, key.caller),
        eq(runs.idempotencyUser, key.userId),
        eq(runs.idempotencyAgent, key.agentId),
        eq(runs.idempotencyKey, key.key),
        // The condition of the partial index `runs_idempotency`, word for word: else SQLite would not use the index.
        sql`${runs.idempotencyKey} <> ''`,
      ),
    )
    .limit(1);
  return row ?? null;
}

/** Where a page of runs goes on. Started runs come first, by run index; then those that never started, as they came. */
export type RunPosition = { started: true; runIndex: number } | { started: false; createdAt: number; runId: string };

export const FIRST_RUN: RunPosition = { started: true, runIndex: -1 };

/** Where a page of runs begins, and how far it goes: to whichever bound is reached first. */
export interface RunPage {
  after: RunPosition;
  maxRuns: number;
  maxBytes: number;
}

/**
 * Runs with their messages behind a position, at least one if there is any. D1 cuts the page before it reads any text.
 * `next` is null behind the last run.
 */
export async function readRuns(
  db: Database,
  session: SeenSession,
  filter: RunFilter,
  { after, maxRuns, maxBytes }: RunPage,
): Promise<{ runs: ListedRun[]; next: RunPosition | null }> {
  const order = after.started ? sql`run_index` : sql`created_at, run_id`;
  const behind = after.started
    ? sql`${runs.runIndex} > ${after.runIndex}`
    : sql`(${runs.createdAt}, ${runs.runId}) > (${after.createdAt}, ${after.runId})`;
  const sized = db
    .select({
      runId: runs.runId,
      runIndex: sql`${runs.runIndex}`.as("run_index"),
      createdAt: runs.createdAt,
      own: bytesOfRun(db).as("own"),
    })
    .from(runs)
    .where(and(listedRuns(db, session, filter, after.started), behind))
    .orderBy(order)
    .limit(maxRuns);
  // Materialized, so that SQLite adds up the messages of each run only once.
  const walked = sql`(with sized as materialized (${sized.getSQL()})
    select run_id, own, sum(own) over (order by ${order} rows unbounded preceding) as bytes from sized)`;
  const found = await db
    .select({ row: runColumns, bytes: sql<number>`walked.bytes` })
    .from(sql`${walked} as walked`)
    .crossJoin(runs)
    .where(and(sql`${runs.runId} = walked.run_id`, sql`walked.bytes - walked.own < ${maxBytes}`));
  // SQLite walks in order, but only an ORDER BY would promise it, and that would sort whole rows. So they are sorted
  // here.
  const rows = found.sort((one, other) => one.bytes - other.bytes).map(({ row }) => row);
  const stored = await listed(db, session, rows);
  const last = rows.at(-1);
  if (last === undefined || (rows.length < maxRuns && (found.at(-1)?.bytes ?? 0) < maxBytes)) {
    return { runs: stored, next: after.started ? { started: false, createdAt: -1, runId: "" } : null };
  }
  const next: RunPosition =
    last.runIndex === null
      ? { started: false, createdAt: last.createdAt, runId: last.runId }
      : { started: true, runIndex: last.runIndex };
  return { runs: stored, next };
}

/** Stands in the log of a run that has paused. */
const PAUSED = entryStart("run_paused");

/** The bytes of a run with its messages and requirements. */
function bytesOfRun(db: Database): SQL<number> {
  const ofMessages = db
    .select({ bytes: sql`ifnull(sum(${MESSAGE_BYTES}), 0)` })
    .from(messages)
    .where(and(eq(messages.sessionId, runs.sessionId), eq(messages.runIndex, runs.runIndex)));
  const ofRequirements = db
    .select({ bytes: sql`ifnull(sum(${REQUIREMENT_BYTES}), 0)` })
    .from(requirements)
    .where(eq(requirements.runId, runs.runId));
  const asked = sql`iif(instr(${runs.events}, ${sql.raw(`'${PAUSED}'`)}), ${ofRequirements}, 0)`;
  return sql<number>`(${RUN_BYTES} + ${ofMessages} + ${asked})`;
}

async function listed(db: Database, session: SeenSession, rows: RunRow[]): Promise<ListedRun[]> {
  const indexes = rows.flatMap((row) => (row.runIndex === null ? [] : [row.runIndex]));
  if (indexes.length === 0) {
    return rows.map((row) => ({ row, messages: [], requirements: [] }));
  }
  const found = await db
    .select(wholeMessage)
    .from(messages)
    .where(and(eq(messages.sessionId, session.sessionId), isAmong(messages.runIndex, indexes), isThere(db, session)))
    .orderBy(asc(messages.runIndex), asc(messages.messageIndex));
  const asked = await requirementsOf(
    db,
    session,
    rows.filter(({ events }) => events?.includes(PAUSED)),
  );
  return withMessages(rows, found).map((run) => ({
    ...run,
    requirements: asked.filter(({ runId, memberRunId }) => runId === run.row.runId || memberRunId === run.row.runId),
  }));
}

/** Gives each run its messages; those that are given are in order. */
export function withMessages(rows: readonly RunRow[], found: readonly MessageRow[]): StoredRun[] {
  const byRun = Map.groupBy(found, (message) => message.runIndex);
  return rows.map((row) => ({
    row,
    messages: row.runIndex === null ? [] : (byRun.get(row.runIndex) ?? []).map(messageFromRow),
  }));
}

/** The requirements of runs that have paused. */
async function requirementsOf(db: Database, session: SeenSession, paused: readonly RunRow[]): Promise<Requirement[]> {
  if (paused.length === 0) {
    return [];
  }
  const ids = paused.map(({ runId }) => runId);
  return db
    .select()
    .from(requirements)
    .where(and(or(isAmong(requirements.runId, ids), isAmong(requirements.memberRunId, ids)), isThere(db, session)))
    .orderBy(asc(requirements.runId), asc(requirements.position));
}
