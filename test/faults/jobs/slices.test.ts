import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import worker from "../../../src/index.ts";
import { unanswered, unsent, type Which, watchD1 } from "../../support/d1-faults.ts";
import { call } from "../../support/http.ts";
import {
  DEAD_LETTERS,
  deliver,
  itemsOf,
  jobOf,
  minute,
  nameOf,
  outcomesOf,
  passTime,
  seedNameable,
  startNaming,
  untilEnded,
} from "../../support/naming-jobs.ts";
import { watchQueue } from "../../support/queue.ts";
import { fail, gate, hold, scriptModel, text, until } from "../../support/scripted-model.ts";
import { killObjects } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();
const queue = watchQueue();

const MINUTE = 60_000;
/** The setting of a deployment that sweeps sooner. */
const SOON = 5_000;
const soon = { SWEEP_AFTER_MS: String(SOON) };
/** Finds the batches that record the results of a slice. */
const records: Which = (operation) =>
  operation.isBatch && operation.statements.some(({ sql }) => /^update "job_items" set .*"outcome"/.test(sql));
const claims: Which = (operation) =>
  operation.isBatch && operation.statements.some(({ sql }) => /^update "job_items" set .*returning/.test(sql));
/** Finds the batches that write a name into a session's row. */
const namesRow: Which = (operation) =>
  operation.isBatch && operation.statements.some(({ sql }) => /^update "sessions" set "name"/.test(sql));

/** A job whose messages are lost. The tests deliver its slices by hand. */
async function quietJob(count: number, more: object = {}): Promise<{ jobId: string; ids: string[] }> {
  const ids = await seedNameable(count);
  return { jobId: await startNaming({ session_ids: ids, ...more }), ids };
}

/** Such a job whose sessions do not exist. */
const vainJob = (count: number) =>
  startNaming({ session_ids: Array.from({ length: count }, (_, nth) => `none-${nth}`) });

const versions = async (ids: string[]) => Promise.all(ids.map(async (id) => (await nameOf(id)).version));

describe("a slice", () => {
  beforeEach(() => queue.lose());

  it("that is delivered twice at once is worked on once, and the second waits until the first must be over", async () => {
    const { jobId, ids } = await quietJob(6);
    const point = gate();
    model.respondWith([hold(point), text("Held Back Name")]);
    const first = deliver(jobId);
    await point.reached(5);
    const second = await deliver(jobId);
    expect(second.acked).toBe(false);
    expect(second.retryInSeconds).toBeGreaterThan(50);
    point.release();
    expect(await first).toMatchObject({ acked: true });
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(model.calls).toHaveLength(6);
    expect(await versions(ids)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 6, total_tokens: 90 });
  });

  it("that counts as untouched while its worker still waits is worked on by two, and named and counted once", async () => {
    const { jobId, ids } = await quietJob(3);
    const point = gate();
    model.respondWith([hold(point), text("Held Back Name")]);
    const first = deliver(jobId);
    await point.reached(3);
    await passTime(jobId, MINUTE);
    const second = deliver(jobId);
    await until(() => d1.operations.filter(claims).length === 2, "the second claim");
    point.release();
    expect(await Promise.all([first, second])).toMatchObject([{ acked: true }, { acked: true }]);
    expect(model.calls).toHaveLength(3);
    expect(await versions(ids)).toEqual([1, 1, 1]);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 3, done: 3, total_tokens: 45 });
  });

  it("whose worker dies between naming and recording asks no model again, and tells what the names cost", async () => {
    const { jobId, ids } = await quietJob(4);
    d1.always(records, unsent());
    expect(await deliver(jobId)).toMatchObject({ acked: false });
    expect(model.calls).toHaveLength(4);
    expect(await jobOf(jobId)).toMatchObject({ done: 0, total_tokens: 0 });
    d1.heal();
    await killObjects();
    await passTime(jobId, MINUTE);
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(model.calls).toHaveLength(4);
    expect(await versions(ids)).toEqual([1, 1, 1, 1]);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 4, total_tokens: 60 });
  });

  it("whose results are written though D1 did not answer counts them once", async () => {
    const { jobId } = await quietJob(3);
    d1.next(records, unanswered());
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 3, done: 3, total_tokens: 45 });
  });

  it("whose sessions' objects die while the model thinks is tried again, and named once", async () => {
    const { jobId, ids } = await quietJob(3);
    const point = gate();
    model.nextNames([hold(point)], [hold(point)], [hold(point)]);
    const delivered = deliver(jobId);
    await point.reached(3);
    await killObjects();
    const { acked, retryInSeconds } = await delivered;
    expect([acked, retryInSeconds]).toEqual([false, 5]);
    expect(await outcomesOf(jobId)).toEqual(Array.from({ length: 3 }, () => "waiting session_unavailable"));
    await passTime(jobId, 5_000);
    expect(await deliver(jobId, 0, { attempts: 2 })).toMatchObject({ acked: true });
    expect(await versions(ids)).toEqual([1, 1, 1]);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 3 });
  });

  it("is left to the Queue while D1 is away", async () => {
    const { jobId } = await quietJob(1);
    d1.next(claims, unsent());
    expect(await deliver(jobId)).toEqual({ acked: false, retryInSeconds: 10 });
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(await jobOf(jobId)).toMatchObject({ named: 1 });
  });

  it("whose claim was written though D1 did not answer is free again after a minute", async () => {
    const { jobId } = await quietJob(1);
    d1.next(claims, unanswered());
    expect(await deliver(jobId)).toMatchObject({ acked: false });
    expect(await deliver(jobId)).toMatchObject({ acked: false });
    await passTime(jobId, MINUTE);
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(await jobOf(jobId)).toMatchObject({ named: 1 });
  });

  it("whose workers die five times is given up", async () => {
    const { jobId, ids } = await quietJob(2);
    for (let attempt = 0; attempt < 5; attempt++) {
      d1.next(claims, unanswered());
      await deliver(jobId);
      await passTime(jobId, MINUTE);
    }
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(await outcomesOf(jobId)).toEqual(["failed gave_up", "failed gave_up"]);
    expect(model.calls).toHaveLength(0);
    expect(await versions(ids)).toEqual([0, 0]);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", failed: 2, remaining: 0 });
  });

  it("of a job that does not exist, or of a message that is none, is taken from the Queue", async () => {
    expect(await deliver("none")).toMatchObject({ acked: true });
    expect(await deliver(7 as unknown as string)).toMatchObject({ acked: true });
  });
});

