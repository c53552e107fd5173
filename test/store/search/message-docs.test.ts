import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { commit } from "../../../src/store/commit.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { type IndexedMessage, indexMessages, MAX_WORDS_BYTES } from "../../../src/store/messages/message-docs.ts";
import { newId } from "../../support/http.ts";

/* Where a message is put in the search index, and how many of its words. */

const db = openDatabase(env.DB);

/** Questions and answers of one second. Systems that record whole seconds give all of them the same time. */
const saidAtOnce = (runs: number): IndexedMessage[] =>
  Array.from({ length: runs * 2 }, (_, nth) => ({
    runIndex: Math.floor(nth / 2),
    messageIndex: nth % 2,
    message: { role: nth % 2 === 0 ? "user" : "assistant", content: `word ${nth}`, createdAt: 1_700_000_000_000 },
  }));

it("is a place of its own, however many were said in one second", async () => {
  const sessionId = newId();
  const placed = saidAtOnce(2_500);
  for (let from = 0; from < placed.length; from += 100) {
    const [first, ...rest] = indexMessages(db, sessionId, placed.slice(from, from + 100), sql`1`);
    if (first === undefined) throw new Error("There is something to index.");
    expect(await commit(db, [first, ...rest]), `from ${from}`).toMatchObject({ kind: "written" });
  }
  const count = await env.DB.prepare("select count(*) as docs from message_docs where session_id = ?")
    .bind(sessionId)
    .first("docs");
  expect(count).toBe(5_000);
});

it("goes into the full-text index in one part with all that one statement has", async () => {
  const parts = async () =>
    Number(await env.DB.prepare("select count(distinct segid) as parts from message_search_idx").first("parts"));
  const before = await parts();
  const [first, ...rest] = indexMessages(db, newId(), saidAtOnce(50), sql`1`);
  if (first === undefined) throw new Error("There is something to index.");
  expect(rest).toEqual([]);
  await commit(db, [first]);
  expect((await parts()) - before).toBe(1);
});

it("has as many words as a row takes, whatever a text unfolds to, and all of what does not", async () => {
  const sessionId = newId();
  const text = (content: string, messageIndex: number): IndexedMessage => ({
    runIndex: 0,
    messageIndex,
    message: { role: "user", content, createdAt: 1_700_000_000_000 },
  });
  // A character that unfolds to eleven times its bytes, words of one character each, and words as people type them.
  const placed = [text("\ufdfa".repeat(85_000), 0), text("京".repeat(87_000), 1), text("word ".repeat(52_000), 2)];
  const [first, ...rest] = indexMessages(db, sessionId, placed, sql`1`);
  if (first === undefined) throw new Error("There is something to index.");
  expect(await commit(db, [first, ...rest])).toMatchObject({ kind: "written" });
  const { results } = await env.DB.prepare(
    "select octet_length(words) as bytes, substr(words, -4) as last from message_docs where session_id = ? order by message_index",
  )
    .bind(sessionId)
    .all<{ bytes: number; last: string }>();
  const [unfolded, ...whole] = results;
  expect(unfolded?.bytes).toBeLessThanOrEqual(MAX_WORDS_BYTES);
  expect(unfolded?.bytes).toBeGreaterThan(MAX_WORDS_BYTES - 100);
  expect(unfolded?.last).toMatch(/^(.* )?\p{L}+$/u);
  expect(whole.map(({ bytes }) => bytes)).toEqual([4 * 87_000 - 1, 5 * 52_000 - 1]);
});
