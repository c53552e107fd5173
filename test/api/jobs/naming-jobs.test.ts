import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_JOB_IDS } from "../../../src/domain/job.ts";
import { costOf } from "../../support/d1-cost.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import {
  deliver,
  itemsOf,
  jobOf,
  minute,
  nameMany,
  nameOf,
  outcomesOf,
  passTime,
  seedNameable,
  startNaming,
  untilEnded,
} from "../../support/naming-jobs.ts";
import { watchQueue } from "../../support/queue.ts";
import { fail, scriptModel } from "../../support/scripted-model.ts";

const model = scriptModel();
const d1 = watchD1();
const queue = watchQueue();

const rename = (id: string, body: object) => call("POST", `/sessions/${id}/rename`, body);

describe("a naming job", () => {
  it("names sessions in the background, over the Queue, and tells what that cost", async () => {
    const ids = await seedNameable(3);
    const made = await nameMany({ session_ids: ids });
    expect(made.status).toBe(202);
    expect(made.headers.get("Location")).toBe(`/naming-jobs/${made.body.job_id}`);
    expect(made.body).toMatchObject({ kind: "names", status: "running", total: 3, done: 0, remaining: 3, progress: 0 });
    const job = await untilEnded(made.body.job_id);
    expect(job).toEqual({
      job_id: made.body.job_id,
      kind: "names",
      status: "completed",
      stop_reason: null,
      total: 3,
      done: 3,
      named: 3,
      fallback: 0,
      skipped: 0,
      failed: 0,
      remaining: 0,
      progress: 1,
      prompt_tokens: 30,
      completion_tokens: 15,
      total_tokens: 45,
      max_tokens: null,
      overwrite: "never",
      created_at: expect.stringMatching(/Z$/),
      started_at: expect.stringMatching(/Z$/),
      ended_at: expect.stringMatching(/Z$/),
    });
    for (const id of ids) {
      const { body } = await call("GET", `/sessions/${id}/name`);
      expect(body).toMatchObject({
        session_name: "Scripted Session Name",
        source: "generated",
        version: 1,
        prompt_tokens: 10,
        completion_tokens: 5,
        attempts: 1,
        job_id: job.job_id,
      });
    }
  });

  it("says of each id what became of it: named, foreign, missing, duplicate, named already, by hand, without messages", async () => {
    const [mine = "", again = "", byModel = "", byHand = ""] = await seedNameable(4, { userId: "ada" });
    const [foreign = ""] = await seedNameable(1, { userId: "grace" });
    const empty = newId();
    await call("POST", "/sessions", { session_id: empty, user_id: "ada", agent_id: "assistant" });
    await rename(byModel, { autogenerate: true });
    await rename(byHand, { session_name: "By hand" });
    const missing = newId();
    const session_ids = [mine, foreign, missing, mine, byModel, byHand, empty, again];
    const id = await startNaming({ session_ids, user_id: "ada" });
    const job = await untilEnded(id);
    expect(await outcomesOf(id)).toEqual([
      "named",
      "failed not_found",
      "failed not_found",
      "skipped duplicate",
      "skipped already_named",
      "skipped named_by_hand",
      "skipped no_messages",
      "named",
    ]);
    expect((await itemsOf(id)).map((item) => item.session_id)).toEqual(session_ids);
    expect(job).toMatchObject({ status: "completed", total: 8, done: 8, named: 2, skipped: 4, failed: 2 });
    expect(await nameOf(foreign)).toMatchObject({ name: "", source: null, version: 0 });
    expect(await nameOf(byHand)).toMatchObject({ name: "By hand", source: "manual" });
  });

  it("replaces generated names only when it is told to, fallbacks always, and what a person wrote never", async () => {
    const [generated = "", fallback = "", manual = ""] = await seedNameable(3);
    model.nextNames("First Name", [fail(400)], [fail(400)]);
    await rename(generated, { autogenerate: true });
    await rename(fallback, { autogenerate: true, fallback: "Stand-in" });
    await rename(manual, { session_name: "By hand" });
    const session_ids = [generated, fallback, manual];
    const first = await startNaming({ session_ids });
    await untilEnded(first);
    expect(await outcomesOf(first)).toEqual(["skipped already_named", "named", "skipped named_by_hand"]);
    const second = await startNaming({ session_ids, overwrite: "generated" });
    await untilEnded(second);
    expect(await outcomesOf(second)).toEqual(["named", "named", "skipped named_by_hand"]);
    expect(await nameOf(manual)).toMatchObject({ name: "By hand", version: 1 });
  });

  it("finds sessions by a filter: unnamed ones of an agent, of a user, changed after an instant", async () => {
    const user = newId();
    const old = await seedNameable(2, { userId: user, createdAt: Date.UTC(2020, 0, 1) });
    const young = await seedNameable(3, { userId: user, createdAt: Date.UTC(2024, 0, 1) });
    await call("POST", "/sessions", { user_id: user });
    await rename(young[0] ?? "", { session_name: "By hand" });
    const found = async (filter: object, more: object = {}) => {
      const id = await startNaming({ filter, ...more });
      await untilEnded(id);
      return (await itemsOf(id)).map((item) => item.session_id);
    };
    expect(await found({ unnamed: true, user_id: user, updated_after: "2022-01-01T00:00:00Z" })).toEqual(
      young.slice(1),
    );
    expect(await found({ unnamed: true, agent_id: "operator" }, { user_id: user })).toEqual([]);
    expect(await found({ unnamed: true, agent_id: "assistant" }, { user_id: user })).toEqual(old);
    expect(await found({ unnamed: true }, { user_id: user })).toEqual([]);
    expect(await found({ unnamed: false, agent_id: "assistant" }, { user_id: user })).toEqual([...old, ...young]);
  });

  it("gives the fallback that it was told where the model says nothing that can be used", async () => {
    const [one = ""] = await seedNameable(1);
    model.nextNames("   ", "   ");
    const id = await startNaming({ session_ids: [one], fallback: "  Later  " });
    expect(await untilEnded(id)).toMatchObject({ status: "completed", fallback: 1, named: 0, total_tokens: 30 });
    expect(await nameOf(one)).toEqual({ name: "Later", source: "fallback", version: 1, job: id });
  });

  it("names what is said in sessions that were made by runs", async () => {
    const session_id = newId();
    await run("How do whales sleep?", { session_id });
    await untilEnded(await startNaming({ session_ids: [session_id] }));
    expect(model.callsWith("whales sleep")).toHaveLength(2);
    expect(await nameOf(session_id)).toMatchObject({ name: "Scripted Session Name", source: "generated" });
  });
});

