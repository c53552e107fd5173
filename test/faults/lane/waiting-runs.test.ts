import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import {
  accepts,
  heldAfter,
  heldBefore,
  patches,
  reads,
  settles,
  starts,
  unsent,
  watchD1,
  withdraws,
} from "../../support/d1-faults.ts";
import { CONFIRM, openAnswer, pausedRun, readRun, watchedTool, yes } from "../../support/deaths.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import {
  alarmOf,
  detailOf,
  eventually,
  killObjects,
  objectOf,
  ring,
  runCalls,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const INTERRUPTED = "The run was interrupted before it ended; what had been written down by then was kept.";

/** The last message that each run showed its model, in order. */
const asked = () => runCalls(model).map((made) => shown(made).at(-1));

it("takes waiting runs up again in order when their object died, by the alarm alone", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Never told"), hold(point)]);
  await openRun("zero", { session_id });
  for (const message of ["one", "two", "three"]) await openRun(message, { session_id });
  await killObjects();

  expect(await ring(session_id)).toBe(true);

  const story = await eventually(
    () => storyOf(session_id),
    (runs) => runs.filter((line) => line.includes("COMPLETED")).length === 3,
  );
  expect(story).toEqual([
    `zero → ERROR: ${INTERRUPTED}`,
    "one → COMPLETED: echo: one",
    "two → COMPLETED: echo: two",
    "three → COMPLETED: echo: three",
  ]);
  expect(shown(runCalls(model).at(-1))).toEqual([
    "user: one",
    "assistant: echo: one",
    "user: two",
    "assistant: echo: two",
    "user: three",
  ]);
  expect(asked()).toEqual(["user: zero", "user: one", "user: two", "user: three"]);
});

it("lets a run that arrives after the crash wait behind those that waited before it", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point)]);
  await openRun("zero", { session_id });
  await openRun("one", { session_id });
  await killObjects();

  const { body } = await run("two", { session_id });

  expect(body.status).toBe("COMPLETED");
  expect(await storyOf(session_id)).toEqual([
    `zero → ERROR: ${INTERRUPTED}`,
    "one → COMPLETED: echo: one",
    "two → COMPLETED: echo: two",
  ]);
});

it("takes waiting runs up when D1 was away at the alarm that should have done it", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point)]);
  await openRun("zero", { session_id });
  await openRun("one", { session_id });
  await killObjects();
  // D1's reads fail only after the interrupted run has landed.
  const landed = gate();
  d1.next(settles(session_id), async (send) => {
    const answer = await send();
    d1.failReads();
    landed.release();
    return answer;
  });
  await ring(session_id);
  expect(landed.released).toBe(true);
  d1.heal();

  expect(await alarmOf(session_id)).not.toBeNull();
  await ring(session_id);
  await eventually(
    () => storyOf(session_id),
    (runs) => runs.includes("one → COMPLETED: echo: one"),
  );
});

it("lets a waiting run wait again when its object died while D1 was asked to start it", async () => {
  for (const held of [heldBefore, heldAfter]) {
    const session_id = newId();
    const [working, starting] = [gate(), gate()];
    model.next([hold(working), text("first")]);
    await openRun("one", { session_id });
    await openRun("two", { session_id });
    d1.next(starts(session_id), held(starting));
    working.release();
    await starting.reached();
    await killObjects();
    expect(model.callsWith("two")).toHaveLength(0);

    await ring(session_id);

    await eventually(
      () => storyOf(session_id),
      (runs) => runs.join() === "one → COMPLETED: first,two → COMPLETED: echo: two",
    );
    expect(await saidIn(session_id)).toEqual(["user: one", "assistant: first", "user: two", "assistant: echo: two"]);
    expect((await detailOf(session_id)).chat_history_total).toBe(4);
    model.calls.length = 0;
  }
});

/** Sends a change to D1 and holds it there. The object planned it on the row that it had read from D1. */
async function heldChange(session_id: string) {
  const point = gate();
  d1.next(patches(session_id), heldBefore(point));
  const changing = call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } });
  await point.reached();
  return { point, changing };
}

