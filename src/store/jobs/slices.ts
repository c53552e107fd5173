import { and, asc, between, eq, gt, gte, isNull, lt, lte, sql } from "drizzle-orm";
import { type ItemOutcome, type Job, type JobItem, type JobSlice, SLICE_SIZE } from "../../domain/job.ts";
import { isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { jobItems, jobs } from "../schema/tables.ts";
import { jobColumns, toJob } from "./jobs.ts";
import { WITHOUT_VALUES } from "./writes.ts";

export interface ClaimedItem extends Pick<JobItem, "position" | "sessionId" | "attempts"> {
  /** The value for this item, if the job has one for each (a new name). */
  value: string | null;
}

export interface ClaimedSlice {
  /** Null if there is no such job. */
  job: Job | null;
  items: ClaimedItem[];
  /** When the first of the slice's other open items may be claimed; null if there is none. */
  dueAt: number | null;
}

/** What is written of an item that was claimed. */
export interface ItemRecord {
  position: number;
  /** How often the item had been claimed when this worker claimed it. A later claim has a higher number. */
  attempts: number;
  /** Null if the item waits again. */
  outcome: ItemOutcome | null;
  reason: string | null;
  error: string | null;
  promptTokens: number;
  completionTokens: number;
  /** When the worker touched the item. For an item that waits again: when it may be claimed. */
  touchedAt: number;
  /** Whether nobody began to work on it, so that the attempt does not count. */
  unbegun: boolean;
}

/** The condition of the partial index of open items, word for word: else SQLite would not use the index. */
const isOpen = sql`"job_items"."status" <> 'done'`;

/**
 * Claims the items of a slice that wait, and those in work that nobody has touched for `sweepAfterMs`. Not repeatable: if
 * the answer to a claim is lost, its items are free again after that time.
 */
export async function claimSlice(
  db: Database,
  { jobId, from }: JobSlice,
  { nowMs, sweepAfterMs }: { nowMs: number; sweepAfterMs: number },
): Promise<ClaimedSlice> {
  const inSlice = and(
    eq(jobItems.jobId, jobId),
    gte(jobItems.position, from),
    lt(jobItems.position, from + SLICE_SIZE),
    isOpen,
  );
  const [, items, open, [row]] = await db.batch([
    db
      .update(jobs)
      .set({ startedAt: nowMs })
      .where(and(eq(jobs.jobId, jobId), eq(jobs.status, "running"), isNull(jobs.startedAt))),
    db
      .update(jobItems)
      .set({ status: "working", attempts: sql`${jobItems.attempts} + 1`, touchedAt: nowMs })
      .where(
        and(
          inSlice,
          sql`${jobItems.touchedAt} <= iif("job_items"."status" = 'waiting', ${nowMs}, ${nowMs - sweepAfterMs})`,
          sql`exists (select 1 from jobs where job_id = ${jobId} and status = 'running')`,
        ),
      )
      .returning({
        position: jobItems.position,
        sessionId: jobItems.sessionId,
        attempts: jobItems.attempts,
        value: sql<
          string | null
        >`(select params ->> ('$.values[' || position || ']') from jobs where job_id = ${jobId})`.as("value"),
      }),
    db
      .select({
        dueAt: sql<
          number | null
        >`min(${jobItems.touchedAt} + iif("job_items"."status" = 'waiting', 0, ${sweepAfterMs}))`,
      })
      .from(jobItems)
      .where(inSlice),
    db.select(jobColumns).from(jobs).where(eq(jobs.jobId, jobId)),
  ]);
  items.sort((a, b) => a.position - b.position);
  return { job: row === undefined ? null : toJob(row), items, dueAt: open[0]?.dueAt ?? null };
}

/**
 * Writes results, and notes that the `kept` items are still in work. The job's counters move only by results that are new.
 * The job ends when its last item is done or its tokens are spent. Answers the job as it is then. Repeatable, because an
 * item becomes done only once.
 */
export async function recordResults(
  db: Database,
  jobId: string,
  { results, kept, nowMs }: { results: readonly ItemRecord[]; kept: readonly number[]; nowMs: number },
): Promise<Job | null> {
  const positions = results.length === 0 ? [-1] : results.map(({ position }) => position);
  const given = JSON.stringify(
    results.map((one) => ({
      p: one.position,
      a: one.attempts,
      o: one.outcome,
      r: one.reason,
      e: one.error,
      pt: one.promptTokens,
      ct: one.completionTokens,
      t: one.touchedAt,
      u: one.unbegun ? 1 : 0,
    })),
  );
  const entries = sql`(select value ->> 'p' as p, value ->> 'a' as a, value ->> 'o' as o, value ->> 'r' as r, value ->> 'e' as e,
    value ->> 'pt' as pt, value ->> 'ct' as ct, value ->> 't' as t, value ->> 'u' as u from json_each(${given})) e`;
  // Only the worker with the newest claim may let an item wait again. A result that says the item is done always counts.
  const counts = sql`job_items.job_id = ${jobId} and job_items.position = e.p and job_items.status <> 'done'
    and (e.o is not null or (job_items.status = 'working' and job_items.attempts = e.a))`;
  const [, , , , [row]] = await db.batch([
    db
      .update(jobs)
      .set({
        succeeded: sql`jobs.succeeded + d.succeeded`,
        fallback: sql`jobs.fallback + d.fallback`,
        skipped: sql`jobs.skipped + d.skipped`,
        failed: sql`jobs.failed + d.failed`,
        promptTokens: sql`jobs.prompt_tokens + d.prompt_tokens`,
        completionTokens: sql`jobs.completion_tokens + d.completion_tokens`,
      })
      .from(sql`(select count(*) as changed, coalesce(sum(e.o = 'succeeded'), 0) as succeeded,
          coalesce(sum(e.o = 'fallback'), 0) as fallback, coalesce(sum(e.o = 'skipped'), 0) as skipped,
          coalesce(sum(e.o = 'failed'), 0) as failed, coalesce(sum(e.pt), 0) as prompt_tokens, coalesce(sum(e.ct), 0) as completion_tokens
        from ${entries} cross join job_items where ${counts}) d`)
      .where(sql`jobs.job_id = ${jobId} and d.changed > 0`),
    db
      .update(jobItems)
      .set({
        status: sql`iif(e.o is null, 'waiting', 'done')`,
        outcome: sql`e.o`,
        reason: sql`e.r`,
        error: sql`e.e`,
        attempts: sql`job_items.attempts - e.u`,
        promptTokens: sql`job_items.prompt_tokens + e.pt`,
        completionTokens: sql`job_items.completion_tokens + e.ct`,
        touchedAt: sql`e.t`,
      })
      .from(entries)
      // The range keeps SQLite from going through all open items of a large job.
      .where(and(between(jobItems.position, Math.min(...positions), Math.max(...positions)), counts)),
    db
      .update(jobItems)
      .set({ touchedAt: nowMs })
      .where(and(eq(jobItems.jobId, jobId), isAmong(jobItems.position, kept), eq(jobItems.status, "working"))),
    finishStatement(db, jobId, nowMs),
    db.select(jobColumns).from(jobs).where(eq(jobs.jobId, jobId)),
  ]);
  return row === undefined ? null : toJob(row);
}

/** Ends a running job that has no open item or no tokens left. */
export function finishStatement(db: Database, jobId: string, nowMs: number) {
  const isDone = sql`not exists (select 1 from job_items where job_items.job_id = ${jobId} and ${isOpen})`;
  const isSpent = sql`coalesce(prompt_tokens + completion_tokens >= params ->> 'maxTokens', false)`;
  return db
    .update(jobs)
    .set({
      status: sql`iif(${isDone}, 'completed', 'stopped')`,
      stopReason: sql`iif(${isDone}, null, 'max_tokens')`,
      endedAt: nowMs,
      params: WITHOUT_VALUES,
    })
    .where(and(eq(jobs.jobId, jobId), eq(jobs.status, "running"), sql`(${isDone} or ${isSpent})`));
}

/** Marks that a running job's slices are being sent again; false if somebody has done so after `notSince`. */
export async function takeSweep(
  db: Database,
  jobId: string,
  { nowMs, notSince }: { nowMs: number; notSince: number },
): Promise<boolean> {
  const taken = await db
    .update(jobs)
    .set({ sweptAt: nowMs })
    .where(and(eq(jobs.jobId, jobId), eq(jobs.status, "running"), lte(jobs.sweptAt, notSince)));
  return taken.meta.changes > 0;
}

/** Makes the next sweep due earlier: it sets the instant of the last sweep back to `sweptAt`, and never forward. */
export async function sweepSooner(db: Database, jobId: string, sweptAt: number): Promise<void> {
  await db
    .update(jobs)
    .set({ sweptAt })
    .where(and(eq(jobs.jobId, jobId), gt(jobs.sweptAt, sweptAt)));
}

export interface OpenSlices {
  /** The first positions of slices with an open item that nobody touched since the given instant, in order. */
  untouched: number[];
  /** The oldest touch of an item in work that was touched since that instant; null if there is no such item. */
  oldestInWork: number | null;
}

/** Where a job's open items stand. Goes through all of them. */
export async function openSlices(db: Database, jobId: string, untouchedSince: number): Promise<OpenSlices> {
  const { position, touchedAt, status } = jobItems;
  const from = sql<number>`${position} / ${sql.raw(String(SLICE_SIZE))} * ${sql.raw(String(SLICE_SIZE))}`;
  const inWork = sql`iif(${status} = 'working' and ${touchedAt} > ${untouchedSince}, ${touchedAt}, null)`;
  const rows = await db
    .select({
      from: from.as("slice_from"),
      touchedAt: sql<number>`min(${touchedAt})`,
      inWork: sql<number | null>`min(${inWork})`,
    })
    .from(jobItems)
    .where(and(eq(jobItems.jobId, jobId), isOpen))
    .groupBy(sql`slice_from`)
    .orderBy(asc(sql`slice_from`));
  return {
    untouched: rows.filter((row) => row.touchedAt <= untouchedSince).map((row) => row.from),
    oldestInWork: rows.reduce<number | null>((oldest, row) => earlier(oldest, row.inWork), null),
  };
}

const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);
