import {
  aliasedTable,
  and,
  eq,
  exists,
  getTableColumns,
  isNotNull,
  isNull,
  notExists,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Principal } from "../../domain/principal.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { messages, runs, sessionLabels, sessions } from "../schema/tables.ts";
import { visibleTo } from "./sessions.ts";

/** A copy of a session that is to be made; its ids are new ones. */
export interface Fork {
  sourceSessionId: string;
  /** Whose session the source must be when the batch is written. */
  principal: Principal;
  sessionId: string;
  /** A UUID: its beginning is that of all run ids of the fork. */
  runIds: string;
  fence: string;
  nowMs: number;
}

/**
 * Copies the session with all its runs that have paused or settled, whatever its length: no text passes through the
 * Worker. The last statement changes 1 row if there is a fork; without a run there is none. Repeatable.
 */
export function forkStatements(db: Database, fork: Fork): [Statement, ...Statement[]] {
  return [copyRuns(db, fork), copyMessages(db, fork), copyLabels(db, fork), copySession(db, fork)];
}

/**
 * No copy has rows in `requirements`, which is why a copy of a paused run cannot be continued: one question is
 * answered once.
 */
function copyRuns(db: Database, fork: Fork): Statement {
  const parent = aliasedTable(runs, "parent");
  const copy = db
    .select({
      ...getTableColumns(runs),
      runId: copiedRunId(fork, runs).as("run_id"),
      sessionId: sql`${fork.sessionId}`.as("session_id"),
      parentRunId: sql`case when ${parent.runId} is not null then ${copiedRunId(fork, parent)} end`.as("parent_run_id"),
      origin: sql`json_object('type', 'copied', 'runId', ${runs.runId}, 'sessionId', ${runs.sessionId},
        'historyBefore', ${runs.origin} ->> 'historyBefore',
        'instructions', ${runs.origin} -> 'instructions')`.as("origin"),
      fence: sql`${fork.fence}`.as("fence"),
      // A key names one run, and it is the source's.
      idempotencyCaller: sql`''`.as("idempotency_caller"),
      idempotencyUser: sql`''`.as("idempotency_user"),
      idempotencyAgent: sql`''`.as("idempotency_agent"),
      idempotencyKey: sql`''`.as("idempotency_key"),
      fieldsDigest: sql`''`.as("fields_digest"),
    })
    .from(runs)
    .leftJoin(parent, eq(parent.runId, runs.parentRunId))
    .where(and(eq(runs.sessionId, fork.sourceSessionId), isAtRest(), sourceIsVisible(db, fork), isNotMade(db, fork)));
  return db.insert(runs).select(copy);
}

function copyMessages(db: Database, fork: Fork): Statement {
  const copy = db
    .select({
      ...getTableColumns(messages),
      sessionId: sql`${runs.sessionId}`.as("session_id"),
      runId: sql`${runs.runId}`.as("run_id"),
    })
    .from(runs)
    // SQLite keeps the order of a CROSS JOIN: the copied runs first, then the messages of each by their key.
    .crossJoin(messages)
    .where(
      and(
        eq(runs.sessionId, fork.sessionId),
        eq(messages.sessionId, fork.sourceSessionId),
        eq(messages.runIndex, runs.runIndex),
        isNotMade(db, fork),
      ),
    );
  return db.insert(messages).select(copy);
}

/** Of a session that is forked: one without a run leaves none behind. */
function copyLabels(db: Database, fork: Fork): Statement {
  const copy = db
    .select({ sessionId: sql`${fork.sessionId}`.as("session_id"), label: sessionLabels.label })
    .from(sessionLabels)
    .where(
      and(
        eq(sessionLabels.sessionId, fork.sourceSessionId),
        exists(db.select({ one: sql`1` }).from(runs).where(eq(runs.sessionId, fork.sessionId))),
        isNotMade(db, fork),
      ),
    );
  return db.insert(sessionLabels).select(copy);
}

