import { and, asc, eq, gte, isNull, lte, or, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { Idempotency, RunRow, RunStatus } from "../../domain/run.ts";
import type { Database } from "../database.ts";
import { messageFromRow } from "../messages/rows.ts";
import { MESSAGE_BYTES, REQUIREMENT_BYTES, RUN_BYTES } from "../row-bytes.ts";
import { messages, requirements, runs } from "../schema/tables.ts";

/** A run with its messages, input first. */
export interface StoredRun {
  row: RunRow;
  messages: Message[];
}

/** A run in a list: what it waits and waited for is there too, but not the member runs in it. */
export interface ListedRun extends StoredRun {
  requirements: Requirement[];
}

/** The waiting runs of a session, in the order in which they will start; for a batch or on its own. */
export function pendingQuery(db: Database, sessionId: string) {
  return (
    db
      .select()
      .from(runs)
      // As the partial index says it, so that SQLite may use it.
      .where(and(eq(runs.sessionId, sessionId), sql`${runs.waiting} = 1`))
      .orderBy(asc(runs.position), asc(runs.createdAt))
  );
}

/** The run, when it is one of the session. */
export async function findRun(db: Database, sessionId: string, runId: string): Promise<StoredRun | null> {
  const [found, rows] = await db.batch([
    db
      .select()
      .from(runs)
      .where(and(eq(runs.runId, runId), eq(runs.sessionId, sessionId)))
      .limit(1),
    db
      .select({ message: messages })
      .from(messages)
      .innerJoin(runs, and(eq(runs.sessionId, messages.sessionId), eq(runs.runIndex, messages.runIndex)))
      .where(and(eq(runs.runId, runId), eq(runs.sessionId, sessionId)))
      .orderBy(asc(messages.messageIndex)),
  ]);
  const [row] = found;
  return row === undefined ? null : { row, messages: rows.map(({ message }) => messageFromRow(message)) };
}

/** The session that a run belongs to: cancel names no session. */
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

/** The run that an idempotency key named first, in whichever session. */
export async function findByKey(db: Database, key: Idempotency): Promise<RunRow | null> {
  const [row] = await db
    .select()
    .from(runs)
    .where(
      and(
        eq(runs.idempotencyCaller, key.caller),
        eq(runs.idempotencyUser, key.userId),
        eq(runs.idempotencyAgent, key.agentId),
        eq(runs.idempotencyKey, key.key),
        // Stands in the partial index's own condition, so that SQLite may use it.
        sql`${runs.idempotencyKey} <> ''`,
      ),
    )
    .limit(1);
  return row ?? null;
}

export interface RunFilter {
  agentId?: string;
  teamId?: string;
  status?: RunStatus;
  /** Inclusive, epoch milliseconds. */
  createdAfter?: number;
  createdBefore?: number;
}

/** Where a page of runs goes on: started runs come in the order of running, the others behind them as they came. */
export type RunPosition = { started: true; runIndex: number } | { started: false; createdAt: number; runId: string };

export const FIRST_RUN: RunPosition = { started: true, runIndex: -1 };

/** How far a page of runs goes: to whichever bound is reached first. */
interface RunPageBounds {
  maxRuns: number;
  maxBytes: number;
}

/**
 * Runs with their messages behind a position, at least one of those that there are: D1 cuts the page before any text is
 * read. `next` is null behind the last.
 */
export async function readRuns(
  db: Database,
  sessionId: string,
  filter: RunFilter,
  after: RunPosition,
  { maxRuns, maxBytes }: RunPageBounds,
): Promise<{ runs: ListedRun[]; next: RunPosition | null }> {
  const order = after.started ? sql`run_index` : sql`created_at, run_id`;
  const behind = after.started
    ? sql`${runs.runIndex} > ${after.runIndex}`
    : and(isNull(runs.runIndex), sql`(${runs.createdAt}, ${runs.runId}) > (${after.createdAt}, ${after.runId})`);
  const sized = db
    .select({
      runId: runs.runId,
      runIndex: sql`${runs.runIndex}`.as("run_index"),
      createdAt: runs.createdAt,
      own: bytesOfRun(db).as("own"),
    })
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), behind, ...filterConditions(filter)))
    .orderBy(order)
    .limit(maxRuns);
  // Once a run: its messages are gone through for it.
  const walked = sql`(with sized as materialized (${sized.getSQL()})
    select run_id, own, sum(own) over (order by ${order} rows unbounded preceding) as bytes from sized)`;
  const found = await db
    .select({ row: runs, bytes: sql<number>`walked.bytes` })
    .from(sql`${walked} as walked`)
    .crossJoin(runs)
    .where(and(sql`${runs.runId} = walked.run_id`, sql`walked.bytes - walked.own < ${maxBytes}`));
  // They come in order, as SQLite walks; nothing but an ORDER BY promises it, and that would sort whole rows.
  const rows = found.sort((one, other) => one.bytes - other.bytes).map(({ row }) => row);
  const stored = await withMessages(db, sessionId, rows);
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

