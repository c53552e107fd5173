import { displayName } from "../../domain/session.ts";
import { principal } from "../../http/auth.ts";
import { type SearchQuery, searchQuery } from "../../lib/search-query.ts";
import { type MessageHit, searchMessages } from "../../store/search/message-search.ts";
import { database } from "../shared/find-session.ts";
import { isoSeconds } from "../shared/json.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { pageMeta, positionOf } from "./page.ts";
import { snippet } from "./snippet.ts";

/** Finding messages by what they say. Reads D1. */
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
