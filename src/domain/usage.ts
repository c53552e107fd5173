import type { Failure } from "./error.ts";
import { actorNamed, type Principal, type UserLimits } from "./principal.ts";
import type { Requirement } from "./requirement.ts";
import type { RunRow } from "./run.ts";
import type { Session } from "./session.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long what a user has used is kept. */
export const USAGE_KEPT_MS = 35 * DAY_MS;
/** A run that has not settled after this time holds no place any more: its object may have died for good. */
export const PLACE_HELD_MS = HOUR_MS;

/** The midnight (UTC) at which the day of an instant began. Days of use are days of UTC. */
export const dayOf = (nowMs: number): number => Math.floor(nowMs / DAY_MS) * DAY_MS;
/** The midnight at which it ends. */
export const endOfDay = (nowMs: number): number => dayOf(nowMs) + DAY_MS;

/** Of whom a call is checked, and how much that user may use. Plain data: it crosses to the session's object. */
export interface Quota {
  userId: string;
  limits: UserLimits;
}

/** What holds of a fork: it is one of the day's runs, asks no model, and is over at once. */
export const forkQuota = ({ userId, limits }: Quota): Quota => ({
  userId,
  limits: { ...limits, tokensPerDay: 0, concurrentRuns: 0 },
});

/** Names a row of the ledger `run_usage`. */
export interface UsageKey {
  userId: string;
  startedAt: number;
  runId: string;
}

type AnsweredRequirement = Pick<Requirement, "answeredAt" | "actor" | "userId">;

/**
 * The row that a run's use stands in: that of its start or, once it has gone on, that of its last continue, whose instant is
 * that of the last answer. So whoever has the run, in memory or from D1, knows its row. A run without a user has none, until the
 * session's owner lets it go on: that continue is the owner's.
 */
export function usageKey(
  { userId, createdAt, runId }: Pick<RunRow, "userId" | "createdAt" | "runId">,
  requirements: readonly AnsweredRequirement[],
): UsageKey | null {
  const whose = userId ?? ownerWhoAnswered(requirements);
  if (whose === null) return null;
  const startedAt = requirements.reduce((last, { answeredAt }) => Math.max(last, answeredAt ?? 0), createdAt);
  return { userId: whose, startedAt, runId };
}

/** The session's owner, if it was the owner who answered last, by a credential of its own; what has expired nobody answered. */
function ownerWhoAnswered(requirements: readonly AnsweredRequirement[]): string | null {
  const last = requirements
    .filter(({ actor }) => actor !== null)
    .reduce<AnsweredRequirement | null>(
      (newest, one) => ((one.answeredAt ?? 0) >= (newest?.answeredAt ?? 0) ? one : newest),
      null,
    );
  const owner = last?.userId ?? null;
  return owner !== null && last?.actor === actorNamed(owner) ? owner : null;
}

/** Ids of rows that are no run's begin with this, which no run's id may hold. */
const NO_RUN = "\t";

/** A row for what a name or a summary of the user's session has used. It counts as tokens, and as no run. */
export const besideRuns = (userId: string, startedAt: number, id: string): UsageKey => ({
  userId,
  startedAt,
  runId: NO_RUN + id,
});

/** Whose use a name or a summary is that a principal asks for: the owner's, if it is the owner who asks; else nobody's (null). */
export const payerOf = ({ confined }: Pick<Principal, "confined">, { userId }: Pick<Session, "userId">) =>
  confined ? userId : null;

/** What a user has used since midnight, and how many of their runs are active or wait. */
export interface UserUsage {
  runs: number;
  tokens: number;
  active: number;
}

