import { and, asc, desc, eq, inArray, isNotNull, lte, notExists, type SQL, sql } from "drizzle-orm";
import { MAX_COUNTED_REQUIREMENTS, MAX_LIST_BYTES } from "../../domain/limits.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Requirement, RequirementStatus } from "../../domain/requirement.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { bytesUpTo, REQUIREMENT_BYTES } from "../row-bytes.ts";
import { requirements, runs, sessions } from "../schema/tables.ts";

export interface RequirementFilter {
  status: RequirementStatus;
  /** The agent whose call it is. */
  agentId?: string | undefined;
}

/** Where a list goes on: behind the requirement that it showed last. */
export interface RequirementPosition {
  createdAt: number;
  requirementId: string;
}

/**
 * A requirement, and the agent or team whose run must be continued. If a member made the call, that is its top-level team.
 */
export interface InboxEntry {
  requirement: Requirement;
  run: { agentId: string | null; teamId: string | null };
}

export interface RequirementPage {
  entries: InboxEntry[];
  /** Null behind the last one. */
  nextCursor: string | null;
  /** How many the filter means in all, counted up to `MAX_COUNTED_REQUIREMENTS` and one more; on the first page only. */
  counted: number | null;
}

/** Reads a cursor of this list; null for any other text. */
export function decodeRequirementCursor(cursor: string): RequirementPosition | null {
  const [createdAt, requirementId, ...rest] = decodeCursor(cursor) ?? [];
  const isOurs = typeof createdAt === "number" && typeof requirementId === "string" && rest.length === 0;
  return isOurs ? { createdAt, requirementId } : null;
}

/**
 * Requirements of all sessions that exist for the principal, newest first, from a position on. They are fewer than
 * `limit` if more would be longer than `maxBytes`.
 */
export async function listRequirements(
  db: Database,
  principal: Principal,
  filter: RequirementFilter,
  page: { limit: number; from: RequirementPosition | null; maxBytes?: number },
): Promise<RequirementPage> {
  const { from, limit, maxBytes = MAX_LIST_BYTES } = page;
  const behind =
    from === null
      ? undefined
      : sql`(${requirements.createdAt}, ${requirements.requirementId}) < (${from.createdAt}, ${from.requirementId})`;
  const newestFirst = [desc(requirements.createdAt), desc(requirements.requirementId)];
  // Selects no text: D1 then reads it only of what fits, and of the next requirement behind that.
  const walked = db
    .select({
      requirementId: requirements.requirementId,
      bytes: bytesUpTo(REQUIREMENT_BYTES, sql.join(newestFirst, sql`, `)),
    })
    .from(requirements)
    .where(and(...conditions(principal, filter), behind, isOfShownSession(db)))
    .orderBy(...newestFirst)
    .limit(limit + 1)
    .as("walked");
  const fitting = db
    .select({
      requirement: requirements,
      // A batch answers with objects keyed by column name, and a requirement has these columns too.
      runAgentId: sql<string | null>`${runs.agentId}`.as("run_agent_id"),
      runTeamId: sql<string | null>`${runs.teamId}`.as("run_team_id"),
      bytes: walked.bytes,
    })
    .from(walked)
    .crossJoin(requirements)
    .leftJoin(runs, eq(runs.runId, requirements.runId))
    .where(
      and(
        eq(requirements.requirementId, walked.requirementId),
        sql`${walked.bytes} - ${REQUIREMENT_BYTES} <= ${maxBytes}`,
      ),
    );
  const [rows, counted] =
    from === null ? await db.batch([fitting, countQuery(db, principal, filter)]) : [await fitting, null];
  // SQLite walks in order, but only an ORDER BY would promise it, and that would sort whole rows. So they are sorted
  // here.
  rows.sort((one, other) => one.bytes - other.bytes);
  const shown = rows.filter(({ bytes }) => bytes <= maxBytes).slice(0, limit);
  const last = shown.at(-1)?.requirement;
  const hasMore = rows.length > shown.length && last !== undefined;
  return {
    entries: shown.map(({ requirement, runAgentId, runTeamId }) => ({
      requirement,
      run: { agentId: runAgentId, teamId: runTeamId },
    })),
    nextCursor: hasMore ? encodeCursor([last.createdAt, last.requirementId]) : null,
    counted: counted === null ? null : (counted[0]?.count ?? 0),
  };
}

function countQuery(db: Database, principal: Principal, filter: RequirementFilter) {
  const meant = db
    .select({ one: sql`1`.as("one") })
    .from(requirements)
    .where(and(...conditions(principal, filter), isOfShownSession(db)))
    .limit(MAX_COUNTED_REQUIREMENTS + 1)
    .as("meant");
  return db.select({ count: sql<number>`count(*)`.as("count") }).from(meant);
}

function conditions({ userId }: Principal, { status, agentId }: RequirementFilter): (SQL | undefined)[] {
  return [
    eq(requirements.status, status),
    userId === null ? undefined : eq(requirements.userId, userId),
    agentId === undefined ? undefined : ofAgent(agentId, userId),
  ];
}

/** Nobody is asked about a session that is deleted or not yet wholly imported. */
function isOfShownSession(db: Database): SQL {
  const hidden = db
    .select({ one: sql`1` })
    .from(sessions)
    .where(and(eq(sessions.sessionId, requirements.sessionId), inArray(sessions.visibility, ["deleted", "importing"])));
  return notExists(hidden);
}

/**
 * The plus keeps SQLite from using the agent's index if a user is asked for: a user has fewer requirements than an agent.
 */
function ofAgent(agentId: string, userId: string | null): SQL {
  return userId === null ? eq(requirements.agentId, agentId) : sql`+${requirements.agentId} = ${agentId}`;
}

/** When the next open requirement of the session expires; null if none ever does. */
export async function nextExpiry(db: Database, sessionId: string): Promise<number | null> {
  const [row] = await db
    .select({ expiresAt: requirements.expiresAt })
    .from(requirements)
    .where(and(isOpenIn(sessionId), isNotNull(requirements.expiresAt)))
    .orderBy(asc(requirements.expiresAt))
    .limit(1);
  return row?.expiresAt ?? null;
}

/** The session's open requirements that have expired, run by run and in order. */
export function expiredRequirements(db: Database, sessionId: string, nowMs: number): Promise<Requirement[]> {
  return db
    .select()
    .from(requirements)
    .where(and(isOpenIn(sessionId), lte(requirements.expiresAt, nowMs)))
    .orderBy(asc(requirements.runId), asc(requirements.position));
}

const isOpenIn = (sessionId: string) => and(eq(requirements.sessionId, sessionId), eq(requirements.status, "open"));