function copySession(db: Database, fork: Fork): Statement {
  const copiedRuns = eq(runs.sessionId, fork.sessionId);
  // As `hasCompleted` in domain/run.ts.
  const answered = sql`(${runs.status} = 'COMPLETED' or (${runs.status} = 'REGENERATED' and ${runs.finishReason} is not null))`;
  const completed = and(answered, isNull(runs.parentRunId));
  const copy = db
    .select({
      ...getTableColumns(sessions),
      sessionId: sql`${fork.sessionId}`.as("session_id"),
      nextRunIndex: sql`${db.select({ next: sql`ifnull(max(run_index), -1) + 1` }).from(runs).where(copiedRuns)}`.as(
        "next_run_index",
      ),
      completedRuns: sql`${db.select({ count: sql`count(*)` }).from(runs).where(and(copiedRuns, completed))}`.as(
        "completed_runs",
      ),
      chatMessages: sql`${chatMessages(db, fork.sessionId)}`.as("chat_messages"),
      // What was said last in a run that goes on is not copied, and what stood before it is not known.
      lastMessage: sql`case when ${notExists(startedInLane(db, fork))} then ${sessions.lastMessage} end`.as(
        "last_message",
      ),
      visibility: sql`'listed'`.as("visibility"),
      pinnedAt: sql`null`.as("pinned_at"),
      archivedAt: sql`null`.as("archived_at"),
      // The copies are put into the search index by the fork's own object.
      unindexedFrom: sql`0`.as("unindexed_from"),
      version: sql`0`.as("version"),
      forkedFromSessionId: sql`${fork.sourceSessionId}`.as("forked_from_session_id"),
      fence: sql`${fork.fence}`.as("fence"),
      createdAt: sql`${fork.nowMs}`.as("created_at"),
      updatedAt: sql`${fork.nowMs}`.as("updated_at"),
    })
    .from(sessions)
    .where(
      and(
        eq(sessions.sessionId, fork.sourceSessionId),
        visibleTo(fork.principal),
        exists(db.select({ one: sql`1` }).from(runs).where(copiedRuns)),
      ),
    );
  return (
    db
      .insert(sessions)
      .select(copy)
      // A repeated batch finds the fork and says again that it is there; nothing of it changes.
      .onConflictDoUpdate({
        target: sessions.sessionId,
        set: { forkedFromSessionId: sql`excluded.forked_from_session_id` },
      })
  );
}

/** The words of people and agents in runs of their own: what the counter of the session counts. */
function chatMessages(db: Database, sessionId: string) {
  return db
    .select({ count: sql`count(*)` })
    .from(runs)
    .crossJoin(messages)
    .where(
      and(
        eq(runs.sessionId, sessionId),
        isNull(runs.parentRunId),
        eq(messages.sessionId, sessionId),
        eq(messages.runIndex, runs.runIndex),
        sql`${messages.role} in ('user', 'assistant')`,
      ),
    );
}

/**
 * The id that follows from the place of a run, so that the copy of its parent's is known without being looked for. A
 * run that was cancelled before it started has no place: its number among all rows stands above every run index.
 */
function copiedRunId({ runIds }: Fork, run: Pick<typeof runs, "runIndex">): SQL {
  const table = run.runIndex.table;
  return sql`${runIds.slice(0, 24)} || printf('%012x', ifnull(${run.runIndex}, 1099511627776 + ${table}.rowid))`;
}

const inLane = (run: SQL) => sql`(${run}.status in ('PENDING', 'RUNNING') or ${run}.waiting = 1)`;

/** One row if a run of the source goes on, or waits to go on: it has said something already. */
function startedInLane(db: Database, { sourceSessionId }: Fork) {
  return db
    .select({ one: sql`1` })
    .from(runs)
    .where(and(eq(runs.sessionId, sourceSessionId), isNotNull(runs.runIndex), inLane(sql`${runs}`)));
}

/** A run that neither goes on nor waits, and is no member run of one that does, at whatever depth. */
export function isAtRest(): SQL | undefined {
  const line = sql`with recursive line(run_id) as (
    select ${runs.parentRunId} union select up.parent_run_id from line join runs up on up.run_id = line.run_id
  ) select 1 from line join runs up on up.run_id = line.run_id where ${inLane(sql`up`)}`;
  return and(sql`not ${inLane(sql`${runs}`)}`, or(isNull(runs.parentRunId), sql`not exists (${line})`));
}

function sourceIsVisible(db: Database, fork: Fork): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(sessions)
      .where(and(eq(sessions.sessionId, fork.sourceSessionId), visibleTo(fork.principal))),
  );
}

/** The session's row is written last, so whatever ran in the source since then adds nothing to a fork that is there. */
function isNotMade(db: Database, fork: Fork): SQL {
  return notExists(db.select({ one: sql`1` }).from(sessions).where(eq(sessions.sessionId, fork.sessionId)));
}
