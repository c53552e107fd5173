import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "../../../src/domain/principal.ts";
import { type SearchQuery, searchQuery } from "../../../src/lib/search-query.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { firstPosition, MAX_RANKED, type MatchPosition } from "../../../src/store/search/full-text.ts";
import { searchMessages } from "../../../src/store/search/message-search.ts";
import { searchSessions } from "../../../src/store/search/session-search.ts";
import { developer } from "../../support/principals.ts";
import { notingDatabase } from "../../support/stored-history.ts";

/* What a search costs in D1 where one user has little and others have much. */

const db = openDatabase(env.DB);
const as = developer;
const NEWEST = firstPosition("newest");
const RELEVANT = firstPosition("relevance");
const look = (q: string): SearchQuery => searchQuery(q) ?? { terms: [] };

/**
 * Makes `count` sessions of a user with one message each. It says `common`, its number, and in every tenth session `rare`.
 */
async function seed(userId: string, count: number, from: number): Promise<void> {
  const numbers = `with recursive n(i) as (select cast(?2 as integer) union all select i + 1 from n where i + 1 < ?2 + ?3)`;
  await env.DB.batch([
    env.DB.prepare(
      `insert into sessions (session_id, session_type, agent_id, component_id, user_id, name, name_words, fence, next_run_index, created_at, updated_at)
       ${numbers} select ?1 || i, 'agent', 'a', 'a', ?1, 'common ' || i, 'common ' || i, 'f', 1, i * 10, i * 10 from n`,
    ).bind(userId, from, count),
    env.DB.prepare(
      `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
       ${numbers} select ?1 || i, 0, 0, ?1 || i, 'm' || i, 'user', 'common ' || i || iif(i % 10 = 0, ' rare', ''), i * 10 from n`,
    ).bind(userId, from, count),
    env.DB.prepare(
      `insert into message_docs (id, session_id, run_index, message_index, owner, words)
       ${numbers} select -2048 * i * 10, ?1 || i, 0, 0, 'u' || lower(hex(?1)), 'common ' || i || iif(i % 10 = 0, ' rare', '') from n`,
    ).bind(userId, from, count),
  ]);
}

interface Asked {
  search: string;
  ask(noted: ReturnType<typeof notingDatabase>["db"], principal: Principal): Promise<unknown>;
}

const page = (from: MatchPosition) => ({ limit: 20, from });
const asked: Asked[] = [
  {
    search: "messages, newest",
    ask: (d1, who) => searchMessages(d1, who, { query: look("common"), filter: {} }, page(NEWEST)),
  },
  {
    search: "messages, two words",
    ask: (d1, who) => searchMessages(d1, who, { query: look("rare common"), filter: {} }, page(NEWEST)),
  },
  {
    search: "messages behind a cursor",
    ask: (d1, who) =>
      searchMessages(d1, who, { query: look("common"), filter: {} }, page({ rank: "newest", before: -2048 * 300 })),
  },
  {
    search: "names, newest",
    ask: (d1, who) => searchSessions(d1, who, { query: look("common"), filter: {} }, page(NEWEST)),
  },
  {
    search: "names of an agent",
    ask: (d1, who) => searchSessions(d1, who, { query: look("common"), filter: { componentId: "a" } }, page(NEWEST)),
  },
  {
    search: "messages, most relevant",
    ask: (d1, who) => searchMessages(d1, who, { query: look("rare common"), filter: {} }, page(RELEVANT)),
  },
  {
    search: "names, most relevant",
    ask: (d1, who) => searchSessions(d1, who, { query: look("common"), filter: {} }, page(RELEVANT)),
  },
];