describe("a provider", () => {
  beforeEach(() => queue.lose());

  it.each([429, 500, 503])("that answers %i is asked again later, and longer and longer after that", async (status) => {
    const { jobId, ids } = await quietJob(2);
    const delays: (number | null)[] = [];
    model.respondWith([fail(status)]);
    for (const attempts of [1, 2, 3]) {
      delays.push((await deliver(jobId, 0, { attempts })).retryInSeconds);
      await passTime(jobId, 10 * MINUTE);
    }
    expect(delays).toEqual([5, 20, 80]);
    expect(await outcomesOf(jobId)).toEqual(["waiting model_unavailable", "waiting model_unavailable"]);
    const said = `The model's provider answered ${status}: scripted failure ${status}`;
    expect((await itemsOf(jobId)).map(({ error }) => error)).toEqual([said, said]);
    model.respondWith("Named At Last");
    expect(await deliver(jobId, 0, { attempts: 4 })).toMatchObject({ acked: true });
    expect((await itemsOf(jobId)).map(({ error }) => error)).toEqual([null, null]);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 2, failed: 0 });
    expect(await nameOf(ids[0] ?? "")).toMatchObject({ name: "Named At Last", source: "generated", version: 1 });
  });

  it("that stays away leaves the names as they were, after five attempts", async () => {
    const { jobId, ids } = await quietJob(2);
    model.respondWith([fail(503)]);
    for (let attempts = 1; attempts <= 5; attempts++) {
      await deliver(jobId, 0, { attempts });
      await passTime(jobId, 10 * MINUTE);
    }
    expect(model.calls).toHaveLength(10);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", failed: 2, fallback: 0 });
    expect(await outcomesOf(jobId)).toEqual(["failed model_unavailable", "failed model_unavailable"]);
    expect(await nameOf(ids[0] ?? "")).toMatchObject({ name: "", source: null, version: 0 });
  });

  it("that is away for all is not asked for the rest of the slice, whose attempts do not count", async () => {
    const { jobId } = await quietJob(16);
    model.respondWith([fail(503)]);
    expect(await deliver(jobId)).toMatchObject({ retryInSeconds: 5 });
    expect(model.calls.length).toBeLessThan(10);
    const attempts = (await itemsOf(jobId)).map((item) => item.attempts);
    expect(attempts.filter((count) => count === 1)).toHaveLength(model.calls.length);
    expect(attempts.slice(10)).toEqual([0, 0, 0, 0, 0, 0]);
    model.respondWith("Named At Last");
    await passTime(jobId, MINUTE);
    await deliver(jobId);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 16 });
  });

  it("that will not have the request is not asked again, and no name is made up", async () => {
    const { jobId, ids } = await quietJob(1);
    model.respondWith([fail(401, "Incorrect API key provided")]);
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(model.calls).toHaveLength(1);
    expect(await outcomesOf(jobId)).toEqual(["failed model_refused"]);
    const error = "The model's provider answered 401: Incorrect API key provided";
    expect((await itemsOf(jobId))[0]).toMatchObject({ reason: "model_refused", error });
    expect((await call("GET", `/jobs/${jobId}/items`)).body.data[0]).toMatchObject({ reason: "model_refused", error });
    expect(await nameOf(ids[0] ?? "")).toMatchObject({ source: null, version: 0 });
  });
});

