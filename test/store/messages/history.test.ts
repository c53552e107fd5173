import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { MessageKey } from "../../../src/domain/message.ts";
import { historyMessages, passingMessages } from "../../../src/engine/prompt/history.ts";
import { decodeCursor, encodeCursor } from "../../../src/store/cursor.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { decodeHistoryCursor, readHistory } from "../../../src/store/messages/history.ts";
import { anyFilter, anySession, byKey, generator, keyOf, names, run } from "../../support/history.ts";
import { END, ofObject, START, storeSession, walk } from "../../support/stored-history.ts";

const db = openDatabase(env.DB);

describe("the first answer", () => {
  const three = () => [run(0, "sua"), run(1, "sua"), run(2, "sua")];

  test("of an unknown session is empty and has nowhere to go on", async () => {
    expect(await readHistory(db, ofObject(crypto.randomUUID()), {})).toEqual({
      data: [],
      meta: { limit: 1000, has_more: false, before: null, after: null },
    });
  });

  test("names its oldest message, not the moved system message, as where older ones end", async () => {
    const sessionId = await storeSession(three());
    const { data, meta } = await readHistory(db, ofObject(sessionId), { limit: 3 });
    expect(names(data)).toBe("0s0 2u1 2a2");
    expect(decodeHistoryCursor(meta.before ?? "")).toEqual({ runIndex: 2, messageIndex: 1 });
    expect(decodeHistoryCursor(meta.after ?? "")).toEqual({ runIndex: 2, messageIndex: 2 });
    const older = await readHistory(db, ofObject(sessionId), {}, { before: { runIndex: 2, messageIndex: 1 } });
    expect(names(older.data)).toBe("0s0 0u1 0a2 1u1 1a2");
  });

  test("has nothing older when only its own moved system message is", async () => {
    const sessionId = await storeSession([run(0, "sua")]);
    const { data, meta } = await readHistory(db, ofObject(sessionId), { limit: 3 });
    expect(names(data)).toBe("0s0 0u1 0a2");
    expect(meta).toMatchObject({ limit: 3, has_more: false, before: null });
  });

  test("of the system message alone leaves all others to be read before its cursor", async () => {
    const sessionId = await storeSession(three());
    const { data, meta } = await readHistory(db, ofObject(sessionId), { limit: 1 });
    expect(names(data)).toBe("0s0");
    const before = decodeHistoryCursor(meta.before ?? "") ?? START;
    expect(names((await readHistory(db, ofObject(sessionId), {}, { before })).data)).toBe(
      "0s0 0u1 0a2 1u1 1a2 2u1 2a2",
    );
    const after = decodeHistoryCursor(meta.after ?? "") ?? START;
    expect((await readHistory(db, ofObject(sessionId), {}, { after })).data).toEqual([]);
  });

  test("from which every tool message was stripped says that there is more", async () => {
    const sessionId = await storeSession([run(0, "uat")]);
    const { data, meta } = await readHistory(db, ofObject(sessionId), { limit: 1 });
    expect(data).toEqual([]);
    expect(meta.has_more).toBe(true);
    const before = decodeHistoryCursor(meta.before ?? "") ?? START;
    expect(names((await readHistory(db, ofObject(sessionId), {}, { before })).data)).toBe("0u0 0a1 0t2");
  });

  test.each([{ limit: 0 }, { limit: -5 }, { lastNRuns: 0 }, { lastNRuns: -1 }])(
    "is empty for %o, with and without a cursor",
    async (filter) => {
      const sessionId = await storeSession(three());
      for (const cursor of [undefined, { after: START }, { before: END }]) {
        const { data, meta } = await readHistory(db, ofObject(sessionId), filter, cursor);
        expect(data).toEqual([]);
        expect(meta).toMatchObject({ has_more: false, before: null, after: null });
      }
    },
  );
});

describe("a page", () => {
  test("with nothing newer keeps its place, so that a reader can ask again", async () => {
    const sessionId = await storeSession([run(0, "ua")]);
    const last = { runIndex: 0, messageIndex: 1 };
    const { data, meta } = await readHistory(db, ofObject(sessionId), {}, { after: last });
    expect(data).toEqual([]);
    expect(meta.has_more).toBe(false);
    expect(decodeHistoryCursor(meta.after ?? "")).toEqual(last);
    const before = decodeHistoryCursor(meta.before ?? "") ?? START;
    expect(names((await readHistory(db, ofObject(sessionId), {}, { before })).data)).toBe("0u0 0a1");
  });

  test("with nothing older leads forward to everything", async () => {
    const sessionId = await storeSession([run(0, "ua")]);
    const { data, meta } = await readHistory(db, ofObject(sessionId), {}, { before: { runIndex: 0, messageIndex: 0 } });
    expect(data).toEqual([]);
    expect(meta).toMatchObject({ has_more: false, before: null });
    const after = decodeHistoryCursor(meta.after ?? "") ?? END;
    expect(names((await readHistory(db, ofObject(sessionId), {}, { after })).data)).toBe("0u0 0a1");
  });

  test("moves no system message and strips no tool message", async () => {
    const sessionId = await storeSession([run(0, "usatat")]);
    const page = await readHistory(db, ofObject(sessionId), { limit: 3 }, { before: { runIndex: 0, messageIndex: 5 } });
    expect(names(page.data)).toBe("0a2 0t3 0a4");
    const older = await readHistory(
      db,
      ofObject(sessionId),
      { limit: 3 },
      { before: { runIndex: 0, messageIndex: 2 } },
    );
    expect(names(older.data)).toBe("0u0 0s1");
  });

  test("shows only the first system message of all that passes, also on a page that begins behind it", async () => {
    const sessionId = await storeSession([run(0, "su"), run(1, "su"), run(2, "su")]);
    const { data } = await readHistory(db, ofObject(sessionId), {}, { after: { runIndex: 0, messageIndex: 1 } });
    expect(names(data)).toBe("1u1 2u1");
  });
});

