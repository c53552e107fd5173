/** Changes of so many sessions that they are jobs: they survive deaths, are swept, cancelled, and done once. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import {
  anyJob,
  changed,
  changeMany,
  inShort,
  itemsOfJob,
  rowsOfSessions,
  startChange,
  untilChanged,
} from "../support/bulk.ts";
import { unanswered, unsent, type Which, watchD1 } from "../support/d1-faults.ts";
import { call, callHandler, newId } from "../support/http.ts";
import { deliver, minute, passTime, seedNameable } from "../support/naming-jobs.ts";
import { watchQueue } from "../support/queue.ts";
import { scriptModel } from "../support/scripted-model.ts";
import { killObjects } from "../support/session-story.ts";

callHandler();
scriptModel();
const d1 = watchD1();
const queue = watchQueue();

const MINUTE = 60_000;
const records: Which = (operation) =>
  operation.isBatch && operation.statements.some(({ sql }) => /^update "job_items" set .*"outcome"/.test(sql));
const claims: Which = (operation) =>
  operation.isBatch && operation.statements.some(({ sql }) => /^update "job_items" set .*returning/.test(sql));
const archives: Which = (operation) =>
  operation.isBatch && operation.statements.some(({ sql }) => /^update "sessions" set "visibility" = \?/.test(sql));

const visibilitiesOf = async (ids: string[]) => (await rowsOfSessions(ids)).map(({ visibility }) => visibility);
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
const archive = (ids: string[]) => ({ action: "archive", session_ids: ids });

describe("a large change", () => {
  it("of 1,200 sessions by a filter is done though every object is killed and the queue is lost in the middle", {
    timeout: 120_000,
  }, async () => {
    const user_id = newId();
    const ids = await seedNameable(1_200, { userId: user_id });
    queue.lose();
    const { status, headers, body } = await changeMany({ action: "archive", filter: { unnamed: true }, user_id });
    expect([status, headers.get("Location")]).toEqual([202, `/jobs/${body.job_id}`]);
    expect(body).toMatchObject({ kind: "bulk", action: "archive", status: "running", total: 1_200, done: 0 });
    expect(queue.of(body.job_id)).toEqual(Array.from({ length: 24 }, (_, nth) => nth * 50));
    // Some slices arrive; of one the worker dies before it can say what it did, and the rest is lost.
    for (const from of [0, 50]) await deliver(body.job_id, from);
    d1.always(records, unsent());
    expect(await deliver(body.job_id, 100)).toMatchObject({ acked: false });
    d1.heal();
    await killObjects();
    const half = await anyJob(body.job_id);
    expect(half).toMatchObject({ status: "running", succeeded: 100, remaining: 1_100 });
    queue.heal();
    await passTime(body.job_id, MINUTE);
    await minute();
    expect(queue.of(body.job_id).slice(24)).toEqual(Array.from({ length: 22 }, (_, nth) => 100 + nth * 50));
    const job = await untilChanged(body.job_id, 110_000);
    expect(job).toMatchObject({
      status: "completed",
      total: 1_200,
      succeeded: 1_200,
      skipped: 0,
      failed: 0,
      progress: 1,
    });
    const rows = await rowsOfSessions(ids);
    expect(rows.filter(({ visibility, version }) => visibility === "archived" && version === 1)).toHaveLength(1_200);
    expect((await call("GET", `/sessions?user_id=${user_id}`)).body.meta.total_count).toBe(0);
  });

  it("gives each of many sessions its own name, which the job forgets when it has ended", async () => {
    queue.lose();
    const ids = await seedNameable(120);
    const names = ids.map((session_id, nth) => ({ session_id, session_name: `Name ${nth}` }));
    const jobId = await startChange({ action: "rename", names });
    const params = () => env.DB.prepare("SELECT params FROM jobs WHERE job_id = ?").bind(jobId).first<string>("params");
    expect(await params()).toContain("Name 119");
    for (const from of [100, 0, 50]) await deliver(jobId, from);
    expect(await anyJob(jobId)).toMatchObject({ status: "completed", action: "rename", succeeded: 120 });
    expect((await rowsOfSessions(ids)).map(({ name }) => name)).toEqual(names.map((one) => one.session_name));
    expect(await params()).toBe('{"action":"rename"}');
  });

  it("that is cancelled in the middle leaves the rest as it was", async () => {
    queue.lose();
    const ids = await seedNameable(150);
    const jobId = await startChange(archive(ids));
    await deliver(jobId, 50);
    const { status, body } = await call("POST", `/jobs/${jobId}/cancel`);
    expect([status, body]).toMatchObject([200, { status: "cancelled", succeeded: 50, remaining: 100 }]);
    for (const from of [0, 100]) expect(await deliver(jobId, from)).toMatchObject({ acked: true });
    expect(await anyJob(jobId)).toEqual(body);
    const expected = [...times(50, "listed"), ...times(50, "archived"), ...times(50, "listed")];
    expect(await visibilitiesOf(ids)).toEqual(expected);
    expect(await itemsOfJob(jobId, "&status=waiting")).toHaveLength(100);
  });

  it("that deletes, and whose worker dies, says of what it deleted that it did", async () => {
    queue.lose();
    const foreign = await seedNameable(1, { userId: "bob" });
    const user_id = newId();
    const ids = await seedNameable(53, { userId: user_id });
    const jobId = await startChange({ action: "delete", session_ids: [...foreign, ...ids], user_id });
    d1.always(records, unsent());
    await deliver(jobId, 0);
    d1.heal();
    expect(await rowsOfSessions(ids)).toHaveLength(4);
    await passTime(jobId, MINUTE);
    for (const from of [0, 50]) await deliver(jobId, from);
    expect(inShort(await itemsOfJob(jobId))).toEqual(["failed not_found", ...times(53, "succeeded")]);
    expect(await rowsOfSessions([...foreign, ...ids])).toMatchObject([{ session_id: foreign[0] }]);
  });
});

describe("a slice", () => {
  beforeEach(() => queue.lose());

  it("that is handled by two at once changes each session once", async () => {
    const ids = await seedNameable(60);
    const jobId = await startChange(archive(ids));
    d1.next(claims, unanswered());
    await deliver(jobId, 0);
    await passTime(jobId, MINUTE);
    await Promise.all([deliver(jobId, 0), deliver(jobId, 0), deliver(jobId, 50)]);
    expect(await anyJob(jobId)).toMatchObject({ status: "completed", succeeded: 60 });
    expect((await rowsOfSessions(ids)).every(({ version }) => version === 1)).toBe(true);
  });

  it("whose sessions D1 did not take waits, and is done later", async () => {
    const ids = await seedNameable(51);
    const jobId = await startChange(archive(ids));
    d1.always(archives, unsent());
    expect(await deliver(jobId, 0)).toMatchObject({ acked: false, retryInSeconds: 5 });
    expect(inShort(await itemsOfJob(jobId, "&limit=1"))).toContain("waiting database_unavailable");
    d1.heal();
    await passTime(jobId, MINUTE);
    expect(await deliver(jobId, 0, { attempts: 2 })).toMatchObject({ acked: true });
    expect(await anyJob(jobId)).toMatchObject({ succeeded: 50, failed: 0 });
  });
});

describe("a change of few", () => {
  it("that D1 does not take now is answered as a job, which the Queue ends", async () => {
    const ids = await seedNameable(3);
    d1.always(archives, unsent());
    const { status, body } = await changeMany(archive(ids));
    expect([status, body]).toMatchObject([202, { status: "running", total: 3, done: 0 }]);
    expect(body.items).toBeUndefined();
    expect(queue.of(body.job_id)).toEqual([0]);
    d1.heal();
    expect(await untilChanged(body.job_id)).toMatchObject({ status: "completed", succeeded: 3 });
    expect(await visibilitiesOf(ids)).toEqual(times(3, "archived"));
  });

  it("whose call died is taken up by the same request with its key, a minute later", async () => {
    queue.lose();
    const ids = await seedNameable(3);
    const key = newId();
    d1.next(claims, unanswered());
    const first = await changeMany(archive(ids), key);
    expect([first.status, first.body]).toMatchObject([202, { status: "running" }]);
    expect((await changeMany(archive(ids), key)).status).toBe(202);
    await passTime(first.body.job_id, MINUTE);
    const again = await changeMany(archive(ids), key);
    expect([again.status, again.body]).toMatchObject([200, { job_id: first.body.job_id, succeeded: 3 }]);
  });
});

describe("the sweep", () => {
  it("leaves erasures alone, however many there are, and goes on with jobs", async () => {
    queue.lose();
    const jobId = await startChange(archive(Array.from({ length: 60 }, (_, nth) => `none-${nth}`)));
    await passTime(jobId, MINUTE);
    // They are looked after by another task, one a minute, which cannot end them: their sessions stay.
    const users = Array.from({ length: 12 }, (_, nth) => `erased-${nth}`);
    await env.DB.batch(
      users.map((user) =>
        env.DB.prepare(
          "INSERT INTO jobs (job_id, kind, user_id, params, status, total, created_at, swept_at) VALUES (?1, 'erase', ?1, '{}', 'running', 0, 1, 1)",
        ).bind(user),
      ),
    );
    await minute();
    expect(queue.of(jobId)).toEqual([0, 50, 0, 50]);
    expect(queue.sent.every((slice) => slice.jobId === jobId)).toBe(true);
    const left = await env.DB.prepare("SELECT status, swept_at, ended_at FROM jobs WHERE kind = 'erase'").all();
    expect(left.results).toEqual(times(11, { status: "running", swept_at: 1, ended_at: null }));
    await env.DB.prepare("DELETE FROM jobs WHERE kind = 'erase'").run();
  });

  it("ends a job whose last open sessions went with an erased user", async () => {
    queue.lose();
    const user_id = newId();
    const [ids, theirs] = [await seedNameable(50), await seedNameable(10, { userId: user_id })];
    const jobId = await startChange(archive([...ids, ...theirs]));
    await deliver(jobId, 0);
    expect((await call("DELETE", `/users/${user_id}/sessions`)).status).toBeLessThan(300);
    expect(await anyJob(jobId)).toMatchObject({ status: "running", succeeded: 50, total: 60 });
    await passTime(jobId, MINUTE);
    await minute();
    expect(await anyJob(jobId)).toMatchObject({ status: "completed", succeeded: 50, remaining: 10 });
  });

  it("is not needed for what was done in the call", async () => {
    expect(await changed(archive(await seedNameable(2)))).toEqual(times(2, "succeeded"));
    await minute();
    expect(queue.sent).toEqual([]);
  });
});
