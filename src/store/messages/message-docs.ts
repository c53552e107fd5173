import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import { searchWords } from "../../lib/search-words.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { inPieces } from "../insert-rows.ts";
import { messageDocs, sessions } from "../schema/tables.ts";
import type { Placed } from "../template.ts";

/** How much of a message's text is indexed. */
export const MAX_INDEXED_BYTES = 256 * 1024;
/**
 * How much of its words is indexed. Words of one character each take a third more than the text, but some signs unfold
 * to eleven times their bytes.
 */
export const MAX_WORDS_BYTES = 512 * 1024;

/** A message to be indexed, with its place in the session. */
export interface IndexedMessage {
  runIndex: number;
  messageIndex: number;
  message: Pick<Message, "role" | "content" | "createdAt">;
}

/** What one statement adds at most; D1 takes a parameter of 2 MB at most. */
const MAX_STATEMENT_BYTES = 1024 * 1024;
const MAX_STATEMENT_DOCS = 200;

/** What one statement removes at most: the index removes each word by itself, which takes time. */
const MAX_REMOVED_DOCS = 500;
const MAX_REMOVED_BYTES = 128 * 1024;

/**
 * How many ids each millisecond has. Ids count up in the order of time, so that the table grows at its end. Older docs have
 * ids that count down. The full-text rowid counts down for all, so no two docs may have the same id but for its sign.
 */
const IDS_PER_MS = 2048;
/** If a millisecond has no id left, a doc goes behind all docs of this many milliseconds from then on. */
const OVERFLOW_MS = 4096;
const MAX_MS = 4_398_046_500_000;

/**
 * Puts what people and agents said into the search index while the condition holds. The docs get the owner that the
 * session has when the statement runs. Repeatable; a doc of an earlier session with the same id is replaced.
 */
export function indexMessages(
  db: Database,
  sessionId: string,
  placed: readonly IndexedMessage[],
  condition: SQL,
): Statement[] {
  return docsOf(placed).map((docs) => insertDocs(db, sessionId, docs, condition));
}

/** The docs of messages as `insertDocs` takes them: as many as one statement adds are one text. */
export function docsOf(placed: readonly IndexedMessage[]): string[] {
  return inTexts(placed.flatMap((one) => docOf(one) ?? []));
}

/** A message to be indexed, in one of several sessions. */
export type MessageOfSession = IndexedMessage & { sessionId: string };

/** As `indexMessages`, of messages of several sessions, in as few statements as those of one. */
export function indexMessagesOfAll(db: Database, placed: readonly MessageOfSession[], condition: SQL): Statement[] {
  const docs = placed.flatMap((one) => {
    const doc = docOf(one);
    return doc === null ? [] : [{ ...doc, sessionId: one.sessionId }];
  });
  return inTexts(docs).map((some) => insertDocs(db, sql`in_session`, some, condition));
}

interface Doc {
  /** Set if the docs of one statement are of several sessions. */
  sessionId?: string;
  runIndex: number;
  messageIndex: number;
  base: number;
  words: string;
}

function docOf({ runIndex, messageIndex, message }: IndexedMessage): Doc | null {
  if (message.role !== "user" && message.role !== "assistant") return null;
  const words = wholeWords(searchWords(cutUtf8(message.content, MAX_INDEXED_BYTES)));
  if (words === "") return null;
  // Imported messages may have whole seconds only. Those of one second are spread over it, so that they keep their order.
  const at = Math.floor(message.createdAt) + (message.createdAt % 1000 === 0 ? messageIndex % 1000 : 0);
  return { runIndex, messageIndex, base: IDS_PER_MS * Math.min(Math.max(0, at), MAX_MS), words };
}

/** The words that the index has room for. The last of them is whole. */
function wholeWords(words: string): string {
  const cut = cutUtf8(words, MAX_WORDS_BYTES);
  return cut === words ? words : cut.slice(0, cut.lastIndexOf(" "));
}

function inTexts(docs: readonly Doc[]): string[] {
  const sizeOf = ({ words }: Doc) => utf8Bytes(words);
  return inPieces(docs, { maxItems: MAX_STATEMENT_DOCS, maxSize: MAX_STATEMENT_BYTES, sizeOf }).map(docsText);
}

