import { and, asc, desc, eq, getTableColumns, gt, isNotNull, lt, lte, type SQL, sql } from "drizzle-orm";
import type { ItemOutcome, ItemStatus, Job, JobItem, JobKind } from "../../domain/job.ts";
import type { Principal } from "../../domain/principal.ts";
import { isAmong } from "../conditions.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { jobItems, jobs, sessions } from "../schema/tables.ts";
import type { Walk } from "../walks.ts";

type JobRow = typeof jobs.$inferSelect;

/** The columns of a job. Left out are the values of its items, up to a megabyte, which are read with the items. */
export const jobColumns = {
  ...getTableColumns(jobs),
  params: sql`json_remove(${jobs.params}, '$.values')`.mapWith(jobs.params).as("params"),
};

/** The job of a row. */
export function toJob(row: JobRow): Job {
  const { idempotencyCaller: _c, idempotencyUser: _u, idempotencyKey: _k, fieldsDigest: _d, ...job } = row;
  return job;
}

/**
 * A job of a user exists for that user, and for a principal without a user. One that staff have made about the user exists for
 * staff only: its items name what staff wrote, and the user could cancel it.
 */
function existsFor({ userId, confined }: Principal): SQL | undefined {
  if (userId === null) return undefined;
  return and(eq(jobs.userId, userId), confined ? sql`${jobs.params} ->> '$.maker' is not 'staff'` : undefined);
}

export async function findJob(
  db: Database,
  principal: Principal,
  kinds: readonly JobKind[],
  jobId: string,
): Promise<Job | null> {
  const [row] = await db
    .select(jobColumns)
    .from(jobs)
    .where(and(eq(jobs.jobId, jobId), ofKinds(kinds), existsFor(principal)));
  return row === undefined ? null : toJob(row);
}

/** The job that an idempotency key names, with the digest of the request that made it. */
export async function findKeyedJob(
  db: Database,
  kind: JobKind,
  { caller, userId, key }: { caller: string; userId: string; key: string },
): Promise<{ job: Job; fieldsDigest: string } | null> {
  const [row] = await db
    .select(jobColumns)
    .from(jobs)
    .where(
      and(
        eq(jobs.idempotencyCaller, caller),
        eq(jobs.idempotencyUser, userId),
        eq(jobs.kind, kind),
        eq(jobs.idempotencyKey, key),
        hasKey,
      ),
    );
  return row === undefined ? null : { job: toJob(row), fieldsDigest: row.fieldsDigest };
}

/** The condition of the partial index of keys, word for word: else SQLite would not use the index. */
const hasKey = sql`"idempotency_key" <> ''`;

/** The newest job of a caller whose keys are numbers in order, as the server's own are. */
export async function lastKeyedJob(
  db: Database,
  kind: JobKind,
  caller: string,
): Promise<{ job: Job; key: string } | null> {
  const [row] = await db
    .select(jobColumns)
    .from(jobs)
    .where(and(eq(jobs.idempotencyCaller, caller), eq(jobs.idempotencyUser, ""), eq(jobs.kind, kind), hasKey))
    .orderBy(desc(jobs.idempotencyKey))
    .limit(1);
  return row === undefined ? null : { job: toJob(row), key: row.idempotencyKey };
}

export interface Page<T> {
  entries: T[];
  /** Null behind the last entry. */
  nextCursor: string | null;
}

/** Jobs of these kinds, newest first, behind the job with the id `behind`; ids sort by time. */
export async function listJobs(
  db: Database,
  principal: Principal,
  kinds: readonly JobKind[],
  { limit, behind }: { limit: number; behind: string | null },
): Promise<Page<Job>> {
  const rows = await db
    .select(jobColumns)
    .from(jobs)
    .where(and(behind === null ? undefined : lt(jobs.jobId, behind), ofKinds(kinds), existsFor(principal)))
    .orderBy(desc(jobs.jobId))
    .limit(limit + 1);
  return paged(rows.map(toJob), limit, (job) => [job.jobId]);
}

export interface ItemFilter {
  status?: ItemStatus | undefined;
  outcome?: ItemOutcome | undefined;
  /** Only items that are this user's; null: all. */
  ownedBy?: string | null;
}

