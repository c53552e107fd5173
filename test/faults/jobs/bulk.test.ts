/**
 * Changes of so many sessions that they are jobs. A job survives deaths, is swept, can be cancelled, and changes each
 * session once.
 */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import {
  among,
  anyJob,
  changed,
  changeMany,
  inShort,
  itemsOfJob,
  rowsOfSessions,
  startChange,
  untilChanged,
} from "../../support/bulk.ts";
import { heldBefore, unanswered, unsent, type Which, watchD1 } from "../../support/d1-faults.ts";
import { call, newId } from "../../support/http.ts";
import { deliver, minute, passTime, seedNameable } from "../../support/naming-jobs.ts";
import { watchQueue } from "../../support/queue.ts";
import { gate, scriptModel } from "../../support/scripted-model.ts";
import { killObjects } from "../../support/session-story.ts";

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
    timeout: 60_000,
  }, async () => {
    const user_id = newId();
    const ids = await seedNameable(1_200, { userId: user_id });
    // One session in forty is to be changed. In the test pool, each call of an object takes longer than the one before it.
    const live = ids.filter((_, nth) => nth % 40 === 0);
    await env.DB.prepare(
      "UPDATE sessions SET visibility = 'archived', archived_at = 1 WHERE user_id = ?1 AND session_id NOT IN (SELECT value FROM json_each(?2))",
    )
      .bind(user_id, JSON.stringify(live))
      .run();
    queue.lose();
    const filter = { archived: "all", unnamed: true };
    const { status, headers, body } = await changeMany({ action: "archive", filter, user_id });
    expect([status, headers.get("Location")]).toEqual([202, `/jobs/${body.job_id}`]);
    expect(body).toMatchObject({ kind: "bulk", action: "archive", status: "running", total: 1_200, done: 0 });
    expect(queue.of(body.job_id)).toEqual(Array.from({ length: 24 }, (_, nth) => nth * 50));
    // Two slices are done. The worker of a third dies before it can record what it did. The messages of the others are lost.
    for (const from of [0, 50]) await deliver(body.job_id, from);
    d1.always(records, unsent());
    expect(await deliver(body.job_id, 150)).toMatchObject({ acked: false });
    d1.heal();
    await killObjects();
    expect(await anyJob(body.job_id)).toMatchObject({ status: "running", done: 100, remaining: 1_100 });
    queue.heal();
    await passTime(body.job_id, MINUTE);
    await minute();
    expect(queue.of(body.job_id).slice(24)).toEqual(Array.from({ length: 22 }, (_, nth) => 100 + nth * 50));
    const job = await untilChanged(body.job_id, 50_000);
    expect(job).toMatchObject({ status: "completed", total: 1_200, done: 1_200, succeeded: 30, skipped: 1_170 });
    const rows = await rowsOfSessions(ids);
    expect(rows.every(({ visibility }) => visibility === "archived")).toBe(true);
    expect(rows.filter(({ version }) => version === 1).map((row) => row.session_id)).toEqual(live);
    expect(rows.filter(({ version }) => version === 0)).toHaveLength(1_170);
  });

  it("gives each of many sessions its own name, which the job forgets when it has ended", async () => {
    queue.lose();
    const ids = await seedNameable(12);
    const names = among(ids, 120).map((session_id, nth) => ({ session_id, session_name: `Name ${nth}` }));
    const jobId = await startChange({ action: "rename", names });
    const params = () => env.DB.prepare("SELECT params FROM jobs WHERE job_id = ?").bind(jobId).first<string>("params");
    expect(await params()).toContain("Name 119");
    for (const from of [100, 0, 50]) await deliver(jobId, from);
    expect(await anyJob(jobId)).toMatchObject({ status: "completed", action: "rename", succeeded: 12, failed: 108 });
    expect((await rowsOfSessions(ids)).map(({ name }) => name)).toEqual(ids.map((_, nth) => `Name ${nth * 10}`));
    expect(await params()).toBe('{"action":"rename"}');
  });

  it("that is cancelled in the middle leaves the rest as it was, and forgets what it was to give", async () => {
    queue.lose();
    const ids = await seedNameable(15);
    const names = among(ids, 150).map((session_id) => ({ session_id, session_name: "Named" }));
    const jobId = await startChange({ action: "rename", names });
    await deliver(jobId, 50);
    const { status, body } = await call("POST", `/jobs/${jobId}/cancel`);
    expect([status, body]).toMatchObject([200, { status: "cancelled", succeeded: 5, done: 50, remaining: 100 }]);
    for (const from of [0, 100]) expect(await deliver(jobId, from)).toMatchObject({ acked: true });
    expect(await anyJob(jobId)).toEqual(body);
    expect((await rowsOfSessions(ids)).map(({ name }) => name)).toEqual([
      ...times(5, null),
      ...times(5, "Named"),
      ...times(5, null),
    ]);
    expect(await itemsOfJob(jobId, "&status=waiting")).toHaveLength(100);
    const params = env.DB.prepare("SELECT params FROM jobs WHERE job_id = ?").bind(jobId);
    expect(await params.first("params")).toBe('{"action":"rename"}');
  });

  it("that deletes, and whose worker dies, says of what it deleted that it did", async () => {
    queue.lose();
    const foreign = await seedNameable(50, { userId: "bob" });
    const user_id = newId();
    const ids = await seedNameable(4, { userId: user_id });
    const jobId = await startChange({ action: "delete", session_ids: [...ids, ...foreign], user_id });
    d1.always(records, unsent());
    await deliver(jobId, 0);
    d1.heal();
    expect(await rowsOfSessions(ids)).toEqual([]);
    await passTime(jobId, MINUTE);
    for (const from of [0, 50]) await deliver(jobId, from);
    expect(inShort(await itemsOfJob(jobId))).toEqual([...times(4, "succeeded"), ...times(50, "failed not_found")]);
    expect(await rowsOfSessions(foreign)).toHaveLength(50);
  });
});

