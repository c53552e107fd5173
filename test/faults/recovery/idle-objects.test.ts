import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { storageOf } from "../../support/retention.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { alarmOf, eventually, journalOf, killObjects, objectOf, ring, storyOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const bytesOf = (sessionId: string) =>
  runInDurableObject(objectOf(sessionId), (_object, { storage }) => storage.sql.databaseSize);

const keysOf = (sessionId: string) =>
  runInDurableObject(objectOf(sessionId), (_object, { storage }) => [...storage.kv.list()]);

it("keeps nothing of a session that nothing is to be woken for, as if its object had never been called", async () => {
  const [session_id, untouched] = [newId(), newId()];
  await run("one", { session_id });
  expect(await bytesOf(session_id)).toBeGreaterThan(await bytesOf(untouched));
  expect(await ring(session_id)).toBe(true);
  expect(await storageOf(session_id)).toEqual([]);
  expect(await bytesOf(session_id)).toBe(await bytesOf(untouched));
  expect(await alarmOf(session_id)).toBeNull();
});

/** Waits until the object has cleared away what its runs left. */
const cleared = (sessionId: string) =>
  eventually(
    () => alarmOf(sessionId),
    (at) => at === null,
  );

it("is not woken any more once its runs are over: no alarm, no rows, six pages", async () => {
  const session_id = newId();
  await run("one", { session_id });
  await run("two", { session_id });
  await cleared(session_id);
  expect(await ring(session_id)).toBe(false);
  expect(await journalOf(session_id)).toEqual([]);
  expect(await keysOf(session_id)).toEqual([["session_id", session_id]]);
  expect(await bytesOf(session_id)).toBeLessThanOrEqual(6 * 4096);
});

it("stays watched over by its alarm when another run follows at once", async () => {
  const session_id = newId();
  await run("one", { session_id });
  const point = gate();
  model.next([text("Half"), hold(point)]);
  const next = await openRun("two", { session_id });
  await next.until("RunContent");
  // This looks for longer than an object waits before it clears away.
  expect(await journalOf(session_id)).toEqual([next.runId]);
  expect(await alarmOf(session_id)).not.toBeNull();
  await killObjects();
  await next.rest().catch(() => []);
  expect(await ring(session_id)).toBe(true);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one", expect.stringMatching(/^two → ERROR: /)]);
});

it("changes nothing when it died before it had cleared away, and is woken once", async () => {
  const session_id = newId();
  const stream = await openRun("one", { session_id });
  await stream.rest();
  await killObjects();
  const before = await storyOf(session_id);
  expect(await ring(session_id)).toBe(true);
  expect(await storyOf(session_id)).toEqual(before);
  expect(before).toEqual(["one → COMPLETED: echo: one"]);
  expect(await journalOf(session_id)).toEqual([]);
  expect(await alarmOf(session_id)).toBeNull();
  expect((await run("two", { session_id })).body.status).toBe("COMPLETED");
});

it("waits with its alarm for the requirement that expires, as soon as the run has paused", async () => {
  const session_id = newId();
  const { agent } = peopleAgent({ expiresAfterSeconds: 3600 });
  model.next([toolCall("wipe", { disk: 1 })]);
  expect((await run("wipe it", { session_id, agent })).body.status).toBe("PAUSED");
  await eventually(
    () => alarmOf(session_id),
    (at) => at !== null && at > Date.now() + 3_000_000,
  );
  expect(await alarmOf(session_id)).toBe(new Map(await keysOf(session_id)).get("expires_at"));
});

it("goes on from there, in the same object and in the next, and is looked after as before", async () => {
  const session_id = newId();
  await run("one", { session_id });
  await ring(session_id);
  await run("two", { session_id });
  await ring(session_id);
  await evictDurableObject(objectOf(session_id));
  const point = gate();
  model.next([text("Half"), hold(point)]);
  const active = await openRun("three", { session_id });
  await active.until("RunContent");
  expect(await journalOf(session_id)).toEqual([active.runId]);
  await killObjects();
  // The object's memory is gone. It can learn from its own storage only who it is and which run it left.
  expect(await ring(session_id)).toBe(true);
  expect(await storyOf(session_id)).toEqual([
    "one → COMPLETED: echo: one",
    "two → COMPLETED: echo: two",
    expect.stringMatching(/^three → ERROR: /),
  ]);
});

it("keeps what a run needs that is active, or waits, when the alarm goes off", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" and half")]);
  const active = await openRun("one", { session_id });
  await active.until("RunContent");
  await call("POST", "/agents/assistant/runs", { message: "two", session_id, stream: false, background: true });
  await ring(session_id);
  expect(await journalOf(session_id)).toEqual([active.runId]);
  expect(await alarmOf(session_id)).not.toBeNull();
  point.release();
  await eventually(
    () => storyOf(session_id),
    (story) => story.join() === "one → COMPLETED: Half and half,two → COMPLETED: echo: two",
  );
});

it("keeps what has not landed while D1 is away, and nothing once it has", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" and half")]);
  const active = await openRun("one", { session_id });
  await active.until("RunContent");
  d1.failWrites();
  point.release();
  expect((await active.rest()).at(-1)?.data.persisted).toBe(false);
  await ring(session_id);
  expect(await journalOf(session_id)).toEqual([active.runId]);
  d1.heal();
  await ring(session_id);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: Half and half"]);
  await ring(session_id);
  expect(await storageOf(session_id)).toEqual([]);
});

it("keeps the instant at which a requirement expires, and nothing for a pause that does not end by itself", async () => {
  const pausedWith = async (waits: { expiresAfterSeconds?: number }) => {
    const session_id = newId();
    model.next([toolCall("wipe", { disk: 1 })]);
    expect((await run("wipe it", { session_id, agent: peopleAgent(waits).agent })).body.status).toBe("PAUSED");
    await ring(session_id);
    return session_id;
  };
  const expiring = await pausedWith({ expiresAfterSeconds: 3600 });
  expect(Object.fromEntries((await keysOf(expiring)) as [string, unknown][])).toEqual({
    expires_at: await alarmOf(expiring),
    session_id: expiring,
  });
  expect(await storageOf(await pausedWith({}))).toEqual([]);
});
