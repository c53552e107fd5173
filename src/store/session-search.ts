import { and, eq, sql } from "drizzle-orm";
import type { Principal } from "../domain/principal.ts";
import type { SessionFilter } from "../domain/session-filter.ts";
import type { SearchQuery } from "../lib/search-query.ts";
import type { Database } from "./database.ts";
import { findMatches, type MatchPosition } from "./full-text.ts";
import { ownerWord } from "./message-docs.ts";
import { nameDocs, sessions } from "./schema.ts";
import { isMeant } from "./session-filter.ts";
import { type ListedSession, listedColumns } from "./session-list.ts";

/** Sessions whose names were found. */
export interface SessionMatches {
  sessions: ListedSession[];
  /** Null behind the last one. */
  next: MatchPosition | null;
  /** How many were put in order, of `relevance`. */
  ranked: number | null;
}

/** The sessions of the list by the words of the names that show. */
export async function searchSessions(
  db: Database,
  principal: Principal,
  query: SearchQuery,
  filter: SessionFilter,
  page: { limit: number; from: MatchPosition },
): Promise<SessionMatches> {
  const passes = isMeant(db, principal, filter);
  const of = principal.userId === null ? [] : [ownerWord(principal.userId)];
  const { ids, next, ranked } = await findMatches(db, { index: "name", query, of, passes, ...page });
  const rows =
    ids.length === 0
      ? []
      : await db
          .select({ ...listedColumns(db), nth: sql<number>`wanted.nth`.as("nth") })
          .from(sql`(select key as nth, value as id from json_each(${JSON.stringify(ids)})) as wanted`)
          .crossJoin(nameDocs)
          .crossJoin(sessions)
          .where(and(eq(nameDocs.id, sql`wanted.id`), eq(sessions.sessionId, nameDocs.sessionId), passes));
  const found = rows.toSorted((a, b) => a.nth - b.nth).map(({ nth: _nth, ...session }) => session);
  return { sessions: found, next, ranked };
}
