import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { RecordedFact } from "../../../src/engine/run/state.ts";
import { Journal } from "../../../src/session/recovery/journal.ts";
import { newId } from "../../support/http.ts";
import { objectOf } from "../../support/session-story.ts";

const STARTED_AT = 1_700_000_000_000;
const GROWN_CHARS = 32 * 1024;

interface Row {
  run_id: string;
  piece: string;
  is_last: number;
}

/** Does something with a journal in an object that nobody else has called. */
const inObject = <T>(work: (sql: SqlStorage) => T): Promise<T> =>
  runInDurableObject(objectOf(newId()), (_object, { storage }) => work(storage.sql));

const rowsIn = (sql: SqlStorage): Row[] =>
  sql
    .exec<Record<keyof Row, SqlStorageValue>>("SELECT run_id, piece, is_last FROM journal_facts ORDER BY id")
    .toArray() as unknown as Row[];

const content = (at: number, delta: string): RecordedFact => ({ at, fact: { type: "content", delta } });

const said = (facts: readonly RecordedFact[]) =>
  facts.map(({ fact }) => (fact.type === "content" ? fact.delta : JSON.stringify(fact))).join("");

it("checkpoints go into one row, which is a whole array after each of them", async () => {
  await inObject((sql) => {
    const journal = new Journal(sql);
    for (let nth = 0; nth < 12; nth++) {
      journal.append("run", [content(nth * 2_000, `${nth} “ü🙂” \\ "`), content(nth * 2_000 + 1, " and")], STARTED_AT);
      const rows = rowsIn(sql);
      expect(rows).toHaveLength(1);
      expect(rows[0]?.is_last).toBe(1);
      expect(JSON.parse(rows[0]?.piece ?? "")).toHaveLength(nth + 1);
      // As the next instance reads it, were this one to die here.
      expect(new Journal(sql).facts("run")).toHaveLength(2 * (nth + 1));
    }
    expect(said(new Journal(sql).facts("run"))).toBe(
      Array.from({ length: 12 }, (_, nth) => `${nth} “ü🙂” \\ " and`).join(""),
    );
  });
});

it("a row ends at 32 K characters, and is never cut within a character", async () => {
  await inObject((sql) => {
    const journal = new Journal(sql);
    const words: string[] = [];
    for (let nth = 0; nth < 40; nth++) {
      // Of odd lengths, so that the bound lies now before, now within a pair of surrogates.
      const delta = `${"🙂".repeat(1_000 + nth)}${"x".repeat(nth % 2)}`;
      words.push(delta);
      journal.append("run", [content(nth, delta)], STARTED_AT);
    }
    const rows = rowsIn(sql);
    expect(Math.max(...rows.map(({ piece }) => piece.length))).toBeLessThanOrEqual(GROWN_CHARS);
    expect(rows.length).toBeLessThan(4);
    expect(said(new Journal(sql).facts("run"))).toBe(words.join(""));
  });
});

it("what is long in itself is written in rows of its own, between those that grow", async () => {
  await inObject((sql) => {
    const journal = new Journal(sql);
    const facts = [
      content(0, "before"),
      content(1, "🙂".repeat(200_000)),
      content(2, "between"),
      content(3, `x${"🙂".repeat(131_072)}`),
      content(4, "after"),
    ];
    for (const fact of facts) journal.append("run", [fact], STARTED_AT);
    expect(new Journal(sql).facts("run")).toEqual(facts);
  });
});

it("whatever runs tell, in whatever portions it is written, is read back in order", async () => {
  const text = fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    // Halves of pairs, as a model's tokens may end.
    {
      weight: 2,
      arbitrary: fc.string({ unit: fc.constantFrom("\ud83d", "\ude42", "a", "\u0000", '"'), maxLength: 20 }),
    },
    { weight: 1, arbitrary: fc.integer({ min: 8_000, max: 40_000 }).map((length) => "🙂ü".repeat(length).slice(1)) },
  );
  const fact = fc.oneof(
    { weight: 6, arbitrary: text.map((delta) => ({ type: "content", delta }) as const) },
    { weight: 2, arbitrary: text.map((delta) => ({ type: "reasoning", delta }) as const) },
    {
      weight: 1,
      arbitrary: text.map(
        (result) => ({ type: "tool_ended", call: 0, messageId: "m", result, isError: false }) as const,
      ),
    },
  );
  const portion = fc.record({
    run: fc.constantFrom("one", "two"),
    facts: fc.array(fact, { minLength: 1, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(portion, { minLength: 1, maxLength: 12 }), (portions) =>
      inObject((sql) => {
        const journal = new Journal(sql);
        for (const [nth, { run, facts }] of portions.entries()) {
          const recorded = facts.map((one): RecordedFact => ({ at: nth * 700, fact: one }));
          journal.append(run, recorded, STARTED_AT);
        }
        for (const run of ["one", "two"]) {
          const told = portions.flatMap((one) => (one.run === run ? one.facts : []));
          expect(new Journal(sql).facts(run).map((recorded) => recorded.fact)).toEqual(told);
        }
        journal.remove("one");
        journal.remove("two");
        expect(rowsIn(sql)).toEqual([]);
      }),
    ),
    { numRuns: 60 },
  );
});

it("an instance that takes up a dead one's run writes behind what that had written", async () => {
  await inObject((sql) => {
    new Journal(sql).append("run", [content(0, "written by one ")], STARTED_AT);
    const next = new Journal(sql);
    next.append("run", [content(9_000, "and by the next")], STARTED_AT);
    expect(said(new Journal(sql).facts("run"))).toBe("written by one and by the next");
  });
});

it("a row of before, and one that was cut in pieces, are read in front of a row that grows", async () => {
  await inObject((sql) => {
    const journal = new Journal(sql);
    journal.append("run", [content(0, "x")], STARTED_AT);
    sql.exec("DELETE FROM journal_facts");
    const old = (piece: string, isLast: number) =>
      sql.exec("INSERT INTO journal_facts (run_id, piece, is_last) VALUES ('run', ?, ?)", piece, isLast);
    old('[{"at":0,"text":"old ","lengths":[4]}]', 1);
    old('[{"at":500,"text":"cut ', 0);
    old('in two ","lengths":[11]}]', 1);
    const next = new Journal(sql);
    next.append("run", [content(1_000, "and ")], STARTED_AT);
    next.append("run", [content(3_000, "new")], STARTED_AT);
    expect(said(new Journal(sql).facts("run"))).toBe("old cut in two and new");
  });
});

it("of 400 events one row is reserved, and an end stands above whatever a reader may have got", async () => {
  await inObject((sql) => {
    const journal = new Journal(sql);
    let writes = 0;
    let before = 256;
    for (let count = 1; count <= 400; count++) {
      journal.reserve("run", count, 0);
      const next = new Journal(sql).nextFreeIndex("run", 0);
      expect(next).toBeGreaterThanOrEqual(count);
      writes += next === before ? 0 : 1;
      before = next;
    }
    expect(writes).toBe(1);
    // Many events may be shown in one step.
    journal.reserve("run", 20_000, 0);
    expect(new Journal(sql).nextFreeIndex("run", 0)).toBeGreaterThanOrEqual(20_000);
  });
});
