import { and, eq, type SQL, sql } from "drizzle-orm";
import { type Job, type JobKind, type JobParams, MAX_JOB_ITEMS } from "../../domain/job.ts";
import type { Owner } from "../../domain/owner.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { jobItems, jobs, sessions } from "../schema/tables.ts";
import type { MeantSessions } from "../sessions/list.ts";
import { ownedBy } from "../visibility.ts";

/**
 * An idempotency key: whoever sends it again gets the same job. Another digest means that another request uses the key.
 */
export interface JobKey {
  caller: string;
  userId: string;
  key: string;
  fieldsDigest: string;
}

export interface NewJob {
  /** Sorts by time. */
  jobId: string;
  kind: JobKind;
  userId: Owner | null;
  params: JobParams;
  key: JobKey | null;
  nowMs: number;
}

/** A rule for which sessions a job is about. */
export interface JobFilter {
  /** Only sessions that have messages, and no name or only a fallback. */
  unnamed: boolean;
  agentId?: string | undefined;
  teamId?: string | undefined;
  userId?: string | undefined;
  /** Epoch milliseconds, exclusive. */
  updatedAfter?: number | undefined;
}

/**
 * The sessions of a job: ids as a caller gave them, a filter over the listed sessions of the principal, or a query of a
 * list.
 */
export type JobSessions = { ids: readonly string[] } | { filter: JobFilter; principal: Principal } | MeantSessions;

/**
 * Stores a job with its items unless its id or key is taken; the last statement changes 1 row if it did. If a caller
 * named a session twice, the second item is done from the start. Repeatable.
 */
export function createJobStatements(db: Database, job: NewJob, from: JobSessions): [Statement, Statement] {
  if ("ids" in from) {
    return [insertIds(db, job, from.ids), insertJob(db, job)];
  }
  const found = "meant" in from ? from.meant : filtered(db, from);
  return [insertFound(db, job, found), insertJob(db, job)];
}

function insertIds(db: Database, job: NewJob, ids: readonly string[]): Statement {
  const seen = new Set<string>();
  const entries = ids.map((id) => {
    const isDuplicate = seen.has(id);
    seen.add(id);
    return [id, isDuplicate ? 1 : 0];
  });
  const rows = sql`select ${job.jobId}, key, value ->> 0, iif(value ->> 1, 'done', 'waiting'),
      iif(value ->> 1, 'skipped', null), iif(value ->> 1, 'duplicate', null), null, 0, 0, 0, ${job.nowMs}
    from json_each(${JSON.stringify(entries)}) where ${isNotMade(job)}`;
  return db.insert(jobItems).select(rows);
}

function filtered(db: Database, { filter, principal }: { filter: JobFilter; principal: Principal }): SQL {
  return db
    .select({ instant: sql`${sessions.createdAt}`.as("instant"), sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(eq(sessions.visibility, "listed"), ownedBy(principal), passes(filter)))
    .orderBy(sessions.createdAt, sessions.sessionId)
    .limit(MAX_JOB_ITEMS)
    .getSQL();
}

/** Adds an item for each session that is found, in the order of their instants. */
function insertFound(db: Database, job: NewJob, found: SQL): Statement {
  const rows = sql`select ${job.jobId}, row_number() over (order by instant, session_id) - 1, session_id,
      'waiting', null, null, null, 0, 0, 0, ${job.nowMs}
    from (${found}) where ${isNotMade(job)}`;
  return db.insert(jobItems).select(rows);
}

function passes({ unnamed, agentId, teamId, userId, updatedAfter }: JobFilter): SQL | undefined {
  return and(
    unnamed
      ? sql`coalesce(${sessions.nameSource}, 'fallback') = 'fallback' and ${sessions.chatMessages} > 0`
      : undefined,
    userId === undefined ? undefined : sql`${sessions.userId} = ${userId}`,
    agentId === undefined ? undefined : and(eq(sessions.componentId, agentId), eq(sessions.sessionType, "agent")),
    teamId === undefined ? undefined : and(eq(sessions.componentId, teamId), eq(sessions.sessionType, "team")),
    updatedAfter === undefined ? undefined : sql`${sessions.updatedAt} > ${updatedAfter}`,
  );
}

function insertJob(db: Database, { jobId, kind, userId, params, key, nowMs }: NewJob): Statement {
  const items = (which: SQL) => sql<number>`(select count(*) from job_items where job_id = ${jobId} and ${which})`;
  const open = items(sql`status <> 'done'`);
  return db
    .insert(jobs)
    .values({
      jobId,
      kind,
      userId,
      params,
      status: sql<Job["status"]>`iif(${open} > 0, 'running', 'completed')`,
      total: items(sql`true`),
      skipped: items(sql`status = 'done'`),
      idempotencyCaller: key?.caller ?? "",
      idempotencyUser: key?.userId ?? "",
      idempotencyKey: key?.key ?? "",
      fieldsDigest: key?.fieldsDigest ?? "",
      createdAt: nowMs,
      endedAt: sql<number | null>`iif(${open} > 0, null, ${nowMs})`,
      sweptAt: nowMs,
    })
    .onConflictDoNothing();
}

/**
 * Whether neither the id nor the key names a job yet. The insert of items has this condition too: else items could be stored
 * whose job is not.
 */
function isNotMade({ jobId, kind, key }: NewJob): SQL {
  const sameId = sql`not exists (select 1 from jobs where job_id = ${jobId})`;
  if (key === null) return sameId;
  return sql`${sameId} and not exists (select 1 from jobs where idempotency_caller = ${key.caller}
    and idempotency_user = ${key.userId} and kind = ${kind} and idempotency_key = ${key.key} and idempotency_key <> '')`;
}

/** The values of items are removed when the job ends, because names are text of users. */
export const WITHOUT_VALUES = sql`json_remove(${jobs.params}, '$.values')`;

/** Cancels a running job. */
export function cancelStatement(db: Database, jobId: string, nowMs: number): Statement {
  return db
    .update(jobs)
    .set({ status: "cancelled", endedAt: nowMs, params: WITHOUT_VALUES })
    .where(and(eq(jobs.jobId, jobId), eq(jobs.status, "running")));
}

/**
 * Removes some items of a job that has ended, and the job with its last item; the last statement then changes 1 row.
 */
export function removeStatements(db: Database, jobId: string, maxItems: number): [Statement, Statement] {
  return [
    db.delete(jobItems).where(
      sql`job_id = ${jobId} and position in
        (select position from job_items where job_id = ${jobId} order by position limit ${maxItems})`,
    ),
    db
      .delete(jobs)
      .where(and(eq(jobs.jobId, jobId), sql`not exists (select 1 from job_items where job_items.job_id = ${jobId})`)),
  ];
}
