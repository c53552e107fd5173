import type { MessageKey } from "../domain/message.ts";
import { CHAT_HISTORY, type HistoryFilter, historyMessages, passingMessages } from "../engine/history.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Database } from "./database.ts";
import { firstSystemQuery, passingMessagesQuery } from "./history-sql.ts";
import { type HistoryRow, historyRunsFromRows, type KeyedMessage } from "./message-rows.ts";

/** What one answer holds at most, with and without a cursor. */
export const MAX_HISTORY_MESSAGES = 1000;
export const DEFAULT_HISTORY_PAGE = 100;

/** Where a page ends or begins; the message at the key is on neither. */
export type HistoryCursor = { before: MessageKey } | { after: MessageKey };

/** A part of a session's history, oldest first, and how to go on from it. */
export interface HistoryPage {
  data: KeyedMessage[];
  meta: {
    /** The limit that held. */
    limit: number;
    /** Whether more follows in the direction of reading: newer with `after`, else older. */
    has_more: boolean;
    /** Cursor of what is older; null when nothing is. */
    before: string | null;
    /** Cursor of what is newer or will be; null while there is no message to be newer than. */
    after: string | null;
  };
}

/** A place no session reaches; keeps every sum of a key exact. */
const MAX_INDEX = 2 ** 31;

/** The key that a `before` or `after` of an earlier answer stands for; null for any other text. */
export function decodeHistoryCursor(text: string): MessageKey | null {
  const [runIndex, messageIndex, ...rest] = decodeCursor(text) ?? [];
  if (!isIndex(runIndex) || !isIndex(messageIndex) || rest.length > 0) return null;
  return { runIndex, messageIndex };
}

/**
 * Reads a session's messages. Without a cursor the answer is Agno's `get_messages`, cut to the newest
 * `MAX_HISTORY_MESSAGES`. With one it is a page of what passes all filters before `limit`: no system message is moved
 * and nothing is stripped. An unknown session has no messages.
 */
export async function readHistory(
  db: Database,
  sessionId: string,
  filter: HistoryFilter,
  cursor?: HistoryCursor,
): Promise<HistoryPage> {
  const asked = filter.limit ?? (cursor === undefined ? MAX_HISTORY_MESSAGES : DEFAULT_HISTORY_PAGE);
  const limit = Math.max(0, Math.min(asked, MAX_HISTORY_MESSAGES));
  if (limit === 0 || (filter.lastNRuns ?? 1) <= 0) {
    return { data: [], meta: { limit, has_more: false, before: null, after: null } };
  }
  if (cursor === undefined) return readNewest(db, sessionId, filter, limit);
  if ("before" in cursor) return readBefore(db, sessionId, filter, limit, cursor.before);
  return readAfter(db, sessionId, filter, limit, cursor.after);
}

/** Reads what users and agents said, in runs of any status: Agno's `get_chat_history`, paged as `readHistory`. */
export function readChatHistory(
  db: Database,
  sessionId: string,
  filter: Pick<HistoryFilter, "lastNRuns" | "limit">,
  cursor?: HistoryCursor,
): Promise<HistoryPage> {
  return readHistory(db, sessionId, { ...CHAT_HISTORY, ...filter }, cursor);
}

async function readNewest(db: Database, sessionId: string, filter: HistoryFilter, limit: number): Promise<HistoryPage> {
  const query = passingMessagesQuery(db, sessionId, filter, { order: "newest first", count: limit + 1 });
  const [newestFirst, system] = filter.skipRoles?.includes("system")
    ? [await query, []]
    : await db.batch([query, firstSystemQuery(db, sessionId, filter)]);
  const rows = newestFirst.toReversed();
  const newest = rows.at(-1);
  if (newest === undefined) return { data: [], meta: { limit, has_more: false, before: null, after: null } };

  const isWhole = rows.length <= limit;
  const data = historyMessages(historyRunsFromRows(withSystem(system, rows)), {
    ...filter,
    // Agno moves a system message only where it was asked to limit; here the answer's own limit counts once it cuts.
    limit: isWhole && filter.limit === undefined ? undefined : limit,
  });
  // What was left out is older than what is shown: cut off by the limit, or tool messages stripped behind the cut.
  const hasMore = rows.length > data.length;
  const oldest = data.find((message) => message.role !== "system") ?? behind(newest);
  return {
    data,
    meta: { limit, has_more: hasMore, before: hasMore ? encodeKey(oldest) : null, after: encodeKey(newest) },
  };
}

async function readBefore(
  db: Database,
  sessionId: string,
  filter: HistoryFilter,
  limit: number,
  key: MessageKey,
): Promise<HistoryPage> {
  const rows = await passingMessagesQuery(db, sessionId, filter, {
    order: "newest first",
    count: limit + 1,
    range: { compare: "<", key },
  });
  const data = passingMessages(historyRunsFromRows(rows.slice(0, limit).toReversed()), filter);
  const hasMore = rows.length > limit;
  return {
    data,
    meta: {
      limit,
      has_more: hasMore,
      before: hasMore ? encodeKey(data[0] ?? key) : null,
      after: encodeKey(data.at(-1) ?? inFrontOf(key)),
    },
  };
}

async function readAfter(
  db: Database,
  sessionId: string,
  filter: HistoryFilter,
  limit: number,
  key: MessageKey,
): Promise<HistoryPage> {
  const [rows, older] = await db.batch([
    passingMessagesQuery(db, sessionId, filter, {
      order: "oldest first",
      count: limit + 1,
      range: { compare: ">", key },
    }),
    passingMessagesQuery(db, sessionId, filter, {
      order: "newest first",
      count: 1,
      range: { compare: "<=", key },
    }),
  ]);
  const data = passingMessages(historyRunsFromRows(rows.slice(0, limit)), filter);
  return {
    data,
    meta: {
      limit,
      has_more: rows.length > limit,
      before: older.length > 0 ? encodeKey(data[0] ?? behind(key)) : null,
      after: encodeKey(data.at(-1) ?? key),
    },
  };
}

/** Puts the first system message in front where the walk did not reach it. */
function withSystem(system: readonly HistoryRow[], rows: HistoryRow[]): HistoryRow[] {
  const [first] = system;
  const [oldest] = rows;
  if (first === undefined || oldest === undefined) return rows;
  const isReached =
    first.runIndex > oldest.runIndex ||
    (first.runIndex === oldest.runIndex && first.messageIndex >= oldest.messageIndex);
  return isReached ? rows : [first, ...rows];
}

const behind = ({ runIndex, messageIndex }: MessageKey): MessageKey => ({ runIndex, messageIndex: messageIndex + 1 });
const inFrontOf = ({ runIndex, messageIndex }: MessageKey): MessageKey => ({
  runIndex,
  messageIndex: messageIndex - 1,
});

const encodeKey = (key: MessageKey): string => encodeCursor([key.runIndex, key.messageIndex]);

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(Number(value)) <= MAX_INDEX;
}
