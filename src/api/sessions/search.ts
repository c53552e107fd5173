import { displayName } from "../../domain/session.ts";
import type { SessionFilter } from "../../domain/session-fields.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { wrongField } from "../../http/field-errors.ts";
import { searchQuery } from "../../lib/search-query.ts";
import type { SearchRank } from "../../store/search/full-text.ts";
import { searchSessions } from "../../store/search/session-search.ts";
import { pageMeta, positionOf } from "../search/page.ts";
import { highlighted } from "../search/snippet.ts";
import { database } from "../shared/find-session.ts";
import { withoutNulls } from "../shared/json.ts";
import { sessionItem } from "./json.ts";

/** What `GET /sessions` is asked for beside its filters. */
interface SessionQuery {
  rank?: SearchRank | undefined;
  sort_by?: string | undefined;
  sort_order?: string | undefined;
  page?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The answer of `GET /sessions?q=`: the list's items, with the places in their names where words of `q` stand. */
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