describe("a job", () => {
  it("stops when its tokens are spent, and says what remains", async () => {
    queue.lose();
    const { jobId } = await quietJob(14, { max_tokens: 50 });
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    const job = await jobOf(jobId);
    expect(job).toMatchObject({ status: "stopped", stop_reason: "max_tokens", max_tokens: 50, total: 14 });
    // Each name costs 15 tokens. Requests that are under way together when the limit is reached go over it.
    expect(job.total_tokens).toBeGreaterThanOrEqual(50);
    expect(job.total_tokens).toBeLessThanOrEqual(50 + 5 * 15);
    expect(job.remaining).toBe(14 - job.named);
    expect(job.ended_at).not.toBeNull();
    const { length } = model.calls;
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(model.calls).toHaveLength(length);
  });

  it("that is cancelled in the middle finishes what is under way, and no more", async () => {
    queue.lose();
    const { jobId } = await quietJob(40);
    const point = gate();
    model.respondWith((_request, number) => (number > 10 ? [hold(point), text("Late Name")] : "Early Name"));
    const delivered = deliver(jobId);
    await point.reached(5);
    const { status, body } = await call("POST", `/naming-jobs/${jobId}/cancel`);
    expect([status, body]).toMatchObject([200, { status: "cancelled", ended_at: expect.any(String) }]);
    point.release();
    expect(await delivered).toMatchObject({ acked: true });
    const job = await jobOf(jobId);
    expect(job).toMatchObject({ status: "cancelled", stop_reason: null, total: 40 });
    expect(job.named).toBe(model.calls.length);
    expect(job.named).toBeLessThan(40);
    expect(job.remaining).toBe(40 - job.named);
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect((await jobOf(jobId)).named).toBe(job.named);
  });

  it("that has ended stays as it ended when it is cancelled", async () => {
    const { jobId } = await quietJob(1);
    const ended = await untilEnded(jobId);
    expect((await call("POST", `/naming-jobs/${jobId}/cancel`)).body).toEqual(ended);
  });

  it("skips a session that a person named while the model was thinking, and fails on one that was deleted", async () => {
    queue.lose();
    const { jobId, ids } = await quietJob(2);
    const [renamed = "", deleted = ""] = ids;
    const point = gate();
    model.respondWith([hold(point), text("Too Late")]);
    const delivered = deliver(jobId);
    await point.reached(2);
    await call("POST", `/sessions/${renamed}/rename`, { session_name: "First" });
    await call("DELETE", `/sessions/${deleted}`);
    point.release();
    await delivered;
    expect(await outcomesOf(jobId)).toEqual(["skipped renamed_meanwhile", "failed not_found"]);
    expect(await nameOf(renamed)).toMatchObject({ name: "First", source: "manual", version: 1 });
    expect((await call("GET", `/sessions/${deleted}`)).status).toBe(404);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", skipped: 1, failed: 1, total_tokens: 30 });
  });

  it("waits for a session whose row D1 did not take, and does not name it twice where it did", async () => {
    queue.lose();
    const { jobId, ids } = await quietJob(1);
    d1.next(namesRow, unanswered(), 3);
    expect(await deliver(jobId)).toMatchObject({ acked: false, retryInSeconds: 5 });
    await passTime(jobId, MINUTE);
    expect(await deliver(jobId)).toMatchObject({ acked: true });
    expect(model.calls).toHaveLength(1);
    expect(await versions(ids)).toEqual([1]);
    expect(await jobOf(jobId)).toMatchObject({ status: "completed", named: 1 });
  });

  it("is stored before it is sent: one that the Queue did not take is answered all the same, and swept", async () => {
    queue.fail();
    const jobId = await vainJob(60);
    queue.heal();
    expect(queue.sent).toEqual([]);
    await passTime(jobId, MINUTE);
    await jobOf(jobId);
    expect(queue.of(jobId)).toEqual([0, 50]);
    expect(await untilEnded(jobId)).toMatchObject({ status: "completed", failed: 60 });
  });
});

