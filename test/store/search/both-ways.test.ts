import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { searchQuery } from "../../../src/lib/search-query.ts";
import { commit } from "../../../src/store/commit.ts";
import { openDatabase } from "../../../src/store/database.ts";
import {
  type IndexedMessage,
  indexMessages,
  removeDocs,
  removeRunDocs,
} from "../../../src/store/messages/message-docs.ts";
import { firstPosition, type MatchPosition, type SearchRank } from "../../../src/store/search/full-text.ts";
import { searchMessages } from "../../../src/store/search/message-search.ts";
import { type EarlierDoc, insertEarlierDocs } from "../../support/earlier-docs.ts";
import { generator } from "../../support/history.ts";
import { developer } from "../../support/principals.ts";

/* Ids of docs counted down once, and count up now. Docs of both kinds stand in one index, and Workers of both write it. */

const db = openDatabase(env.DB);
const AT = 1_700_000_000_001;

beforeEach(async () => {
  await env.DB.batch(["message_docs", "messages", "sessions"].map((table) => env.DB.prepare(`delete from ${table}`)));
});

/** Fails unless each doc has one place in the index, which no other doc has, and the index has nothing else. */
async function check(note: string): Promise<void> {
  await env.DB.prepare("insert into message_search(message_search, rank) values ('integrity-check', 1)").run();
  const { results } = await env.DB.prepare(
    "select count(*) as docs, count(distinct abs(id)) as places from message_docs",
  ).all<{ docs: number; places: number }>();
  expect(results[0]?.places, note).toBe(results[0]?.docs);
}

const message = (doc: EarlierDoc): IndexedMessage => ({
  runIndex: doc.runIndex,
  messageIndex: doc.messageIndex,
  message: { role: "user", content: doc.words, createdAt: doc.at },
});

async function insertNow(sessionId: string, docs: readonly EarlierDoc[]): Promise<void> {
  const [first, ...rest] = indexMessages(db, sessionId, docs.map(message), sql`1`);
  if (first === undefined) throw new Error("There is something to index.");
  expect(await commit(db, [first, ...rest])).toMatchObject({ kind: "written" });
}

/** Sessions of Ada with a message for each doc. */
async function store(docs: readonly EarlierDoc[]): Promise<void> {
  await env.DB.batch(
    docs.flatMap(({ sessionId, runIndex, messageIndex, words, at }) => [
      env.DB.prepare(
        `insert or ignore into sessions (session_id, session_type, agent_id, component_id, user_id, fence, created_at, updated_at)
         values (?, 'agent', 'a', 'a', 'ada', 'f', 1, 1)`,
      ).bind(sessionId),
      env.DB.prepare(
        `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
         values (?1, ?2, ?3, ?1, ?4, 'user', ?4, ?5)`,
      ).bind(sessionId, runIndex, messageIndex, words, at),
    ]),
  );
}

/** What the pages of a search show, page after page; `between` is done behind the first. */
async function pages(q: string, rank: SearchRank, limit = 7, between?: () => Promise<void>): Promise<string[]> {
  const query = searchQuery(q) ?? { terms: [] };
  const seen: string[] = [];
  for (let from: MatchPosition | null = firstPosition(rank); from !== null; ) {
    const isFirst: boolean = seen.length === 0;
    const found: Awaited<ReturnType<typeof searchMessages>> = await searchMessages(
      db,
      developer("ada"),
      { query, filter: {} },
      { limit, from },
    );
    seen.push(...found.hits.map(({ content }) => content));
    from = found.next;
    if (isFirst) await between?.();
  }
  return seen;
}

/** One doc each millisecond, by turns of the Worker of before and of this one. */
function byTurns(count: number): { all: EarlierDoc[]; earlier: EarlierDoc[]; now: EarlierDoc[] } {
  const all = Array.from({ length: count }, (_, nth) => ({
    sessionId: `s${nth % 3}`,
    runIndex: nth,
    messageIndex: 0,
    at: AT + nth,
    words: `said n${nth}${nth % 4 === 0 ? " said" : ""}`,
  }));
  const isEarlier = ({ runIndex }: EarlierDoc) => runIndex % 2 === 0;
  return { all, earlier: all.filter(isEarlier), now: all.filter((doc) => !isEarlier(doc)) };
}

const bySession = (docs: readonly EarlierDoc[]) => [...Map.groupBy(docs, ({ sessionId }) => sessionId)];

it("finds docs of both kinds, newest first, page after page", async () => {
  const { all, earlier, now } = byTurns(60);
  await store(all);
  await insertEarlierDocs(earlier).run();
  for (const [sessionId, docs] of bySession(now)) await insertNow(sessionId, docs);
  await check("by turns");
  const newestFirst = all.map(({ words }) => words).toReversed();
  expect(await pages("said", "newest")).toEqual(newestFirst);
  const isTwice = (words: string) => words.endsWith("said");
  const best = [...newestFirst.filter(isTwice), ...newestFirst.filter((words) => !isTwice(words))];
  const ranked = await pages("said", "relevance");
  expect(ranked.toSorted()).toEqual(best.toSorted());
  expect(ranked.slice(0, 15).every(isTwice)).toBe(true);
});

