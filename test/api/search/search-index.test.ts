import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import worker from "../../../src/index.ts";
import { sessionClient } from "../../../src/session/client.ts";
import { costOf } from "../../support/d1-cost.ts";
import {
  accepts,
  heldBefore,
  lateArrival,
  type Operation,
  unanswered,
  unsent,
  watchD1,
  withdraws,
} from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import { seedRuns } from "../../support/rows.ts";
import { gate, scriptModel } from "../../support/scripted-model.ts";
import { alarmOf, eventually, killObjects, ring } from "../../support/session-story.ts";

/* What is in the search index, and from when on: of runs, and of sessions that are claimed, forked or deleted. */

/** An answer without a word, so that the search index has nothing of it. */
const SILENCE = "-";

const model = scriptModel(SILENCE);
const d1 = watchD1();

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

const found = async (q: string, user_id?: string): Promise<string[]> => {
  const query = new URLSearchParams({ q, limit: "100", ...(user_id !== undefined && { user_id }) });
  return (await call("GET", `/search?${query}`)).body.data.map((hit: Json) => hit.snippet);
};

const unindexedFrom = async (session_id: string): Promise<number | null | undefined> =>
  (
    await env.DB.prepare("select unindexed_from as at from sessions where session_id = ?")
      .bind(session_id)
      .first<{ at: number | null }>()
  )?.at;

const docsOf = async (session_id: string): Promise<Json[]> =>
  (
    await env.DB.prepare("select * from message_docs where session_id = ? order by run_index, message_index")
      .bind(session_id)
      .all()
  ).results;

const indexed = (session_id: string) =>
  eventually(
    () => unindexedFrom(session_id),
    (at) => at === null,
  );

/** Finds the batch of one step of indexing the session. */
const steps =
  (session_id: string) =>
  ({ isBatch, statements }: Operation): boolean =>
    isBatch &&
    statements.some(
      ({ sql, params }) => /^update "sessions" set .*"unindexed_from" = /.test(sql) && params.includes(session_id),
    ) &&
    !accepts(session_id)({ isBatch, isRead: false, statements });

/** Has SQLite check that each full-text index holds what its table does, and nothing else; fails if not. */
const check = () =>
  env.DB.batch(
    ["message_search", "name_search"].map((table) =>
      env.DB.prepare(`insert into ${table}(${table}, rank) values ('integrity-check', 1)`),
    ),
  );

