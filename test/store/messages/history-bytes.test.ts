import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Message } from "../../../src/domain/message.ts";
import {
  CHAT_HISTORY,
  type HistoryFilter,
  historyMessages,
  passingMessages,
} from "../../../src/engine/prompt/history.ts";
import { utf8Bytes } from "../../../src/lib/text.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { decodeHistoryCursor, type HistoryPage, readHistory } from "../../../src/store/messages/history.ts";
import type { KeyedMessage } from "../../../src/store/messages/message-rows.ts";
import { anyFilter, anySession, byKey, type Generator, generator, type SessionRun } from "../../support/history.ts";
import { END, notingDatabase, ofObject, START, storeSession, walk, recentChat } from "../../support/stored-history.ts";

const db = openDatabase(env.DB);
const MB = 1024 * 1024;
const ids = (some: readonly Message[]) => some.map((one) => one.messageId);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, nth) => `m${from + nth}`);

/**
 * Makes a session of `count` messages inside SQLite, two a run. Message i has the id `m<i>`; `columns` are SQL expressions
 * of i.
 */
async function seed(count: number, columns: Record<string, string>): Promise<string> {
  const sessionId = crypto.randomUUID();
  const all = { role: "iif(i % 2 = 0, 'user', 'assistant')", content: "''", ...columns };
  const numbered = (rows: number) =>
    `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${rows - 1})`;
  await env.DB.batch([
    env.DB.prepare(
      `insert into runs (run_id, session_id, run_index, position, agent_id, status, fence, input, created_at)
       ${numbered(count / 2)} select ?1 || i, ?1, i, 0, 'a', 'COMPLETED', 'f', '', 1 from n`,
    ).bind(sessionId),
    env.DB.prepare(
      `insert into messages (session_id, run_index, message_index, run_id, message_id, created_at, ${Object.keys(all)})
       ${numbered(count)} select ?1, i / 2, i % 2, ?1 || (i / 2), 'm' || i, 1, ${Object.values(all)} from n`,
    ).bind(sessionId),
  ]);
  return sessionId;
}

describe("a session of 40 messages of 1 MB each", () => {
  const oneMb = `hex(zeroblob(${MB / 2}))`;
  let sessionId = "";
  let withSystem = "";
  beforeAll(async () => {
    sessionId = await seed(40, { content: oneMb });
    withSystem = await seed(40, { content: oneMb, role: "iif(i = 0, 'system', 'user')" });
  });

  test("is answered with its newest 8 MB, and the cursor leads to the rest", async () => {
    const { data, meta } = await readHistory(db, ofObject(sessionId), {});
    expect(ids(data)).toEqual(range(32, 40));
    expect(meta).toMatchObject({ limit: 1000, has_more: true });
    expect(decodeHistoryCursor(meta.before ?? "")).toEqual({ runIndex: 16, messageIndex: 0 });
    expect(decodeHistoryCursor(meta.after ?? "")).toEqual({ runIndex: 19, messageIndex: 1 });
    const older = await walk(sessionId, {}, "before", { runIndex: 16, messageIndex: 0 });
    expect(older.toReversed().flatMap((page) => ids(page.data))).toEqual(range(0, 32));
  });

  test("is answered with the system message before its newest, as if the limit had been what fits", async () => {
    const { data, meta } = await readHistory(db, ofObject(withSystem), {});
    expect(ids(data)).toEqual(["m0", ...range(33, 40)]);
    expect(await readHistory(db, ofObject(withSystem), { limit: 8 })).toEqual({ data, meta: { ...meta, limit: 8 } });
    expect(meta.has_more).toBe(true);
    expect(decodeHistoryCursor(meta.before ?? "")).toEqual({ runIndex: 16, messageIndex: 1 });
  });

  test("is paged through in both directions, each message once and in order, 8 MB at a time", async () => {
    const forward = await walk(sessionId, { limit: 1000 }, "after", START);
    expect(forward.map((page) => ids(page.data))).toEqual([0, 8, 16, 24, 32].map((nth) => range(nth, nth + 8)));
    const backward = await walk(sessionId, { limit: 1000 }, "before", END);
    expect(backward.map((page) => ids(page.data))).toEqual([32, 24, 16, 8, 0].map((nth) => range(nth, nth + 8)));
    for (const { data, meta } of [...forward, ...backward]) {
      const [before, after] = [meta.before, meta.after].map((cursor) => decodeHistoryCursor(cursor ?? ""));
      expect(before).toEqual(data[0]?.messageId === "m0" ? null : { runIndex: data[0]?.runIndex, messageIndex: 0 });
      expect(after).toEqual({ runIndex: data.at(-1)?.runIndex, messageIndex: 1 });
    }
  });

  test("shows of its chat the newest that fit", async () => {
    expect(ids(await recentChat(db, ofObject(sessionId), 200))).toEqual(range(32, 40));
    expect(ids(await recentChat(db, ofObject(sessionId), 3))).toEqual(range(37, 40));
    expect(ids((await readHistory(db, ofObject(sessionId), CHAT_HISTORY)).data)).toEqual(range(32, 40));
  });

  const reads: { read: string; run(noted: typeof db): PromiseLike<unknown> }[] = [
    { read: "the first answer", run: (noted) => readHistory(noted, ofObject(withSystem), {}) },
    {
      read: "a page of what is older",
      run: (noted) => readHistory(noted, ofObject(sessionId), { limit: 1000 }, { before: END }),
    },
    {
      read: "a page of what is newer",
      run: (noted) => readHistory(noted, ofObject(sessionId), { limit: 1000 }, { after: START }),
    },
    { read: "the recent chat", run: (noted) => recentChat(noted, ofObject(sessionId), 200) },
  ];
  test.each(reads)("is cut by D1 already, which sends one message more at most: $read", async ({ run, read }) => {
    const noted = notingDatabase();
    await run(noted.db);
    // The first answer also has the system message, which D1 sends beside the rest.
    expect(await noted.bytesSent()).toBeLessThan((read === "the first answer" ? 10.1 : 9.1) * MB);
  });
});

