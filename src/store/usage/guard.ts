import { and, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import type { Visibility } from "../../domain/session-fields.ts";
import {
  dayOf,
  maxStoredSessions,
  PLACE_HELD_MS,
  type Quota,
  type UsageKey,
  type UserSessions,
  type UserUsage,
} from "../../domain/usage.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { runUsage, sessions } from "../schema/tables.ts";
import type { Placed } from "../template.ts";
import { hasUsage } from "./ledger.ts";

// The conditions under which the batches of confined callers write. They stand in the statements that write, so of two
// that come at once for the last place one gets it. Undefined: there is no limit. `whyNoRun` in domain/usage.ts decides the same
// on what was read.

/** Whether the user may start a run, or go on with one. With `own`, a batch that is repeated passes by the row that it has added. */
export function mayRun(db: Database, quota: Quota | null, nowMs: number, own: UsageKey | null): SQL | undefined {
  return isBelow(db, quotaAt(quota, nowMs), own);
}

/** A quota as a statement is bound with it; null for a limit that there is not. */
export type QuotaAt = UsedSince & Record<"runs" | "tokens" | "active", number | null>;

/** Null where there is no limit. */
export function quotaAt(quota: Quota | null, nowMs: number): QuotaAt | null {
  if (quota === null) return null;
  const { runsPerDay, tokensPerDay, concurrentRuns } = quota.limits;
  const limit = (most: number) => (most > 0 ? most : null);
  const limits = { runs: limit(runsPerDay), tokens: limit(tokensPerDay), active: limit(concurrentRuns) };
  const isLimited = Object.values(limits).some((one) => one !== null);
  return isLimited ? { ...usedSince(quota.userId, nowMs), ...limits } : null;
}

/** As `mayRun`, of values or of their placeholders. */
export function isBelow(db: Database, quota: Placed<QuotaAt> | null, own: Placed<UsageKey> | null): SQL | undefined {
  if (quota === null) return undefined;
  const { runs, tokens, active } = quota;
  const below = Object.entries({ runs, tokens, active }).flatMap(([name, limit]) =>
    limit === null ? [] : [sql`${sql.raw(name)} < ${limit}`],
  );
  const isUnder = sql`exists (select 1 from (${used(quota)}) where ${sql.join(below, sql` and `)})`;
  return own === null ? isUnder : or(hasUsage(db, own), isUnder);
}

/** Whether the user may have one session more. A batch that is repeated passes by the session that it has made. */
export function mayHaveSession(db: Database, quota: Quota | null, sessionId: string): SQL | undefined {
  if (quota === null || quota.limits.maxSessions === 0) return undefined;
  const most = maxStoredSessions(quota.limits);
  const isStorable = sql`(${sessionsUpTo(quota.userId, STORED, most)}) < ${most}`;
  const isRoom = and(mayComeBack(quota), isStorable);
  return or(hasRow(db, sessions, and(eq(sessions.sessionId, sessionId), isOf(quota.userId))), isRoom);
}

/** Whether a deleted session of the user may come back: it is stored already. */
export function mayComeBack(quota: Quota | null): SQL | undefined {
  if (quota === null || quota.limits.maxSessions === 0) return undefined;
  const { userId, limits } = quota;
  return sql`(${sessionsUpTo(userId, THERE, limits.maxSessions)}) < ${limits.maxSessions}`;
}

/** What the user has used, as `whyNoRun` wants it. */
export async function readUsage(db: Database, userId: string, nowMs: number): Promise<UserUsage> {
  const [row] = await db.all<UserUsage>(used(usedSince(userId, nowMs)));
  return row ?? { runs: 0, tokens: 0, active: 0 };
}

/** How many sessions the user has, as `whyNoSession` wants it. */
export async function countSessionsUpTo(db: Database, { userId, limits }: Quota): Promise<UserSessions> {
  if (limits.maxSessions === 0) return { there: 0, stored: 0 };
  const there = sessionsUpTo(userId, THERE, limits.maxSessions);
  const stored = sessionsUpTo(userId, STORED, maxStoredSessions(limits));
  const [row] = await db.all<UserSessions>(sql`select (${there}) as there, (${stored}) as stored`);
  return row ?? { there: 0, stored: 0 };
}

/** Whose use is looked at, and from which instants on. */
interface UsedSince {
  userId: string;
  midnight: number;
  /** A run that began before this holds no place. */
  held: number;
  /** The earlier of the two. */
  first: number;
}

function usedSince(userId: string, nowMs: number): UsedSince {
  const [midnight, held] = [dayOf(nowMs), nowMs - PLACE_HELD_MS];
  return { userId, midnight, held, first: Math.min(midnight, held) };
}

/**
 * One step over the user's rows since midnight, and those of the last hour: as many as the user had runs, names and summaries.
 * Ids of rows that are no run's begin with a control character (`besideRuns`), which stands before the space.
 */
function used({ userId, midnight, held, first }: Placed<UsedSince>): SQL {
  const today = sql`${runUsage.startedAt} >= ${midnight}`;
  return sql`select count(*) filter (where ${today} and ${runUsage.runId} >= ' ') as runs,
      ifnull(sum(${runUsage.tokens}) filter (where ${today}), 0) as tokens,
      count(*) filter (where ${runUsage.settled} = 0 and ${runUsage.startedAt} >= ${held}) as active
    from ${runUsage} where ${runUsage.userId} = ${userId} and ${runUsage.startedAt} >= ${first}`;
}

const isOf = (userId: string): SQL => sql`${sessions.userId} = ${userId}`;

const THERE: Visibility[] = ["listed", "archived"];
const STORED: Visibility[] = [...THERE, "deleted"];

function sessionsUpTo(userId: string, which: Visibility[], limit: number): SQL {
  const some = sql`select 1 from ${sessions}
    where ${and(isOf(userId), inArray(sessions.visibility, which))} limit ${limit}`;
  return sql`select count(*) as count from (${some})`;
}