describe("a request for a naming job", () => {
  it("with the same key and fields is the same job, with other fields is refused, and for another user is another job", async () => {
    const session_ids = await seedNameable(2);
    const [first, second] = await Promise.all([nameMany({ session_ids }, "key-1"), nameMany({ session_ids }, "key-1")]);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.job_id).toBe(first.body.job_id);
    await untilEnded(first.body.job_id);
    expect(await itemsOf(first.body.job_id)).toHaveLength(2);
    const again = await nameMany({ session_ids }, "key-1");
    expect([again.status, again.body]).toMatchObject([202, { job_id: first.body.job_id, status: "completed" }]);
    const other = await nameMany({ session_ids: [...session_ids, "more"] }, "key-1");
    expect([other.status, other.body]).toMatchObject([409, { code: "idempotency_conflict" }]);
    expect(await itemsOf(first.body.job_id)).toHaveLength(2);
    const ada = await nameMany({ session_ids, user_id: "ada" }, "key-1");
    expect(ada.body.job_id).not.toBe(first.body.job_id);
  });

  it.each<[string, object, (string | number)[]]>([
    ["without sessions", {}, ["body", "session_ids"]],
    ["with ids and a filter", { session_ids: ["a"], filter: {} }, ["body", "session_ids"]],
    ["with no ids", { session_ids: [] }, ["body", "session_ids"]],
    ["with an id that is none", { session_ids: ["a", ""] }, ["body", "session_ids", 1]],
    ["with a misspelt condition", { filter: { agentid: "assistant" } }, ["body", "filter", "agentid"]],
    ["with a time that is none", { filter: { updated_after: "yesterday" } }, ["body", "filter", "updated_after"]],
    ["with another overwrite", { session_ids: ["a"], overwrite: "manual" }, ["body", "overwrite"]],
    ["with no tokens", { session_ids: ["a"], max_tokens: 0 }, ["body", "max_tokens"]],
    ["with a fallback that is too long", { session_ids: ["a"], fallback: "x".repeat(201) }, ["body", "fallback"]],
  ])("%s is refused", async (_how, body, loc) => {
    const answer = await nameMany(body);
    expect([answer.status, answer.body.code]).toEqual([422, "invalid_request"]);
    expect(answer.body.detail.map((one: { loc: unknown }) => one.loc)).toContainEqual(loc);
  });

  it("takes 25,000 ids, and says that it takes no more", async () => {
    const ids = Array.from({ length: MAX_JOB_IDS + 1 }, (_, nth) => `n${nth}`);
    const { status, body } = await nameMany({ session_ids: ids });
    expect([status, body.detail[0].msg]).toEqual([422, expect.stringContaining("at most 25000 items")]);
    queue.lose();
    const job = await nameMany({ session_ids: ids.slice(1) });
    expect([job.status, job.body.total]).toEqual([202, MAX_JOB_IDS]);
    expect(queue.of(job.body.job_id)).toHaveLength(500);
    await call("POST", `/naming-jobs/${job.body.job_id}/cancel`);
  });

  it("that finds no session is a job that is done", async () => {
    const { status, body } = await nameMany({ filter: { unnamed: true }, user_id: newId() });
    expect([status, body]).toMatchObject([202, { status: "completed", total: 0, progress: 1, remaining: 0 }]);
    expect(body.ended_at).not.toBeNull();
  });
});

