import { and, asc, desc, eq, gte, isNotNull, isNull, ne, notInArray, or, type SQL, sql } from "drizzle-orm";
import type { MessageKey } from "../domain/message.ts";
import { HISTORY_SKIP_STATUSES } from "../domain/run.ts";
import type { HistoryFilter } from "../engine/history.ts";
import type { Database } from "./database.ts";
import { historyRunColumns, messageColumns } from "./message-rows.ts";
import { messages, runs } from "./schema.ts";

// Narrows a session's messages to those that `engine/history.ts` may keep, one row per message, walking the primary key
// of `messages` in one direction and stopping at `count` rows. The rules stay there; here is only what keeps a read of a
// long session short.

/** Where a walk begins, and which way it goes. */
export interface HistoryWalk {
  order: "oldest first" | "newest first";
  count: number;
  /** Only messages with a key below, above, or up to and with this one. */
  range?: { compare: "<" | ">" | "<="; key: MessageKey };
}

/** The messages that pass all filters but `limit`, at most `count`. */
export function passingMessagesQuery(db: Database, sessionId: string, filter: HistoryFilter, walk: HistoryWalk) {
  return walkMessages(db, sessionId, filter, walk, and(inRange(walk.range), firstSystemOnly(db, sessionId, filter)));
}

/** The first system message of what passes the filters on runs. Without any, all their messages are looked through. */
export function firstSystemQuery(db: Database, sessionId: string, filter: HistoryFilter) {
  const walk: HistoryWalk = { order: "oldest first", count: 1 };
  return walkMessages(db, sessionId, { ...filter, skipRoles: [] }, walk, isFirstSystem(db, sessionId, filter));
}

/** The filters that decide on whole runs, `last_n_runs` apart. A run that has not started has no run index. */
export function countingRuns(sessionId: string, filter: HistoryFilter): SQL | undefined {
  return and(
    eq(runs.sessionId, sessionId),
    isNotNull(runs.runIndex),
    isNull(runs.parentRunId),
    filter.agentId === undefined ? undefined : eq(runs.agentId, filter.agentId),
    filter.teamId === undefined ? undefined : eq(runs.teamId, filter.teamId),
    notInArray(runs.status, distinct(filter.skipStatuses ?? HISTORY_SKIP_STATUSES)),
  );
}

function walkMessages(
  db: Database,
  sessionId: string,
  filter: HistoryFilter,
  walk: HistoryWalk,
  condition: SQL | undefined,
) {
  const direction = walk.order === "oldest first" ? asc : desc;
  return (
    db
      .select({ runIndex: messages.runIndex, runId: messages.runId, ...messageColumns, ...historyRunColumns })
      .from(messages)
      // SQLite keeps the order of a CROSS JOIN: messages first, so that their primary key gives the order and nothing
      // is sorted.
      .crossJoin(runs)
      .where(
        and(
          messagesOfCountingRuns(db, sessionId, filter),
          notInArray(messages.role, distinct(filter.skipRoles ?? [])),
          condition,
        ),
      )
      .orderBy(direction(messages.runIndex), direction(messages.messageIndex))
      .limit(walk.count)
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

function inRange(range: HistoryWalk["range"]): SQL | undefined {
  if (range === undefined) return undefined;
  const { compare, key } = range;
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