/** What the full-text indexes store, in hex. */
async function indexBytes(): Promise<string> {
  const { results } = await env.DB.prepare(
    "select hex(block) as block from message_search_data union all select hex(block) from name_search_data",
  ).all<{ block: string }>();
  return results.map(({ block }) => block).join(" ");
}
const hex = (word: string) =>
  Array.from(new TextEncoder().encode(word), (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();

it("gives a claimed session's older messages to its owner step by step; until then they are found without the user", async () => {
  const [session_id, user_id] = [newId(), newId()];
  const word = `older${newId().slice(0, 8)}`;
  await run(`first ${word}`, { session_id });
  await run(`second ${word}`, { session_id });
  const point = gate();
  d1.next(steps(session_id), heldBefore(point));
  await run(`third ${word}`, { session_id, user_id });
  expect(await found(word, user_id)).toEqual([`third ${word}`]);
  expect(await found(word)).toEqual([`third ${word}`, `second ${word}`, `first ${word}`]);
  await point.reached();
  expect(await unindexedFrom(session_id)).toBe(0);
  expect(await found(word, user_id)).toEqual([`third ${word}`]);
  point.release();
  await indexed(session_id);
  expect(await found(word, user_id)).toEqual([`third ${word}`, `second ${word}`, `first ${word}`]);
  expect(await found(word, newId())).toEqual([]);
  await check();
});

it("goes on where it was when its object dies, and tries again while D1 is away", async () => {
  const session_id = newId();
  const user_id = newId();
  await call("POST", "/sessions", { session_id, agent_id: "assistant" });
  await seedRuns(session_id, 170);
  const point = gate();
  d1.next(steps(session_id), heldBefore(point));
  await run("claim", { session_id, user_id });
  await point.reached();
  await killObjects();
  point.release();
  d1.next(steps(session_id), unsent(), 3);
  await eventually(
    () => ring(session_id).then(() => unindexedFrom(session_id)),
    (at) => at === null,
  );
  expect((await docsOf(session_id)).filter(({ owner }) => owner !== "").length).toBe(341);
  expect(await found("question 169", user_id)).toEqual(["question 169"]);
  await check();
});

it("reads and writes a bounded number of rows a step, whatever the session's length", async () => {
  const costs: number[] = [];
  for (const runs of [60, 400]) {
    const session_id = newId();
    await call("POST", "/sessions", { session_id, agent_id: "assistant" });
    await seedRuns(session_id, runs);
    await env.DB.prepare("update sessions set unindexed_from = 0 where session_id = ?").bind(session_id).run();
    d1.forget();
    await worker.scheduled(createScheduledController(), env);
    await eventually(
      async () => d1.operations.filter(steps(session_id)).length,
      (count) => count > 0,
    );
    const [step] = d1.operations.filter(steps(session_id));
    costs.push(step?.statements.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0) ?? 0);
    const read = d1.operations
      .flatMap(({ statements }) => statements)
      .find(({ sql }) => sql.includes("wanted") || sql.includes("walked"));
    expect(read?.rowsRead).toBeLessThan(1200);
    await eventually(
      () => ring(session_id).then(() => unindexedFrom(session_id)),
      (at) => at === null,
    );
    expect(await docsOf(session_id)).toHaveLength(2 * runs);
  }
  expect(costs[1]).toBe(costs[0]);
  expect(costs[0]).toBeLessThanOrEqual(100 * 3 + 2);
});

it("finds a fork's copies too, once its object has indexed them", async () => {
  const [session_id, user_id] = [newId(), newId()];
  const word = `fork${newId().slice(0, 8)}`;
  await run(word, { session_id, user_id });
  const { body } = await call("POST", `/agents/assistant/sessions/${session_id}/fork?user_id=${user_id}`);
  await indexed(body.session_id);
  expect(await found(word, user_id)).toEqual([word, word]);
});

it("has the cron trigger wake sessions from before there was a search, with their names", async () => {
  const session_id = newId();
  await call("POST", "/sessions", { session_id, user_id: "old", session_name: "Ancient name" });
  await seedRuns(session_id, 2);
  await env.DB.prepare("update sessions set unindexed_from = 0, name_words = null where session_id = ?")
    .bind(session_id)
    .run();
  expect((await call("GET", "/sessions?q=ancient&user_id=old")).body.data).toEqual([]);
  await worker.scheduled(createScheduledController(), env);
  await indexed(session_id);
  expect((await call("GET", "/sessions?q=ancient&user_id=old")).body.data).toHaveLength(1);
  expect(await found("question", "old")).toEqual(["question 1", "question 0"]);
});

it("leaves nothing of a deleted session in any table of the search", async () => {
  const [session_id, user_id] = [newId(), newId()];
  const [word, named] = [`gone${newId().slice(0, 8)}`, `named${newId().slice(0, 8)}`];
  model.next(`answer ${word}`);
  await run(`ask ${word}`, { session_id, user_id });
  await call("POST", `/sessions/${session_id}/rename`, { session_name: named });
  expect(await indexBytes()).toContain(hex(word.slice(4)));
  expect(await indexBytes()).toContain(hex(named.slice(5)));
  await call("DELETE", `/sessions/${session_id}`);
  const bytes = await indexBytes();
  for (const gone of [word.slice(4), named.slice(5), session_id.slice(2)]) expect(bytes).not.toContain(hex(gone));
  expect(await docsOf(session_id)).toEqual([]);
  const names = await env.DB.prepare("select * from name_docs where session_id = ?").bind(session_id).all();
  expect(names.results).toEqual([]);
  await check();
});

it("takes a long session out of the index with its delete, and finds what is new under its id", async () => {
  const [session_id, user_id] = [newId(), newId()];
  await call("POST", "/sessions", { session_id, user_id, agent_id: "assistant" });
  await seedRuns(session_id, 320);
  await env.DB.prepare("update sessions set unindexed_from = 0 where session_id = ?").bind(session_id).run();
  await worker.scheduled(createScheduledController(), env);
  await eventually(
    () => ring(session_id).then(() => unindexedFrom(session_id)),
    (at) => at === null,
  );
  expect(await docsOf(session_id)).toHaveLength(640);
  await call("DELETE", `/sessions/${session_id}`);
  expect(await docsOf(session_id)).toEqual([]);
  expect(await found("question", user_id)).toEqual([]);
  await run("question anew", { session_id, user_id });
  expect(await found("question", user_id)).toEqual(["question anew"]);
  await check();
});

it("takes back what an accept put into the index", async () => {
  const [session_id, user_id] = [newId(), newId()];
  const word = `undone${newId().slice(0, 8)}`;
  await run("before", { session_id });
  d1.next(accepts(session_id), unanswered(), 3);
  const refused = await run(word, { session_id, user_id });
  expect(refused.status).toBe(503);
  await eventually(
    async () => d1.operations.filter(withdraws(session_id)).length,
    (count) => count > 0,
  );
  await eventually(
    async () => (await docsOf(session_id)).length,
    (count) => count === 1,
  );
  expect(await found(word)).toEqual([]);
  expect(await unindexedFrom(session_id)).toBeNull();
  await check();
});

it("changes nothing when a step arrives late, after the session was claimed", async () => {
  const [session_id, user_id] = [newId(), newId()];
  const word = `late${newId().slice(0, 8)}`;
  await run(word, { session_id });
  await env.DB.prepare("update sessions set unindexed_from = 0 where session_id = ?").bind(session_id).run();
  const late = lateArrival();
  d1.next(steps(session_id), late.fault, 3);
  await worker.scheduled(createScheduledController(), env);
  await eventually(
    async () => late.kept.length,
    (count) => count === 3,
  );
  await run("claims", { session_id, user_id });
  await late.arrive();
  await eventually(
    () => ring(session_id).then(() => unindexedFrom(session_id)),
    (at) => at === null,
  );
  expect(await found(word, user_id)).toEqual([word]);
});

it("orders by the time at which a thing was said, however many in a millisecond", async () => {
  const session_id = newId();
  await call("POST", "/sessions", { session_id, agent_id: "assistant" });
  const NUMBERS = "with recursive n(i) as (select 0 union all select i + 1 from n where i < 2299)";
  await env.DB.batch([
    env.DB.prepare(`insert into runs (run_id, session_id, run_index, position, agent_id, status, fence, input, created_at)
      ${NUMBERS} select ?1 || i, ?1, i, 0, 'assistant', 'COMPLETED', 'f', '', 5001 from n`).bind(session_id),
    env.DB.prepare(`insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
      ${NUMBERS} select ?1, i, 0, ?1 || i, 'm' || i, 'user', 'crowd ' || i, 5001 from n`).bind(session_id),
    env.DB.prepare("update sessions set unindexed_from = 0, next_run_index = 2300 where session_id = ?").bind(
      session_id,
    ),
  ]);
  await worker.scheduled(createScheduledController(), env);
  await eventually(
    () => ring(session_id).then(() => unindexedFrom(session_id)),
    (at) => at === null,
  );
  const docs = await docsOf(session_id);
  expect([docs.length, new Set(docs.map(({ id }) => id)).size]).toEqual([2300, 2300]);
  expect(docs.every(({ id }, nth) => nth === 0 || id > docs[nth - 1].id)).toBe(true);
}, 30_000);

it("writes three rows for each message that it puts into the index", async () => {
  const [session_id, user_id] = [newId(), newId()];
  await run("m0", { session_id, user_id });
  d1.forget();
  await run("m1", { session_id, user_id });
  expect(costOf(d1.of(session_id)).rows.message_docs).toBe(3);
});

it("costs three batches for the first run of a session, its name in the index among them", async () => {
  const [session_id, user_id] = [newId(), newId()];
  await run("m0", { session_id, user_id });
  const [read, ...writes] = d1.of(session_id);
  expect(read?.isRead).toBe(true);
  const { rows, batches } = costOf(writes.slice(0, 2));
  // An answer with a word costs 3 rows more. Of the session's rows 3 are those of its name in the index.
  const expected = { sessions: 17, runs: 4, messages: 6, message_docs: 3, run_usage: 3, system_texts: 2 };
  expect([batches, rows]).toEqual([2, expected]);
});

it("does as many steps as the cron trigger hands out, and rests without an alarm until it hands out more", async () => {
  const session_id = newId();
  await call("POST", "/sessions", { session_id, agent_id: "assistant" });
  await seedRuns(session_id, 170);
  await env.DB.prepare("update sessions set unindexed_from = 0 where session_id = ?").bind(session_id).run();
  d1.forget();
  const from: (number | null | undefined)[] = [];
  for (let minute = 0; minute < 4; minute++) {
    await sessionClient(env.SESSIONS, session_id).index(1);
    await eventually(
      () => ring(session_id).then(() => alarmOf(session_id)),
      (at) => at === null,
    );
    from.push(await unindexedFrom(session_id));
    // Whatever the object knew is gone by the next minute.
    await killObjects();
  }
  expect(from.slice(0, 3)).toEqual([49, 98, 147]);
  expect(from[3]).toBeNull();
  expect(d1.operations.filter(steps(session_id))).toHaveLength(4);
  expect(await docsOf(session_id)).toHaveLength(340);
  await check();
});

it("goes on beyond the steps that were handed out until D1 has noted one, so that a run of any length is indexed", async () => {
  const session_id = newId();
  await call("POST", "/sessions", { session_id, agent_id: "assistant" });
  await seedRuns(session_id, 2);
  await env.DB.prepare(
    `with recursive n(i) as (select 2 union all select i + 1 from n where i < 250)
     insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
     select session_id, run_index, n.i, run_id, message_id || n.i, role, content || n.i, created_at from messages, n
     where session_id = ?1 and run_index = 0 and message_index = 1`,
  )
    .bind(session_id)
    .run();
  await env.DB.prepare("update sessions set unindexed_from = 0 where session_id = ?").bind(session_id).run();
  await sessionClient(env.SESSIONS, session_id).index(1);
  await eventually(
    () => ring(session_id).then(() => alarmOf(session_id)),
    (at) => at === null,
  );
  expect(await unindexedFrom(session_id)).toBeNull();
  expect(await docsOf(session_id)).toHaveLength(4 + 249);
});

it("is not held to the cron trigger's steps where a fork or an import asked for all", async () => {
  const session_id = newId();
  await call("POST", "/sessions", { session_id, agent_id: "assistant" });
  await seedRuns(session_id, 170);
  await env.DB.prepare("update sessions set unindexed_from = 0 where session_id = ?").bind(session_id).run();
  await sessionClient(env.SESSIONS, session_id).index();
  await sessionClient(env.SESSIONS, session_id).index(1);
  await indexed(session_id);
  expect(await docsOf(session_id)).toHaveLength(340);
});
