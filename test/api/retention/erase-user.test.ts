/** Erasing a user: nothing of the user is left in any table, search index or object. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { searchWords } from "../../../src/lib/search-words.ts";
import { rowsReadBy } from "../../support/d1-cost.ts";
import { heldBefore, type Operation, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, names, newId, openRun, run } from "../../support/http.ts";
import { answer, confirmed, pausedRun, tools } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { deleteWithUndo, foundInD1, rowOf, setRow, storageOf, tick } from "../../support/retention.ts";
import { seedSessions } from "../../support/rows.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { killObjects, rowsOf } from "../../support/session-story.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";

const model = scriptModel();
const d1 = watchD1();

const erase = (userId: string) => call("DELETE", `/users/${encodeURIComponent(userId)}/sessions`);
const purges = (operation: Operation) =>
  operation.statements.some(({ sql }) => /^delete from "sessions"|set "visibility" = \?, "hidden_at" = \?/.test(sql));

/** A word that stands nowhere else. */
const secretWord = (kind: string) => `${kind}${newId().replaceAll("-", "")}`;

async function insert(table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row);
  await env.DB.prepare(`insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`)
    .bind(...Object.values(row))
    .run();
}

const job = (jobId: string, fields: Record<string, unknown>) =>
  insert("jobs", {
    job_id: jobId,
    kind: "bulk",
    params: "{}",
    status: "completed",
    total: 1,
    created_at: 1,
    swept_at: 1,
    ...fields,
  });
const seedJobs = (prefix: string, count: number, userId: string) =>
  env.DB.prepare(
    `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?1)
     insert into jobs (job_id, kind, user_id, params, status, total, created_at, swept_at)
     select ?2 || '-' || i, 'bulk', ?3, '{}', 'completed', 1, 1, 1 from n`,
  )
    .bind(count, prefix, userId)
    .run();
const item = (jobId: string, position: number, sessionId: string) =>
  insert("job_items", { job_id: jobId, position, session_id: sessionId, status: "done", touched_at: 1 });

it("leaves nothing of the user in any table, search index or object, and everything of the others", async () => {
  const [ada, bob] = [secretWord("ada"), secretWord("bob")];
  const said = ["message", "answer", "name", "note", "tool", "task", "summary", "state", "tag", "rename"].map(
    secretWord,
  );
  const [message, reply, name, note, tool, task, summary, state, tag, rename] = said as [string, ...string[]] &
    string[];
  const ids = {
    plain: secretWord("plain"),
    paused: secretWord("paused"),
    team: secretWord("team"),
    archived: secretWord("archived"),
    deleted: secretWord("deleted"),
    active: secretWord("active"),
    leftover: secretWord("leftover"),
  };
  const others = newId();
  await run("bob's own", { session_id: others, user_id: bob });

  model.next(`${reply} it is`);
  await run(`my ${message}`, {
    session_id: ids.plain,
    user_id: ada,
    key: secretWord("key"),
    session_state: { [state as string]: 1 },
  });
  const details = { session_name: `a ${name}`, summary: { summary: `all of ${summary}` }, metadata: { note } };
  expect((await call("PATCH", `/sessions/${ids.plain}`, details)).status).toBe(200);
  await setRow(ids.plain, { tags: JSON.stringify([tag]), last_message: JSON.stringify({ text: reply }) });
  await insert("session_labels", { session_id: ids.plain, label: `tag:${tag}` });
  const [first] = (
    await env.DB.prepare("select * from messages where session_id = ? and role = 'user'").bind(ids.plain).all()
  ).results;
  await env.DB.prepare(
    `insert into message_docs (id, session_id, run_index, message_index, owner, words) values (?, ?, ?, ?, ?, ?)
     on conflict do nothing`,
  )
    .bind(Date.now(), ids.plain, first?.run_index, first?.message_index, `u${ada}`, searchWords(`my ${message}`))
    .run();

  const { agent } = peopleAgent();
  model.next([toolCall("wipe", { disk: 1, why: tool })]);
  const paused = await pausedRun("go", { agent, session_id: ids.paused, user_id: ada });
  model.next([toolCall("wipe", { disk: 2 })]);
  await answer(
    paused,
    { ...tools(paused, { ...confirmed, confirmation_note: note }), user_id: ada, answered_by: ada },
    { key: secretWord("key") },
  );

  const helper = member("helper");
  say(model, { leader: [[delegate(helper, `do ${task}`)], "Done."], helper: [`did ${task}`] });
  const body = { message: "go", stream: false, session_id: ids.team, user_id: ada };
  expect((await call("POST", `/teams/${leading([helper])}/runs`, body)).body.status).toBe("COMPLETED");
  model.respondWith("Fine.");
  for (const id of [ids.archived, ids.deleted, ids.leftover])
    await run(`more ${message}`, { session_id: id, user_id: ada });
  await setRow(ids.archived, { visibility: "archived", archived_at: 1 });
  await deleteWithUndo(ids.deleted, ada);

  await job("of-ada", { user_id: ada, idempotency_user: ada, idempotency_key: "k" });
  await item("of-ada", 0, others);
  await job("only-hers", { params: JSON.stringify({ values: [rename] }) });
  await item("only-hers", 0, ids.plain);
  await job("mixed", { params: JSON.stringify({ values: [rename, "of bob", rename] }), status: "running", total: 3 });
  await item("mixed", 0, ids.plain);
  await item("mixed", 1, others);
  await item("mixed", 2, ids.plain);

  // One object dies while it drives a run, and what the run said stays on its disk. Another object still drives one.
  model.next([text(`${reply} half`), hold(gate())], [text(`${reply} half`), hold(gate())]);
  const dying = await openRun(`more ${message}`, { session_id: ids.leftover, user_id: ada });
  await dying.until("RunContent");
  await killObjects();
  const active = await openRun(`more ${message}`, { session_id: ids.active, user_id: ada });
  await active.until("RunContent");

  const words = [ada, ...said, ...Object.values(ids), "key"].filter((word) => word !== "key");
  const before = await foundInD1(words);
  expect(words.filter((word) => !before.some((found) => found.endsWith(word)))).toEqual([]);
  expect(new Set(before.map((found) => found.split(":")[0]))).toEqual(
    new Set([
      ...["sessions", "session_labels", "runs", "messages", "requirements", "continuations", "jobs", "job_items"],
      "system_texts",
      ...["message_docs", "message_search_data", "name_docs", "name_search_data", "run_usage"],
    ]),
  );
  const bobs = [await rowOf(others), await rowsOf(others)];

  expect((await erase(ada)).status).toBe(204);

  expect(names(await active.rest())).toContain("RunCancelled");
  expect(await foundInD1(words)).toEqual([]);
  for (const id of Object.values(ids)) expect(await storageOf(id)).toEqual([]);
  expect([await rowOf(others), await rowsOf(others)]).toEqual(bobs);
  const jobs = await env.DB.prepare("select job_id, params from jobs").all();
  expect(jobs.results).toEqual([{ job_id: "mixed", params: JSON.stringify({ values: [null, "of bob", null] }) }]);
  expect((await env.DB.prepare("select job_id, position from job_items").all()).results).toEqual([
    { job_id: "mixed", position: 1 },
  ]);
  expect((await erase(ada)).status).toBe(204);
  expect((await run("anew", { session_id: ids.plain, user_id: ada })).body.status).toBe("COMPLETED");
});