/** Items of a job in their order, behind a position. */
export async function listItems(
  db: Database,
  jobId: string,
  { status, outcome, ownedBy = null }: ItemFilter,
  { limit, behind }: { limit: number; behind: number | null },
): Promise<Page<JobItem>> {
  const rows = await db
    .select()
    .from(jobItems)
    .where(
      and(
        eq(jobItems.jobId, jobId),
        behind === null ? undefined : gt(jobItems.position, behind),
        status === undefined ? undefined : hasStatus(status),
        outcome === undefined ? undefined : eq(jobItems.outcome, outcome),
        ownedBy === null ? undefined : isItemOf(ownedBy),
      ),
    )
    .orderBy(asc(jobItems.position))
    .limit(limit + 1);
  return paged(rows, limit, (item) => [item.position]);
}

/** Of the items that are not done there is an index, whose condition must stand here word for word: else SQLite walks the job. */
const hasStatus = (status: ItemStatus): SQL | undefined =>
  and(eq(jobItems.status, status), status === "done" ? undefined : sql`"status" <> 'done'`);

/** Whether the item is about a session of the user. One that the job itself has removed was theirs, since it removes no other. */
function isItemOf(userId: string): SQL {
  const isTheirs = sql`(select ${sessions.userId} is ${userId} from ${sessions} where ${sessions.sessionId} = ${jobItems.sessionId})`;
  return sql`ifnull(${isTheirs}, ${jobItems.outcome} = 'succeeded')`;
}

/** Reads a cursor of `listJobs` (a string) or `listItems` (a number); null for any other text. */
export function decodeJobCursor(cursor: string, type: "string"): string | null;
export function decodeJobCursor(cursor: string, type: "number"): number | null;
export function decodeJobCursor(cursor: string, type: "string" | "number"): string | number | null {
  const [value, ...rest] = decodeCursor(cursor) ?? [];
  return value !== undefined && rest.length === 0 && typeof value === type ? value : null;
}

function paged<T>(rows: T[], limit: number, key: (row: T) => (string | number)[]): Page<T> {
  const entries = rows.slice(0, limit);
  const last = entries.at(-1);
  return { entries, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}

/** Running jobs whose slices were not sent since `notSince`, longest ago first. Not erasures, which have no slices. */
export async function unsweptJobs(db: Database, notSince: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ jobId: jobs.jobId })
    .from(jobs)
    .where(and(eq(jobs.status, "running"), lte(jobs.sweptAt, notSince), sql`+${jobs.kind} <> 'erase'`))
    .orderBy(asc(jobs.sweptAt))
    .limit(limit);
  return rows.map((row) => row.jobId);
}

/** The oldest jobs that ended before `endedBefore`. No job with an id behind `before` can have ended by then. */
export async function endedJobs(db: Database, before: string, endedBefore: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ jobId: jobs.jobId })
    .from(jobs)
    .where(and(lt(jobs.jobId, before), isNotNull(jobs.endedAt), lt(jobs.endedAt, endedBefore)))
    .orderBy(asc(jobs.jobId))
    .limit(limit);
  return rows.map((row) => row.jobId);
}

/**
 * A walk through listed sessions that have messages and no name, oldest first, and that no naming job touched lately.
 */
export function unnamedSessions({
  createdBefore,
  untouchedSince,
}: Record<"createdBefore" | "untouchedSince", number>): Walk {
  return {
    name: "unnamed",
    instant: sql`${sessions.createdAt}`,
    // The condition of the partial index `sessions_unnamed`, word for word: else SQLite would not use the index.
    along: and(sql`"name_source" is null and "chat_messages" > 0`, lte(sessions.createdAt, createdBefore)),
    meant: and(
      eq(sessions.visibility, "listed"),
      sql`not exists (select 1 from job_items i join jobs j on j.job_id = i.job_id
          where i.session_id = ${sessions.sessionId} and i.touched_at > ${untouchedSince} and j.kind = 'names')`,
    ),
  };
}

function ofKinds(kinds: readonly JobKind[]): SQL {
  // The plus keeps SQLite from searching by kind instead of going through ids in order.
  return isAmong(sql`+${jobs.kind}`, kinds);
}
