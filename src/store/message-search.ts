import { and, eq, sql } from "drizzle-orm";
import type { Principal } from "../domain/principal.ts";
import type { Session } from "../domain/session.ts";
import type { SearchQuery } from "../lib/search-query.ts";
import { cutUtf8 } from "../lib/text.ts";
import type { Database } from "./database.ts";
import { findMatches, type MatchPosition } from "./full-text.ts";
import { MAX_HISTORY_BYTES } from "./history-sql.ts";
import { MAX_INDEXED_BYTES, ownerWord, sessionWord } from "./message-docs.ts";
import { messageDocs, messages, sessions } from "./schema.ts";
import { visibleTo } from "./sessions.ts";

export interface MessageFilter {
  sessionId?: string | undefined;
  agentId?: string | undefined;
  teamId?: string | undefined;
}

/** A message that was found, with what is shown of its session. */
export interface MessageHit {
  session: Pick<Session, "sessionId" | "sessionType" | "agentId" | "teamId" | "userId" | "name" | "firstMessage">;
  runId: string;
  messageId: string;
  runIndex: number;
  messageIndex: number;
  role: "user" | "assistant";
  createdAt: number;
  /** As much of it as the index has. */
  content: string;
}

export interface MessageMatches {
  hits: MessageHit[];
  /** Null behind the last one. */
  next: MatchPosition | null;
  /** How many were put in order, of `relevance`. */
  ranked: number | null;
}

/** What people and agents said in sessions that exist for the principal. */
export async function searchMessages(
  db: Database,
  principal: Principal,
  query: SearchQuery,
  filter: MessageFilter,
  page: { limit: number; from: MatchPosition },
  maxBytes = MAX_HISTORY_BYTES,
): Promise<MessageMatches> {
  const { sessionId, agentId, teamId } = filter;
  const matches = await findMatches(db, {
    index: "message",
    query,
    of: [
      ...(principal.userId === null ? [] : [ownerWord(principal.userId)]),
      ...(sessionId === undefined ? [] : [sessionWord(sessionId)]),
    ],
    passes: and(
      visibleTo(principal),
      sessionId === undefined ? undefined : eq(sessions.sessionId, sessionId),
      agentId === undefined ? undefined : and(eq(sessions.sessionType, "agent"), eq(sessions.componentId, agentId)),
      teamId === undefined ? undefined : and(eq(sessions.sessionType, "team"), eq(sessions.componentId, teamId)),
    ),
    ...page,
  });
  const hits = matches.ids.length === 0 ? [] : await readHits(db, principal, matches.ids, maxBytes);
  const last = hits.at(-1);
  // What did not fit is on the next page; a message that went meanwhile is on none.
  const isCut = last !== undefined && last.nth < matches.ids.length - 1;
  const next = isCut ? matches.behind(last.nth) : matches.next;
  return { hits: hits.map(({ hit }) => hit), next, ranked: matches.ranked };
}

/** The messages of the docs, in their order, up to a number of bytes. */
async function readHits(db: Database, principal: Principal, ids: readonly number[], maxBytes: number) {
  const bytes = sql`octet_length(${messages.content})`;
  const wanted = sql`(select key as nth, value as id from json_each(${JSON.stringify(ids)})) as wanted`;
  const walked = db
    .select({
      nth: sql<number>`wanted.nth`.as("nth"),
      sessionId: messages.sessionId,
      runIndex: messages.runIndex,
      messageIndex: messages.messageIndex,
      bytes: sql<number>`sum(${bytes}) over (order by wanted.nth rows unbounded preceding)`.as("bytes"),
    })
    .from(wanted)
    .crossJoin(messageDocs)
    .crossJoin(messages)
    .where(
      and(
        eq(messageDocs.id, sql`wanted.id`),
        eq(messages.sessionId, messageDocs.sessionId),
        eq(messages.runIndex, messageDocs.runIndex),
        eq(messages.messageIndex, messageDocs.messageIndex),
      ),
    )
    .as("walked");
  const rows = await db
    .select({
      nth: walked.nth,
      runIndex: walked.runIndex,
      messageIndex: walked.messageIndex,
      runId: messages.runId,
      messageId: messages.messageId,
      role: sql<"user" | "assistant">`${messages.role}`.as("role"),
      createdAt: messages.createdAt,
      content: sql<string>`substr(${messages.content}, 1, ${sql.raw(String(MAX_INDEXED_BYTES))})`.as("content"),
      session: {
        sessionId: sessions.sessionId,
        sessionType: sessions.sessionType,
        agentId: sessions.agentId,
        teamId: sessions.teamId,
        userId: sessions.userId,
        name: sessions.name,
        firstMessage: sessions.firstMessage,
      },
    })
    .from(walked)
    .crossJoin(messages)
    .crossJoin(sessions)
    .where(
      and(
        eq(messages.sessionId, walked.sessionId),
        eq(messages.runIndex, walked.runIndex),
        eq(messages.messageIndex, walked.messageIndex),
        eq(sessions.sessionId, walked.sessionId),
        visibleTo(principal),
        sql`${walked.bytes} - ${bytes} < ${maxBytes}`,
      ),
    );
  return rows
    .toSorted((a, b) => a.nth - b.nth)
    .map(({ nth, content, ...hit }) => ({ nth, hit: { ...hit, content: cutUtf8(content, MAX_INDEXED_BYTES) } }));
}
