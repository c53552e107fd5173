import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Principal } from "../../../src/domain/principal.ts";
import type { SessionFilter } from "../../../src/domain/session-fields.ts";
import { listCounted, listSessions, type SessionSort } from "../../../src/store/sessions/list.ts";
import { rowsReadBy } from "../../support/d1-cost.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { developer } from "../../support/principals.ts";
import { notingDatabase } from "../../support/stored-history.ts";

const d1 = watchD1();
const { db, asked } = notingDatabase();
beforeEach(() => void asked.splice(0));

const ALL = developer();
const ONE = developer("u");
const IS_COUNT = /^select count\(\*\) as "count" from/;
const NEWEST: SessionSort = { by: "created_at", order: "desc" };
const SORTS = (["created_at", "updated_at"] as const).flatMap((by) =>
  (["asc", "desc"] as const).map((order): SessionSort => ({ by, order })),
);

async function planOf({ sql, params }: { sql: string; params: unknown[] }): Promise<string> {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...params)
    .all<{ detail: string }>();
  return results.map((row) => row.detail).join("; ");
}

const countSessions = async (principal: Principal, filter: SessionFilter): Promise<number> => {
  const query = { principal, filter, sort: NEWEST };
  return (await listCounted(db, query, { limit: 1, from: { offset: 0 } })).counted;
};

/** Asks for a page by offset and a page by cursor, in every order. */
async function askAll(principal: Principal, filter: SessionFilter): Promise<void> {
  for (const sort of SORTS) {
    await listSessions(db, { principal, filter, sort }, { limit: 5, from: { offset: 5 } });
    await listSessions(db, { principal, filter, sort }, { limit: 5, from: { instant: 1, sessionId: "s" } });
  }
}

