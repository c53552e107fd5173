import { and, eq, type SQL, sql } from "drizzle-orm";
import type { SearchQuery } from "../../lib/search-query.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { isDocAt } from "../messages/message-docs.ts";
import { messageDocs, nameDocs, sessions } from "../schema/tables.ts";

// The full-text indexes of messages and of names, which have the same columns. Rowids stand in the order newest first, so
// nothing is sorted. A match's id is its rowid. The owner is a word of the index, so a search of one user reads nothing of others.

export type SearchRank = "newest" | "relevance";

/** How many of the newest matches `relevance` puts in order. */
export const MAX_RANKED = 1000;
/** How many matches one page looks at, at most, to find those that pass its filter. */
const MAX_LOOKED_THROUGH = 2000;

/**
 * Where a page begins, by ids, which count down in time. `upTo` is the newest match that the first page saw: it keeps
 * messages that come later out of the order that a reader is paging through.
 */
export type MatchPosition = { rank: "newest"; before: number } | { rank: "relevance"; upTo: number; offset: number };

/** Stands before every id. */
const START = Number.MIN_SAFE_INTEGER;

export const firstPosition = (rank: SearchRank): MatchPosition =>
  rank === "newest" ? { rank, before: START } : { rank, upTo: START, offset: 0 };

export function matchCursor(position: MatchPosition): string {
  return encodeCursor(
    position.rank === "newest" ? [position.rank, position.before] : [position.rank, position.upTo, position.offset],
  );
}

