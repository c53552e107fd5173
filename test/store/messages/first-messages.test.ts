import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { firstMessages } from "../../../src/store/messages/messages.ts";
import { run } from "../../support/history.ts";
import { notingDatabase, storeSession } from "../../support/stored-history.ts";

const COUNT = 200_000;
const NUMBERS = `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${COUNT - 1})`;

/** Makes a session of 200,000 messages inside SQLite. The columns are SQL expressions of the message's number `i`. */
async function seed(
  message: { runIndex: string; messageIndex: string; role: string; content: string },
  parent = "null",
) {
  const sessionId = crypto.randomUUID();
  const { runIndex, messageIndex, role, content } = message;
  await env.DB.batch([
    env.DB.prepare(
      `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
       ${NUMBERS} select ?1, ${runIndex}, ${messageIndex}, ?1 || (${runIndex}), 'm' || i, ${role}, ${content}, 1 from n`,
    ).bind(sessionId),
    env.DB.prepare(
      `insert into runs (run_id, session_id, run_index, position, agent_id, parent_run_id, status, fence, input, created_at)
       select distinct run_id, session_id, run_index, 0, 'a', ${parent}, 'COMPLETED', 'f', '', 1
       from messages where session_id = ?1`,
    ).bind(sessionId),
  ]);
  return sessionId;
}

async function firstOf(sessionId: string) {
  const noted = notingDatabase();
  const found = await firstMessages(noted.db, sessionId, { maxMessages: 6, maxChars: 100 });
  return { found, rowsRead: await noted.rowsRead() };
}

describe("the first messages of a session of 200,000", () => {
  test("are read and nothing behind them", async () => {
    const shape = {
      runIndex: "i / 4",
      messageIndex: "i % 4",
      role: "case i % 4 when 0 then 'system' when 1 then 'user' when 2 then 'tool' else 'assistant' end",
      content: "'text ' || i",
    };
    const { found, rowsRead } = await firstOf(await seed(shape));
    expect(found.map(({ content }) => content)).toEqual(["text 1", "text 3", "text 5", "text 7", "text 9", "text 11"]);
    expect(rowsRead).toBeLessThan(40);
  });

  test("are those before a run's 200,000 tool messages", async () => {
    const role = "case when i < 2 then 'user' else 'tool' end";
    const shape = { runIndex: "0", messageIndex: "i", role, content: "'text ' || i" };
    const { found, rowsRead } = await firstOf(await seed(shape));
    expect(found.map(({ content }) => content)).toEqual(["text 0", "text 1"]);
    expect(rowsRead).toBeLessThan(200);
  });

  test("are looked for at its beginning only, where no run has any text", async () => {
    const shape = { runIndex: "i / 2", messageIndex: "i % 2", role: "'assistant'", content: "''" };
    const { found, rowsRead } = await firstOf(await seed(shape));
    expect(found).toEqual([]);
    expect(rowsRead).toBeLessThan(2_000);
  });

  test("are looked for at its beginning only, where members said it all", async () => {
    const shape = { runIndex: "i / 100", messageIndex: "i % 100", role: "'user'", content: "'text'" };
    const { found, rowsRead } = await firstOf(await seed(shape, "'parent'"));
    expect(found).toEqual([]);
    expect(rowsRead).toBeLessThan(2_000);
  });
});

test("the first messages of a team's session are the team's own, behind those of its first members", async () => {
  const members = Array.from({ length: 64 }, (_, index) => run(index, "sua", { parentRunId: "team" }));
  const sessionId = await storeSession([...members, run(64, "sua")]);
  const { found } = await firstOf(sessionId);
  expect(found.map(({ content }) => content)).toEqual(["text of 64u1", "text of 64a2"]);
});

test("the first messages are those of runs that failed or are paused too, and of none that another answers instead", async () => {
  const sessionId = await storeSession([
    run(0, "ua", { status: "ERROR" }),
    run(1, "ua", { status: "REGENERATED" }),
    run(2, "u", { status: "PAUSED" }),
    run(3, "ua", { status: "CANCELLED" }),
  ]);
  const { found } = await firstOf(sessionId);
  expect(found.map(({ content }) => content.replace("text of ", ""))).toEqual(["0u0", "0a1", "2u0", "3u0", "3a1"]);
});
