import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Role } from "../../../src/domain/message.ts";
import { CHAT_HISTORY, type HistoryFilter } from "../../../src/engine/prompt/history.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { readHistory } from "../../../src/store/messages/history.ts";
import { firstMessages } from "../../../src/store/messages/messages.ts";
import { windowRuns } from "../../../src/store/messages/window.ts";
import { END, notingDatabase, ofObject, START, walk, recentChat } from "../../support/stored-history.ts";

const db = openDatabase(env.DB);

const PAGE = 50;

const numbered = (count: number) =>
  `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1})`;

/** Makes messages inside SQLite. Each run has one message of each of the roles. */
function seedMessages(sessionId: string, roles: Role[]): D1PreparedStatement {
  const perRun = roles.length;
  return env.DB.prepare(
    `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
     ${numbered(10_000)} select ?1, i / ${perRun}, i % ${perRun}, ?1 || (i / ${perRun}), 'm' || i,
       json_extract(?2, '$[' || (i % ${perRun}) || ']'), 'text', 1 from n`,
  ).bind(sessionId, JSON.stringify(roles));
}

/** Fails if a plan reads messages or runs by anything but their keys, or sorts the rows that it walks. */
function expectKeysOnly(plan: string[]): void {
  // These may be scanned: `newest`, `sized`, `walked` and `first` are subqueries with a limit, the subquery without a name passes the
  // rows of `walked` on to a sum, and `json_each` reads the ids of members from a JSON text.
  expect(plan.filter((step) => /^SCAN (?!newest|sized|walked|first|json_each|\(subquery|CONSTANT)/.test(step))).toEqual(
    [],
  );
  // A window function may sort the few runs that it holds. The rows that are walked are in order already.
  if (plan.includes("SCAN walked")) expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
  const searches = plan.filter((step) => step.startsWith("SEARCH"));
  expect(searches).not.toEqual([]);
  for (const search of searches) {
    expect(search).toMatch(
      /^SEARCH ((messages|shared|system_texts|sessions) USING INDEX sqlite_autoindex_(messages|system_texts|sessions)_1|runs USING (COVERING )?INDEX runs_session_index) \(session_id=\?/,
    );
  }
}

describe("a session of 10,000 messages", () => {
  const withSystem = crypto.randomUUID();
  const withoutSystem = crypto.randomUUID();

  async function seed(sessionId: string, roles: Role[]): Promise<void> {
    await env.DB.batch([
      env.DB.prepare(
        `insert into runs (run_id, session_id, run_index, position, agent_id, status, fence, input, created_at)
         ${numbered(10_000 / roles.length)} select ?1 || i, ?1, i, 0, 'a', 'COMPLETED', 'f', '', 1 from n`,
      ).bind(sessionId),
      seedMessages(sessionId, roles),
    ]);
  }

  beforeAll(async () => {
    await seed(withSystem, ["system", "user", "assistant", "tool", "assistant"]);
    await seed(withoutSystem, ["user", "assistant", "tool", "assistant"]);
  });

  test("is answered with its newest 1,000 messages, the system message first, when no limit is given", async () => {
    const { data, meta } = await readHistory(db, ofObject(withSystem), {});
    expect(data).toHaveLength(1000);
    expect([data[0]?.messageId, data[1]?.messageId, data.at(-1)?.messageId]).toEqual(["m0", "m8752", "m9999"]);
    expect(meta).toMatchObject({ limit: 1000, has_more: true });
    const above = await readHistory(db, ofObject(withSystem), { limit: 5000 });
    expect(above).toEqual({ data, meta });
    const paged = await readHistory(db, ofObject(withSystem), { limit: 5000 }, { after: START });
    expect(paged.data).toHaveLength(1000);
    expect(paged.meta.limit).toBe(1000);
    expect((await readHistory(db, ofObject(withSystem), {}, { before: END })).data).toHaveLength(100);
  });

  test("is paged through in order and without a gap", async () => {
    const pages = await walk(withoutSystem, { limit: 1000 }, "before", END);
    const read = pages.toReversed().flatMap(({ data }) => data.map((one) => one.messageId));
    expect(read).toEqual(Array.from({ length: 10_000 }, (_, nth) => `m${nth}`));
  });

  const middle = { runIndex: 1200, messageIndex: 1 };
  const reads: { read: string; run(noted: ReturnType<typeof notingDatabase>["db"]): PromiseLike<unknown> }[] = [
    { read: "the newest page", run: (noted) => readHistory(noted, ofObject(withSystem), { limit: PAGE }) },
    {
      read: "the newest page of one agent",
      run: (noted) => readHistory(noted, ofObject(withSystem), { limit: PAGE, agentId: "a" }),
    },
    { read: "the newest runs", run: (noted) => readHistory(noted, ofObject(withSystem), { lastNRuns: 10 }) },
    {
      read: "the newest page without system messages, in a session that has none",
      run: (noted) => readHistory(noted, ofObject(withoutSystem), { limit: PAGE, skipRoles: ["system"] }),
    },
    {
      read: "the newest chat history",
      run: (noted) => readHistory(noted, ofObject(withSystem), { ...CHAT_HISTORY, limit: PAGE }),
    },
    {
      read: "a page before the middle",
      run: (noted) => readHistory(noted, ofObject(withSystem), { limit: PAGE }, { before: middle }),
    },
    {
      read: "a page behind the middle",
      run: (noted) => readHistory(noted, ofObject(withSystem), { limit: PAGE }, { after: middle }),
    },
    {
      read: "a page before the middle of a session without system messages",
      run: (noted) => readHistory(noted, ofObject(withoutSystem), { limit: PAGE }, { before: middle }),
    },
    {
      read: "a page behind the middle of a session without system messages",
      run: (noted) => readHistory(noted, ofObject(withoutSystem), { limit: PAGE }, { after: middle }),
    },
    { read: "the recent chat", run: (noted) => recentChat(noted, ofObject(withSystem), PAGE) },
    { read: "the first messages", run: (noted) => firstMessages(noted, withSystem, { maxMessages: 6, maxChars: 100 }) },
    { read: "the newest window", run: (noted) => windowRuns(noted, withSystem, { lastNRuns: 3, maxBytes: 1_000_000 }) },
    {
      read: "an earlier window",
      run: (noted) => windowRuns(noted, withSystem, { lastNRuns: 3, maxBytes: 1_000_000, beforeRunIndex: 900 }),
    },
  ];

  test.each(reads)("costs a few rows per message shown: $read", async ({ run: read }) => {
    const noted = notingDatabase();
    await read(noted.db);
    // For each message D1 counts several rows: the keys of the message and of its run, the running sum of bytes, and the
    // message itself, which is read if it fits.
    expect(await noted.rowsRead()).toBeLessThan(8 * PAGE);
  });

  test.each(reads)("goes by the keys of messages and runs: $read", async ({ run: read }) => {
    const noted = notingDatabase();
    await read(noted.db);
    expectKeysOnly(await noted.plan());
  });
});

describe("a team's session of 10,000 messages", () => {
  const sessionId = crypto.randomUUID();

  // The members are a and b. Before each run of the team stands one run of each member.
  beforeAll(async () => {
    await env.DB.batch([
      env.DB.prepare(
        `insert into runs (run_id, session_id, run_index, position, agent_id, team_id, parent_run_id, status, fence, input, created_at)
         ${numbered(2_000)} select ?1 || i, ?1, i, 0, case i % 3 when 0 then 'a' when 1 then 'b' end,
           case when i % 3 = 2 then 't' end, case when i % 3 < 2 then ?1 || (i - i % 3 + 2) end,
           'COMPLETED', 'f', '', 1 from n`,
      ).bind(sessionId),
      seedMessages(sessionId, ["system", "user", "assistant", "tool", "assistant"]),
    ]);
  });

  const before = { before: { runIndex: 1200, messageIndex: 1 } };
  const after = { after: { runIndex: 1200, messageIndex: 1 } };
  const filters: { its: string; filter: HistoryFilter }[] = [
    { its: "the team's own runs", filter: {} },
    { its: "all runs", filter: { skipMemberMessages: false } },
    { its: "one member's runs", filter: { memberIds: ["a"] } },
    {
      its: "runs of some of 20 members",
      filter: { memberIds: ["b", ...Array.from({ length: 19 }, (_, nth) => `m-${nth}`)] },
    },
    { its: "the runs of one team", filter: { teamId: "t" } },
  ];
  const reads = filters.flatMap(({ its, filter }) => [
    { read: `the newest page of ${its}`, filter: { ...filter, limit: PAGE }, cursor: undefined },
    { read: `the last runs of ${its}`, filter: { ...filter, lastNRuns: 10 }, cursor: undefined },
    { read: `a page before the middle of ${its}`, filter: { ...filter, limit: PAGE }, cursor: before },
    { read: `a page behind the middle of ${its}`, filter: { ...filter, limit: PAGE }, cursor: after },
  ]);

  test.each(reads)("costs what lies between the messages shown: $read", async ({ filter, cursor }) => {
    const noted = notingDatabase();
    const { data } = await readHistory(noted.db, ofObject(sessionId), { sessionType: "team", ...filter }, cursor);
    expect(data.length).toBeGreaterThan(PAGE / 2);
    // For each run that is shown, D1 may walk over two others. Of those it reads the run and the keys of its messages, but
    // no text. It counts the rows of the list of ids too.
    expect(await noted.rowsRead()).toBeLessThan(20 * PAGE);
  });

  test.each(reads)("goes by the keys of messages and runs: $read", async ({ filter, cursor }) => {
    const noted = notingDatabase();
    await readHistory(noted.db, ofObject(sessionId), { sessionType: "team", ...filter }, cursor);
    expectKeysOnly(await noted.plan());
  });
});
