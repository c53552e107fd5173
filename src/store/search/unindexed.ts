import { and, asc, eq, gt, isNotNull, isNull, sql } from "drizzle-orm";
import type { MessageKey } from "../../domain/message.ts";
import type { Session } from "../../domain/session.ts";
import { CHAT_HISTORY } from "../../engine/prompt/history.ts";
import type { Statement } from "../commit.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { passingMessagesQuery } from "../messages/history-sql.ts";
import { indexMessages } from "../messages/message-docs.ts";
import { messageFromRow } from "../messages/message-rows.ts";
import { sessions } from "../schema/tables.ts";
import { nameWords } from "../sessions/sessions.ts";

/** How much one step puts into the index at most; one message always fits. */
const STEP_MESSAGES = 100;
const STEP_BYTES = 64 * 1024;

/** The next messages of a session that the search index does not have yet. */
export interface UnindexedSlice {
  messages: { key: MessageKey; message: ReturnType<typeof messageFromRow> }[];
  /** Whether more may stand behind them. */
  goesOn: boolean;
}

/** Reads what people and agents said behind a key, as much as one step takes. */
export async function readUnindexed(db: Database, sessionId: string, after: MessageKey): Promise<UnindexedSlice> {
  const query = passingMessagesQuery(db, { sessionId, principal: null }, CHAT_HISTORY, {
    order: "oldest first",
    limit: STEP_MESSAGES,
    maxBytes: STEP_BYTES,
    range: { compare: ">", key: after },
  });
  const [rows] = await db.batch([query]);
  const inOrder = rows
    .toSorted((a, b) => a.runIndex - b.runIndex || a.messageIndex - b.messageIndex)
    .slice(0, STEP_MESSAGES);
  return {
    messages: inOrder.map((row) => ({
      key: { runIndex: row.runIndex, messageIndex: row.messageIndex },
      message: messageFromRow(row),
    })),
    goesOn: rows.length > STEP_MESSAGES || (inOrder.at(-1)?.bytes ?? 0) > STEP_BYTES,
  };
}

/**
 * Puts the messages into the index and notes how far the index is; the last statement changes 1 row if the session still is
 * as it was read. Repeatable.
 */
export function indexStatements(
  db: Database,
  session: Session,
  slice: UnindexedSlice,
  nextFrom: number | null,
): [Statement, ...Statement[]] {
  const isAsRead = and(
    eq(sessions.sessionId, session.sessionId),
    eq(sessions.fence, session.fence),
    sql`${sessions.unindexedFrom} is ${session.unindexedFrom}`,
    sql`${sessions.userId} is ${session.userId}`,
  );
  const condition = hasRow(db, sessions, isAsRead);
  const placed = slice.messages.map(({ key, message }) => ({ ...key, message }));
  const moveOn = db
    .update(sessions)
    .set({
      unindexedFrom: nextFrom,
      // A session that is older than the search has no words of its name yet.
      nameWords: sql`coalesce(${sessions.nameWords}, ${nameWords(session)})`,
    })
    .where(isAsRead);
  const [first, ...rest] = indexMessages(db, session.sessionId, placed, condition);
  return first === undefined ? [moveOn] : [first, ...rest, moveOn];
}

/** The ids of sessions that have messages to be indexed, behind the id `from`. */
export async function unindexedSessions(db: Database, from: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(isNotNull(sessions.unindexedFrom), isNull(sessions.hiddenAt), gt(sessions.sessionId, from)))
    .orderBy(asc(sessions.sessionId))
    .limit(limit);
  return rows.map(({ sessionId }) => sessionId);
}