function docsText(docs: readonly Doc[]): string {
  // SQLite computes all ids before it inserts the first row, so two docs of one statement may be placed behind the same row.
  // Each id is therefore moved on by the doc's number within the statement, and no two docs get the same id.
  const rows = docs
    .toSorted((a, b) => a.base - b.base)
    .map((doc, nth) => [doc.runIndex, doc.messageIndex, doc.base, nth, doc.words, doc.sessionId])
    // FTS5 gathers rows that come newest first. In another order it writes out what it has before each row.
    .toReversed();
  return JSON.stringify(rows);
}

/** Adds docs (`docsOf`). `sessionId` is an id, or the column `in_session` of the docs. */
export function insertDocs(db: Database, sessionId: Placed<string> | SQL, docs: Placed<string>, condition: SQL) {
  const none = sql`base - 1`;
  const last = (ids: SQL) => sql`max(
    ifnull((select max(id) from ${messageDocs} where id >= base and id < base + ${ids}), ${none}),
    ifnull((select -min(id) from ${messageDocs} where id <= -base and id > -base - ${ids}), ${none}))`;
  const bucket = last(sql.raw(String(IDS_PER_MS)));
  const id = sql`1 + nth + iif(${bucket} + nth < base + ${sql.raw(String(IDS_PER_MS - 1))},
    ${bucket}, ${last(sql.raw(String(IDS_PER_MS * OVERFLOW_MS)))})`;
  const given = sql`select value ->> 0 as run_index, value ->> 1 as message_index, value ->> 2 as base, value ->> 3 as nth,
    value ->> 4 as words, value ->> 5 as in_session from json_each(${docs})`;
  return db
    .insert(messageDocs)
    .select(
      sql`select ${id}, ${sessionId}, run_index, message_index, ${ownerOf(sessionId)}, words from (${given}) where ${condition}`,
    )
    .onConflictDoUpdate({
      target: [messageDocs.sessionId, messageDocs.runIndex, messageDocs.messageIndex],
      set: {
        id: sql`iif(${messageDocs.words} = excluded.words, ${messageDocs.id}, excluded.id)`,
        owner: sql`excluded.owner`,
        words: sql`excluded.words`,
      },
      setWhere: sql`${messageDocs.owner} <> excluded.owner or ${messageDocs.words} <> excluded.words`,
    });
}

/** Whether a doc is the one that has this rowid in the full-text index. */
export const isDocAt = (rowid: SQL): SQL =>
  sql`${messageDocs.id} = coalesce((select risen.id from ${messageDocs} as risen where risen.id = -${rowid}), ${rowid})`;

/** A user id as one word of the index. */
export const ownerWord = (userId: string): string =>
  `u${Array.from(new TextEncoder().encode(userId), hexByte).join("")}`;

/** A session id as one word of the index. */
export const sessionWord = (sessionId: string): string =>
  `s${Array.from(new TextEncoder().encode(sessionId), hexByte).join("")}`;

const hexByte = (byte: number) => byte.toString(16).padStart(2, "0");

function ownerOf(sessionId: Placed<string> | SQL): SQL {
  return sql`coalesce((select 'u' || lower(hex(${sessions.userId})) from ${sessions}
    where ${sessions.sessionId} = ${sessionId} and ${sessions.userId} is not null), '')`;
}

/** Removes the messages of one run from the search index while the condition holds. */
export function removeRunDocs(db: Database, sessionId: string, runIndex: number, condition: SQL): Statement {
  const keys = and(eq(messageDocs.sessionId, sessionId), eq(messageDocs.runIndex, runIndex));
  return db.delete(messageDocs).where(and(keys, condition));
}

/**
 * Removes some of a session's messages from the search index while the condition holds; changes no row once none is
 * left.
 */
export function removeDocs(db: Database, sessionId: string, condition: SQL): Statement {
  const walked = sql`select id, octet_length(words) as own,
      sum(octet_length(words)) over (order by run_index, message_index rows unbounded preceding) as bytes
    from ${messageDocs} where ${eq(messageDocs.sessionId, sessionId)} and ${condition}
    order by run_index, message_index limit ${MAX_REMOVED_DOCS}`;
  return db.delete(messageDocs).where(sql`id in (select id from (${walked}) where bytes - own < ${MAX_REMOVED_BYTES})`);
}

/** 1 if the search index has more of a session than one statement may remove, else 0. */
export function hasManyDocs(sessionId: string): SQL {
  const some = sql`select octet_length(words) as own from ${messageDocs}
    where ${eq(messageDocs.sessionId, sessionId)} limit ${MAX_REMOVED_DOCS + 1}`;
  return sql`(select count(*) > ${MAX_REMOVED_DOCS} or ifnull(sum(own), 0) > ${MAX_REMOVED_BYTES} from (${some}))`;
}