it("goes on behind a cursor of before, whatever is said meanwhile", async () => {
  const { all, earlier, now } = byTurns(60);
  await store(all);
  await insertEarlierDocs(earlier).run();
  const newestFirst = earlier.map(({ words }) => words).toReversed();
  const later = now.map((doc) => ({ ...doc, at: doc.at + 1_000 }));
  const seen = await pages("said", "newest", 7, async () => {
    for (const [sessionId, docs] of bySession(later)) await insertNow(sessionId, docs);
  });
  expect(seen).toEqual(newestFirst);
});

it("puts an imported message where it was said, not where it was stored", async () => {
  const { all } = byTurns(40);
  await store(all);
  for (const doc of all.toSorted((a, b) => ((a.runIndex * 17) % 40) - ((b.runIndex * 17) % 40))) {
    if (doc.runIndex % 3 === 0) await insertEarlierDocs([doc]).run();
    else await insertNow(doc.sessionId, [doc]);
  }
  expect(await pages("said", "newest")).toEqual(all.map(({ words }) => words).toReversed());
  await check("imported");
});

it("has ids that count up as time goes on", async () => {
  const { now } = byTurns(40);
  for (const doc of now) await insertNow(doc.sessionId, [doc]);
  const { results } = await env.DB.prepare("select id from message_docs order by run_index").all<{ id: number }>();
  const ids = results.map(({ id }) => id);
  expect(ids.every((id, nth) => id > (ids[nth - 1] ?? 0))).toBe(true);
});

it("reads the doc of each rowid, of both kinds", async () => {
  const { all, earlier, now } = byTurns(20);
  await insertEarlierDocs(earlier).run();
  for (const [sessionId, docs] of bySession(now)) await insertNow(sessionId, docs);
  const { results } = await env.DB.prepare(
    "select words from message_search where message_search match 'said' order by rowid desc",
  ).all<{ words: string }>();
  expect(results.map(({ words }) => words)).toEqual(all.map(({ words }) => words));
});

/** Two crowded milliseconds, one that is nearly full, whole seconds, the beginning of time, and one far away. */
const INSTANTS: [number, ...number[]] = [
  AT,
  AT + 1,
  AT + 1,
  AT + 2,
  1_700_000_000_000,
  1_700_000_000_000,
  0,
  AT + 4_096,
];

it.each([1, 2, 3, 4])(
  "keeps each doc in a place of its own, whoever writes, changes and removes it: history %i",
  async (seed) => {
    const { below, one: among } = generator(seed);
    const sessionIds: [string, ...string[]] = ["s0", "s1", "s2"];
    await store(sessionIds.map((sessionId) => ({ sessionId, runIndex: 9_999, messageIndex: 0, at: 1, words: "x" })));
    const crowd = (worker: string, count: number): EarlierDoc[] =>
      Array.from({ length: count }, (_, nth) => ({
        ...{ sessionId: worker, runIndex: 10_000 + nth, messageIndex: 0, at: AT + 2, words: `crowd n${nth}` },
      }));
    // One millisecond holds 2,048.
    await insertEarlierDocs(crowd("old", 1_030)).run();
    const risen = crowd("new", 1_010);
    for (let from = 0; from < risen.length; from += 200) await insertNow("new", risen.slice(from, from + 200));
    await check("crowded");
    for (let nth = 0; nth < 60; nth++) {
      const sessionId = among(sessionIds);
      const first = below(20);
      const docs = Array.from({ length: 1 + below(12) }, (_, place) => ({
        ...{
          sessionId,
          runIndex: first + place,
          messageIndex: 0,
          at: among(INSTANTS),
          words: `said n${among([1, 2, 3])}`,
        },
      }));
      const act = below(8);
      if (act < 3) await insertNow(sessionId, docs);
      else if (act < 6) await insertEarlierDocs(docs).run();
      else if (act === 6) {
        const owner = among(["ada", "bob", null]);
        await env.DB.prepare("update sessions set user_id = ? where session_id = ?").bind(owner, sessionId).run();
      } else
        await commit(db, [among([removeDocs(db, sessionId, sql`1`), removeRunDocs(db, sessionId, first, sql`1`)])]);
      await check(`${nth}: ${act}`);
    }
  },
);

it("moves nothing of what this Worker writes, and little of it where the Worker of before writes beside it", async () => {
  const { all } = byTurns(20);
  const ids = async () =>
    (await env.DB.prepare("select id from message_docs order by run_index").all<{ id: number }>()).results.map(
      ({ id }) => id,
    );
  for (const doc of all) await insertNow(doc.sessionId, [doc]);
  const before = await ids();
  await insertNow(
    "beside",
    all.map((doc) => ({ ...doc, runIndex: 100 + doc.runIndex })),
  );
  expect((await ids()).slice(0, 20)).toEqual(before);
  await insertEarlierDocs(all.map((doc) => ({ ...doc, sessionId: "old", runIndex: 200 + doc.runIndex }))).run();
  // All stay in their millisecond.
  expect((await ids()).slice(0, 20).map((id) => Math.floor(id / 2048))).toEqual(all.map(({ at }) => at));
  await check("beside");
});