/** What a run takes with its messages, and with what it asked people for. */
function bytesOfRun(db: Database): SQL<number> {
  const ofMessages = db
    .select({ bytes: sql`ifnull(sum(${MESSAGE_BYTES}), 0)` })
    .from(messages)
    .where(and(eq(messages.sessionId, runs.sessionId), eq(messages.runIndex, runs.runIndex)));
  const ofRequirements = db
    .select({ bytes: sql`ifnull(sum(${REQUIREMENT_BYTES}), 0)` })
    .from(requirements)
    .where(eq(requirements.runId, runs.runId));
  const asked = sql`iif(instr(${runs.events}, '["P"'), ${ofRequirements}, 0)`;
  return sql<number>`(${RUN_BYTES} + ${ofMessages} + ${asked})`;
}

async function withMessages(db: Database, sessionId: string, rows: RunRow[]): Promise<ListedRun[]> {
  const indexes = rows.flatMap((row) => (row.runIndex === null ? [] : [row.runIndex]));
  if (indexes.length === 0) {
    return rows.map((row) => ({ row, messages: [], requirements: [] }));
  }
  const found = await db
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.sessionId, sessionId),
        sql`${messages.runIndex} in (select value from json_each(${JSON.stringify(indexes)}))`,
      ),
    )
    .orderBy(asc(messages.runIndex), asc(messages.messageIndex));
  const asked = await requirementsOf(
    db,
    rows.filter(({ events }) => events?.includes('["P"')),
  );
  const byRun = Map.groupBy(found, (message) => message.runIndex);
  return rows.map((row) => ({
    row,
    messages: row.runIndex === null ? [] : (byRun.get(row.runIndex) ?? []).map(messageFromRow),
    requirements: asked.filter(({ runId, memberRunId }) => runId === row.runId || memberRunId === row.runId),
  }));
}

/** What those of the runs asked that have paused. */
async function requirementsOf(db: Database, paused: readonly RunRow[]): Promise<Requirement[]> {
  if (paused.length === 0) {
    return [];
  }
  const ids = sql`(select value from json_each(${JSON.stringify(paused.map(({ runId }) => runId))}))`;
  return db
    .select()
    .from(requirements)
    .where(or(sql`${requirements.runId} in ${ids}`, sql`${requirements.memberRunId} in ${ids}`))
    .orderBy(asc(requirements.runId), asc(requirements.position));
}

function filterConditions(filter: RunFilter): (SQL | undefined)[] {
  return [
    filter.agentId === undefined ? undefined : eq(runs.agentId, filter.agentId),
    filter.teamId === undefined ? undefined : eq(runs.teamId, filter.teamId),
    filter.status === undefined ? undefined : eq(runs.status, filter.status),
    filter.createdAfter === undefined ? undefined : gte(runs.createdAt, filter.createdAfter),
    filter.createdBefore === undefined ? undefined : lte(runs.createdAt, filter.createdBefore),
  ];
}