it("takes the sessions out of jobs that are made while it erases, too", async () => {
  const [user, session_id] = [secretWord("user"), secretWord("session")];
  await run("hello", { session_id, user_id: user });
  const point = gate();
  d1.next(purges, heldBefore(point));
  const erased = erase(user);
  await point.reached();
  // The cron trigger makes such jobs, and so does a caller without a user: they belong to nobody.
  const jobId = newId();
  await job(jobId, { kind: "names" });
  await item(jobId, 0, session_id);
  point.release();
  expect((await erased).status).toBe(204);
  expect(await foundInD1([user, session_id])).toEqual([]);
});

it("removes the user's own jobs step by step, and reads none of the others'", async () => {
  const [user, other] = [newId(), newId()];
  await seedJobs("theirs", 10_000, other);
  await seedJobs("hers", 150, user);
  for (const jobId of ["hers-0", "hers-149"]) {
    await env.DB.prepare(
      `insert into job_items (job_id, position, session_id, status, touched_at)
       select ?1, key, 'none', 'done', 1 from json_each(?2)`,
    )
      .bind(jobId, JSON.stringify(Array(2_100).fill(0)))
      .run();
  }
  d1.forget();
  expect((await erase(user)).status).toBe(204);
  const sent = [...d1.operations];
  expect(await foundInD1([user, "hers"])).toEqual([]);
  expect(await env.DB.prepare("select count(*) as n from jobs where user_id = ?").bind(other).first("n")).toBe(10_000);
  const statements = sent.flatMap((operation) => operation.statements);
  expect(Math.max(...statements.map(({ rowsWritten }) => rowsWritten))).toBeLessThanOrEqual(3 * 2_000);
  // Each of the 4,200 items is found, and removed from its indexes.
  expect(rowsReadBy(sent)).toBeLessThan(5 * 4_200);
  for (const { sql, params } of statements.filter(({ sql }) => /"jobs"/.test(sql) && !/^insert/.test(sql))) {
    const { results } = await env.DB.prepare(`explain query plan ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    expect(results.map(({ detail }) => detail).join("; "), sql).not.toMatch(/SCAN (jobs|job_items)/);
  }
});

describe("more than one call erases", () => {
  it("goes on by the cron trigger, and leaves no note that it did", async () => {
    const user = newId();
    await seedSessions(`${user}-`, user, 203);
    const first = await erase(user);
    expect([first.status, first.body]).toEqual([202, { remaining: 3 }]);
    await tick();
    expect(await foundInD1([user])).toEqual([]);
    expect((await erase(user)).status).toBe(204);
    // A longer time limit: this wakes two hundred objects.
  }, 60_000);

  it("goes on where D1 went away in the middle", async () => {
    const user = newId();
    await seedSessions(`${user}-`, user, 4);
    d1.always(purges, unsent());
    const first = await erase(user);
    expect([first.status, first.body]).toEqual([202, { remaining: 4 }]);
    d1.heal();
    await tick();
    expect(await foundInD1([user])).toEqual([]);
  });

  it("does not begin where D1 does not take down that it is to", async () => {
    const user = newId();
    await seedSessions(`${user}-`, user, 2);
    d1.failWrites();
    expect((await erase(user)).status).toBe(503);
    d1.heal();
    await tick();
    expect((await call("GET", `/sessions?user_id=${user}`)).body.data).toHaveLength(2);
  });
});

it("refuses ids that no user has", async () => {
  expect((await call("DELETE", `/users/${"x".repeat(129)}/sessions`)).status).toBe(422);
  expect((await call("DELETE", `/users/ada/sessions?db_id=other`)).status).toBe(404);
});