describe("what a search of one user costs", () => {
  const before = new Map<string, number>();

  beforeAll(async () => {
    await seed("ada", 60, 0);
    for (const { search, ask } of asked) {
      const noted = notingDatabase();
      await ask(noted.db, as("ada"));
      before.set(search, await noted.rowsRead());
    }
    await seed("bob", 4000, 100);
  });

  test.each(asked)("is the same whatever others have: $search", async ({ search, ask }) => {
    const noted = notingDatabase();
    await ask(noted.db, as("ada"));
    expect(await noted.rowsRead()).toBe(before.get(search));
  });

  test.each(asked.slice(0, 5))("is a walk along the index that sorts nothing: $search", async ({ search, ask }) => {
    for (const userId of ["ada", null]) {
      const noted = notingDatabase();
      await ask(noted.db, as(userId));
      const plan = await noted.plan();
      // Only the ids of a page of messages are sorted, for the bytes of the page's texts.
      const sorts = plan.filter((step) => step.includes("TEMP B-TREE"));
      expect(sorts).toHaveLength(search.startsWith("messages") ? 1 : 0);
      expect(
        plan.filter((step) =>
          /^SCAN (?!message_search|name_search|found|page|rest|walked|\(subquery|CONSTANT)/.test(step),
        ),
      ).toEqual([]);
      // FTS5 has to walk forwards (64; 192 is backwards). Backwards, it takes ever smaller steps to what a user said long
      // ago.
      const walks = plan.filter((step) => step.includes("VIRTUAL TABLE"));
      expect(walks.length).toBeGreaterThan(0);
      for (const walk of walks) expect(walk).toMatch(/^SCAN (message|name)_search VIRTUAL TABLE INDEX 64:/);
    }
  });

  test.each([
    ...asked,
    {
      search: "nothing found",
      ask: (d1, who) => searchMessages(d1, who, { query: look("common nowhere"), filter: {} }, page(NEWEST)),
    },
    {
      search: "a last page",
      ask: (d1, who) => searchMessages(d1, who, { query: look("rare"), filter: {} }, page(NEWEST)),
    },
  ] satisfies Asked[])("is one statement: $search", async ({ ask }) => {
    for (const userId of ["ada", null]) {
      const noted = notingDatabase();
      await ask(noted.db, as(userId));
      expect(noted.statements()).toBe(1);
    }
  });

  test.each(asked)("is bounded over all users too: $search", async ({ ask }) => {
    const noted = notingDatabase();
    await ask(noted.db, as(null));
    expect(await noted.rowsRead()).toBeLessThan(15_000);
  });
});

describe("a page of a search", () => {
  test("goes on behind what it looked through, where little of that passes", async () => {
    // None of the newest 2,000 sessions belongs to the agent.
    await env.DB.prepare(
      "update sessions set component_id = 'other' where user_id = 'bob' and created_at >= 15000",
    ).run();
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let from: MatchPosition | null = NEWEST; from !== null; ) {
      const found: Awaited<ReturnType<typeof searchMessages>> = await searchMessages(
        db,
        as("bob"),
        { query: look("common"), filter: { agentId: "a" } },
        { limit: 500, from },
      );
      sizes.push(found.hits.length);
      seen.push(...found.hits.map(({ messageId }) => messageId));
      from = found.next;
    }
    expect(seen).toEqual(Array.from({ length: 1400 }, (_, nth) => `m${1499 - nth}`));
    expect(sizes[0]).toBe(0);
  });

  test("ends where its text would be more than an answer holds", async () => {
    const found = await searchMessages(
      db,
      as("ada"),
      { query: look("common"), filter: {} },
      { limit: 20, from: NEWEST, maxBytes: 40 },
    );
    expect(found.hits.length).toBeLessThan(6);
    const seen: string[] = [];
    for (const start of [NEWEST, RELEVANT]) {
      seen.length = 0;
      for (let from: MatchPosition | null = start; from !== null; ) {
        const some: Awaited<ReturnType<typeof searchMessages>> = await searchMessages(
          db,
          as("ada"),
          { query: look("common"), filter: {} },
          { limit: 20, from, maxBytes: 40 },
        );
        seen.push(...some.hits.map(({ messageId }) => messageId));
        from = some.next;
      }
      expect([seen.length, new Set(seen).size]).toEqual([60, 60]);
    }
  });

  test("of relevance goes on in what was put in order, where the newest matches do not pass", async () => {
    await env.DB.prepare(
      "update sessions set component_id = 'some' where user_id = 'bob' and created_at <= 40000 and created_at % 40 = 0",
    ).run();
    const ranked: (number | null)[] = [];
    const seen: string[] = [];
    for (let from: MatchPosition | null = RELEVANT; from !== null; ) {
      const found: Awaited<ReturnType<typeof searchMessages>> = await searchMessages(
        db,
        as("bob"),
        { query: look("common"), filter: { agentId: "some" } },
        { limit: 100, from },
      );
      ranked.push(found.ranked);
      seen.push(...found.hits.map(({ messageId }) => messageId));
      from = found.next;
    }
    // Only the newest 2,000 are ranked. Older ones must not come in while a caller turns pages.
    expect(ranked).toEqual(Array(5).fill(476));
    expect([seen.length, new Set(seen).size]).toEqual([476, 476]);
  });

  test("of relevance is of the newest 1,000 matches", async () => {
    const { ranked, hits } = await searchMessages(
      db,
      as("bob"),
      { query: look("common"), filter: {} },
      { limit: 100, from: RELEVANT },
    );
    expect([ranked, hits.length]).toEqual([MAX_RANKED, 100]);
    const oldest = await searchMessages(
      db,
      as("bob"),
      { query: look("common"), filter: {} },
      { limit: 100, from: { rank: "relevance", upTo: -2048 * 41_000, offset: 950 } },
    );
    expect([oldest.hits.length, oldest.next]).toEqual([50, null]);
  });
});
