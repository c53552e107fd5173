import { and, asc, desc, eq, gte, isNotNull, isNull, ne, notInArray, or, type SQL, sql } from "drizzle-orm";
import type { MessageKey } from "../../domain/message.ts";
import { HISTORY_SKIP_STATUSES } from "../../domain/run.ts";
import { candidates, type HistoryFilter } from "../../engine/drive/history.ts";
import type { Database } from "../database.ts";
import { messages, runs } from "../schema/tables.ts";
import { type HistoryRow, historyRunColumns, messageColumns } from "./rows.ts";

// Narrows a session's messages to those that `engine/drive/history.ts` may keep, one row per message, walking the primary key
// of `messages` in one direction and stopping at a number of rows. The rules stay there; here is only what keeps a read
// of a long session short, in messages and in bytes.

/**
 * The stored text one answer is made of at most. A Worker has 128 MB for all its requests, and an answer is there
 * several times while it is made: as D1's JSON, as values, as JSON again. It is more than a row of D1 may hold (2 MB),
 * so there is always a message that fits.
 */
export const MAX_HISTORY_BYTES = 8 * 1024 * 1024;

/** Where a walk begins, which way it goes, and how far: to whichever bound is reached first. */
export interface HistoryWalk {
  order: "oldest first" | "newest first";
  limit: number;
  maxBytes: number;
  /** Only messages with a key below or above this one. */
  range?: { compare: "<" | ">"; key: MessageKey };
}

/** A message with the bytes of all that was walked up to it, its own among them. */
type WalkedRow = HistoryRow & { bytes: number };

/** octet_length is known from where a row begins; length() would read all of a long text to count letters. */
const STORED_BYTES = sql`(octet_length(${messages.content})
  + ifnull(octet_length(${messages.toolCalls}), 0) + ifnull(octet_length(${messages.toolArgs}), 0)
  + ifnull(octet_length(${messages.toolCallId}), 0) + ifnull(octet_length(${messages.toolName}), 0))`;

/** The messages that pass all filters but `limit`, for `pageOf`: those within both bounds, and the next behind them. */
export function passingMessagesQuery(db: Database, sessionId: string, filter: HistoryFilter, walk: HistoryWalk) {
  const order = keyOrder(walk.order);
  const range = walk.range && compareKey(walk.range.compare, walk.range.key);
  // Selects no text: it would be read for every row of the walk, whether it fits or not. The one window is summed while
  // walking, so that the limit ends both; with a second one SQLite walks the whole session first.
  const walked = db
    .select({
      runIndex: messages.runIndex,
      messageIndex: messages.messageIndex,
      runId: messages.runId,
      ...historyRunColumns,
      bytes: sql<number>`sum(${STORED_BYTES}) over (order by ${sql.join(order, sql`, `)} rows unbounded preceding)`.as(
        "bytes",
      ),
    })
    .from(messages)
    // SQLite keeps the order of a CROSS JOIN: messages first, so that their primary key gives the order and nothing is
    // sorted.
    .crossJoin(runs)
    .where(and(isPassing(db, sessionId, filter), range))
    .orderBy(...order)
    .limit(walk.limit + 1)
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
    .where(
      and(
        eq(messages.sessionId, sessionId),
        eq(messages.runIndex, walked.runIndex),
        eq(messages.messageIndex, walked.messageIndex),
        sql`${walked.bytes} - ${STORED_BYTES} <= ${walk.maxBytes}`,
      ),
    );
}

/** What an answer shows of a walk's rows, oldest first, and whether the walk was cut short. */
export function pageOf(rows: readonly WalkedRow[], { order, limit, maxBytes }: HistoryWalk) {
  const fitting = rows
    .filter(({ bytes }) => bytes <= maxBytes)
    .sort((one, other) => one.runIndex - other.runIndex || one.messageIndex - other.messageIndex);
  const page = order === "oldest first" ? fitting.slice(0, limit) : fitting.slice(-limit);
  return { page, isCut: page.length < rows.length };
}

/** One row if a message up to and with the key passes all filters but `limit`, else none. */
export function passingUpToQuery(db: Database, sessionId: string, filter: HistoryFilter, key: MessageKey) {
  return db
    .select({ runIndex: messages.runIndex })
    .from(messages)
    .crossJoin(runs)
    .where(and(isPassing(db, sessionId, filter), compareKey("<=", key)))
    .orderBy(...keyOrder("newest first"))
    .limit(1);
}

/** The first system message of what passes the filters on runs. Without any, all their messages are looked through. */
export function firstSystemQuery(db: Database, sessionId: string, filter: HistoryFilter) {
  return db
    .select({ runIndex: messages.runIndex, runId: messages.runId, ...messageColumns, ...historyRunColumns })
    .from(messages)
    .crossJoin(runs)
    .where(and(messagesOfCountingRuns(db, sessionId, filter), isFirstSystem(db, sessionId, filter)))
    .orderBy(...keyOrder("oldest first"))
    .limit(1);
}

/** The filters that decide on whole runs, `last_n_runs` apart. A run that has not started has no run index. */
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
      // Member ids are any number of any text, and a D1 statement binds 100 values: they are one.
      return and(
        isNotNull(runs.parentRunId),
        sql`coalesce(${runs.agentId}, ${runs.teamId}, '') in (select value from json_each(${JSON.stringify(chosenFrom.ids)}))`,
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
  return and(
    eq(messages.sessionId, sessionId),
    eq(runs.runIndex, messages.runIndex),
    countingRuns(sessionId, filter),
    inLastRuns(db, sessionId, filter),
  );
}

/** From the n-th newest run that counts; from the beginning when there are fewer. */
function inLastRuns(db: Database, sessionId: string, filter: HistoryFilter): SQL | undefined {
  if (filter.lastNRuns === undefined) return undefined;
  const nthNewest = db
    .select({ runIndex: runs.runIndex })
    .from(runs)
    .where(countingRuns(sessionId, filter))
    .orderBy(desc(runs.runIndex))
    .limit(1)
    .offset(filter.lastNRuns - 1);
  return gte(messages.runIndex, sql`coalesce(${nthNewest}, 0)`);
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
  // The first is looked for when the walk meets a system message, and only once.
  return or(ne(messages.role, "system"), isFirstSystem(db, sessionId, filter));
}

function isFirstSystem(db: Database, sessionId: string, filter: HistoryFilter): SQL {
  const first = db
    .select({ runIndex: messages.runIndex, messageIndex: messages.messageIndex })
    .from(messages)
    .crossJoin(runs)
    .where(and(messagesOfCountingRuns(db, sessionId, filter), eq(messages.role, "system")))
    .orderBy(asc(messages.runIndex), asc(messages.messageIndex))
    .limit(1);
  return sql`(${messages.runIndex}, ${messages.messageIndex}) = ${first}`;
}

/** A parameter may be repeated in a request without end; a D1 statement binds 100 values. */
function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
