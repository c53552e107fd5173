import { and, eq, type SQL, sql } from "drizzle-orm";
import type { SearchQuery } from "../lib/search-query.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Database } from "./database.ts";
import { messageDocs, nameDocs, sessions } from "./schema.ts";

// The full-text indexes of messages and of names, which have the same columns. Newest first is the order of their ids, so
// nothing is sorted, and what others have is not read: the owner is a word of the index.

export type SearchRank = "newest" | "relevance";

/** How many matches `relevance` puts in order: the newest. */
export const MAX_RANKED = 1000;
/** How many matches one page looks through at most for those that pass its filter. */
const MAX_LOOKED_THROUGH = 2000;

/** Where a page begins; `upTo` keeps what comes meanwhile out of an order that is under way. */
export type MatchPosition = { rank: "newest"; before: number } | { rank: "relevance"; upTo: number; offset: number };

/** Behind every id. */
const END = Number.MAX_SAFE_INTEGER;

export const firstPosition = (rank: SearchRank): MatchPosition =>
  rank === "newest" ? { rank, before: END } : { rank, upTo: END, offset: 0 };

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
  return isWhole(offset) && offset <= MAX_RANKED ? { rank, upTo: id, offset } : null;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

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

export interface Matches {
  /** Ids of docs, in the order to be shown. */
  ids: number[];
  /** Null behind the last one. */
  next: MatchPosition | null;
  /** How many were put in order, of `relevance`. */
  ranked: number | null;
  /** Where a page begins that goes on behind one of the ids. */
  behind(nth: number): MatchPosition;
}

/** A page of what matches. It may hold fewer than asked for, or none, and yet be followed by another. */
export function findMatches(db: Database, search: MatchSearch): Promise<Matches> {
  return search.from.rank === "newest" ? newest(db, search, search.from) : mostRelevant(db, search, search.from);
}

async function newest(db: Database, search: MatchSearch, { before }: { before: number }): Promise<Matches> {
  const matching = matchingIds(search, sql`rowid < cast(${before} as integer)`);
  const passing = passingDocs(db, search, matching, { id: docsOf(search).id }).limit(search.limit + 1);
  const found = (await passing).map(({ id }) => id).sort((a, b) => b - a);
  const ids = found.slice(0, search.limit);
  const behind = (nth: number): MatchPosition => ({ rank: "newest", before: ids[nth] ?? before });
  if (found.length > search.limit) {
    return { ids, next: behind(ids.length - 1), ranked: null, behind };
  }
  const [end] = await db.all<{ id: number }>(
    sql`select id from (${matching}) limit 1 offset ${sql.raw(String(MAX_LOOKED_THROUGH - 1))}`,
  );
  return { ids, next: end === undefined ? null : { rank: "newest", before: end.id }, ranked: null, behind };
}

async function mostRelevant(
  db: Database,
  search: MatchSearch,
  { upTo, offset }: { upTo: number; offset: number },
): Promise<Matches> {
  const { words, id } = docsOf(search);
  const columns = { id, score: scoreOf(words, search.query).as("score") };
  const scored = passingDocs(db, search, matchingIds(search, sql`rowid <= cast(${upTo} as integer)`), columns)
    .limit(MAX_RANKED)
    .as("scored");
  const rows = await db
    .select({
      id: scored.id,
      ranked: sql<number>`count(*) over ()`.as("ranked"),
      newest: sql<number>`max(${scored.id}) over ()`.as("newest"),
    })
    .from(scored)
    .orderBy(sql`${scored.score} desc`, sql`${scored.id} desc`)
    .limit(search.limit)
    .offset(offset);
  const [first] = rows;
  const behind = (nth: number): MatchPosition => ({
    rank: "relevance",
    upTo: Math.min(upTo, first?.newest ?? upTo),
    offset: offset + nth + 1,
  });
  const isLast = first === undefined || offset + rows.length >= first.ranked;
  return {
    ids: rows.map((row) => row.id),
    next: isLast ? null : behind(rows.length - 1),
    ranked: first?.ranked ?? 0,
    behind,
  };
}

const docsOf = ({ index }: MatchSearch) => (index === "message" ? messageDocs : nameDocs) as typeof nameDocs;

/** D1 binds numbers as reals, and FTS5 goes straight to a place only for an integer: hence the casts of what is in `range`. */
function matchingIds(search: MatchSearch, range: SQL): SQL {
  const table = sql.raw(`${search.index}_search`);
  return sql`select rowid as id from ${table} where ${table} match ${expressionOf(search)} and ${range}
    order by rowid desc limit ${sql.raw(String(MAX_LOOKED_THROUGH))}`;
}

/** SQLite keeps the order of a CROSS JOIN: the newest match first, until there are enough. */
function passingDocs<Columns extends Parameters<Database["select"]>[0]>(
  db: Database,
  search: MatchSearch,
  matching: SQL,
  columns: Columns & {},
) {
  const docs = docsOf(search);
  return db
    .select(columns)
    .from(sql`(${matching}) as found`)
    .crossJoin(docs)
    .crossJoin(sessions)
    .where(and(eq(docs.id, sql`found.id`), eq(sessions.sessionId, docs.sessionId), search.passes));
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
function scoreOf(words: typeof nameDocs.words, { terms }: SearchQuery): SQL<number> {
  const padded = terms.map((term) => ` ${term.join(" ")} `);
  const together = terms.length > 1 ? ` ${terms.flat().join(" ")} ` : "";
  const count = sql`(octet_length(text) - octet_length(replace(text, value, ''))) * 1.0 / octet_length(value)`;
  const length = sql`(0.3 + 0.9 * octet_length(${words}) / ${sql.raw(String(USUAL_BYTES))}.0)`;
  return sql<number>`iif(octet_length(${words}) > ${sql.raw(String(MAX_SCORED_BYTES))}, 0.0,
    (select sum(count / (count + ${length})) + iif(${together} <> '' and instr(text, ${together}) > 0, 1.0, 0.0)
      from (select ${count} as count, text from json_each(${JSON.stringify(padded)}), (select ' ' || ${words} || ' ' as text))))`;
}
