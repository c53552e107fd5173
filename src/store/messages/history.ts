import type { MessageKey } from "../../domain/message.ts";
import { CHAT_HISTORY, type HistoryFilter, historyMessages, passingMessages } from "../../engine/drive/history.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import {
  firstSystemQuery,
  type HistoryWalk,
  MAX_HISTORY_BYTES,
  pageOf,
  passingMessagesQuery,
  passingUpToQuery,
} from "./history-sql.ts";
import { type HistoryRow, historyRunsFromRows, type KeyedMessage } from "./rows.ts";

/** What one answer holds at most, with and without a cursor, where `MAX_HISTORY_BYTES` does not end it before. */
export const MAX_HISTORY_MESSAGES = 1000;
export const DEFAULT_HISTORY_PAGE = 100;

/** Where a page ends or begins; the message at the key is on neither. */
export type HistoryCursor = { before: MessageKey } | { after: MessageKey };

/** A part of a session's history, oldest first, and how to go on from it. */
export interface HistoryPage {
  data: KeyedMessage[];
  meta: {
    /** The limit that held, in messages. */
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
 * and nothing is stripped. An answer that would pass `maxBytes` is that of a smaller `limit`, of as many as fit. An
 * unknown session has no messages.
 */
export async function readHistory(
  db: Database,
  sessionId: string,
  filter: HistoryFilter,
  cursor?: HistoryCursor,
  maxBytes = MAX_HISTORY_BYTES,
): Promise<HistoryPage> {
  const asked = filter.limit ?? (cursor === undefined ? MAX_HISTORY_MESSAGES : DEFAULT_HISTORY_PAGE);
  const limit = Math.max(0, Math.min(asked, MAX_HISTORY_MESSAGES));
  if (limit === 0 || (filter.lastNRuns ?? 1) <= 0) {
    return { data: [], meta: { limit, has_more: false, before: null, after: null } };
  }
  const bounds = { limit, maxBytes };
  if (cursor === undefined) return readNewest(db, sessionId, filter, bounds);
  if ("before" in cursor) return readBefore(db, sessionId, filter, bounds, cursor.before);
  return readAfter(db, sessionId, filter, bounds, cursor.after);
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

type Bounds = Pick<HistoryWalk, "limit" | "maxBytes">;

async function readNewest(
  db: Database,
  sessionId: string,
  filter: HistoryFilter,
  bounds: Bounds,
): Promise<HistoryPage> {
  const { limit } = bounds;
  const walk: HistoryWalk = { ...bounds, order: "newest first" };
  const query = passingMessagesQuery(db, sessionId, filter, walk);
  const [rows, system] = filter.skipRoles?.includes("system")
    ? [await query, []]
    : await db.batch([query, firstSystemQuery(db, sessionId, filter)]);
  const { page, isCut } = pageOf(rows, walk);
  const newest = page.at(-1);
  if (newest === undefined) return { data: [], meta: { limit, has_more: false, before: null, after: null } };

  const data = historyMessages(historyRunsFromRows(withSystem(system, page)), {
    ...filter,
    // Agno moves a system message only where it was asked to limit; here an answer's own bounds count once they cut.
    limit: isCut || filter.limit !== undefined ? page.length : undefined,
  });
  // What was left out is older than what is shown: cut off by a bound, or tool messages stripped behind the cut.
  const hasMore = isCut || page.length > data.length;
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
  bounds: Bounds,
  key: MessageKey,
): Promise<HistoryPage> {
  const walk: HistoryWalk = { ...bounds, order: "newest first", range: { compare: "<", key } };
  const { page, isCut } = pageOf(await passingMessagesQuery(db, sessionId, filter, walk), walk);
  const data = passingMessages(historyRunsFromRows(page), filter);
  return {
    data,
    meta: {
      limit: bounds.limit,
      has_more: isCut,
      before: isCut ? encodeKey(data[0] ?? key) : null,
      after: encodeKey(data.at(-1) ?? inFrontOf(key)),
    },
  };
}

async function readAfter(
  db: Database,
  sessionId: string,
  filter: HistoryFilter,
  bounds: Bounds,
  key: MessageKey,
): Promise<HistoryPage> {
  const walk: HistoryWalk = { ...bounds, order: "oldest first", range: { compare: ">", key } };
  const [rows, older] = await db.batch([
    passingMessagesQuery(db, sessionId, filter, walk),
    passingUpToQuery(db, sessionId, filter, key),
  ]);
  const { page, isCut } = pageOf(rows, walk);
  const data = passingMessages(historyRunsFromRows(page), filter);
  return {
    data,
    meta: {
      limit: bounds.limit,
      has_more: isCut,
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
