import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { MessageKey } from "../../domain/message.ts";
import type { Principal } from "../../domain/principal.ts";
import type { SessionType } from "../../domain/session.ts";
import { type HistoryFilter, historyMessages, passingMessages } from "../../engine/prompt/history.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { type SeenSession, whetherThereQuery } from "../visibility.ts";
import {
  firstSystemQuery,
  type HistoryWalk,
  MAX_HISTORY_BYTES,
  pageOf,
  passingMessagesQuery,
  passingUpToQuery,
} from "./history-sql.ts";
import { type HistoryRow, historyRunsFromRows, type KeyedMessage } from "./message-rows.ts";

/** How many messages one answer holds at most; `MAX_HISTORY_BYTES` may end it before. */
const MAX_HISTORY_MESSAGES = 1000;
/** How many messages a page holds if a caller sends a cursor and no limit. */
const DEFAULT_HISTORY_PAGE = 100;

/** Where a page ends or begins. The message at the key is not on the page. */
export type HistoryCursor = { before: MessageKey } | { after: MessageKey };

/** A part of a session's history, oldest first, and the cursors to read on from it. */
export interface HistoryPage {
  data: KeyedMessage[];
  meta: {
    /** The limit that was applied, in messages. */
    limit: number;
    /** Whether there is more in the direction of reading: newer messages with `after`, else older ones. */
    has_more: boolean;
    /** The cursor to what is older; null if nothing is. */
    before: string | null;
    /** The cursor to what is newer, now or later; null if the session has no message yet. */
    after: string | null;
  };
}

/** Above every run index and message index. Below it, sums of the indexes of a key are exact. */
const MAX_INDEX = 2 ** 31;

/** Reads a `before` or `after` of an earlier answer; null for any other text. */
export function decodeHistoryCursor(text: string): MessageKey | null {
  const [runIndex, messageIndex, ...rest] = decodeCursor(text) ?? [];
  if (!isIndex(runIndex) || !isIndex(messageIndex) || rest.length > 0) return null;
  return { runIndex, messageIndex };
}

/**
 * Reads a session's messages. Without a cursor the answer is Agno's `get_messages`, cut to the newest
 * `MAX_HISTORY_MESSAGES`. With a cursor it is a page of the messages that pass all filters but `limit`: no system
 * message is moved to the front and no tool message is stripped. If the answer would be longer than `maxBytes`, it holds
 * as many messages as fit, as if `limit` were smaller. A session that does not exist for the principal has no messages.
 */
export function readHistory(
  db: Database,
  session: SeenSession,
  filter: HistoryFilter & { maxBytes?: number },
  cursor?: HistoryCursor,
): Promise<HistoryPage> {
  return readPage({ db, session, ask: (queries) => db.batch(queries) }, filter, cursor);
}

/**
 * The same for who does not know yet whether the session exists for its principal, and is of the type, if one is asked for; null
 * if none is there. In one trip to D1.
 */
export async function findHistory(
  db: Database,
  {
    sessionId,
    principal,
    sessionType,
  }: { sessionId: string; principal: Principal; sessionType: SessionType | undefined },
  filter: HistoryFilter,
  cursor?: HistoryCursor,
): Promise<HistoryPage | null> {
  const whether = whetherThereQuery(db, principal, sessionId, sessionType);
  let isFound: boolean | undefined;
  const ask: Reading["ask"] = async (queries) => {
    const [found, ...answers] = await db.batch([whether, ...queries]);
    isFound = found.length > 0;
    return answers as BatchResponse<typeof queries>;
  };
  const page = await readPage({ db, session: { sessionId, principal }, ask }, filter, cursor);
  // For a page of no messages nothing is asked.
  isFound ??= (await db.batch([whether]))[0].length > 0;
  return isFound ? page : null;
}

type Query = BatchItem<"sqlite">;

/** Whose messages are read, and how D1 is asked: once for a page. */
interface Reading {
  db: Database;
  session: SeenSession;
  ask<Queries extends Readonly<[Query, ...Query[]]>>(queries: Queries): Promise<BatchResponse<Queries>>;
}

async function readPage(
  reading: Reading,
  { maxBytes = MAX_HISTORY_BYTES, ...filter }: HistoryFilter & { maxBytes?: number },
  cursor?: HistoryCursor,
): Promise<HistoryPage> {
  const asked = filter.limit ?? (cursor === undefined ? MAX_HISTORY_MESSAGES : DEFAULT_HISTORY_PAGE);
  const limit = Math.max(0, Math.min(asked, MAX_HISTORY_MESSAGES));
  if (limit === 0 || (filter.lastNRuns ?? 1) <= 0) {
    return { data: [], meta: { limit, has_more: false, before: null, after: null } };
  }
  const bounds = { limit, maxBytes };
  if (cursor === undefined) return readNewest(reading, filter, bounds);
  if ("before" in cursor) return readBefore(reading, filter, { ...bounds, key: cursor.before });
  return readAfter(reading, filter, { ...bounds, key: cursor.after });
}

type Bounds = Pick<HistoryWalk, "limit" | "maxBytes">;
type BoundsFrom = Bounds & { key: MessageKey };

async function readNewest({ db, session, ask }: Reading, filter: HistoryFilter, bounds: Bounds): Promise<HistoryPage> {
  const { limit } = bounds;
  const walk: HistoryWalk = { ...bounds, order: "newest first" };
  const query = passingMessagesQuery(db, session, filter, walk);
  const [rows, system = []] = filter.skipRoles?.includes("system")
    ? await ask([query])
    : await ask([query, firstSystemQuery(db, session, filter)]);
  const { page, isCut } = pageOf(rows, walk);
  const newest = page.at(-1);
  if (newest === undefined) return { data: [], meta: { limit, has_more: false, before: null, after: null } };

  const data = historyMessages(historyRunsFromRows(withSystem(system, page)), {
    ...filter,
    // Agno moves the system message to the front only if the caller gave a limit. Here it is moved also if a bound of this
    // server cut the answer.
    limit: isCut || filter.limit !== undefined ? page.length : undefined,
  });
  // Messages are left out if a bound cut them off, or if they are tool messages whose call was cut off. All are older ones.
  const hasMore = isCut || page.length > data.length;
  const oldest = data.find((message) => message.role !== "system") ?? behind(newest);
  return {
    data,
    meta: { limit, has_more: hasMore, before: hasMore ? encodeKey(oldest) : null, after: encodeKey(newest) },
  };
}

async function readBefore(
  { db, session, ask }: Reading,
  filter: HistoryFilter,
  { key, ...bounds }: BoundsFrom,
): Promise<HistoryPage> {
  const walk: HistoryWalk = { ...bounds, order: "newest first", range: { compare: "<", key } };
  const [rows] = await ask([passingMessagesQuery(db, session, filter, walk)]);
  const { page, isCut } = pageOf(rows, walk);
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
  { db, session, ask }: Reading,
  filter: HistoryFilter,
  { key, ...bounds }: BoundsFrom,
): Promise<HistoryPage> {
  const walk: HistoryWalk = { ...bounds, order: "oldest first", range: { compare: ">", key } };
  const [rows, older] = await ask([
    passingMessagesQuery(db, session, filter, walk),
    passingUpToQuery(db, session, filter, key),
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

/** Puts the first system message in front unless the walk has reached it. */
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
