import { expect, it } from "vitest";
import { deletes, heldAfter, heldBefore, settles, starts, unanswered, watchD1 } from "../../support/d1-faults.ts";
import { call, names, newId, openRun, overConnection, run, streamRun } from "../../support/http.ts";
import {
  cutOff,
  fail,
  finish,
  gate,
  hold,
  raw,
  reset,
  respond,
  type Script,
  scriptModel,
  text,
} from "../../support/scripted-model.ts";
import {
  alarmOf,
  eventually,
  journalOf,
  objectOf,
  ring,
  rowsOf,
  runCalls,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

overConnection();
const model = scriptModel();
const d1 = watchD1();

const asked = () => runCalls(model);
const NOTHING = { sessions: 0, runs: 0, messages: 0 };
const CANCELLED = ["RunCancelled", "RunCompleted"];

it("completes and stores a run whose reader left in the middle", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" and whole")]);
  const stream = await openRun("hello", { session_id });
  await stream.until("RunContent");
  await stream.leave();
  point.release();
  await eventually(
    () => storyOf(session_id),
    (runs) => runs.join() === "hello → COMPLETED: Half and whole",
  );
  expect(await journalOf(session_id)).toEqual([]);
});

it("starts a waiting run whose reader left", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("first")]);
  const active = await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id });
  await waiting.leave();
  await active.leave();
  point.release();
  await eventually(
    () => storyOf(session_id),
    (runs) => runs.join() === "one → COMPLETED: first,two → COMPLETED: echo: two",
  );
});

const UPSTREAM: [string, Script, string, string][] = [
  ["ends without a finish reason", [text("Half"), cutOff()], "model_incomplete", "assistant: Half"],
  ["breaks it off by its reason", [text("Half"), finish("network_error")], "model_provider_error", "assistant: Half"],
  ["answers 500", [fail(500)], "model_provider_error", ""],
  ["answers 429", [fail(429)], "model_rate_limit_error", ""],
  ["sends what is not JSON", [text("Half"), raw("data: {oops\n\n")], "model_provider_error", "assistant: Half"],
  ["sends an error as its answer", [respond(200, { error: { message: "no" } })], "model_provider_error", ""],
  ["breaks the connection in the middle", [text("Half"), reset()], "model_provider_error", "assistant: Half"],
  ["breaks the connection at once", [reset()], "model_provider_error", ""],
];

for (const [what, script, error_type, kept] of UPSTREAM) {
  it(`ends a run as ERROR with HTTP 200 when the provider ${what}, and keeps what it said`, async () => {
    const session_id = newId();
    model.respondWith(script);
    const answer = await run("hello", { session_id });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: "ERROR", error_type });
    const events = await streamRun("again", { session_id });
    expect(events.at(-1)).toMatchObject({ event: "RunError", data: { error_type } });
    expect(names(events)).not.toContain("RunCompleted");
    const said = ["user: hello", kept, "user: again", kept].filter((line) => line !== "");
    expect(await saidIn(session_id)).toEqual(said);

    model.respondWith("Fine");
    expect((await run("better", { session_id })).body).toMatchObject({ status: "COMPLETED", session_cache: "hit" });
    expect(shown(asked().at(-1))).toEqual(["user: better"]);
  });
}

it("cancels a run that is held in the model when its session is deleted, and nothing of it comes back", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" whole")]);
  const stream = await openRun("hello", { session_id });
  const whole = run("two", { session_id });
  const waiting = await openRun("three", { session_id });
  await stream.until("RunContent");

  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);

  expect(names(await stream.rest()).slice(-2)).toEqual(CANCELLED);
  expect(names(await waiting.rest())).toEqual(CANCELLED);
  expect((await whole).body.status).toBe("CANCELLED");
  point.release();
  await ring(session_id);
  expect(await rowsOf(session_id)).toEqual(NOTHING);
  expect(await journalOf(session_id)).toEqual([]);
  expect(asked()).toHaveLength(1);
  expect((await call("GET", `/sessions/${session_id}`)).status).toBe(404);

  const later = await run("new", { session_id });
  expect(later.body).toMatchObject({ status: "COMPLETED", content: "echo: new" });
  expect(shown(asked().at(-1))).toEqual(["user: new"]);
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 3 });
});

it("tells the readers of a run that its session was deleted while it settled", async () => {
  for (const held of [heldBefore, heldAfter]) {
    const session_id = newId();
    const point = gate();
    d1.next(settles(session_id), held(point));
    const stream = await openRun("hello", { session_id });
    await point.reached();
    expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    point.release();
    expect(names(await stream.rest()).slice(-2)).toEqual(CANCELLED);
    await ring(session_id);
    expect(await rowsOf(session_id)).toEqual(NOTHING);
    expect(await journalOf(session_id)).toEqual([]);
    expect((await run("new", { session_id })).body).toMatchObject({ status: "COMPLETED" });
    expect(shown(asked().at(-1))).toEqual(["user: new"]);
  }
});

it("cancels a run whose session is deleted while D1 is asked to start it", async () => {
  for (const held of [heldBefore, heldAfter]) {
    const session_id = newId();
    const [working, starting] = [gate(), gate()];
    model.next([hold(working), text("first")], [hold(gate())]);
    const active = await openRun("one", { session_id });
    const waiting = await openRun("two", { session_id });
    d1.next(starts(session_id), held(starting));
    working.release();
    await active.rest();
    await starting.reached();
    const deleted = call("DELETE", `/sessions/${session_id}`);
    starting.release();
    expect((await deleted).status).toBe(204);
    expect(names(await waiting.rest()).slice(-2)).toEqual(CANCELLED);
    expect(await rowsOf(session_id)).toEqual(NOTHING);
    expect(await journalOf(session_id)).toEqual([]);
  }
});

it("deletes a session once although D1's answer was lost", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point)]);
  const stream = await openRun("hello", { session_id });
  d1.next(deletes(session_id), unanswered(), 2);
  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
  expect(names(await stream.rest()).slice(-2)).toEqual(CANCELLED);
  expect(await rowsOf(session_id)).toEqual(NOTHING);
});

it("tells readers the truth when a delete was written though D1 never said so", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("done")]);
  const stream = await openRun("hello", { session_id });
  d1.next(deletes(session_id), unanswered(), 3);
  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(503);
  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
  expect(names(await stream.rest()).slice(-2)).toEqual(CANCELLED);
  expect(await rowsOf(session_id)).toEqual(NOTHING);
  await ring(session_id);
  expect(await journalOf(session_id)).toEqual([]);
  expect(await alarmOf(session_id)).toBeNull();
});

it("leaves a session alone when D1 is away at its delete", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("done")]);
  const stream = await openRun("hello", { session_id });
  d1.failWrites();
  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(503);
  d1.heal();
  point.release();
  expect((await stream.rest()).at(-1)).toMatchObject({ event: "RunCompleted", data: { content: "done" } });
  expect(await storyOf(session_id)).toEqual(["hello → COMPLETED: done"]);
  expect(objectOf(session_id)).toBeDefined();
});
