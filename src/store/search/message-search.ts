import { and, eq, sql } from "drizzle-orm";
import type { Principal } from "../../domain/principal.ts";
import type { Session } from "../../domain/session.ts";
import type { SearchQuery } from "../../lib/search-query.ts";
import { cutUtf8 } from "../../lib/text.ts";
import type { Database } from "../database.ts";
import { MAX_HISTORY_BYTES } from "../messages/history-sql.ts";
import { MAX_INDEXED_BYTES, ownerWord, sessionWord } from "../messages/message-docs.ts";
import { messageDocs, messages, sessions } from "../schema/tables.ts";
import { visibleTo } from "../sessions/sessions.ts";
import { type MatchPosition, type MatchRow, type MatchSearch, matchesQuery, matchPage } from "./full-text.ts";

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
  const search: MatchSearch = {
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
  };
  const { rows, next, ranked, behind } = matchPage(search, await readMatches(db, search, maxBytes));
  const last = rows.findLastIndex(({ sessionId }) => sessionId !== null);
  // What did not fit is on the next page.
  const isCut = last >= 0 && last < rows.length - 1;
  return { hits: rows.flatMap((row) => hitOf(row) ?? []), next: isCut ? behind(last) : next, ranked };
}

/** A match with its message; of one that the page has no room for, or whose message went, all that is null. */
type FoundRow = MatchRow & Found;
type Found = (HitFields & MessageHit["session"]) | { sessionId: null };
type HitFields = Omit<MessageHit, "session">;

/** Read without Drizzle's rows: making those costs as much as reading the page. */
function readMatches(db: Database, search: MatchSearch, maxBytes: number): Promise<FoundRow[]> {
  const bytes = sql`octet_length(${messages.content})`;
  const key = and(
    eq(messages.sessionId, messageDocs.sessionId),
    eq(messages.runIndex, messageDocs.runIndex),
    eq(messages.messageIndex, messageDocs.messageIndex),
  );
  // The texts themselves are read of what fits only.
  return db.all<FoundRow>(sql`
    select walked.id, walked.score, walked.ranked, walked.newest, walked."isShown", walked."lastSeen",
      ${messages.runId} as "runId", ${messages.messageId} as "messageId", ${messages.runIndex} as "runIndex",
      ${messages.messageIndex} as "messageIndex", ${messages.role}, ${messages.createdAt} as "createdAt",
      substr(${messages.content}, 1, ${sql.raw(String(MAX_INDEXED_BYTES))}) as content,
      ${sessions.sessionId} as "sessionId", ${sessions.sessionType} as "sessionType", ${sessions.agentId} as "agentId",
      ${sessions.teamId} as "teamId", ${sessions.userId} as "userId", ${sessions.name},
      ${sessions.firstMessage} as "firstMessage"
    from (select found.*, ${messages}.rowid as message,
        sum(${bytes}) over (order by found.score desc, found.id rows unbounded preceding) - ${bytes} as bytes_before
      from ${matchesQuery(search)} as found
      left join ${messageDocs} on ${messageDocs.id} = found.id and found."isShown"
      left join ${messages} on ${key}) as walked
    left join ${messages} on ${messages}.rowid = walked.message and walked.bytes_before < ${maxBytes}
    left join ${sessions} on ${eq(sessions.sessionId, messages.sessionId)}`);
}

function hitOf(row: FoundRow): MessageHit | null {
  if (row.sessionId === null) return null;
  const { sessionId, sessionType, agentId, teamId, userId, name, firstMessage } = row;
  const { runId, messageId, runIndex, messageIndex, role, createdAt, content } = row;
  return {
    session: { sessionId, sessionType, agentId, teamId, userId, name, firstMessage },
    ...{ runId, messageId, runIndex, messageIndex, role, createdAt },
    content: cutUtf8(content, MAX_INDEXED_BYTES),
  };
}
