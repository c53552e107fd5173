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
import { forkQuota, type Quota } from "../../domain/usage.ts";
import type { Statement } from "../commit.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { messages, runs, sessionLabels, sessions, systemTexts } from "../schema/tables.ts";
import { mayHaveSession, mayRun } from "../usage/guard.ts";
import { addSettledUsage } from "../usage/ledger.ts";
import { visibleTo } from "../visibility.ts";

/** A copy that is to be made of a session. Its ids are new. */
export interface Fork {
  sourceSessionId: string;
  /** Who asks for the fork: the source must exist for them still when the batch is written. */
  principal: Principal;
  /** Of a confined caller: a fork is one of the user's runs, and none is made while they may have no further run or session. */
  quota: Quota | null;
  sessionId: string;
  /** A UUID. All run ids of the fork begin as it does. */
  runIds: string;
  fence: string;
  nowMs: number;
}

/**
 * Copies the session with all its runs that have paused or settled. D1 copies by itself, so that no text passes through the
 * Worker, however long the session is. The last statement changes 1 row if the fork was made. No fork is made of a session
 * without such a run. Repeatable.
 */
export function forkStatements(db: Database, fork: Fork): [Statement, ...Statement[]] {
  return [
    copyRuns(db, fork),
    copyMessages(db, fork),
    copyTexts(db, fork),
    copyLabels(db, fork),
    ...countFork(db, fork),
    copySession(db, fork),
  ];
}

/** A fork costs no tokens, but rows: without a count of its own a user could fill the database with copies of one session. */
function countFork(db: Database, { quota, sessionId, nowMs }: Fork): Statement[] {
  if (quota === null) return [];
  const key = { userId: quota.userId, startedAt: nowMs, runId: sessionId };
  return addSettledUsage(db, key, hasRow(db, runs, eq(runs.sessionId, sessionId)));
}

/**
 * Requirements are not copied, so a copy of a paused run cannot be continued: else people could answer one requirement
 * twice, once in each session.
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
      // Of the token of who started the source's run; nothing runs in the copy.
      claims: sql`null`.as("claims"),
      // An idempotency key names one run: that of the source keeps it.
      idempotencyCaller: sql`''`.as("idempotency_caller"),
      idempotencyUser: sql`''`.as("idempotency_user"),
      idempotencyAgent: sql`''`.as("idempotency_agent"),
      idempotencyKey: sql`''`.as("idempotency_key"),
      fieldsDigest: sql`''`.as("fields_digest"),
    })
    .from(runs)
    .leftJoin(parent, eq(parent.runId, runs.parentRunId))
    .where(
      and(
        eq(runs.sessionId, fork.sourceSessionId),
        isAtRest(),
        sourceIsVisible(db, fork),
        isNotMade(db, fork),
        // The statements below copy what belongs to the runs that are copied here.
        mayHaveSession(db, fork.quota, fork.sessionId),
        mayRun(db, fork.quota && forkQuota(fork.quota), fork.nowMs, null),
      ),
    );
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

/** Of the texts of system messages those that the copied messages name. */
function copyTexts(db: Database, fork: Fork): Statement {
  const named = db
    .select({ textId: messages.systemText })
    .from(messages)
    .where(and(eq(messages.sessionId, fork.sessionId), isNotNull(messages.systemText)));
  const copy = db
    .select({ ...getTableColumns(systemTexts), sessionId: sql`${fork.sessionId}`.as("session_id") })
    .from(systemTexts)
    .where(
      and(eq(systemTexts.sessionId, fork.sourceSessionId), sql`${systemTexts.textId} in ${named}`, isNotMade(db, fork)),
    );
  return db.insert(systemTexts).select(copy);
}

/** Labels are copied only if runs were. Without runs there is no fork, and its labels would be left over. */
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
      // If a run goes on, the last message may be from that run, which is not copied. The message before it is not known.
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
      // A repeated batch finds the fork there and answers once more that a row changed. Nothing of the fork changes by it.
      .onConflictDoUpdate({
        target: sessions.sessionId,
        set: { forkedFromSessionId: sql`excluded.forked_from_session_id` },
      })
  );
}

/** Counts the messages of people and agents in top-level runs, as the session's counter does. */
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
 * The id of a run's copy follows from the run index, so that a member run's copy can name its parent's copy without looking
 * for it. A run that was cancelled before it started has no run index. Its rowid is used, raised above every run index.
 */
function copiedRunId({ runIds }: Fork, run: Pick<typeof runs, "runIndex">): SQL {
  const table = run.runIndex.table;
  return sql`${runIds.slice(0, 24)} || printf('%012x', ifnull(${run.runIndex}, 1099511627776 + ${table}.rowid))`;
}

const inLane = (run: SQL) => sql`(${run}.status in ('PENDING', 'RUNNING') or ${run}.waiting = 1)`;

/** Finds one row if a run of the source has started and goes on, or waits to go on. */
function startedInLane(db: Database, { sourceSessionId }: Fork) {
  return db
    .select({ one: sql`1` })
    .from(runs)
    .where(and(eq(runs.sessionId, sourceSessionId), isNotNull(runs.runIndex), inLane(sql`${runs}`)));
}

/** Whether a run neither goes on nor waits. The runs that a member run is in, at any depth, must be at rest too. */
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

/** Whether the fork is not there yet. Its session's row is written last, so a repeated batch adds nothing to a whole fork. */
function isNotMade(db: Database, fork: Fork): SQL {
  return notExists(db.select({ one: sql`1` }).from(sessions).where(eq(sessions.sessionId, fork.sessionId)));
}