describe("a job of a user", () => {
  it("exists for that user and for who speaks for all, on every route", async () => {
    const [user, other] = [newId(), newId()];
    const id = await startNaming({ session_ids: ["none"], user_id: user });
    await untilEnded(id);
    for (const [method, path] of [
      ["GET", `/naming-jobs/${id}`],
      ["GET", `/naming-jobs/${id}/items`],
      ["POST", `/naming-jobs/${id}/cancel`],
    ] as const) {
      expect((await call(method, path)).status).toBe(200);
      expect((await call(method, `${path}?user_id=${user}`)).status).toBe(200);
      const refused = await call(method, `${path}?user_id=${other}`);
      expect([refused.status, refused.body]).toMatchObject([404, { code: "job_not_found" }]);
    }
    const listed = async (query: string) =>
      (await call("GET", `/naming-jobs?limit=1000${query}`)).body.data.map((job: { job_id: string }) => job.job_id);
    expect(await listed(`&user_id=${user}`)).toEqual([id]);
    expect(await listed(`&user_id=${other}`)).toEqual([]);
    expect(await listed("")).toContain(id);
  });

  it("stands in the list before older ones, page by page, and its items in their order", async () => {
    const user_id = newId();
    const ids: string[] = [];
    for (let nth = 0; nth < 3; nth++) {
      ids.unshift(await startNaming({ session_ids: ["a", "b", "c"], user_id }));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const pages: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body } = await call("GET", `/naming-jobs?limit=2&user_id=${user_id}&cursor=${cursor}`);
      pages.push(body.data.map((job: { job_id: string }) => job.job_id));
      cursor = body.meta.next_cursor;
    }
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2)]);
    const [newest = ""] = ids;
    await untilEnded(newest);
    const first = (await call("GET", `/naming-jobs/${newest}/items?limit=2`)).body;
    const rest = (await call("GET", `/naming-jobs/${newest}/items?limit=2&cursor=${first.meta.next_cursor}`)).body;
    expect([...first.data, ...rest.data].map((item) => item.session_id)).toEqual(["a", "b", "c"]);
    expect(rest.meta.next_cursor).toBeNull();
    expect(await itemsOf(newest, "&outcome=failed&status=done")).toHaveLength(3);
    expect(await itemsOf(newest, "&outcome=named")).toEqual([]);
    for (const path of ["/naming-jobs", `/naming-jobs/${newest}/items`]) {
      expect((await call("GET", `${path}?cursor=nonsense`)).status).toBe(422);
    }
  });
});