describe("cursors", () => {
  test("carry numbers and strings of any script", () => {
    const values = [1_795_298_563_250, "sitzung/ünïcode 🙂+?", 0, -1, ""];
    expect(decodeCursor(encodeCursor(values))).toEqual(values);
    expect(encodeCursor(values)).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(encodeCursor([9, "\u{10ffff}".repeat(128)]))).not.toBeNull();
  });

  const utf8 = (text: string) => btoa(text).replaceAll("=", "");
  const written = encodeCursor([1, 2]);
  const garbage = ["", " ", "%", "====", "garbage", "e30", "W10=", `${written}=`, `${written} `, written.slice(0, -1)];
  test.each([
    ...garbage,
    ...['{"a":1}', "[1,2", "[null,1]", "[[1],2]", "[true]", "[1, 2]", "[1e3,0]", '"[1,2]"', "\xff\xfe"].map(utf8),
    "a".repeat(9999),
  ])("that were not written here are refused: %j", (text) => {
    expect(decodeCursor(text)).toBeNull();
    expect(decodeHistoryCursor(text)).toBeNull();
  });

  test.each([[[]], [[1]], [[1, 2, 3]], [["1", 2]], [[1.5, 2]], [[2 ** 40, 0]], [[0, -(2 ** 40)]]])(
    "of history are a run index and an index in the run, not %j",
    (values) => {
      expect(decodeHistoryCursor(encodeCursor(values))).toBeNull();
    },
  );
});

describe("reading history, compared with the rules over all runs of random sessions", () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`SQL and the pure function agree on every filter (seed ${seed})`, async () => {
      const random = generator(seed);
      const all = anySession(random);
      const sessionId = await storeSession(all);
      await storeSession(all.map((one) => ({ ...one, runId: crypto.randomUUID() })));
      for (let nth = 0; nth < 40; nth++) {
        const filter = anyFilter(random);
        const label = JSON.stringify(filter);
        const page = await readHistory(db, ofObject(sessionId), filter);
        expect(page.data, label).toEqual(historyMessages(all, filter));

        // What the first answer leaves out must be found behind its cursor, once and in order.
        const passing = filter.limit !== undefined && filter.limit <= 0 ? [] : passingMessages(all, filter);
        const older = page.meta.before === null ? null : decodeHistoryCursor(page.meta.before);
        expect(page.meta.has_more, label).toBe(older !== null);
        const size = { ...filter, limit: 1 + random.below(5) };
        if (older === null) {
          expect(page.data.toSorted(byKey), label).toEqual(passing);
        } else {
          const pages = await walk(sessionId, size, "before", older);
          const before = pages.toReversed().flatMap(({ data }) => data);
          const shown = page.data.filter((one) => byKey(one, older) >= 0).toSorted(byKey);
          expect([...before, ...shown], label).toEqual(passing);
        }
      }
    });

    test(`pages cover all that passes once and in order, from either end and from anywhere (seed ${seed})`, async () => {
      const random = generator(100 + seed);
      const all = anySession(random);
      const sessionId = await storeSession(all);
      for (let nth = 0; nth < 12; nth++) {
        const filter = { ...anyFilter(random), limit: 1 + random.below(6) };
        const label = JSON.stringify(filter);
        const passing = passingMessages(all, filter);
        const forward = await walk(sessionId, filter, "after", START);
        expect(
          forward.flatMap(({ data }) => data),
          label,
        ).toEqual(passing);
        const backward = await walk(sessionId, filter, "before", END);
        expect(
          backward.toReversed().flatMap(({ data }) => data),
          label,
        ).toEqual(passing);

        for (const { data, meta } of [...forward, ...backward]) {
          const [first] = data;
          const hasOlder = first !== undefined && passing[0] !== undefined && byKey(first, passing[0]) > 0;
          expect(meta.before !== null, label).toBe(hasOlder);
          const last = data.at(-1);
          if (last !== undefined) expect(decodeHistoryCursor(meta.after ?? "")).toEqual(keyOf(last));
        }

        const middle: MessageKey = { runIndex: random.below(20), messageIndex: random.below(6) };
        const upTo = (await walk(sessionId, filter, "before", middle)).toReversed().flatMap(({ data }) => data);
        const from = (await walk(sessionId, filter, "after", middle)).flatMap(({ data }) => data);
        expect([...upTo, ...passing.filter((one) => byKey(one, middle) === 0), ...from], label).toEqual(passing);
      }
    });
  }
});
