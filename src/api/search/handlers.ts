import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { sessionItem } from "../sessions/json.ts";
import { isoSeconds, withoutNulls } from "../shared/json.ts";
import { highlighted, snippet } from "./snippet.ts";
import { displayName } from "../../domain/session.ts";
import type { SessionFilter } from "../../domain/session-filter.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { wrongField } from "../../http/field-errors.ts";
import { type SearchQuery, searchQuery } from "../../lib/search-query.ts";
import {
  decodeMatchCursor,
  firstPosition,
  MAX_RANKED,
  type MatchPosition,
  matchCursor,
  type SearchRank,
} from "../../store/search/full-text.ts";
import { type MessageHit, searchMessages } from "../../store/search/message-search.ts";
import { searchSessions } from "../../store/search/session-search.ts";
import { database } from "../shared/find-session.ts";

/** Finding what was said. From D1. */
export function searchRouter() {
  const router = newRouter();

  router.openapi(contract.searchMessages, async (c) => {
    const { q, session_id, agent_id, team_id, rank = "newest", limit, cursor } = c.req.valid("query");
    const from = positionOf(cursor, rank);
    const query = searchQuery(q);
    if (query === null) return c.json({ data: [], meta: pageMeta(limit, null, rank === "newest" ? null : 0) }, 200);
    const filter = { sessionId: session_id, agentId: agent_id, teamId: team_id };
    const found = await searchMessages(database(c), principal(c), { query, filter }, { limit, from });
    return c.json(
      { data: found.hits.map((hit) => hitJson(hit, query)), meta: pageMeta(limit, found.next, found.ranked) },
      200,
    );
  });

  return router;
}

/** What `GET /sessions` is asked beside its filters. */
interface SessionQuery {
  rank?: SearchRank | undefined;
  sort_by?: string | undefined;
  sort_order?: string | undefined;
  page?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The answer of `GET /sessions?q=`: the list's items with what was found in their names. */
export async function searchedSessions(c: AppContext, asked: SessionQuery, q: string, filter: SessionFilter) {
  const { rank = "newest", limit } = asked;
  const { sort_by, sort_order, page } = asked;
  const notWith = "with q sessions come by cursor, newest creation first or with rank=relevance";
  if (sort_by !== undefined && sort_by !== "created_at") throw wrongField("query", "sort_by", notWith, sort_by);
  if (sort_order !== undefined && sort_order !== "desc") throw wrongField("query", "sort_order", notWith, sort_order);
  if (page !== undefined && page > 1) throw wrongField("query", "page", notWith, page);
  const from = positionOf(asked.cursor, rank);
  const query = searchQuery(q);
  const found =
    query === null
      ? { sessions: [], next: null, ranked: rank === "newest" ? null : 0 }
      : await searchSessions(database(c), principal(c), { query, filter }, { limit, from });
  const data = found.sessions.map((session) => ({
    ...withoutNulls(sessionItem(session)),
    highlights: query === null ? [] : highlighted(displayName(session), query).highlights,
  }));
  return { data, meta: { search_time_ms: 0, ...pageMeta(limit, found.next, found.ranked) } };
}

function positionOf(cursor: string | undefined, rank: SearchRank): MatchPosition {
  if (cursor === undefined) return firstPosition(rank);
  const position = decodeMatchCursor(cursor, rank);
  if (position === null) throw wrongField("query", "cursor", "the cursor is not one of a search in this order", cursor);
  return position;
}

const pageMeta = (limit: number, next: MatchPosition | null, ranked: number | null) => ({
  limit,
  next_cursor: next === null ? null : matchCursor(next),
  ...(ranked !== null && { ranked }),
  ...(ranked !== null && ranked >= MAX_RANKED && { ranked_capped: true }),
});

function hitJson({ session, content, role, createdAt, ...place }: MessageHit, query: SearchQuery) {
  const { text, highlights } = snippet(content, query);
  return {
    session_id: session.sessionId,
    session_name: displayName(session),
    session_type: session.sessionType,
    agent_id: session.agentId,
    team_id: session.teamId,
    user_id: session.userId,
    run_id: place.runId,
    message_id: place.messageId,
    run_index: place.runIndex,
    message_index: place.messageIndex,
    role,
    created_at: isoSeconds(createdAt),
    snippet: text,
    highlights,
  };
}