describe("the cost of a naming job", () => {
  it("is a constant number of rows a name, whatever the size of the job", async () => {
    queue.lose();
    const nameByHand = (ids: string[]) =>
      env.DB.prepare("UPDATE sessions SET name_source = 'manual' WHERE session_id IN (SELECT value FROM json_each(?1))")
        .bind(JSON.stringify(ids))
        .run();
    for (const size of [50, 1_000]) {
      const ids = await seedNameable(size);
      d1.forget();
      const id = await startNaming({ session_ids: ids });
      expect(costOf(d1.operations).rows).toMatchObject({ job_items: 4 * size });
      // Ten sessions have no name, and only they are called: through the pool's loopback every call of an object costs
      // more than the one before it.
      await nameByHand(ids.slice(10));
      d1.forget();
      expect(await deliver(id)).toMatchObject({ acked: true });
      const { batches, rows } = costOf(d1.operations);
      // The claim writes an item's row and its entry among the open items. Its result writes the row once more.
      expect(rows.job_items).toBe(3 * 50);
      expect(rows.sessions).toBe(7 * 10);
      expect(rows.jobs).toBeLessThanOrEqual(8);
      // One batch is the claim, ten write the names, and there is one for every ten results.
      expect(batches).toBeLessThanOrEqual(1 + 10 + 6);
      const read = d1.operations.flatMap(({ statements }) => statements).reduce((sum, one) => sum + one.rowsRead, 0);
      expect(read).toBeLessThan(50 * 85);
      await call("POST", `/naming-jobs/${id}/cancel`);
    }
  });
});

describe("the server by itself", () => {
  const vars = { NAME_UNNAMED_AFTER_SECONDS: "60" };
  const made = async (): Promise<string[]> => {
    const found = await env.DB.prepare(
      "SELECT job_id FROM jobs WHERE idempotency_caller = 'server' ORDER BY job_id",
    ).all<{ job_id: string }>();
    return found.results.map((row) => row.job_id);
  };
  /** Gives a name to the sessions of earlier tests, so that the server's job does not find them. */
  const tidy = () => env.DB.prepare("UPDATE sessions SET name = 'x', name_source = 'manual' WHERE name IS NULL").run();

  it("names what has been without a name for long, when that is configured, one job at a time", async () => {
    await tidy();
    const old = await seedNameable(3);
    const young = await seedNameable(1, { createdAt: Date.now() });
    const [archived = ""] = await seedNameable(1);
    await env.DB.prepare("UPDATE sessions SET visibility = 'archived' WHERE session_id = ?1").bind(archived).run();
    await minute();
    expect(await made()).toEqual([]);
    queue.lose();
    await Promise.all([minute(vars), minute(vars)]);
    await minute(vars);
    const [id = "", ...others] = await made();
    expect(others).toEqual([]);
    expect((await itemsOf(id)).map((item) => item.session_id)).toEqual(old);
    expect(await deliver(id)).toMatchObject({ acked: true });
    expect(await jobOf(id)).toMatchObject({ status: "completed", named: 3 });
    await minute(vars);
    expect(await made()).toEqual([id]);
    expect(await nameOf(young[0] ?? "")).toMatchObject({ source: null });
    await seedNameable(1);
    await minute(vars);
    expect(await made()).toHaveLength(2);
    await untilNothingRuns();
  });

  it("does not try again every minute what it tried in vain", async () => {
    await tidy();
    queue.lose();
    const before = (await made()).length;
    await seedNameable(2);
    model.respondWith([fail(401)]);
    await minute(vars);
    const [id = ""] = (await made()).slice(before);
    expect(await deliver(id)).toMatchObject({ acked: true });
    expect(await jobOf(id)).toMatchObject({ status: "completed", failed: 2 });
    model.respondWith("Named At Last");
    await minute(vars);
    // A job that named nothing is followed only after an hour, by a job of sessions that were not tried within a day.
    await seedNameable(1);
    await minute(vars);
    expect(await made()).toHaveLength(before + 1);
    await passTime(id, 3_600_000);
    await minute(vars);
    const [next = ""] = (await made()).slice(before + 1);
    expect(await itemsOf(next)).toHaveLength(1);
    await deliver(next);
    await passTime(id, 24 * 3_600_000);
    await minute(vars);
    const [last = ""] = (await made()).slice(before + 2);
    expect(await itemsOf(last)).toHaveLength(2);
    await deliver(last);
    expect(await jobOf(last)).toMatchObject({ status: "completed", named: 2 });
  });

  async function untilNothingRuns(): Promise<void> {
    for (const id of await made()) await call("POST", `/naming-jobs/${id}/cancel`);
  }
});