/** Reads a cursor; null for a text that is no cursor, or is the cursor of another order. */
export function decodeMatchCursor(cursor: string, rank: SearchRank): MatchPosition | null {
  const [of, id, offset, ...rest] = decodeCursor(cursor) ?? [];
  if (of !== rank || !isWhole(id) || rest.length > 0) return null;
  if (rank === "newest") return offset === undefined ? { rank, before: id } : null;
  return isWhole(offset) && offset >= 0 && offset <= MAX_RANKED ? { rank, upTo: id, offset } : null;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

/** What is looked for in which index, and which matches may be shown. */
export interface MatchSearch {
  index: "message" | "name";
  query: SearchQuery;
  /** Words that stand for an owner or a session, in a column of their own in the index; a match has all of them. */
  of: readonly string[];
  /** A condition that the session of a match must pass. */
  passes: SQL | undefined;
  limit: number;
  from: MatchPosition;
}

/** A row of `matchesQuery`. If nothing matches, there is one row, whose id is null. */
export interface MatchRow {
  id: number | null;
  /** A higher score is shown first; if scores are equal, the lower id, which is the newer match. */
  score: number | null;
  /** For `relevance`: how many matches were put in order, and the newest match, whether or not it passes the filter. */
  ranked: number | null;
  newest: number | null;
  /** 0 for the one match behind the page, else 1. */
  isShown: number;
  /** The last match that the page looked at, if there may be others behind it. */
  lastSeen: number | null;
}

/**
 * The query of one page of matches. Callers join what they show to it, so that all is one statement: a trip to D1 costs
 * more than the page.
 */
export function matchesQuery(search: MatchSearch): SQL {
  const { page, rest } =
    search.from.rank === "newest" ? newest(search, search.from) : mostRelevant(search, search.from);
  return sql`(with page as materialized (${page}), rest as materialized (${rest})
    select page.id, page.score, page.ranked, page.newest, page.id is not rest.behind as "isShown",
      rest.last_seen as "lastSeen"
    from rest left join page on 1)`;
}

export interface MatchPage<Row> {
  /** In the order in which they are shown. */
  rows: Row[];
  /**
   * Null behind the last match. A page may hold fewer matches than asked for, or none, and another may still follow.
   */
  next: MatchPosition | null;
  /** For `relevance`: how many matches were put in order. */
  ranked: number | null;
  /** Where a page begins that follows the n-th row. */
  behind(nth: number): MatchPosition;
}

/** Makes a page of the rows that the search's `matchesQuery` answered. */
export function matchPage<Row extends MatchRow>({ from }: MatchSearch, answered: readonly Row[]): MatchPage<Row> {
  const found = answered
    .filter(({ id }) => id !== null)
    .toSorted((a, b) => Number(b.score) - Number(a.score) || Number(a.id) - Number(b.id));
  const rows = found.filter(({ isShown }) => isShown === 1);
  if (from.rank === "newest") {
    const behind = (nth: number): MatchPosition => ({ rank: "newest", before: rows[nth]?.id ?? from.before });
    const lastSeen = answered[0]?.lastSeen ?? null;
    const rest: MatchPosition | null = lastSeen === null ? null : { rank: "newest", before: lastSeen };
    return { rows, next: found.length > rows.length ? behind(rows.length - 1) : rest, ranked: null, behind };
  }
  const { ranked, newest } = { ranked: 0, newest: from.upTo, ...rows[0] };
  const behind = (nth: number): MatchPosition => ({
    rank: "relevance",
    upTo: Math.max(from.upTo, newest ?? from.upTo),
    offset: from.offset + nth + 1,
  });
  const isLast = from.offset + rows.length >= (ranked ?? 0);
  return { rows, next: isLast ? null : behind(rows.length - 1), ranked, behind };
}

/** The parts of `matchesQuery`: the matches of a page and the one behind it, and where the page ends. */
interface PageParts {
  page: SQL;
  rest: SQL;
}

function newest(search: MatchSearch, { before }: { before: number }): PageParts {
  const matching = matchingIds(search, sql`rowid > cast(${before} as integer)`);
  const isFull = sql`count(*) > ${search.limit}`;
  return {
    page: sql`select id, score, null as ranked, null as newest
      from (${passingDocs(search, matching, sql`0`)} limit ${search.limit + 1})`,
    rest: sql`select iif(${isFull}, max(id), null) as behind,
      iif(${isFull}, null, (select id from (${matching}) limit 1 offset ${sql.raw(String(MAX_LOOKED_THROUGH - 1))})) as last_seen from page`,
  };
}

function mostRelevant(search: MatchSearch, { upTo, offset }: { upTo: number; offset: number }): PageParts {
  const matching = matchingIds(search, sql`rowid >= cast(${upTo} as integer)`);
  const score = scoreOf(docsOf(search).words, search.query);
  return {
    page: sql`with scored as materialized (${passingDocs(search, matching, score)} limit ${MAX_RANKED})
      select id, score, (select count(*) from scored) as ranked, (select id from (${matching}) limit 1) as newest
      from scored order by score desc, id limit ${search.limit} offset ${offset}`,
    rest: sql`select null as behind, null as last_seen`,
  };
}

const docsOf = ({ index }: MatchSearch) => (index === "message" ? messageDocs : nameDocs) as typeof nameDocs;

/**
 * `range` must cast its numbers to integers. D1 binds numbers as reals, and FTS5 goes straight to the place of an integer
 * only.
 */
function matchingIds(search: MatchSearch, range: SQL): SQL {
  const table = sql.raw(`${search.index}_search`);
  return sql`select rowid as id from ${table} where ${table} match ${expressionOf(search)} and ${range}
    order by rowid limit ${sql.raw(String(MAX_LOOKED_THROUGH))}`;
}

/** SQLite keeps the order of a CROSS JOIN: it looks at the newest match first and stops once there are enough. */
function passingDocs(search: MatchSearch, matching: SQL, score: SQL): SQL {
  const docs = docsOf(search);
  const isFound = search.index === "message" ? isDocAt(sql`found.id`) : eq(docs.id, sql`found.id`);
  const where = and(isFound, eq(sessions.sessionId, docs.sessionId), search.passes);
  return sql`select found.id, ${score} as score
    from (${matching}) as found cross join ${docs} cross join ${sessions} where ${where}`;
}

/** The expression for FTS5. Words never hold quotes, so nothing in a quoted word is read as an operator. */
function expressionOf({ query, of }: MatchSearch): string {
  const beside = of.map((word) => `owner : "${word}" AND `);
  const terms = query.terms.map((term) => `"${term.join(" ")}"`);
  return `${beside.join("")}words : (${terms.join(" AND ")})`;
}

/** The words of a longer text are not counted: its score is 0. */
const MAX_SCORED_BYTES = 32 * 1024;
const USUAL_BYTES = 600;

/**
 * Weighs how often each term stands in the text against the text's length, as BM25 does, and gives more if all terms
 * stand together. FTS5's own bm25() will not do: to know how rare a word is it reads every match of every user.
 */
function scoreOf(words: typeof nameDocs.words, { terms }: SearchQuery): SQL {
  const number = (value: number) => sql.raw(value.toFixed(1));
  const text = sql`(' ' || ${words} || ' ')`;
  const length = sql`(0.3 + 0.9 * octet_length(${words}) / ${number(USUAL_BYTES)})`;
  const missing = terms.map((term) => {
    const padded = ` ${term.join(" ")} `;
    const without = sql`octet_length(replace(${text}, ${padded}, ''))`;
    const count = sql`(octet_length(${words}) + 2 - ${without}) / ${number(utf8Bytes(padded))}`;
    // A count is worth count / (count + length), which is 1 minus this.
    return sql`${length} / (${count} + ${length})`;
  });
  const together = terms.length > 1 ? sql`(instr(${text}, ${` ${terms.flat().join(" ")} `}) > 0)` : sql`0`;
  const sum = sql`${number(terms.length)} + ${together} - ${sql.join(missing, sql` - `)}`;
  return sql`iif(octet_length(${words}) > ${sql.raw(String(MAX_SCORED_BYTES))}, 0.0, ${sum})`;
}