describe("a slice", () => {
  beforeEach(() => queue.lose());

  it("that is handled by two at once changes each session once", async () => {
    const ids = await seedNameable(6);
    const jobId = await startChange(archive(among(ids, 60)));
    const point = gate();
    d1.next(records, heldBefore(point), 2);
    const first = deliver(jobId, 0);
    await point.reached(1);
    await passTime(jobId, MINUTE);
    const second = deliver(jobId, 0);
    await point.reached(2);
    point.release();
    await Promise.all([first, second, deliver(jobId, 50)]);
    expect(await anyJob(jobId)).toMatchObject({ status: "completed", done: 60, succeeded: 6, failed: 54 });
    expect((await rowsOfSessions(ids)).map(({ version }) => version)).toEqual(times(6, 1));
  });

  it("whose sessions D1 did not take waits, and is done later", async () => {
    const ids = await seedNameable(3);
    const jobId = await startChange(archive(among(ids, 60)));
    d1.always(archives, unsent());
    expect(await deliver(jobId, 0)).toMatchObject({ acked: false, retryInSeconds: 5 });
    const waiting = await itemsOfJob(jobId, "&status=waiting");
    expect(inShort(waiting.slice(0, 3))).toEqual(times(3, "waiting database_unavailable"));
    d1.heal();
    await passTime(jobId, MINUTE);
    expect(await deliver(jobId, 0, { attempts: 2 })).toMatchObject({ acked: true });
    expect(await anyJob(jobId)).toMatchObject({ succeeded: 3, failed: 47 });
    expect(await visibilitiesOf(ids)).toEqual(times(3, "archived"));
  });
});

describe("a change of few", () => {
  it("that D1 does not take now is answered as a job, which the Queue ends", { timeout: 15_000 }, async () => {
    const ids = await seedNameable(2);
    d1.always(archives, unsent());
    const { status, body } = await changeMany(archive(ids));
    expect([status, body]).toMatchObject([202, { status: "running", total: 2, done: 0 }]);
    expect(body.items).toBeUndefined();
    expect(queue.of(body.job_id)).toEqual([0]);
    d1.heal();
    // The Queue delivers the slice again five seconds later.
    expect(await untilChanged(body.job_id, 12_000)).toMatchObject({ status: "completed", succeeded: 2 });
    expect(await visibilitiesOf(ids)).toEqual(times(2, "archived"));
  });

  it("whose call died is taken up by the same request with its key, a minute later", async () => {
    queue.lose();
    const ids = await seedNameable(2);
    const key = newId();
    d1.next(claims, unanswered());
    const first = await changeMany(archive(ids), key);
    expect([first.status, first.body]).toMatchObject([202, { status: "running" }]);
    expect((await changeMany(archive(ids), key)).status).toBe(202);
    await passTime(first.body.job_id, MINUTE);
    const again = await changeMany(archive(ids), key);
    expect([again.status, again.body]).toMatchObject([200, { job_id: first.body.job_id, succeeded: 2 }]);
  });
});

describe("the sweep", () => {
  it("leaves erasures alone, however many there are, and goes on with jobs", async () => {
    queue.lose();
    const jobId = await startChange(archive(among([], 60)));
    await passTime(jobId, MINUTE);
    // Another task of the cron trigger goes on with erasures, one a minute. The sweep must leave them to it.
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
    const theirs = await seedNameable(2, { userId: user_id });
    const jobId = await startChange(archive([...among([], 50), ...theirs]));
    await deliver(jobId, 0);
    expect((await call("DELETE", `/users/${user_id}/sessions`)).status).toBeLessThan(300);
    expect(await anyJob(jobId)).toMatchObject({ status: "running", done: 50, total: 52 });
    await passTime(jobId, MINUTE);
    await minute();
    expect(await anyJob(jobId)).toMatchObject({ status: "completed", done: 50, remaining: 2 });
  });

  it("is not needed for what was done in the call", async () => {
    expect(await changed(archive(await seedNameable(2)))).toEqual(times(2, "succeeded"));
    const { length } = queue.sent;
    await minute();
    expect([length, queue.sent.length]).toEqual([0, 0]);
  });
});
