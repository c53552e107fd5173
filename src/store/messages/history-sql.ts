import { and, asc, desc, eq, gte, isNotNull, isNull, ne, notInArray, or, type SQL, sql } from "drizzle-orm";
import type { MessageKey } from "../../domain/message.ts";
import { HISTORY_SKIP_STATUSES } from "../../domain/run.ts";
import { candidates, type HistoryFilter } from "../../engine/prompt/history.ts";
import { isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { bytesUpTo, MESSAGE_TEXT_BYTES } from "../row-bytes.ts";
import { messages, runs } from "../schema/tables.ts";
import { ReadTemplate } from "../template.ts";
import { isThere, type SeenSession, type Whose } from "../visibility.ts";
import { type HistoryRow, historyRunColumns, isMessageAt, messageColumns } from "./message-rows.ts";
import { systemMessagesFrom } from "./system-texts.ts";

// Narrows a session's messages to those that the rules of `engine/prompt/history.ts` may keep, one row per message. A
// query walks the primary key of `messages` in one direction and stops at a number of rows. The rules stay in the
// engine; this file only keeps the read of a long session short, in messages and in bytes.

/**
 * The most stored text that one answer is made of. A Worker has 128 MB for all its requests, and while it makes an
 * answer it holds the text several times: as D1's JSON, as values, as JSON again. The bound is above the largest row
 * that D1 takes (2 MB), so at least one message always fits.
 */
export const MAX_HISTORY_BYTES = 8 * 1024 * 1024;

/** Which way a walk over messages goes, and how far: to whichever bound is reached first. */
export interface HistoryWalk {
  order: "oldest first" | "newest first";
  limit: number;
  maxBytes: number;
  /** Only messages with a key below or above this one. */
  range?: { compare: "<" | ">"; key: MessageKey };
}

/** A message with the bytes of all messages that the walk has passed, its own included. */
type WalkedRow = HistoryRow & { bytes: number };

/** What is bound in the queries of a history, and what their texts hang on beside it. */
interface Asked {
  sessionId: string;
  userId: Whose["userId"];
  agentId: string | undefined;
  teamId: string | undefined;
}
type AskedForm = Omit<HistoryFilter, "agentId" | "teamId" | "limit" | "skipHistoryMessages"> & { isOwn: boolean };

const askedOf = ({ sessionId, principal }: SeenSession, { agentId, teamId }: HistoryFilter): Asked => ({
  sessionId,
  userId: principal?.userId ?? null,
  agentId,
  teamId,
});

function formOf({ principal }: SeenSession, filter: HistoryFilter): AskedForm {
  const { agentId: _agent, teamId: _team, limit: _limit, skipHistoryMessages: _copies, ...form } = filter;
  return { ...form, isOwn: principal === null };
}

const seenOf = ({ sessionId, userId }: Asked, { isOwn }: AskedForm): SeenSession => ({
  sessionId,
  principal: isOwn ? null : { userId },
});

const filterOf = ({ agentId, teamId }: Asked, { isOwn: _own, ...form }: AskedForm): HistoryFilter => ({
  ...form,
  agentId,
  teamId,
});

interface AskedWalk extends Asked {
  rows: number;
  maxBytes: number;
  key: MessageKey | null;
}
type WalkForm = AskedForm & { order: HistoryWalk["order"]; compare: "<" | ">" | null };

const passing = new ReadTemplate((db, asked: AskedWalk, form: WalkForm) => {
  const { sessionId, rows, maxBytes, key } = asked;
  const { order: direction, compare, ...ofFilter } = form;
  const order = keyOrder(direction);
  const range = compare !== null && key !== null ? compareKey(compare, key) : undefined;
  const filter = filterOf(asked, ofFilter);
  // Selects no text: D1 would read it for every row of the walk, whether it fits or not. There must be one window only:
  // SQLite sums it while it walks, so the limit ends both. With a second window it walks the whole session first.
  const walked = db
    .select({
      runIndex: messages.runIndex,
      messageIndex: messages.messageIndex,
      runId: messages.runId,
      ...historyRunColumns,
      bytes: bytesUpTo(MESSAGE_TEXT_BYTES, sql.join(order, sql`, `)),
    })
    .from(messages)
    // SQLite keeps the order of a CROSS JOIN. With messages first their primary key gives the order, and nothing is
    // sorted.
    .crossJoin(runs)
    .where(and(isPassing(db, sessionId, filter), range, isThere(db, seenOf(asked, ofFilter))))
    .orderBy(...order)
    .limit(rows)
    .as("walked");
  return db
    .select({
      ...messageColumns,
      runIndex: walked.runIndex,
      runId: walked.runId,
      agentId: walked.agentId,
      teamId: walked.teamId,
      parentRunId: walked.parentRunId,
      status: walked.status,
      bytes: walked.bytes,
    })
    .from(walked)
    .crossJoin(messages)
    .where(and(...isMessageAt(sessionId, walked), sql`${walked.bytes} - ${MESSAGE_TEXT_BYTES} <= ${maxBytes}`));
});

/**
 * The messages that pass all filters but `limit`: those within both bounds of the walk, and one more. By that one `pageOf`
 * sees that the page is not the last.
 */
export function passingMessagesQuery(db: Database, session: SeenSession, filter: HistoryFilter, walk: HistoryWalk) {
  const { order, limit, maxBytes, range } = walk;
  const asked = { ...askedOf(session, filter), rows: limit + 1, maxBytes, key: range?.key ?? null };
  return passing.bind(db, asked, { ...formOf(session, filter), order, compare: range?.compare ?? null });
}

/** The rows of a walk that an answer shows, oldest first, and whether a bound cut the walk short. */
export function pageOf(rows: readonly WalkedRow[], { order, limit, maxBytes }: HistoryWalk) {
  const fitting = rows
    .filter(({ bytes }) => bytes <= maxBytes)
    .sort((one, other) => one.runIndex - other.runIndex || one.messageIndex - other.messageIndex);
  const page = order === "oldest first" ? fitting.slice(0, limit) : fitting.slice(-limit);
  return { page, isCut: page.length < rows.length };
}

/** Finds one row if a message passes all filters but `limit` and stands at the key or before it; else none. */
export function passingUpToQuery(db: Database, session: SeenSession, filter: HistoryFilter, key: MessageKey) {
  return db
    .select({ runIndex: messages.runIndex })
    .from(messages)
    .crossJoin(runs)
    .where(and(isPassing(db, session.sessionId, filter), compareKey("<=", key), isThere(db, session)))
    .orderBy(...keyOrder("newest first"))
    .limit(1);
}

const firstSystem = new ReadTemplate((db, asked: Asked, form: AskedForm) =>
  db
    .select({ runIndex: messages.runIndex, runId: messages.runId, ...messageColumns, ...historyRunColumns })
    .from(messages)
    .crossJoin(runs)
    .where(and(systemMessages(db, asked.sessionId, filterOf(asked, form)), isThere(db, seenOf(asked, form))))
    .orderBy(...keyOrder("oldest first"))
    .limit(1),
);

/** The first system message of the runs that pass. */
export const firstSystemQuery = (db: Database, session: SeenSession, filter: HistoryFilter) =>
  firstSystem.bind(db, askedOf(session, filter), formOf(session, filter));

/**
 * The filters that decide on whole runs, except `last_n_runs`. A run that has not started has no run index and is left
 * out.
 */
export function countingRuns(sessionId: string, filter: HistoryFilter): SQL | undefined {
  return and(
    eq(runs.sessionId, sessionId),
    isNotNull(runs.runIndex),
    isCandidate(filter),
    filter.agentId === undefined ? undefined : eq(runs.agentId, filter.agentId),
    filter.teamId === undefined ? undefined : eq(runs.teamId, filter.teamId),
    notInArray(runs.status, distinct(filter.skipStatuses ?? HISTORY_SKIP_STATUSES)),
  );
}

function isCandidate(filter: HistoryFilter): SQL | undefined {
  const chosenFrom = candidates(filter);
  switch (chosenFrom.which) {
    case "top level":
      return isNull(runs.parentRunId);
    case "any level":
      return undefined;
    case "members":
      return and(
        isNotNull(runs.parentRunId),
        isAmong(sql`coalesce(${runs.agentId}, ${runs.teamId}, '')`, chosenFrom.ids),
      );
  }
}

function isPassing(db: Database, sessionId: string, filter: HistoryFilter): SQL | undefined {
  return and(
    messagesOfCountingRuns(db, sessionId, filter),
    notInArray(messages.role, distinct(filter.skipRoles ?? [])),
    firstSystemOnly(db, sessionId, filter),
  );
}

function messagesOfCountingRuns(db: Database, sessionId: string, filter: HistoryFilter): SQL | undefined {
  const from = firstOfLastRuns(db, sessionId, filter);
  return and(messagesOf(sessionId, filter), from && gte(messages.runIndex, from));
}

/** The system messages of the runs that count. The walk begins where the session has any, so it meets one, or nothing at all. */
function systemMessages(db: Database, sessionId: string, filter: HistoryFilter): SQL | undefined {
  const from = systemMessagesFrom(db, sessionId, filter.agentId ?? filter.teamId);
  const ofLast = firstOfLastRuns(db, sessionId, filter);
  // One bound: of two SQLite would begin at either.
  const bound = gte(messages.runIndex, ofLast === undefined ? from : sql`max(${from}, ${ofLast})`);
  return and(messagesOf(sessionId, filter), bound, eq(messages.role, "system"));
}

function messagesOf(sessionId: string, filter: HistoryFilter): SQL | undefined {
  return and(eq(messages.sessionId, sessionId), eq(runs.runIndex, messages.runIndex), countingRuns(sessionId, filter));
}

/** The first of the newest `last_n_runs` runs that the filters let pass; 0 if there are fewer such runs. */
function firstOfLastRuns(db: Database, sessionId: string, filter: HistoryFilter): SQL | undefined {
  if (filter.lastNRuns === undefined) return undefined;
  const nthNewest = db
    .select({ runIndex: runs.runIndex })
    .from(runs)
    .where(countingRuns(sessionId, filter))
    .orderBy(desc(runs.runIndex))
    .limit(1)
    .offset(filter.lastNRuns - 1);
  return sql`coalesce(${nthNewest}, 0)`;
}

function keyOrder(order: HistoryWalk["order"]): [SQL, SQL] {
  const direction = order === "oldest first" ? asc : desc;
  return [direction(messages.runIndex), direction(messages.messageIndex)];
}

function compareKey(compare: "<" | ">" | "<=", key: MessageKey): SQL {
  return sql`(${messages.runIndex}, ${messages.messageIndex}) ${sql.raw(compare)} (${key.runIndex}, ${key.messageIndex})`;
}

function firstSystemOnly(db: Database, sessionId: string, filter: HistoryFilter): SQL | undefined {
  if (filter.skipRoles?.includes("system")) return undefined;
  // SQLite looks for the first system message only when the walk meets one, and only once.
  return or(ne(messages.role, "system"), isFirstSystem(db, sessionId, filter));
}

function isFirstSystem(db: Database, sessionId: string, filter: HistoryFilter): SQL {
  const first = db
    .select({ runIndex: messages.runIndex, messageIndex: messages.messageIndex })
    .from(messages)
    .crossJoin(runs)
    .where(systemMessages(db, sessionId, filter))
    .orderBy(asc(messages.runIndex), asc(messages.messageIndex))
    .limit(1);
  return sql`(${messages.runIndex}, ${messages.messageIndex}) = ${first}`;
}

/** A caller may repeat a query parameter any number of times, but D1 binds at most 100 values a statement. */
function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
