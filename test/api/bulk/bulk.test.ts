/** Many sessions are renamed, tagged, archived, pinned and deleted at once. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_TAGS } from "../../../src/domain/limits.ts";
import { testAgent } from "../../support/agents.ts";
import { anyJob, changed, changeMany, inShort, itemsOfJob, rowsOfSessions } from "../../support/bulk.ts";
import { costOf } from "../../support/d1-cost.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import { nameMany, seedNameable, untilEnded } from "../../support/naming-jobs.ts";
import { watchQueue } from "../../support/queue.ts";
import { callWith } from "../../support/retention.ts";
import { scriptModel } from "../../support/scripted-model.ts";

scriptModel();
const d1 = watchD1();
const queue = watchQueue();

const create = async (fields: object = {}): Promise<string> =>
  (await call("POST", "/sessions", { agent_id: "assistant", ...fields })).body.session_id;
const read = async (id: string) => (await call("GET", `/sessions/${id}`)).body;
const times = (count: number, word: string) => Array.from({ length: count }, () => word);

describe("a change of few sessions", () => {
  it("is made before the answer, which is the job with its items, without the Queue", async () => {
    const ids = [await create(), await create()];
    const { status, headers, body } = await changeMany({ action: "archive", session_ids: ids });
    expect([status, headers.get("Location")]).toEqual([200, `/jobs/${body.job_id}`]);
    expect(body).toEqual({
      job_id: expect.any(String),
      kind: "bulk",
      action: "archive",
      status: "completed",
      stop_reason: null,
      total: 2,
      done: 2,
      succeeded: 2,
      fallback: 0,
      skipped: 0,
      failed: 0,
      remaining: 0,
      progress: 1,
      created_at: expect.stringMatching(/Z$/),
      started_at: expect.stringMatching(/Z$/),
      ended_at: expect.stringMatching(/Z$/),
      items: ids.map((session_id, position) => ({
        position,
        session_id,
        status: "done",
        outcome: "succeeded",
        reason: null,
        error: null,
        attempts: 1,
        updated_at: expect.stringMatching(/Z$/),
      })),
    });
    expect(queue.sent).toEqual([]);
    const { items, ...job } = body;
    expect(await anyJob(job.job_id)).toEqual(job);
    expect(await itemsOfJob(job.job_id)).toEqual(items);
    expect((await read(ids[0] ?? "")).archived).toBe(true);
  });

  it("says of each id what became of it, in the order in which they were given", async () => {
    const user_id = newId();
    const mine = await create({ user_id });
    const archived = await create({ user_id, archived: true });
    const foreign = await create({ user_id: newId() });
    const session_ids = [foreign, mine, newId(), mine, archived];
    expect(await changed({ action: "archive", session_ids, user_id })).toEqual([
      "failed not_found",
      "succeeded",
      "failed not_found",
      "skipped duplicate",
      "skipped unchanged",
    ]);
    expect((await read(foreign)).archived).toBe(false);
  });

  it("again changes nothing: rows, versions and instants stay", async () => {
    const ids = [await create(), await create({ pinned: true, tags: ["a"] })];
    const names = ids.map((session_id) => ({ session_id, session_name: "By hand" }));
    const actions = [
      { action: "rename", names },
      { action: "tag", session_ids: ids, add_tags: ["b"], remove_tags: ["a"] },
      { action: "pin", session_ids: ids },
      { action: "archive", session_ids: ids },
    ];
    for (const action of actions) await changed(action);
    const before = await Promise.all(ids.map(read));
    for (const action of actions) expect(await changed(action)).toEqual(times(2, "skipped unchanged"));
    expect(await Promise.all(ids.map(read))).toEqual(before);
  });

  it("during a run is made at once, and the run goes on", async () => {
    const session_id = newId();
    await run("hello", { session_id });
    expect(await changed({ action: "tag", session_ids: [session_id], add_tags: ["now"] })).toEqual(["succeeded"]);
    expect((await run("and on", { session_id })).body.status).toBe("COMPLETED");
    expect(await read(session_id)).toMatchObject({ tags: ["now"], run_count: 2 });
  });
});

describe("in bulk", () => {
  it("sessions are renamed, each as it is told, and an empty name takes it away", async () => {
    const [named, unnamed, generated] = [await create({ session_name: "Old" }), await create(), newId()];
    await run("hello", { session_id: generated });
    await call("POST", `/sessions/${generated}/rename`, { autogenerate: true });
    const { session_name } = await read(generated);
    const names = [
      { session_id: named, session_name: "" },
      { session_id: unnamed, session_name: "  Trip to Kyoto " },
      { session_id: generated, session_name },
    ];
    expect(await changed({ action: "rename", names })).toEqual(times(3, "succeeded"));
    expect(await rowsOfSessions([named, unnamed, generated])).toMatchObject([
      { name: null, name_source: null },
      { name: "Trip to Kyoto", name_source: "manual" },
      { name: session_name, name_source: "manual" },
    ]);
  });

  it("a name passes the guardrail of the session's agent, which may change or refuse it", async () => {
    const agent_id = testAgent({ naming: { accept: (name) => (name.includes("Acme") ? null : name.toUpperCase()) } });
    const ids = [await create({ agent_id }), await create({ agent_id })];
    const names = [
      { session_id: ids[0], session_name: "Acme plans" },
      { session_id: ids[1], session_name: "Plans" },
    ];
    expect(await changed({ action: "rename", names })).toEqual(["failed name_refused", "succeeded"]);
    expect(await rowsOfSessions(ids)).toMatchObject([
      { name: null, version: 0 },
      { name: "PLANS", version: 1 },
    ]);
    expect(await changed({ action: "rename", names })).toEqual(["failed name_refused", "skipped unchanged"]);
  });

  it("tags come beside those that are there, and others go; what would be too many changes nothing", async () => {
    const many = Array.from({ length: MAX_TAGS }, (_, nth) => `tag ${nth}`);
    const ids = [await create({ tags: ["a", "b"] }), await create(), await create({ tags: many })];
    const change = { action: "tag", session_ids: ids, add_tags: [" c "], remove_tags: ["a", "z"] };
    expect(await changed(change)).toEqual(["succeeded", "succeeded", "failed too_many_tags"]);
    expect((await rowsOfSessions(ids)).map(({ tags }) => JSON.parse(tags))).toEqual([["b", "c"], ["c"], many]);
    const found = await call("GET", "/sessions?tag=c");
    expect(found.body.data.map((one: { session_id: string }) => one.session_id).sort()).toEqual(ids.slice(0, 2).sort());
  });

  it.each([
    ["archive", { visibility: "archived" }, "unarchive", { visibility: "listed" }],
    ["pin", { pinned_at: expect.any(Number) }, "unpin", { pinned_at: null }],
  ])("%s is undone by its counterpart", async (action, done, counterpart, undone) => {
    const session_ids = [await create()];
    expect(await changed({ action, session_ids })).toEqual(["succeeded"]);
    expect(await rowsOfSessions(session_ids)).toMatchObject([done]);
    expect(await changed({ action: counterpart, session_ids })).toEqual(["succeeded"]);
    expect(await rowsOfSessions(session_ids)).toMatchObject([undone]);
  });

  it("sessions are deleted with all that is in them, through their objects", async () => {
    const session_id = newId();
    await run("hello", { session_id });
    expect(await changed({ action: "delete", session_ids: [session_id, newId()] })).toEqual([
      "succeeded",
      "failed not_found",
    ]);
    for (const table of ["sessions", "runs", "messages", "message_docs"]) {
      const left = env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE session_id = ?`).bind(session_id);
      expect([table, await left.first("n")]).toEqual([table, 0]);
    }
  });

  it("a delete can be undone where a delete can be", async () => {
    const session_id = newId();
    await run("hello", { session_id });
    const vars = { DELETE_UNDO_SECONDS: "3600" };
    const deleted = await callWith(vars, "POST", "/sessions/bulk", { action: "delete", session_ids: [session_id] });
    expect([deleted.status, inShort(deleted.body.items)]).toEqual([200, ["succeeded"]]);
    expect((await call("GET", `/sessions/${session_id}`)).status).toBe(404);
    expect((await callWith(vars, "POST", `/sessions/${session_id}/restore`)).status).toBe(200);
    expect((await read(session_id)).run_count).toBe(1);
  });
});

describe("a filter", () => {
  it("finds what the list finds with the same conditions", async () => {
    const user_id = newId();
    const [plain, tagged, pinned, archived] = [
      await create({ user_id }),
      await create({ user_id, tags: ["x", "y"], metadata: { plan: "pro" } }),
      await create({ user_id, pinned: true, session_name: "Straße 7" }),
      await create({ user_id, archived: true, tags: ["x"] }),
    ];
    const ofTeam = (await call("POST", "/sessions?type=team", { user_id, team_id: "research" })).body.session_id;
    const found = async (filter: object) => {
      const { status, body } = await changeMany({ action: "unpin", filter, user_id });
      expect([status, body.detail]).toEqual([200, undefined]);
      // The pin is put back, so that each filter finds the same sessions.
      await changed({ action: "pin", session_ids: [pinned] });
      return body.items.map((item: { session_id: string }) => item.session_id);
    };
    expect(await found({})).toEqual([plain, tagged, pinned, ofTeam]);
    expect(await found({ archived: "all" })).toEqual([plain, tagged, pinned, archived, ofTeam]);
    expect(await found({ archived: true })).toEqual([archived]);
    expect(await found({ tag: "x" })).toEqual([tagged]);
    expect(await found({ tag: ["x", "y"], metadata: ["plan:pro"] })).toEqual([tagged]);
    expect(await found({ session_name: "STRASSE" })).toEqual([pinned]);
    expect(await found({ pinned: true })).toEqual([pinned]);
    expect(await found({ pinned: false, agent_id: "assistant" })).toEqual([plain, tagged]);
    expect(await found({ team_id: "research" })).toEqual([ofTeam]);
    expect(await found({ component_id: "research", type: "team" })).toEqual([ofTeam]);
    expect(await found({ type: "workflow" })).toEqual([]);
    expect(await found({ unnamed: false })).toEqual([pinned]);
    expect(await found({ has_open_requirements: true })).toEqual([]);
    expect(await found({ created_after: "2020-01-01T00:00:00Z", updated_after: 1_577_836_800 })).toHaveLength(4);
    expect(await found({ created_before: "2020-01-01T00:00:00Z" })).toEqual([]);
  });

  it("finds sessions of everybody without a user, by the way that few pass", async () => {
    const [tag, ada, bob] = [newId(), newId(), newId()];
    const ids = [await create({ user_id: ada, tags: [tag] }), await create({ user_id: bob, tags: [tag] })];
    await create({ user_id: ada });
    const { body } = await changeMany({ action: "archive", filter: { tag } });
    expect(body.items.map((item: { session_id: string }) => item.session_id)).toEqual(ids);
    const { body: none } = await changeMany({ action: "archive", filter: { tag } });
    expect(none).toMatchObject({ status: "completed", total: 0, items: [] });
  });

  it("finds what one user has, and nothing of another's who may not ask", async () => {
    const [ada, bob] = [newId(), newId()];
    const [first, tagged] = [await create({ user_id: ada }), await create({ user_id: ada, tags: ["x"] })];
    await create({ user_id: bob, tags: ["x"] });
    const found = async (filter: object, user_id?: string) => {
      const { status, body } = await changeMany({ action: "unpin", filter, user_id });
      expect([status, body.detail]).toEqual([200, undefined]);
      return body.items.map((item: { session_id: string }) => item.session_id);
    };
    expect(await found({ user_id: ada })).toEqual([first, tagged]);
    expect(await found({ user_id: ada, tag: "x" })).toEqual([tagged]);
    expect(await found({ user_id: ada }, ada)).toEqual([first, tagged]);
    expect(await found({ user_id: ada }, bob)).toEqual([]);
  });

  it("deletes of one user only what that user has, and everything only when that is said", async () => {
    const [ada, bob] = [newId(), newId()];
    const ids = [await create({ user_id: ada }), await create({ user_id: ada, archived: true })];
    const others = await create({ user_id: bob });
    for (const filter of [{}, { archived: "all" }, { archived: false }, { user_id: ada }]) {
      const refused = await changeMany({ action: "delete", filter, user_id: ada });
      expect([refused.status, refused.body.detail[0]]).toMatchObject([422, { loc: ["body", "filter"] }]);
    }
    expect(await rowsOfSessions(ids)).toHaveLength(2);
    const all = { action: "delete", filter: { archived: "all" }, all: true, user_id: ada };
    expect(await changed(all)).toEqual(times(2, "succeeded"));
    expect(await rowsOfSessions([...ids, others])).toMatchObject([{ session_id: others }]);
    expect(await changed({ action: "delete", filter: { user_id: bob } })).toEqual(["succeeded"]);
  });
});

describe("what a filter reads", () => {
  it.each<[string, object, RegExp]>([
    ["of a user", { filter: {}, user_id: "ada" }, /sessions USING (COVERING )?INDEX sessions_user_created/],
    ["that names a user", { filter: { user_id: "ada" } }, /sessions USING (COVERING )?INDEX sessions_user_created/],
    ["of all", { filter: {} }, /sessions USING (COVERING )?INDEX sessions_created/],
    ["of an agent", { filter: { agent_id: "none" } }, /sessions USING (COVERING )?INDEX sessions_component_created/],
    ["that few pass", { filter: { tag: "none" } }, /session_labels USING (COVERING )?INDEX/],
    ["of what changed lately", { filter: { updated_after: "2999-01-01T00:00:00Z" } }, /INDEX sessions_updated/],
  ])("%s goes by an index", async (_which, body, index) => {
    queue.lose();
    d1.forget();
    const { body: job } = await changeMany({ action: "unpin", ...body });
    await call("POST", `/jobs/${job.job_id}/cancel`);
    const inserts = d1.operations
      .flatMap(({ statements }) => statements)
      .filter(({ sql }) => /^insert into "job_items"/.test(sql));
    expect(inserts).toHaveLength(1);
    const [{ sql, params } = { sql: "", params: [] }] = inserts;
    const { results } = await env.DB.prepare(`explain query plan ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    const plan = results.map(({ detail }) => detail);
    expect(plan.join("; ")).toMatch(index);
    expect(plan.filter((step) => /^SCAN sessions$/.test(step))).toEqual([]);
  });
});

describe("the same key", () => {
  it("is the same job, of few and of many; with other fields, or another action, it is refused", async () => {
    const [user_id, key] = [newId(), newId()];
    const session_ids = [await create({ user_id })];
    const change = { action: "archive", session_ids, user_id };
    const answers = await Promise.all([changeMany(change, key), changeMany(change, key)]);
    const [first, second] = answers.map(({ body }) => body.job_id);
    expect(second).toBe(first);
    const again = await changeMany(change, key);
    expect([again.status, again.body]).toMatchObject([200, { job_id: first, succeeded: 1, items: [{ attempts: 1 }] }]);
    for (const other of [
      { ...change, action: "delete" },
      { ...change, session_ids: [...session_ids, "more"] },
    ]) {
      const refused = await changeMany(other, key);
      expect([refused.status, refused.body.code]).toEqual([409, "idempotency_conflict"]);
    }
    expect(await rowsOfSessions(session_ids)).toMatchObject([{ visibility: "archived", version: 1 }]);
  });

  it("of another user is another job", async () => {
    const key = newId();
    const of = async (user_id: string) =>
      (await changeMany({ action: "pin", session_ids: ["none"], user_id }, key)).body.job_id;
    expect(await of("ada")).not.toBe(await of("bob"));
  });
});

describe("the jobs", () => {
  it("of all kinds stand in one list, of a user for that user; an erasure is none of them", async () => {
    const user_id = newId();
    const bulk = (await changeMany({ action: "pin", session_ids: ["none"], user_id })).body.job_id;
    const [id = ""] = await seedNameable(1, { userId: user_id });
    const names = (await nameMany({ session_ids: [id], user_id })).body.job_id;
    await untilEnded(names);
    await env.DB.prepare(
      "INSERT INTO jobs (job_id, kind, user_id, params, status, total, created_at, swept_at) VALUES ('erasing', 'erase', ?1, '{}', 'running', 0, 1, 1)",
    )
      .bind(user_id)
      .run();
    const { body } = await call("GET", `/jobs?user_id=${user_id}`);
    expect(body.data).toMatchObject([
      { job_id: names, kind: "names", action: null, succeeded: 1 },
      { job_id: bulk, kind: "bulk", action: "pin", failed: 1 },
    ]);
    expect(inShort(await itemsOfJob(names, "&outcome=succeeded"))).toEqual(["succeeded"]);
    expect(await itemsOfJob(names, "&outcome=failed")).toEqual([]);
    for (const path of [
      "/jobs/erasing",
      `/jobs/${bulk}?user_id=other`,
      `/naming-jobs/${bulk}`,
      "/naming-jobs/erasing",
    ]) {
      expect([path, (await call("GET", path)).status]).toEqual([path, 404]);
    }
    expect((await call("POST", "/jobs/erasing/cancel")).status).toBe(404);
    expect((await call("GET", `/jobs/${names}/items?outcome=named`)).status).toBe(422);
  });
});

describe("the cost of a change in bulk", () => {
  it("is a constant number of rows an item", async () => {
    const perItem = async (count: number, change: object) => {
      const session_ids = await seedNameable(count);
      d1.forget();
      await changed({ ...change, session_ids });
      return costOf(d1.operations).rows;
    };
    // An item costs 4 rows when it is made (its own and three index entries), 2 when it is claimed and 1 when it is
    // done. A session costs its row and its entries in six indexes that go by visibility.
    const few = await perItem(10, { action: "archive" });
    const many = await perItem(50, { action: "archive" });
    const each = (table: string) => ((many[table] ?? 0) - (few[table] ?? 0)) / 40;
    expect([each("job_items"), each("sessions"), each("runs"), each("messages")]).toEqual([7, 7, 0, 0]);
    const unchanged = await perItem(10, { action: "unarchive" });
    expect(unchanged.sessions).toBeUndefined();
  });
});
