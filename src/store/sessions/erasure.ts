import { type AnyColumn, and, eq, lte, ne, not, notExists, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { AuditEntry } from "../../domain/audit.ts";
import type { Owner } from "../../domain/owner.ts";
import { endOfDay } from "../../domain/usage.ts";
import { sha256Hex, uuidFrom } from "../../lib/digest.ts";
import { type Committed, commit, type Statement } from "../commit.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { auditStatement } from "../doors/audit.ts";
import { jobItems, jobs, runUsage, sessions, walks } from "../schema/tables.ts";
import { removeUsageOf } from "../usage/removal.ts";

/** A note that a user is being erased: a row of `jobs`, which stays until nothing of the user is left. */
export interface Erasure {
  jobId: string;
  userId: Owner;
  /** From when on the user's rows of `run_usage` stay until the day is over; null: none do. */
  keepsUsageFrom: number | null;
  /** Set once these rows are all that is left: those from before this instant are to go. */
  usageBefore: number | null;
}

/** The erasure of a user. Its id follows from the user's id: however often erasure is asked for, it is one. */
export async function erasureOf(userId: Owner, keepsUsageFrom: number | null): Promise<Erasure> {
  return { jobId: uuidFrom(await sha256Hex(`erase ${userId}`)), userId, keepsUsageFrom, usageBefore: null };
}

/**
 * Writes down that the user is to be erased, and who asked for it. Of two that
 * are under way for one user, the one that keeps nothing counts, and only a first one of its kind is a row of the audit.
 */
export async function noteErasure(db: Database, erasure: Erasure, act: AuditEntry): Promise<Committed> {
  const { jobId, userId, keepsUsageFrom } = erasure;
  const { createdAt: nowMs } = act;
  const params = keepsUsageFrom === null ? {} : { keepsUsageFrom };
  const row = { jobId, userId, kind: "erase", params, status: "running", total: 0 } as const;
  const keepsUsage = sql`${jobs.params} ->> 'keepsUsageFrom' is not null`;
  const note = db
    .insert(jobs)
    .values({ ...row, createdAt: nowMs, startedAt: nowMs, sweptAt: nowMs })
    .onConflictDoUpdate({
      target: jobs.jobId,
      set: { params, sweptAt: nowMs },
      ...(keepsUsageFrom !== null && { setWhere: keepsUsage }),
    });
  const isNoted = and(eq(jobs.jobId, jobId), keepsUsageFrom === null ? not(keepsUsage) : undefined);
  const isNew = sql`not ${hasRow(db, jobs, isNoted)}`;
  return commit(db, [auditStatement(db, act, isNew), note]);
}

/** Puts the erasure behind the others, so that an erasure which cannot end holds up none of them. Does not throw: a full database erases all the same. */
export async function markErasure(db: Database, { jobId }: Erasure, nowMs: number): Promise<void> {
  await commit(db, [db.update(jobs).set({ sweptAt: nowMs }).where(eq(jobs.jobId, jobId))]);
}

/** The erasures that have something to do now; the one that was worked on least lately comes first. */
export async function erasuresUnderWay(db: Database, limit: number, nowMs: number): Promise<Erasure[]> {
  const rows = await db
    .select({ jobId: jobs.jobId, userId: jobs.userId, params: jobs.params })
    .from(jobs)
    .where(and(eq(jobs.status, "running"), eq(jobs.kind, "erase"), lte(jobs.sweptAt, nowMs)))
    .orderBy(jobs.sweptAt)
    .limit(limit);
  return rows.flatMap(({ jobId, userId, params: { keepsUsageFrom = null, usageBefore = null } }) =>
    userId === null ? [] : [{ jobId, userId, keepsUsageFrom, usageBefore }],
  );
}

/** The ids of the user's sessions, hidden ones too. */
export async function sessionsOfUser(db: Database, userId: Owner, limit: number): Promise<string[]> {
  const rows = await db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(eq(sessions.userId, userId))
    .limit(limit);
  return rows.map(({ sessionId }) => sessionId);
}

/** How many sessions the user has, counted up to a limit. */
export async function countOfUser(db: Database, userId: Owner, limit: number): Promise<number> {
  const some = sql`select 1 from ${sessions} where ${eq(sessions.userId, userId)} limit ${limit}`;
  const [row] = await db.all<{ count: number }>(sql`select count(*) as count from (${some})`);
  return row?.count ?? 0;
}

/**
 * Takes the user's sessions out of the user's jobs and those of nobody. Their items and new names go, and so do jobs that were
 * about no other session. Jobs of other users stay as they are: none of them has found these sessions, and one that lost an item
 * would tell whose the session was. False when D1 is away.
 */
export async function takeOutOfJobs(db: Database, userId: Owner, sessionIds: readonly string[]): Promise<boolean> {
  if (sessionIds.length === 0) {
    return true;
  }
  const listed = (column: SQL | AnyColumn) =>
    sql`${column} in (select value from json_each(${JSON.stringify(sessionIds)}))`;
  const isAnothers = sql`${jobs.userId} is not null and ${jobs.userId} <> ${userId}`;
  const named = sql`not (${isAnothers})
    and ${jobs.jobId} in (select ${jobItems.jobId} from ${jobItems} where ${listed(jobItems.sessionId)})`;
  const isItemOfAnother = hasRow(db, jobs, and(eq(jobs.jobId, jobItems.jobId), isAnothers));
  const others = alias(jobItems, "others");
  const hasOthers = db
    .select({ one: sql`1` })
    .from(others)
    .where(and(eq(others.jobId, jobs.jobId), sql`not (${listed(sql`${others.sessionId}`)})`));
  // A new name is something that a user said, so it goes. The names of the others keep their positions.
  const values = sql`(select json_group_array(case
      when "key" in (select ${jobItems.position} from ${jobItems} where ${jobItems.jobId} = ${jobs.jobId} and ${listed(jobItems.sessionId)}) then null
      when "type" in ('object', 'array') then json("value") else "value" end)
    from json_each(${jobs.params}, '$.values'))`;
  const committed = await commit(db, [
    db.delete(jobs).where(and(named, ne(jobs.kind, "erase"), notExists(hasOthers))),
    db
      .update(jobs)
      .set({ params: sql`json_set(${jobs.params}, '$.values', ${values})` })
      .where(and(named, sql`json_type(${jobs.params}, '$.values') = 'array'`)),
    db.delete(jobItems).where(and(listed(jobItems.sessionId), not(isItemOfAnother))),
    // The place of a walk may name one of the sessions. Such a walk begins anew.
    db.delete(walks).where(listed(walks.sessionId)),
  ]);
  return committed.kind === "written";
}

/** How many items and jobs one batch removes at most, and how many batches one call sends. */
const ITEMS = 2_000;
const JOBS = 100;
const BATCHES = 50;

/**
 * Removes the jobs that the user asked for, and what is noted of the user's use; then the note of the erasure. False when
 * something is left.
 */
export async function removeJobsOf(db: Database, erasure: Erasure, nowMs: number): Promise<boolean> {
  const { userId, keepsUsageFrom } = erasure;
  const some = [...someJobsStatements(db, erasure), removeUsageOf(db, userId, keepsUsageFrom)] as const;
  return (await removeAll(db, some)) && removeNote(db, erasure, nowMs);
}

/** Removes the use that an erasure left until the day was over, and its note; false when something is left. */
export async function removeKeptUsage(db: Database, { jobId, userId, usageBefore }: Erasure): Promise<boolean> {
  if (!(await removeAll(db, [removeUsageOf(db, userId, usageBefore)]))) {
    return false;
  }
  // A note that was made anew meanwhile is of another erasure.
  const isThis = and(eq(jobs.jobId, jobId), sql`${jobs.params} ->> 'usageBefore' = ${usageBefore}`);
  return (await commit(db, [db.delete(jobs).where(isThis)])).kind === "written";
}

/** Sends a batch that removes some rows until it removes none. */
async function removeAll(db: Database, some: readonly [Statement, ...Statement[]]): Promise<boolean> {
  for (let batches = 0; batches < BATCHES; batches++) {
    const removed = await commit(db, some);
    if (removed.kind !== "written") {
      return false;
    }
    if (!removed.changed.some(Boolean)) {
      return true;
    }
  }
  return false;
}

/**
 * Removes items of some of the user's jobs, and those jobs that have no item left. Their idempotency keys
 * are the user's own.
 */
function someJobsStatements(db: Database, { jobId, userId }: Erasure): [Statement, Statement] {
  const some = sql`(select ${jobs.jobId} from ${jobs}
    where ${and(eq(jobs.userId, userId), ne(jobs.jobId, jobId))} order by ${jobs.jobId} limit ${JOBS})`;
  const items = sql`(select rowid from ${jobItems} where ${jobItems.jobId} in ${some} limit ${ITEMS})`;
  return [
    db.delete(jobItems).where(sql`rowid in ${items}`),
    db
      .delete(jobs)
      .where(
        sql`${jobs.jobId} in ${some} and not exists (select 1 from ${jobItems} where ${jobItems.jobId} = ${jobs.jobId})`,
      ),
  ];
}

/**
 * Removes the note, unless a run has made a session of the user meanwhile: then the note stays, and that session is erased too.
 * If use of today is left, the note stays for that until the day is over.
 */
async function removeNote(db: Database, { jobId, userId }: Erasure, nowMs: number): Promise<boolean> {
  const ofUser = (table: typeof sessions | typeof runUsage) =>
    notExists(db.select({ one: sql`1` }).from(table).where(eq(table.userId, userId)));
  const isThis = and(eq(jobs.jobId, jobId), ofUser(sessions));
  const isKeeping = sql`${jobs.params} ->> 'keepsUsageFrom' is not null`;
  const later = sql`json_set(${jobs.params}, '$.usageBefore', ${nowMs})`;
  const committed = await commit(db, [
    db.delete(jobs).where(and(isThis, ofUser(runUsage))),
    db
      .update(jobs)
      .set({ params: later, sweptAt: endOfDay(nowMs) })
      .where(and(isThis, isKeeping)),
  ]);
  return committed.kind === "written" && committed.changed.some(Boolean);
}
