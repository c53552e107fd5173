import { and, eq, sql } from "drizzle-orm";
import type { Principal } from "../../domain/principal.ts";
import type { Session } from "../../domain/session.ts";
import type { SearchQuery } from "../../lib/search-query.ts";
import { cutUtf8 } from "../../lib/text.ts";
import type { Database } from "../database.ts";
import { MAX_HISTORY_BYTES } from "../messages/history-sql.ts";
import { isDocAt, MAX_INDEXED_BYTES, ownerWord, sessionWord } from "../messages/message-docs.ts";
import { isMessageAt } from "../messages/message-rows.ts";
import { messageDocs, messages, sessions } from "../schema/tables.ts";
import { visibleTo } from "../visibility.ts";
import { type MatchPosition, type MatchRow, type MatchSearch, matchesQuery, matchPage } from "./full-text.ts";

export interface MessageFilter {
  sessionId?: string | undefined;
  agentId?: string | undefined;
  teamId?: string | undefined;
}

/** A message that was found, with what an answer shows of its session. */
export interface MessageHit {
  session: Pick<Session, "sessionId" | "sessionType" | "agentId" | "teamId" | "userId" | "name" | "firstMessage">;
  runId: string;
  messageId: string;
  runIndex: number;
  messageIndex: number;
  role: "user" | "assistant";
  createdAt: number;
  /** The text, cut where the index cuts it. */
  content: string;
}

export interface MessageMatches {
  hits: MessageHit[];
  /** Null behind the last match. */
  next: MatchPosition | null;
  /** For `relevance`: how many matches were put in order. */
  ranked: number | null;
}

/** Searches what people and agents said in sessions that exist for the principal. */
export async function searchMessages(
  db: Database,
  principal: Principal,
  { query, filter: { sessionId, agentId, teamId } }: { query: SearchQuery; filter: MessageFilter },
  { maxBytes = MAX_HISTORY_BYTES, ...page }: { limit: number; from: MatchPosition; maxBytes?: number },
): Promise<MessageMatches> {
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
  // Messages that did not fit within `maxBytes` go onto the next page.
  const isCut = last >= 0 && last < rows.length - 1;
  return { hits: rows.flatMap((row) => hitOf(row) ?? []), next: isCut ? behind(last) : next, ranked };
}

/** A match with its message. If the page has no room for the message, or it was deleted, all its columns are null. */
type FoundRow = MatchRow & Found;
type Found = (HitFields & MessageHit["session"]) | { sessionId: null };
type HitFields = Omit<MessageHit, "session">;

/** Raw SQL, because Drizzle needs as long to map the rows as D1 does to read them. */
function readMatches(db: Database, search: MatchSearch, maxBytes: number): Promise<FoundRow[]> {
  const bytes = sql`octet_length(${messages.content})`;
  // The inner query adds up the lengths; the texts themselves are then read only of what fits.
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
      left join ${messageDocs} on ${isDocAt(sql`found.id`)} and found."isShown"
      left join ${messages} on ${and(...isMessageAt(messageDocs.sessionId, messageDocs))}) as walked
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
