import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Message, Role } from "../../domain/message.ts";
import { CHAT_HISTORY, type HistoryFilter, historyMessages } from "../../engine/prompt/history.ts";
import type { Database } from "../database.ts";
import { messages, runs } from "../schema/tables.ts";
import type { SeenSession } from "../visibility.ts";
import { countingRuns, type HistoryWalk, MAX_HISTORY_BYTES, pageOf, passingMessagesQuery } from "./history-sql.ts";
import { historyRunsFromRows, isMessageAt } from "./message-rows.ts";

/** What a name is made of: the role and the text of a message, which may be cut. */
export interface MessageExcerpt {
  role: Extract<Role, "user" | "assistant">;
  content: string;
}

/** The query of the newest messages of people and agents in runs of any status; `chatOf` puts them in order. */
export const recentChatQuery = (db: Database, session: SeenSession, limit: number) =>
  passingMessagesQuery(db, session, CHAT_HISTORY, recentWalk(limit));

/** The messages of `recentChatQuery`, oldest first: at most `limit`, fewer if one answer cannot hold them. */
export function chatOf(rows: ReturnType<typeof recentChatQuery>["_"]["result"], limit: number): Message[] {
  const { page } = pageOf(rows, recentWalk(limit));
  return historyMessages(historyRunsFromRows(page), CHAT_HISTORY);
}

const recentWalk = (limit: number): HistoryWalk => ({ order: "newest first", limit, maxBytes: MAX_HISTORY_BYTES });

/**
 * How far a name looks into a session. Without this bound a session that has no text would be walked to its end. The bound
 * leaves room for the member runs of several runs of a team, and for the tool calls of a long run.
 */
const BEGINNING = { runs: 256, messagesOfRun: 64 };

/** Runs of any status except those that another run has replaced. */
const RUNS_FOR_NAME: HistoryFilter = { ...CHAT_HISTORY, skipStatuses: ["REGENERATED"] };

/**
 * The first messages of people and agents that have text, looked for at the session's beginning only. D1 cuts each to
 * `maxChars` before it reads it.
 */
export async function firstMessages(
  db: Database,
  sessionId: string,
  { maxMessages, maxChars }: { maxMessages: number; maxChars: number },
): Promise<MessageExcerpt[]> {
  const roles: MessageExcerpt["role"][] = ["user", "assistant"];
  // Selects no text: D1 would read it for every message of a run.
  const first = db
    .select({ runIndex: messages.runIndex, messageIndex: messages.messageIndex })
    .from(runs)
    // Runs come first, so that the messages of member runs are never looked at.
    .crossJoin(messages)
    .where(
      and(
        countingRuns(sessionId, RUNS_FOR_NAME),
        lt(runs.runIndex, BEGINNING.runs),
        eq(messages.sessionId, sessionId),
        eq(messages.runIndex, runs.runIndex),
        lt(messages.messageIndex, BEGINNING.messagesOfRun),
        inArray(messages.role, roles),
        // SQLite knows the length of a text without reading it.
        sql`octet_length(${messages.content}) > 0`,
      ),
    )
    .orderBy(asc(runs.runIndex), asc(messages.messageIndex))
    .limit(Math.max(0, maxMessages))
    .as("first");
  return db
    .select({
      role: sql<MessageExcerpt["role"]>`${messages.role}`.as("role"),
      content: sql<string>`substr(${messages.content}, 1, ${maxChars})`.as("excerpt"),
    })
    .from(first)
    .crossJoin(messages)
    .where(and(...isMessageAt(sessionId, first)))
    .orderBy(asc(first.runIndex), asc(first.messageIndex));
}
