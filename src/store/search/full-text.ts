import { and, eq, type SQL, sql } from "drizzle-orm";
import type { SearchQuery } from "../../lib/search-query.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { messageDocs, nameDocs, sessions } from "../schema/tables.ts";

// The full-text indexes of messages and of names, which have the same columns. Newest first is the order of their ids, so
// nothing is sorted, and what others have is not read: the owner is a word of the index.

export type SearchRank = "newest" | "relevance";

/** How many matches `relevance` puts in order: the newest. */
export const MAX_RANKED = 1000;
/** How many matches one page looks through at most for those that pass its filter. */
const MAX_LOOKED_THROUGH = 2000;

/** Where a page begins, by ids, which count down in time; `upTo` keeps what comes meanwhile out of an order that is under way. */
export type MatchPosition = { rank: "newest"; before: number } | { rank: "relevance"; upTo: number; offset: number };

/** Before every id. */
const START = Number.MIN_SAFE_INTEGER;

export const firstPosition = (rank: SearchRank): MatchPosition =>
  rank === "newest" ? { rank, before: START } : { rank, upTo: START, offset: 0 };

export function matchCursor(position: MatchPosition): string {
  return encodeCursor(
    position.rank === "newest" ? [position.rank, position.before] : [position.rank, position.upTo, position.offset],
  );
}

/** The position that a cursor stands for; null when it is none, or is one of another order. */
export function decodeMatchCursor(cursor: string, rank: SearchRank): MatchPosition | null {
  const [of, id, offset, ...rest] = decodeCursor(cursor) ?? [];
  if (of !== rank || !isWhole(id) || rest.length > 0) return null;
  if (rank === "newest") return offset === undefined ? { rank, before: id } : null;
  return isWhole(offset) && offset >= 0 && offset <= MAX_RANKED ? { rank, upTo: id, offset } : null;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

/** What is looked for, in which index, and what of it may be shown. */
export interface MatchSearch {
  index: "message" | "name";
  query: SearchQuery;
  /** Words that the index keeps beside those of the text, all of which a match has. */
  of: readonly string[];
  /** A condition on the session. */
  passes: SQL | undefined;
  limit: number;
  from: MatchPosition;
}

/** The columns of `matchesQuery`. Without matches there is one row, whose id is null. */
export interface MatchRow {
  id: number | null;
  /** More is shown first, and of as much the lower id, which is the newer match. */
  score: number | null;
  /** Of `relevance`: how many were put in order, and the newest match that was looked at, whether or not it passes. */
  ranked: number | null;
  newest: number | null;
  /** 0 of the match behind the page. */
  isShown: number;
  /** The last match that was looked at, where there may be others behind it. */
  lastSeen: number | null;
}

/** A page of what matches. What is shown of it hangs on this in the same statement: a trip to D1 costs more than the page. */
export function matchesQuery(search: MatchSearch): SQL {
  const { page, rest } =
    search.from.rank === "newest" ? newest(search, search.from) : mostRelevant(search, search.from);
  return sql`(with page as materialized (${page}), rest as materialized (${rest})
    select page.id, page.score, page.ranked, page.newest, page.id is not rest.behind as "isShown",
      rest.last_seen as "lastSeen"
    from rest left join page on 1)`;
}

export interface MatchPage<Row> {
  /** In the order to be shown. */
  rows: Row[];
  /** Null behind the last match. The page may hold fewer than asked for, or none, and yet be followed by another. */
  next: MatchPosition | null;
  /** How many were put in order, of `relevance`. */
  ranked: number | null;
  /** Where a page begins that goes on behind one of the rows. */
  behind(nth: number): MatchPosition;
}

/** The page that the rows of a search's `matchesQuery` are. */
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

/** The matches of a page, with one more where there is one; and where the page ends. */
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

/** D1 binds numbers as reals, and FTS5 goes straight to a place only for an integer: hence the casts of what is in `range`. */
function matchingIds(search: MatchSearch, range: SQL): SQL {
  const table = sql.raw(`${search.index}_search`);
  return sql`select rowid as id from ${table} where ${table} match ${expressionOf(search)} and ${range}
    order by rowid limit ${sql.raw(String(MAX_LOOKED_THROUGH))}`;
}

/** SQLite keeps the order of a CROSS JOIN: the newest match first, until there are enough. */
function passingDocs(search: MatchSearch, matching: SQL, score: SQL): SQL {
  const docs = docsOf(search);
  const where = and(eq(docs.id, sql`found.id`), eq(sessions.sessionId, docs.sessionId), search.passes);
  return sql`select ${docs.id} as id, ${score} as score
    from (${matching}) as found cross join ${docs} cross join ${sessions} where ${where}`;
}

/** Words hold no quotes, so that nothing in them has a meaning in the expression. */
function expressionOf({ query, of }: MatchSearch): string {
  const beside = of.map((word) => `owner : "${word}" AND `);
  const terms = query.terms.map((term) => `"${term.join(" ")}"`);
  return `${beside.join("")}words : (${terms.join(" AND ")})`;
}

/** Of a longer text the words are not counted. */
const MAX_SCORED_BYTES = 32 * 1024;
const USUAL_BYTES = 600;

/**
 * How often each term stands in the text, against its length, as BM25 weighs it, and more where all stand together. Not
 * FTS5's own bm25(): that reads every match of everybody to know how rare a word is.
 */
function scoreOf(words: typeof nameDocs.words, { terms }: SearchQuery): SQL {
  const number = (value: number) => sql.raw(value.toFixed(1));
  const text = sql`(' ' || ${words} || ' ')`;
  const length = sql`(0.3 + 0.9 * octet_length(${words}) / ${number(USUAL_BYTES)})`;
  const missing = terms.map((term) => {
    const padded = ` ${term.join(" ")} `;
    const without = sql`octet_length(replace(${text}, ${padded}, ''))`;
    const count = sql`(octet_length(${words}) + 2 - ${without}) / ${number(utf8Bytes(padded))}`;
    // What a count is worth is count / (count + length).
    return sql`${length} / (${count} + ${length})`;
  });
  const together = terms.length > 1 ? sql`(instr(${text}, ${` ${terms.flat().join(" ")} `}) > 0)` : sql`0`;
  const sum = sql`${number(terms.length)} + ${together} - ${sql.join(missing, sql` - `)}`;
  return sql`iif(octet_length(${words}) > ${sql.raw(String(MAX_SCORED_BYTES))}, 0.0, ${sum})`;
}