describe("a list", () => {
  it("is a walk along an index, never a sort, for every filter and order", async () => {
    const narrow: SessionFilter[] = [
      {},
      { name: "n", componentId: "c", sessionType: "agent" },
      { tags: ["a", "b"], metadata: ["k:v"] },
      { pinned: true, unnamed: true, hasOpenRequirements: true },
      { createdAfter: 1, createdBefore: 9, updatedAfter: 1, updatedBefore: 9 },
    ];
    const filters = narrow.flatMap((filter) => [
      filter,
      { ...filter, archived: true },
      { ...filter, archived: "all" as const },
    ]);
    for (const filter of filters) await askAll(ONE, filter);
    for (const filter of filters.slice(0, 6)) await askAll(ALL, filter);
    expect(asked).toHaveLength((15 + 6) * 8);
    for (const query of asked) {
      const plan = await planOf(query);
      expect(plan, query.sql).not.toContain("TEMP B-TREE");
      expect(plan, query.sql).not.toMatch(/SCAN (?!picked|walked|\(subquery)/);
      const isOfUser = query.sql.includes('"user_id" = ');
      const isOfComponent = query.sql.includes('"component_id" = ');
      const index = isOfUser ? "sessions_user_" : isOfComponent ? "sessions_component_" : "sessions_(created|updated)";
      expect(plan, query.sql).toMatch(new RegExp(`SEARCH sessions USING INDEX ${index}`));
      if (/ [<>] \(\?/.test(query.sql)) expect(plan, query.sql).toMatch(/SEARCH .*(created_at|updated_at)/);
    }
  }, 30_000);

  it("is counted along an index", async () => {
    for (const filter of [{}, { archived: "all" as const }, { tags: ["a"] }, { pinned: true }, { unnamed: true }]) {
      await countSessions(ALL, filter);
      await countSessions(ONE, filter);
    }
    const counts = d1.operations.flatMap(({ statements }) => statements).filter(({ sql }) => IS_COUNT.test(sql));
    expect(counts).toHaveLength(10);
    for (const query of counts) {
      const plan = await planOf(query);
      if (query.params.includes("u")) expect(plan, query.sql).toContain("INDEX sessions_user_");
      expect(plan, query.sql).not.toMatch(/SCAN sessions(?! USING)/);
    }
  });
});

describe("a list of 20,000 sessions", () => {
  const COUNT = 20_000;
  /** Gives one in `every` sessions this label. */
  const labelled = (label: string, every: number) =>
    env.DB.prepare(
      "insert into session_labels select session_id, ?1 from sessions where cast(session_id as integer) % ?2 = 0",
    ).bind(label, every);

  beforeAll(async () => {
    await env.DB.batch([
      env.DB.prepare(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
         insert into sessions (session_id, session_type, user_id, visibility, pinned_at, name_source, chat_messages,
           fence, created_at, updated_at)
         select printf('%05d', i), 'agent', 'u' || (i % 200), iif(i % 2, 'listed', 'archived'), iif(i % 5000 = 1, i, null),
           iif(i % 5000 = 3, null, 'manual'), 2, 'f', i, 1000000 - i from n`,
      ).bind(COUNT),
      labelled("#rare", 2001),
      labelled("#common", 3),
      labelled("=plan:pro", 2),
    ]);
  });

  /** How many rows D1 read for it. */
  async function readBy(work: () => Promise<unknown>): Promise<number> {
    d1.forget();
    await work();
    return rowsReadBy(d1.operations);
  }
  const page = (
    principal: Principal,
    filter: SessionFilter,
    sort = NEWEST,
    from: { offset: number } | { instant: number; sessionId: string } = { offset: 0 },
  ) => listSessions(db, { principal, filter, sort }, { limit: 20, from });

  const lists: [what: string, principal: Principal, filter: SessionFilter, found: number, atMost: number][] = [
    ["all", ALL, {}, 20, 150],
    ["all, archived ones too", ALL, { archived: "all" }, 20, 150],
    ["a user's", developer("u1"), {}, 20, 150],
    ["a user's with a tag", developer("u1"), { tags: ["rare"] }, 1, 300],
    ["those of a rare tag", ALL, { tags: ["rare"] }, 5, 100],
    ["those of a rare tag and a common one", ALL, { tags: ["common", "rare"] }, 5, 1_200],
    ["those of a common tag", ALL, { tags: ["common"] }, 20, 1_500],
    ["those pinned", ALL, { pinned: true }, 4, 100],
    ["those unnamed", ALL, { unnamed: true }, 4, 100],
    ["those that wait for people, of which there are none", ALL, { hasOpenRequirements: true }, 0, 10],
    ["those changed of late", ALL, { updatedAfter: 999_991 }, 5, 100],
    ["those created of late", ALL, { createdAfter: COUNT - 9 }, 5, 100],
  ];
  it.each(lists)("reads few rows for %s", async (_, principal, filter, found, atMost) => {
    let shown: unknown[] = [];
    const read = await readBy(async () => {
      shown = (await page(principal, filter)).sessions;
    });
    expect(shown).toHaveLength(found);
    expect(read).toBeLessThan(atMost);
  });

  it("reads as few 500 pages deep, by cursor", async () => {
    const from = { instant: COUNT / 2, sessionId: "10000" };
    for (const filter of [{}, { archived: "all" as const }, { tags: ["common"] }]) {
      const first = await readBy(() => page(ALL, filter));
      const deep = await readBy(() => page(ALL, filter, NEWEST, from));
      expect(deep).toBeLessThan(first + 100);
    }
  });

  it("counts what a label finds, and no more than 10,000", async () => {
    expect(await countSessions(ALL, { tags: ["rare"], archived: "all" })).toBe(9);
    expect(await readBy(() => countSessions(ALL, { tags: ["rare"], archived: "all" }))).toBeLessThan(100);
    expect(await countSessions(ALL, { metadata: ["plan:pro"], archived: "all" })).toBe(10_000);
    expect(await countSessions(ALL, { archived: "all" })).toBe(10_001);
    expect(await readBy(() => countSessions(ALL, { archived: "all" }))).toBeLessThan(10_150);
  });
});
