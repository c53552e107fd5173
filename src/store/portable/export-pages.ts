import { and, asc, eq, gte, isNull, lt, lte, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { Principal } from "../../domain/principal.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import type { Database } from "../database.ts";
import { isMessageAt, type MessageRow, wholeMessage } from "../messages/message-rows.ts";
import { bytesUpTo, MESSAGE_BYTES, REQUIREMENT_BYTES, RUN_BYTES } from "../row-bytes.ts";
import { runColumns } from "../run-rows.ts";
import { messages, requirements, runs, sessions } from "../schema/tables.ts";
import { isAtRest } from "../sessions/fork.ts";
import { ownedBy, visibleTo } from "../visibility.ts";

// Pages of all that a session holds, in the order of its runs. A page is one batch, so that a run and its requirements
// are read at one moment. D1 cuts the page by bytes and by rows before it reads any text.

/** The parts of a run in the order in which they are written out. */
export type Part = "run" | "message" | "requirement" | "end";

const PARTS: readonly Part[] = ["run", "message", "requirement", "end"];

/** A place in a session: behind the row of a run, behind its n-th message or requirement, or behind all of the run. */
export interface Place {
  runIndex: number;
  part: Part;
  nth: number;
}

export const FIRST_PLACE: Place = { runIndex: -1, part: "end", nth: 0 };

export interface PageBounds {
  maxBytes: number;
  maxRuns: number;
  maxRows: number;
}

/** Whose session is read. Each page asks again whether it exists for the principal. */
export interface ExportedSession {
  principal: Principal;
  sessionId: string;
}

export interface ExportPage {
  /** Null if the session does not exist any more. */
  createdAt: number | null;
  /** `systemInput`: how many of a run's input messages are system messages. */
  runs: { row: RunRow; isAtRest: boolean; systemInput: number }[];
  messages: MessageRow[];
  /** How many system messages the run of the first message has before that. */
  systemBefore: number;
  requirements: { row: typeof requirements.$inferSelect; runIndex: number }[];
  /** Whether each of the three lists was cut, so that there is more behind it. */
  cut: { runs: boolean; messages: boolean; requirements: boolean };
}

/** How many statements `readExportPage` sends. */
export const PAGE_STATEMENTS = 4;

/** Reads on behind a place, among the runs below `horizon`. Each list holds at least one row if there is any. */
export async function readExportPage(
  db: Database,
  { principal, sessionId }: ExportedSession,
  { from, horizon }: { from: Place; horizon: number },
  { maxBytes, maxRuns, maxRows }: PageBounds,
): Promise<ExportPage> {
  const behind = (part: Part): number => {
    if (from.part === part) return from.nth;
    return PARTS.indexOf(from.part) < PARTS.indexOf(part) ? -1 : Number.MAX_SAFE_INTEGER;
  };
  const inSession = and(
    eq(runs.sessionId, sessionId),
    gte(runs.runIndex, from.part === "end" ? from.runIndex + 1 : from.runIndex),
    lt(runs.runIndex, horizon),
  );
  const fits = (bytes: SQL, own: SQL) => sql`${bytes} - ${own} < ${maxBytes}`;

  const walkedRuns = db
    .select({ runId: runs.runId, bytes: bytesUpTo(RUN_BYTES, sql`${runs.runIndex}`) })
    .from(runs)
    .where(inSession)
    .orderBy(asc(runs.runIndex))
    .limit(maxRuns)
    .as("walked_runs");
  const systemInput = sql<number>`(select count(*) from ${messages} where ${and(
    eq(messages.sessionId, sessionId),
    eq(messages.runIndex, runs.runIndex),
    lt(messages.messageIndex, runs.inputMessages),
    eq(messages.role, "system"),
  )})`.as("system_input");
  const runsQuery = db
    .select({
      row: runColumns,
      isAtRest: sql<number>`${isAtRest()}`.as("is_at_rest"),
      systemInput,
      bytes: walkedRuns.bytes,
    })
    .from(walkedRuns)
    .crossJoin(runs)
    .where(and(eq(runs.runId, walkedRuns.runId), fits(sql`${walkedRuns.bytes}`, RUN_BYTES)))
    .orderBy(asc(runs.runIndex));

  const messageOrder = sql`${messages.runIndex}, ${messages.messageIndex}`;
  const walkedMessages = db
    .select({
      runIndex: messages.runIndex,
      messageIndex: messages.messageIndex,
      bytes: bytesUpTo(MESSAGE_BYTES, messageOrder),
    })
    .from(messages)
    .where(
      and(
        eq(messages.sessionId, sessionId),
        sql`(${messageOrder}) > (${from.runIndex}, ${behind("message")})`,
        lt(messages.runIndex, horizon),
      ),
    )
    .orderBy(asc(messages.runIndex), asc(messages.messageIndex))
    .limit(maxRows)
    .as("walked_messages");
  const messagesQuery = db
    .select({ row: wholeMessage, bytes: walkedMessages.bytes })
    .from(walkedMessages)
    .crossJoin(messages)
    .where(and(...isMessageAt(sessionId, walkedMessages), fits(sql`${walkedMessages.bytes}`, MESSAGE_BYTES)))
    .orderBy(asc(messages.runIndex), asc(messages.messageIndex));

  const pageRuns = db
    .select({ runId: runs.runId, runIndex: runs.runIndex })
    .from(runs)
    .where(inSession)
    .orderBy(asc(runs.runIndex))
    .limit(maxRuns)
    .as("page_runs");
  const requirementOrder = sql`${pageRuns.runIndex}, ${requirements.position}`;
  const walkedRequirements = db
    .select({
      requirementId: requirements.requirementId,
      runIndex: sql<number>`${pageRuns.runIndex}`.as("walked_run_index"),
      bytes: bytesUpTo(REQUIREMENT_BYTES, requirementOrder),
    })
    .from(pageRuns)
    .crossJoin(requirements)
    .where(
      and(
        eq(requirements.runId, pageRuns.runId),
        sql`(${requirementOrder}) > (${from.runIndex}, ${behind("requirement")})`,
      ),
    )
    .orderBy(sql`${pageRuns.runIndex}`, asc(requirements.position))
    .limit(maxRows)
    .as("walked_requirements");
  const requirementsQuery = db
    .select({ row: requirements, runIndex: walkedRequirements.runIndex, bytes: walkedRequirements.bytes })
    .from(walkedRequirements)
    .crossJoin(requirements)
    .where(
      and(
        eq(requirements.requirementId, walkedRequirements.requirementId),
        fits(sql`${walkedRequirements.bytes}`, REQUIREMENT_BYTES),
      ),
    )
    .orderBy(sql`${walkedRequirements.runIndex}`, asc(requirements.position));

  const systemBefore = sql<number>`(select count(*) from ${messages} where ${and(
    eq(messages.sessionId, sessionId),
    eq(messages.runIndex, from.runIndex),
    lte(messages.messageIndex, behind("message")),
    eq(messages.role, "system"),
  )})`.as("system_before");

  const [[there], foundRuns, foundMessages, foundRequirements] = await db.batch([
    stillThere(db, { principal, sessionId }, { systemBefore }),
    runsQuery,
    messagesQuery,
    requirementsQuery,
  ]);
  return {
    createdAt: there?.createdAt ?? null,
    runs: foundRuns.map(({ row, isAtRest, systemInput }) => ({ row, isAtRest: isAtRest === 1, systemInput })),
    messages: foundMessages.map(({ row }) => row),
    systemBefore: foundMessages[0]?.row.runIndex === from.runIndex ? (there?.systemBefore ?? 0) : 0,
    requirements: foundRequirements,
    cut: {
      runs: isCut(foundRuns, maxRuns),
      messages: isCut(foundMessages, maxRows),
      requirements: isCut(foundRequirements, maxRows),
    },
  };

  function isCut(rows: readonly { bytes: number }[], limit: number): boolean {
    return rows.length >= limit || (rows.at(-1)?.bytes ?? 0) >= maxBytes;
  }
}

/** How many statements `readUnstarted` sends. */
export const UNSTARTED_STATEMENTS = 2;

/**
 * Reads the runs that were cancelled before they started, as they came. They have no run index, and nothing but their
 * row.
 */
export async function readUnstarted(
  db: Database,
  { principal, sessionId }: ExportedSession,
  from: { createdAt: number; runId: string } | null,
  limit: number,
): Promise<{ createdAt: number | null; runs: RunRow[] }> {
  const unstarted = db
    .select(runColumns)
    .from(runs)
    .where(
      and(
        eq(runs.sessionId, sessionId),
        isNull(runs.runIndex),
        eq(runs.status, "CANCELLED"),
        from === null ? undefined : sql`(${runs.createdAt}, ${runs.runId}) > (${from.createdAt}, ${from.runId})`,
      ),
    )
    .orderBy(asc(runs.createdAt), asc(runs.runId))
    .limit(limit);
  const [there, found] = await db.batch([stillThere(db, { principal, sessionId }, {}), unstarted]);
  return { createdAt: there[0]?.createdAt ?? null, runs: found };
}

/** Every batch asks this: the session may be deleted between two pages, and a cursor can name a session of anybody. */
function stillThere<More extends Record<string, SQL.Aliased<number>>>(
  db: Database,
  { principal, sessionId }: ExportedSession,
  more: More,
) {
  return db
    .select({ createdAt: sessions.createdAt, ...more })
    .from(sessions)
    .where(and(eq(sessions.sessionId, sessionId), visibleTo(principal)));
}

/** Where an export of many sessions goes on: behind this one. */
export type SessionPlace = Pick<Session, "createdAt" | "sessionId">;

/** The sessions that exist for the principal behind a place, oldest first, so that a fork comes after its source. */
export async function sessionsToExport(
  db: Database,
  principal: Principal,
  from: SessionPlace | null,
  limit: number,
): Promise<SessionPlace[]> {
  const of = (visibility: "listed" | "archived") =>
    db
      .select({ createdAt: sessions.createdAt, sessionId: sessions.sessionId })
      .from(sessions)
      .where(
        and(
          ownedBy(principal),
          eq(sessions.visibility, visibility),
          from === null
            ? undefined
            : sql`(${sessions.createdAt}, ${sessions.sessionId}) > (${from.createdAt}, ${from.sessionId})`,
        ),
      )
      .orderBy(asc(sessions.createdAt), asc(sessions.sessionId))
      .limit(limit)
      .as(visibility);
  // Each part walks its own stretch of the index; with one condition for both SQLite would sort all sessions.
  return unionAll(db.select().from(of("listed")), db.select().from(of("archived")))
    .orderBy(sql`1`, sql`2`)
    .limit(limit);
}