/** Why the user may start no further run now; null if they may. What ends latest is told first. */
export function whyNoRun({ runs, tokens, active }: UserUsage, limits: UserLimits, nowMs: number): Failure | null {
  if (isReached(runs, limits.runsPerDay)) {
    return untilMidnight("runs-day", limits.runsPerDay, "run", nowMs);
  }
  const noTokens = whyNoTokens(tokens, limits, nowMs);
  if (noTokens !== null) {
    return noTokens;
  }
  if (isReached(active, limits.concurrentRuns)) {
    const quota = limits.concurrentRuns;
    const detail = `This user has ${counted(quota, "run")} active or waiting, and may have no more. Try again when one is over.`;
    const policy = { name: "concurrent-runs", quota, more: ';qu="concurrent-requests"' };
    return exceeded(detail, policy, RETRY_CONCURRENT_SECONDS);
  }
  return null;
}

/** Why the user may use no further tokens today; null if they may. */
export function whyNoTokens(tokens: number, { tokensPerDay }: UserLimits, nowMs: number): Failure | null {
  return isReached(tokens, tokensPerDay) ? untilMidnight("tokens-day", tokensPerDay, "token", nowMs) : null;
}

/** The sessions of a user, each number counted up to its limit. */
export interface UserSessions {
  /** Those that are there. */
  there: number;
  /** With those that were deleted and can be restored: their rows are stored as well. */
  stored: number;
}

/**
 * How many sessions of a user are stored, with deleted ones: a user who deletes one may have another one at once, but whoever
 * makes and deletes without end would store without end.
 */
export const maxStoredSessions = ({ maxSessions }: UserLimits): number => 2 * maxSessions;

/** Why the user may have no further session; null if they may. */
export function whyNoSession({ there, stored }: UserSessions, limits: UserLimits, nowMs: number): Failure | null {
  const notBack = whyNoneBack(there, limits, nowMs);
  if (notBack !== null || !isReached(stored, maxStoredSessions(limits))) return notBack;
  const detail = `This user may have ${counted(limits.maxSessions, "session")}, and as many deleted ones that can still be restored. There is no room for more until some of those are gone.`;
  return tooManySessions(detail, limits, nowMs);
}

/** Why no deleted session of the user may come back; null if one may. */
export function whyNoneBack(there: number, limits: UserLimits, nowMs: number): Failure | null {
  if (!isReached(there, limits.maxSessions)) return null;
  const detail = `This user has ${counted(limits.maxSessions, "session")}, and may have no more. Delete one first.`;
  return tooManySessions(detail, limits, nowMs);
}

function tooManySessions(detail: string, { maxSessions }: UserLimits, nowMs: number): Failure {
  return exceeded(detail, { name: "sessions", quota: maxSessions, more: "" }, secondsToMidnight(nowMs));
}

const RETRY_CONCURRENT_SECONDS = 5;

const counted = (count: number, what: "run" | "token" | "session") => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A limit of 0 is none. */
const isReached = (used: number, limit: number): boolean => limit > 0 && used >= limit;

const secondsToMidnight = (nowMs: number): number => Math.max(1, Math.ceil((endOfDay(nowMs) - nowMs) / SECOND_MS));

function untilMidnight(name: string, quota: number, what: "run" | "token", nowMs: number): Failure {
  const end = `${new Date(endOfDay(nowMs)).toISOString().slice(0, 19)}Z`;
  const detail = `This user has used the ${counted(quota, what)} of the day. The next day begins at ${end}.`;
  const unit = what === "token" ? ';qu="tokens"' : "";
  return exceeded(detail, { name, quota, more: `${unit};w=${DAY_MS / SECOND_MS}` }, secondsToMidnight(nowMs));
}

/** The headers are those of draft-ietf-httpapi-ratelimit-headers: which quota is exceeded, and when to come back. */
function exceeded(
  detail: string,
  { name, quota, more }: { name: string; quota: number; more: string },
  retryAfterSeconds: number,
): Failure {
  return {
    code: "quota_exceeded",
    detail,
    retryAfterSeconds,
    headers: {
      "RateLimit-Policy": `"${name}";q=${quota}${more}`,
      RateLimit: `"${name}";r=0;t=${retryAfterSeconds}`,
    },
  };
}
