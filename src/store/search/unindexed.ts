import { and, asc, eq, exists, gt, isNotNull, isNull, sql } from "drizzle-orm";
import type { MessageKey } from "../../domain/message.ts";
import type { Session } from "../../domain/session.ts";
import { CHAT_HISTORY } from "../../engine/drive/history.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { passingMessagesQuery } from "../messages/history-sql.ts";
import { indexMessages } from "../messages/message-docs.ts";
import { messageFromRow } from "../messages/rows.ts";
import { sessions } from "../schema/tables.ts";
import { nameWords } from "../sessions/sessions.ts";

/** What one step puts into the index: at least one message, whatever its size. */
const STEP_MESSAGES = 100;
const STEP_BYTES = 64 * 1024;

/** The next messages of a session that have to be put into the search index. */
export interface UnindexedSlice {
  messages: { key: MessageKey; message: ReturnType<typeof messageFromRow> }[];
  /** Whether more may stand behind them. */
  goesOn: boolean;
}

/** What people and agents said behind a key, as far as one step goes. */
export async function readUnindexed(db: Database, sessionId: string, after: MessageKey): Promise<UnindexedSlice> {
  const rows = await passingMessagesQuery(db, sessionId, CHAT_HISTORY, {
    order: "oldest first",
    limit: STEP_MESSAGES,
    maxBytes: STEP_BYTES,
    range: { compare: ">", key: after },
  });
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
 * Puts the messages into the index and moves on; the last statement changes 1 row unless the session is not any more as
 * it was read. Repeatable.
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
  const condition = exists(db.select({ one: sql`1` }).from(sessions).where(isAsRead));
  const placed = slice.messages.map(({ key, message }) => ({ ...key, message }));
  const moveOn = db
    .update(sessions)
    .set({
      unindexedFrom: nextFrom,
      // Of a session from before there was a search.
      nameWords: sql`coalesce(${sessions.nameWords}, ${nameWords(session)})`,
    })
    .where(isAsRead);
  const [first, ...rest] = indexMessages(db, session.sessionId, placed, condition);
  return first === undefined ? [moveOn] : [first, ...rest, moveOn];
}

/** Ids of sessions that are to be indexed, from a place in their order on. */
export async function unindexedSessions(db: Database, from: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(isNotNull(sessions.unindexedFrom), isNull(sessions.hiddenAt), gt(sessions.sessionId, from)))
    .orderBy(asc(sessions.sessionId))
    .limit(limit);
  return rows.map(({ sessionId }) => sessionId);
}