describe("a slice, where the deployment sweeps sooner than after a minute,", () => {
  beforeEach(() => queue.lose());

  it("is free again as soon after a claim that nobody heard of", async () => {
    const { jobId } = await quietJob(1);
    d1.next(claims, unanswered());
    await deliver(jobId, 0, { vars: soon });
    await passTime(jobId, SOON);
    expect(await deliver(jobId)).toMatchObject({ acked: false });
    expect(await deliver(jobId, 0, { vars: soon })).toMatchObject({ acked: true });
    expect(await jobOf(jobId)).toMatchObject({ named: 1 });
  });

  it("is touched often enough that nobody takes it up while its worker waits", async () => {
    const { jobId } = await quietJob(1);
    const point = gate();
    model.respondWith([hold(point), text("Held Back Name")]);
    const delivered = deliver(jobId, 0, { vars: soon });
    await point.reached(1);
    const touchedAt = async () =>
      env.DB.prepare("SELECT touched_at FROM job_items WHERE job_id = ?1").bind(jobId).first<number>("touched_at");
    const before = await touchedAt();
    // The worker begins its second touch only after the first is written.
    await until(() => d1.operations.filter(records).length >= 2, "two touches", 15_000);
    expect(await touchedAt()).toBeGreaterThan(before ?? 0);
    expect((await deliver(jobId, 0, { vars: soon })).acked).toBe(false);
    point.release();
    expect(await delivered).toMatchObject({ acked: true });
    expect(model.calls).toHaveLength(1);
  });

  it("comes back as soon where D1 did not take its results", async () => {
    const { jobId } = await quietJob(1);
    d1.always(records, unsent());
    expect(await deliver(jobId, 0, { vars: soon })).toEqual({ acked: false, retryInSeconds: SOON / 1000 });
  });
});

describe("the sweep", () => {
  beforeEach(() => queue.lose());

  it("sends again what was untouched for a minute, by cron, and only that", async () => {
    const jobId = await vainJob(120);
    await minute();
    expect(queue.of(jobId)).toHaveLength(3);
    await deliver(jobId, 50);
    await passTime(jobId, MINUTE);
    await minute();
    expect(queue.of(jobId).slice(3)).toEqual([0, 100]);
    await minute();
    expect(queue.of(jobId)).toHaveLength(5);
  });

  it("is done by one of many that look at the job at once", async () => {
    const jobId = await vainJob(10);
    await passTime(jobId, MINUTE);
    await Promise.all([jobOf(jobId), jobOf(jobId), jobOf(jobId), minute()]);
    expect(queue.of(jobId)).toHaveLength(2);
  });

  it("sends what a dead worker left a minute after it was touched, whoever looked at the job meanwhile", async () => {
    const { jobId } = await quietJob(1);
    const sent = () => queue.of(jobId).length;
    await passTime(jobId, MINUTE / 2);
    d1.always(records, unsent());
    expect(await deliver(jobId)).toMatchObject({ acked: false });
    d1.heal();
    for (const look of [() => jobOf(jobId), minute]) {
      const before = sent();
      await passTime(jobId, MINUTE / 2);
      await look();
      expect(sent()).toBe(before);
      await passTime(jobId, MINUTE / 2);
      await look();
      expect(sent()).toBe(before + 1);
      await look();
      expect(sent()).toBe(before + 1);
      // Another worker claims the slice, half a minute after it was sent, and dies too.
      await passTime(jobId, MINUTE / 2);
      d1.always(records, unsent());
      await deliver(jobId);
      d1.heal();
    }
  });

  it("comes after as long as the deployment says, by cron and by a look at the job", async () => {
    const jobId = await vainJob(10);
    await passTime(jobId, SOON);
    await minute();
    await jobOf(jobId);
    expect(queue.of(jobId)).toHaveLength(1);
    await minute(soon);
    expect(queue.of(jobId)).toHaveLength(2);
    const look = () =>
      worker.fetch(
        new Request(`http://localhost/naming-jobs/${jobId}`),
        { ...env, ...soon } as Env,
        createExecutionContext(),
      );
    await look();
    expect(queue.of(jobId)).toHaveLength(2);
    await passTime(jobId, SOON);
    await look();
    expect(queue.of(jobId)).toHaveLength(3);
  });

  it("leaves alone what waits for its next attempt", async () => {
    const { jobId } = await quietJob(1);
    model.respondWith([fail(503)]);
    await deliver(jobId, 0, { attempts: 3 });
    await passTime(jobId, MINUTE);
    await minute();
    expect(queue.of(jobId)).toHaveLength(1);
    await passTime(jobId, 2 * MINUTE);
    await minute();
    expect(queue.of(jobId)).toHaveLength(2);
  });

  it("sends a bounded number of slices, and the rest the next time", async () => {
    const jobId = await vainJob(6_000);
    expect(queue.of(jobId)).toHaveLength(120);
    await passTime(jobId, MINUTE);
    await minute();
    expect(queue.of(jobId)).toHaveLength(220);
    await call("POST", `/naming-jobs/${jobId}/cancel`);
    await passTime(jobId, MINUTE);
    await minute();
    expect(queue.of(jobId)).toHaveLength(220);
  });

  it("goes on where a message has died", async () => {
    const { jobId } = await quietJob(1);
    expect(await deliver(jobId, 0, { queue: DEAD_LETTERS, attempts: 1 })).toMatchObject({ acked: true });
    expect(await jobOf(jobId)).toMatchObject({ status: "running", done: 0 });
    queue.heal();
    await passTime(jobId, MINUTE);
    await minute();
    expect(await untilEnded(jobId)).toMatchObject({ status: "completed", named: 1 });
  });
});

