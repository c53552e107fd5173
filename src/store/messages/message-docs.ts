import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import { searchWords } from "../../lib/search-words.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { messageDocs, sessions } from "../schema/tables.ts";

/** How much of a message the search index has. */
export const MAX_INDEXED_BYTES = 256 * 1024;
/** And of its words: a word a character takes a third more than the text, but some signs unfold to eleven times theirs. */
export const MAX_WORDS_BYTES = 512 * 1024;

/** A message and where it stands. */
export interface PlacedMessage {
  runIndex: number;
  messageIndex: number;
  message: Pick<Message, "role" | "content" | "createdAt">;
}

/** D1 binds values of 2 MB at most. */
const MAX_STATEMENT_BYTES = 1024 * 1024;
const MAX_STATEMENT_DOCS = 200;

/** What one statement removes at most: each word is taken out of the index by itself, which costs. */
const MAX_REMOVED_DOCS = 500;
const MAX_REMOVED_BYTES = 128 * 1024;

/** Ids count down in the order of time: so many to a millisecond. */
const IDS_PER_MS = 2048;
/** What does not fit its millisecond goes behind what is in these. */
const OVERFLOW_MS = 4096;
const MAX_MS = 4_398_046_500_000;

/**
 * Puts what people and agents said into the search index, under the owner that the session has then, while the condition
 * holds. Repeatable; a doc of an earlier session with the id gives way.
 */
export function indexMessages(
  db: Database,
  sessionId: string,
  placed: readonly PlacedMessage[],
  condition: SQL,
): Statement[] {
  const statements: Statement[] = [];
  let docs: Doc[] = [];
  let bytes = 0;
  const flush = () => {
    if (docs.length > 0) statements.push(insertDocs(db, sessionId, docs, condition));
    docs = [];
    bytes = 0;
  };
  for (const one of placed) {
    const doc = docOf(one);
    if (doc === null) continue;
    const size = utf8Bytes(doc.words);
    if (docs.length >= MAX_STATEMENT_DOCS || bytes + size > MAX_STATEMENT_BYTES) flush();
    docs.push(doc);
    bytes += size;
  }
  flush();
  return statements;
}

interface Doc {
  runIndex: number;
  messageIndex: number;
  base: number;
  words: string;
}

function docOf({ runIndex, messageIndex, message }: PlacedMessage): Doc | null {
  if (message.role !== "user" && message.role !== "assistant") return null;
  const words = wholeWords(searchWords(cutUtf8(message.content, MAX_INDEXED_BYTES)));
  if (words === "") return null;
  // Other systems know whole seconds only: what they say in one is spread over it.
  const at = Math.floor(message.createdAt) + (message.createdAt % 1000 === 0 ? messageIndex % 1000 : 0);
  return { runIndex, messageIndex, base: IDS_PER_MS * Math.min(Math.max(0, at), MAX_MS), words };
}

/** As many words as the index takes. */
function wholeWords(words: string): string {
  const cut = cutUtf8(words, MAX_WORDS_BYTES);
  return cut === words ? words : cut.slice(0, cut.lastIndexOf(" "));
}

function insertDocs(db: Database, sessionId: string, docs: readonly Doc[], condition: SQL): Statement {
  // All ids are computed before the first row is there. Each doc keeps its distance, in order of time over the whole
  // statement: two of them that go behind the same row, from the same millisecond or from others, never meet.
  const rows = docs
    .toSorted((a, b) => a.base - b.base)
    .map(({ runIndex, messageIndex, base, words }, nth) => [runIndex, messageIndex, base, nth, words])
    // The index takes them in the order of ids; any other has it write what it gathered for each.
    .toReversed();
  const last = (ids: number) => sql`(select -min(id) from ${messageDocs}
    where id <= -base and id > -base - ${sql.raw(String(ids))})`;
  const bucket = last(IDS_PER_MS);
  const id = sql`-nth - iif(${bucket} + nth >= base + ${sql.raw(String(IDS_PER_MS - 1))},
    ${last(IDS_PER_MS * OVERFLOW_MS)} + 1, coalesce(${bucket} + 1, base))`;
  const given = sql`select value ->> 0 as run_index, value ->> 1 as message_index, value ->> 2 as base, value ->> 3 as nth,
    value ->> 4 as words from json_each(${JSON.stringify(rows)})`;
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

/** The owner's user id as one word of the index. */
export const ownerWord = (userId: string): string =>
  `u${Array.from(new TextEncoder().encode(userId), hexByte).join("")}`;

/** A session's id as one word of the index. */
export const sessionWord = (sessionId: string): string =>
  `s${Array.from(new TextEncoder().encode(sessionId), hexByte).join("")}`;

const hexByte = (byte: number) => byte.toString(16).padStart(2, "0");

function ownerOf(sessionId: string): SQL {
  return sql`coalesce((select 'u' || lower(hex(${sessions.userId})) from ${sessions}
    where ${sessions.sessionId} = ${sessionId} and ${sessions.userId} is not null), '')`;
}

/** Takes the messages of one run out of the search index, while the condition holds. */
export function removeRunDocs(db: Database, sessionId: string, runIndex: number, condition: SQL): Statement {
  const keys = and(eq(messageDocs.sessionId, sessionId), eq(messageDocs.runIndex, runIndex));
  return db.delete(messageDocs).where(and(keys, condition));
}

/** Takes some of a session's messages out of the search index, while the condition holds; changes none when none is left. */
export function removeDocs(db: Database, sessionId: string, condition: SQL): Statement {
  const walked = sql`select id, octet_length(words) as own,
      sum(octet_length(words)) over (order by run_index, message_index rows unbounded preceding) as bytes
    from ${messageDocs} where ${eq(messageDocs.sessionId, sessionId)} and ${condition}
    order by run_index, message_index limit ${MAX_REMOVED_DOCS}`;
  return db.delete(messageDocs).where(sql`id in (select id from (${walked}) where bytes - own < ${MAX_REMOVED_BYTES})`);
}

/** Whether the search index has more of a session than one statement is to remove: 0 or 1. */
export function hasManyDocs(sessionId: string): SQL {
  const some = sql`select octet_length(words) as own from ${messageDocs}
    where ${eq(messageDocs.sessionId, sessionId)} limit ${MAX_REMOVED_DOCS + 1}`;
  return sql`(select count(*) > ${MAX_REMOVED_DOCS} or ifnull(sum(own), 0) > ${MAX_REMOVED_BYTES} from (${some}))`;
}
