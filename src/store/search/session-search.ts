import { eq, sql } from "drizzle-orm";
import type { Principal } from "../../domain/principal.ts";
import type { SessionFilter } from "../../domain/session-fields.ts";
import type { SearchQuery } from "../../lib/search-query.ts";
import type { Database } from "../database.ts";
import { ownerWord } from "../messages/message-docs.ts";
import { nameDocs, sessions } from "../schema/tables.ts";
import { isMeant } from "../sessions/filter.ts";
import { LISTED, type ListedSession, openRequirementsOf } from "../sessions/list.ts";
import { type MatchPosition, type MatchRow, type MatchSearch, matchesQuery, matchPage } from "./full-text.ts";

/** Sessions whose names match. */
export interface SessionMatches {
  sessions: ListedSession[];
  /** Null behind the last match. */
  next: MatchPosition | null;
  /** For `relevance`: how many matches were put in order. */
  ranked: number | null;
}

const column = <Name extends keyof MatchRow>(name: Name) => sql<MatchRow[Name]>`found.${sql.identifier(name)}`;
const MATCH = {
  id: column("id"),
  score: column("score"),
  ranked: column("ranked"),
  newest: column("newest"),
  isShown: column("isShown"),
  lastSeen: column("lastSeen"),
};

/** Searches the sessions of a list by the words of the names that it shows. */
export async function searchSessions(
  db: Database,
  principal: Principal,
  { query, filter }: { query: SearchQuery; filter: SessionFilter },
  page: { limit: number; from: MatchPosition },
): Promise<SessionMatches> {
  const search: MatchSearch = {
    index: "name",
    query,
    of: principal.userId === null ? [] : [ownerWord(principal.userId)],
    passes: isMeant(db, principal, filter),
    ...page,
  };
  const answered = await db
    .select({ ...MATCH, openRequirements: openRequirementsOf(db), session: LISTED })
    .from(sql`${matchesQuery(search)} as found`)
    .leftJoin(nameDocs, sql`${nameDocs.id} = found.id and found."isShown"`)
    .leftJoin(sessions, eq(sessions.sessionId, nameDocs.sessionId));
  const { rows, next, ranked } = matchPage(search, answered);
  const found = rows.flatMap(({ session, openRequirements }) =>
    session === null ? [] : { ...session, openRequirements },
  );
  return { sessions: found, next, ranked };
}