describe("old jobs", () => {
  const rows = async (jobId: string) => {
    const found = await env.DB.batch<{ n: number }>(
      ["jobs", "job_items"].map((table) =>
        env.DB.prepare(`select count(*) as n from ${table} where job_id = ?`).bind(jobId),
      ),
    );
    return found.map(({ results }) => results[0]?.n);
  };

  it("are removed 30 days after their end, with their items, in steps", async () => {
    queue.lose();
    const jobId = await vainJob(6_000);
    const young = await startNaming({ session_ids: ["none"] });
    const old = `00000000-0000-7${jobId.slice(15)}`;
    await env.DB.batch([
      env.DB.prepare("UPDATE job_items SET job_id = ?2 WHERE job_id = ?1").bind(jobId, old),
      env.DB.prepare("UPDATE jobs SET job_id = ?2, created_at = 0 WHERE job_id = ?1").bind(jobId, old),
    ]);
    await minute();
    expect(await rows(old)).toEqual([1, 6_000]);
    await call("POST", `/naming-jobs/${old}/cancel`);
    await minute();
    expect(await rows(old)).toEqual([1, 6_000]);
    await env.DB.prepare("UPDATE jobs SET ended_at = ended_at - 31 * 86400000 WHERE job_id = ?1").bind(old).run();
    await minute();
    expect(await rows(old)).toEqual([1, 1_000]);
    await minute();
    expect(await rows(old)).toEqual([0, 0]);
    expect(await rows(young)).toEqual([1, 1]);
  });
});

describe("a large job", () => {
  it("of 2,500 sessions is done over the Queue, though every object is killed in the middle", {
    timeout: 70_000,
  }, async () => {
    // Few sessions are to be named. In the test pool, each call of an object takes longer than the one before it.
    const unnamed = await seedNameable(20);
    const named = await seedNameable(1_240);
    await env.DB.prepare("UPDATE sessions SET name = 'By hand', name_source = 'manual' WHERE session_id LIKE ?1")
      .bind(`${named[0]?.slice(0, 36)}%`)
      .run();
    const session_ids = named.flatMap((id, nth) => [id, `none-${nth}`, ...unnamed.slice(nth, nth + 1)]);
    expect(session_ids).toHaveLength(2_500);
    const point = gate();
    model.respondWith((_request, number) => (number > 10 && number <= 15 ? [hold(point)] : "Named In Bulk"));
    const jobId = await startNaming({ session_ids });
    await point.reached(5);
    await killObjects();
    // The Queue retries after five seconds what the kill interrupted.
    expect(await untilEnded(jobId, 60_000)).toMatchObject({
      status: "completed",
      done: 2_500,
      named: 20,
      skipped: 1_240,
      failed: 1_240,
    });
    expect(await versions(unnamed)).toEqual(unnamed.map(() => 1));
  });
});