const withoutAlarm = (session_id: string) =>
  runInDurableObject(objectOf(session_id), (_object, { storage }) => storage.deleteAlarm());

it("starts what waited before its object died behind a change that was under way when it was taken up", async () => {
  const session_id = newId();
  model.next([hold(gate())]);
  await openRun("zero", { session_id });
  await openRun("one", { session_id });
  await killObjects();
  const { point, changing } = await heldChange(session_id);
  d1.forget();
  await ring(session_id);
  const loads = () => d1.operations.filter((operation) => operation.isBatch && reads(session_id)(operation));
  await until(() => loads().length === 2, "what the waiting run reads");
  await sleep(30);
  point.release();
  expect((await changing).status).toBe(200);
  // A run that the object has not started by now must not be started by the alarm instead.
  await withoutAlarm(session_id);
  await eventually(
    () => storyOf(session_id),
    (runs) => runs.includes("one → COMPLETED: echo: one"),
  );
});

it("starts what waited behind an accept that was taken back while it was being started", async () => {
  const session_id = newId();
  const [working, loading, withdrawing] = [gate(), gate(), gate()];
  model.next([hold(working), text("first")]);
  const active = await openRun("one", { session_id });
  await openRun("two", { session_id });
  // The object reads the session's row again, but not its runs. The waiting run has to read those.
  await call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } }, { "If-Match": '"another"' });
  d1.next((operation) => operation.isBatch && reads(session_id)(operation), heldAfter(loading));
  working.release();
  await active.rest();
  await loading.reached();
  d1.next(accepts(session_id), unsent(), 3);
  d1.next(withdraws(session_id), heldBefore(withdrawing));
  expect((await run("three", { session_id })).status).toBe(503);
  await withdrawing.reached();
  loading.release();
  await sleep(30);
  withdrawing.release();
  await sleep(30);
  await withoutAlarm(session_id);
  await eventually(
    () => storyOf(session_id),
    (runs) => runs.join() === "one → COMPLETED: first,two → COMPLETED: echo: two",
  );
});

it("goes on with a continued run behind a change that was under way when it was taken up", async () => {
  const session_id = newId();
  const { tool, ran } = watchedTool("slow", CONFIRM);
  const agent = testAgent({ tools: [tool], naming: { after: 0 } });
  model.next([toolCall("slow", { what: "a" })]);
  const paused = await pausedRun(`/agents/${agent}`, session_id);
  model.next([hold(gate())]);
  await openRun("busy", { session_id, agent });
  await openAnswer(paused, yes);
  await killObjects();
  const { point, changing } = await heldChange(session_id);
  d1.forget();
  await ring(session_id);
  const windows = () =>
    d1.of(session_id).filter(({ statements }) => statements.some(({ sql }) => /"messages"/.test(sql)));
  await until(() => windows().length >= 2, "what the continued run reads");
  await sleep(30);
  point.release();
  expect((await changing).status).toBe(200);
  await withoutAlarm(session_id);
  await eventually(
    () => readRun(paused),
    ({ status }) => status === "COMPLETED",
  );
  expect(ran).toEqual(["a"]);
});

it("lets the alarm go once D1 is back and a waiting run that could not start was cancelled", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("done")]);
  const active = await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id });
  // After a change that failed, the object trusts its memory no more. The waiting run has to read the session.
  d1.next(patches(session_id), unsent(), 3);
  expect((await call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } })).status).toBe(503);
  d1.next(settles(session_id), async (send) => {
    const answer = await send();
    d1.failReads();
    return answer;
  });
  point.release();
  await active.rest();
  await until(() => d1.operations.filter(reads(session_id)).length >= 2, "the waiting run's read");
  d1.heal();
  await call("POST", `/agents/assistant/runs/${waiting.runId}/cancel?session_id=${session_id}`);
  expect((await waiting.rest()).map(({ event }) => event)).toEqual(["RunCancelled", "RunCompleted"]);
  await ring(session_id);
  await ring(session_id);
  expect(await alarmOf(session_id)).toBeNull();
});