describe("what an answer holds", () => {
  test.each([
    { what: "text of two bytes a letter", columns: { content: `replace(hex(zeroblob(${MB / 4})), '0', 'ü')` } },
    {
      what: "tool calls",
      columns: { role: "'assistant'", tool_calls: `'["' || hex(zeroblob(${MB / 2 - 2})) || '"]'` },
    },
    { what: "tool arguments", columns: { role: "'tool'", tool_args: `'["' || hex(zeroblob(${MB / 2 - 2})) || '"]'` } },
  ])("is counted in bytes as stored: $what", async ({ columns }) => {
    const sessionId = await seed(10, columns);
    const { data, meta } = await readHistory(db, ofObject(sessionId), {}, { after: START });
    expect(ids(data)).toEqual(range(0, 8));
    expect(meta.has_more).toBe(true);
  });

  test("may be 8 MB to the byte, and then nothing more follows", async () => {
    const sessionId = await seed(8, { content: `hex(zeroblob(${MB / 2}))` });
    for (const cursor of [undefined, { after: START }, { before: END }]) {
      const { data, meta } = await readHistory(db, ofObject(sessionId), {}, cursor);
      expect(ids(data)).toEqual(range(0, 8));
      expect(meta).toMatchObject({ has_more: false, before: null });
    }
  });
});

const bytesOf = (message: Message): number =>
  utf8Bytes(message.content) + (message.role === "tool" ? utf8Bytes(message.toolCallId + message.toolName) : 0);

/** How many messages fit, counted from the first. */
function countFitting(some: readonly Message[], maxBytes: number): number {
  let bytes = 0;
  const firstTooMany = some.findIndex((message) => {
    bytes += bytesOf(message);
    return bytes > maxBytes;
  });
  return firstTooMany < 0 ? some.length : firstTooMany;
}

function withTexts(random: Generator, all: SessionRun[]): SessionRun[] {
  const text = () => random.one(["", "x", "ü", "🙂"]).repeat(random.below(16));
  return all.map((run) => ({ ...run, messages: run.messages.map((own) => ({ ...own, content: text() })) }));
}

function expectedPages(passing: readonly KeyedMessage[], limit: number, maxBytes: number): KeyedMessage[][] {
  const pages: KeyedMessage[][] = [];
  for (let rest = passing; rest.length > 0; rest = rest.slice(pages.at(-1)?.length)) {
    pages.push(rest.slice(0, countFitting(rest.slice(0, limit), maxBytes)));
  }
  return pages.length > 0 ? pages : [[]];
}

describe("reading history by few bytes at a time, compared with the rules over all runs of random sessions", () => {
  /** Larger than the longest text of these messages. In production, too, an answer's budget is larger than any row of D1. */
  const anyBudget = (random: Generator) => 80 + random.below(300);

  for (const seedOfTest of [1, 2, 3]) {
    test(`the first answer is that of a smaller limit, and the rest is behind it (seed ${seedOfTest})`, async () => {
      const random = generator(200 + seedOfTest);
      const all = withTexts(random, anySession(random));
      const sessionId = await storeSession(all);
      for (let nth = 0; nth < 40; nth++) {
        const filter: HistoryFilter = anyFilter(random);
        const maxBytes = anyBudget(random);
        const label = JSON.stringify({ filter, maxBytes });
        const passing = filter.limit !== undefined && filter.limit <= 0 ? [] : passingMessages(all, filter);
        const newestFirst = passing.toReversed().slice(0, filter.limit);
        const fitting = countFitting(newestFirst, maxBytes);
        const page = await readHistory(db, ofObject(sessionId), { ...filter, maxBytes });
        const limit = fitting < newestFirst.length ? fitting : filter.limit;
        expect(page.data, label).toEqual(historyMessages(all, { ...filter, limit }));

        const older = page.meta.before === null ? null : decodeHistoryCursor(page.meta.before);
        expect(page.meta.has_more, label).toBe(older !== null);
        const pages: HistoryPage[] =
          older === null ? [] : await walk(sessionId, { ...filter, limit: 100 }, "before", older, maxBytes);
        const before = pages.toReversed().flatMap(({ data }) => data);
        const shown = page.data.filter((one) => older === null || byKey(one, older) >= 0).toSorted(byKey);
        expect([...before, ...shown], label).toEqual(passing);
      }
    });

    test(`a page holds as much as fits, and the next goes on behind it (seed ${seedOfTest})`, async () => {
      const random = generator(300 + seedOfTest);
      const all = withTexts(random, anySession(random));
      const sessionId = await storeSession(all);
      for (let nth = 0; nth < 20; nth++) {
        const filter = { ...anyFilter(random), limit: 1 + random.below(20) };
        const maxBytes = anyBudget(random);
        const label = JSON.stringify({ filter, maxBytes });
        const passing = passingMessages(all, filter);
        const forward = await walk(sessionId, filter, "after", START, maxBytes);
        expect(
          forward.map(({ data }) => data),
          label,
        ).toEqual(expectedPages(passing, filter.limit, maxBytes));
        const backward = await walk(sessionId, filter, "before", END, maxBytes);
        expect(
          backward.map(({ data }) => data.toReversed()),
          label,
        ).toEqual(expectedPages(passing.toReversed(), filter.limit, maxBytes));
      }
    });
  }
});
