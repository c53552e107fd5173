import { expect, it } from "vitest";
import {
  accepts,
  heldUnanswered,
  lateArrival,
  patches,
  reads,
  refused,
  settles,
  unanswered,
  unsent,
  watchD1,
  withdraws,
} from "../../support/d1-faults.ts";
import { call, names, newId, openRun, run, streamRun } from "../../support/http.ts";
import { gate, hold, scriptModel, text, until } from "../../support/scripted-model.ts";
import {
  alarmOf,
  detailOf,
  eventually,
  journalOf,
  ring,
  rowsOf,
  runCalls,
  runsOf,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const TRIES = 3;
const NOTHING = { sessions: 0, runs: 0, messages: 0 };

it("answers 503 when D1 is away at the accept: nothing is stored, the model is not asked, the key works later", async () => {
  const session_id = newId();
  const key = newId();
  d1.failWrites();
  d1.failReads();
  const refusal = await run("hello", { session_id, key });
  expect(refusal.status).toBe(503);
  expect(refusal.body.code).toBe("database_unavailable");
  expect(refusal.headers.get("Retry-After")).toBe("2");
  d1.heal();
  expect(await rowsOf(session_id)).toEqual(NOTHING);
  expect(model.calls).toHaveLength(0);

  const answer = await run("hello", { session_id, key });

  expect(answer.body).toMatchObject({ status: "COMPLETED", content: "echo: hello" });
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 3 });
  expect(model.calls).toHaveLength(1);
});

it("answers 503 when only D1's writes fail, and the key works later", async () => {
  const session_id = newId();
  const key = newId();
  d1.failWrites();
  expect((await run("hello", { session_id, key })).status).toBe(503);
  expect((await run("hello", { session_id, key })).status).toBe(503);
  d1.heal();
  expect((await run("hello", { session_id, key })).body.status).toBe("COMPLETED");
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 3 });
  expect(model.calls).toHaveLength(1);
});

it("takes back an accept of which D1 did not say that it was written, from its alarm if need be", async () => {
  const session_id = newId();
  d1.always(accepts(session_id), unanswered());
  d1.next(withdraws(session_id), unsent(), TRIES);
  expect((await run("hello", { session_id })).status).toBe(503);
  await until(() => d1.operations.filter(withdraws(session_id)).length >= TRIES, "the withdrawal");
  d1.heal();
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 2 });
  await eventually(
    () => alarmOf(session_id),
    (at) => at !== null,
  );

  await ring(session_id);

  expect(await rowsOf(session_id)).toEqual(NOTHING);
  expect(await journalOf(session_id)).toEqual([]);
  expect(model.calls).toHaveLength(0);
});

it("keeps nothing of a refused run whose accept reaches D1 late, in a session that did not exist", async () => {
  const session_id = newId();
  const user_id = newId();
  const late = lateArrival();
  d1.next(accepts(session_id), late.fault, TRIES);
  expect((await run("hello", { session_id, user_id })).status).toBe(503);
  await eventually(
    () => journalOf(session_id),
    (left) => left.length === 0,
  );

  await late.arrive();

  expect(late.kept).toHaveLength(TRIES);
  expect(await rowsOf(session_id)).toEqual(NOTHING);
  expect((await call("GET", `/sessions?user_id=${user_id}`)).body.data).toEqual([]);
  expect((await run("again", { session_id, user_id })).body).toMatchObject({ status: "COMPLETED" });
  expect(await saidIn(session_id)).toEqual(["user: again", "assistant: echo: again"]);
});

it("leaves a session that existed as it was when an accept is taken back: owner, first message, state, counts", async () => {
  for (const arrives of ["before", "after"] as const) {
    const session_id = newId();
    await call("POST", "/sessions", { session_id, session_state: { color: "red" } });
    const before = [await detailOf(session_id), (await call("GET", "/sessions?limit=1000")).body.data];
    const late = lateArrival();
    d1.next(accepts(session_id), arrives === "before" ? unanswered() : late.fault, TRIES);
    const refusal = await run("hello", { session_id, user_id: newId(), session_state: { color: "blue", size: 1 } });
    expect(refusal.status).toBe(503);
    await eventually(
      () => journalOf(session_id),
      (left) => left.length === 0,
    );
    await late.arrive();
    expect([await detailOf(session_id), (await call("GET", "/sessions?limit=1000")).body.data]).toEqual(before);
    expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 0, messages: 0 });
  }
});

it("keeps a change that was made while an accept was taken back", async () => {
  const session_id = newId();
  await run("first", { session_id, session_state: { color: "red" } });
  const point = gate();
  d1.next(accepts(session_id), heldUnanswered(point), TRIES);
  const refusal = run("second", { session_id, session_state: { size: 1 } });
  await point.reached();
  const change = call("PATCH", `/sessions/${session_id}`, { session_state: { color: "blue" } });
  await until(() => true);
  point.release();
  expect((await refusal).status).toBe(503);
  const changed = await change;
  await eventually(
    () => journalOf(session_id),
    (left) => left.length === 0,
  );
  expect(changed.status).toBe(200);
  expect((await detailOf(session_id)).session_state).toEqual({ color: "blue" });
});

it("goes on with a run whose accept was written though its answer was lost, and stores it once", async () => {
  const session_id = newId();
  d1.next(accepts(session_id), unanswered(), TRIES - 1);
  const answer = await run("hello", { session_id, key: newId() });
  expect(answer.body).toMatchObject({ status: "COMPLETED", content: "echo: hello" });
  d1.next(accepts(session_id), unanswered());
  expect((await run("more", { session_id, session_state: { a: 1 } })).body.status).toBe("COMPLETED");
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 2, messages: 6 });
  expect((await detailOf(session_id)).chat_history_total).toBe(4);
  expect(shown(runCalls(model).at(1))).toEqual(["user: hello", "assistant: echo: hello", "user: more"]);
});

it("ends a run with persisted: false when D1 is away at its settle, and lands it by the alarm", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("An "), hold(point), text("answer")]);
  const active = await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id });
  d1.failWrites();
  point.release();

  const last = (await active.rest()).at(-1);
  expect(last).toMatchObject({ event: "RunCompleted", data: { content: "An answer", persisted: false } });
  expect(await storyOf(session_id)).toEqual(["one → RUNNING: ", "two → PENDING: "]);
  const refusal = await run("three", { session_id });
  expect(refusal.status).toBe(503);
  expect(refusal.headers.get("Retry-After")).toBe("2");
  await ring(session_id);
  expect(await alarmOf(session_id)).not.toBeNull();
  expect(await storyOf(session_id)).toEqual(["one → RUNNING: ", "two → PENDING: "]);
  expect(model.calls).toHaveLength(1);

  d1.heal();
  await ring(session_id);

  const events = await waiting.rest();
  expect(events.at(-1)?.data).toMatchObject({ content: "echo: two" });
  expect(events.at(-1)?.data).not.toHaveProperty("persisted");
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: An answer", "two → COMPLETED: echo: two"]);
  expect(shown(runCalls(model)[1])).toEqual(["user: one", "assistant: An answer", "user: two"]);
  expect(await journalOf(session_id)).toEqual([]);
  expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 4, total_tokens: 30 });
});

it("says persisted: false in the answer of a run that is not streamed, and lands it before the next run", async () => {
  const session_id = newId();
  d1.always(settles(session_id), unsent());
  const answer = await run("one", { session_id });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ status: "COMPLETED", content: "echo: one", persisted: false });
  d1.heal();
  const next = await run("two", { session_id });
  expect(next.body).toMatchObject({ status: "COMPLETED", session_cache: "miss" });
  expect(next.body).not.toHaveProperty("persisted");
  expect(shown(runCalls(model).at(1))).toEqual(["user: one", "assistant: echo: one", "user: two"]);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one", "two → COMPLETED: echo: two"]);
});

it("tries to land a journal for as long as D1 is away: the alarm sets itself again", async () => {
  const session_id = newId();
  d1.failWrites();
  d1.heal();
  d1.always(settles(session_id), unsent());
  await run("one", { session_id });
  for (let nth = 0; nth < 3; nth++) {
    expect(await alarmOf(session_id)).toBeGreaterThan(Date.now());
    await ring(session_id);
  }
  expect(await alarmOf(session_id)).toBeGreaterThan(Date.now());
  expect(await storyOf(session_id)).toEqual(["one → RUNNING: "]);
  d1.heal();
  await ring(session_id);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one"]);
  expect(await alarmOf(session_id)).toBeNull();
});

it("counts a run once whose settle was written though its answer was lost", async () => {
  const session_id = newId();
  await run("one", { session_id });
  d1.next(settles(session_id), unanswered(), TRIES - 1);
  const answer = await run("two", { session_id });
  expect(answer.body.status).toBe("COMPLETED");
  expect(answer.body).not.toHaveProperty("persisted");
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 2, messages: 6 });
  expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 4, total_tokens: 30 });
  expect(await journalOf(session_id)).toEqual([]);
});

it("takes a settle that was written at the second try for its own: the session stays warm and gets its name", async () => {
  const session_id = newId();
  await run("one", { session_id });
  d1.next(settles(session_id), unanswered());
  await run("two", { session_id });
  expect((await run("three", { session_id })).body.session_cache).toBe("hit");
  await eventually(
    async () => (await detailOf(session_id)).session_name,
    (name) => name === "Scripted Session Name",
  );
});

it("lands a settle whose every answer was lost, and counts it once", async () => {
  const session_id = newId();
  d1.next(settles(session_id), unanswered(), TRIES);
  const answer = await run("one", { session_id });
  expect(answer.body).toMatchObject({ status: "COMPLETED", persisted: false });
  await ring(session_id);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one"]);
  expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 2, total_tokens: 15 });
  expect(await journalOf(session_id)).toEqual([]);
});

it.each([
  "table runs has no column named input_left_out: SQLITE_ERROR",
  "no such column: system_known: SQLITE_ERROR",
  "no such table: system_texts: SQLITE_ERROR",
])("keeps the whole answer where the database is being migrated: %s", async (message) => {
  const session_id = newId();
  d1.next(settles(session_id), refused(message));
  expect((await run("hello", { session_id })).body).toMatchObject({ status: "COMPLETED", content: "echo: hello" });
  expect(await storyOf(session_id)).toEqual(["hello → COMPLETED: echo: hello"]);
  expect(await journalOf(session_id)).toEqual([]);
});

it("lands a run that D1 refuses for its content as ERROR storage, with what fits", async () => {
  const session_id = newId();
  d1.next(settles(session_id), refused());
  const events = await streamRun("hello", { session_id });
  expect(events.at(-1)).toMatchObject({ event: "RunError", data: { error_type: "storage" } });
  expect(names(events)).not.toContain("RunCompleted");
  const [stored] = await runsOf(session_id);
  expect(stored).toMatchObject({ status: "ERROR" });
  expect(await saidIn(session_id)).toEqual(["user: hello", "assistant: echo: hello"]);
  expect((await run("next", { session_id })).body.status).toBe("COMPLETED");
  expect(shown(runCalls(model).at(1))).toEqual(["user: next"]);
});

it("lands a run of which D1 refuses even a part as ERROR storage without its answer", async () => {
  const session_id = newId();
  d1.next(settles(session_id), refused(), 2);
  const answer = await run("hello", { session_id });
  expect(answer.body).toMatchObject({ status: "ERROR", error_type: "storage" });
  expect(await saidIn(session_id)).toEqual(["user: hello"]);
  expect(await journalOf(session_id)).toEqual([]);
});

it("lands a journal as ERROR storage when D1, back again, refuses it for its content", async () => {
  const session_id = newId();
  d1.next(settles(session_id), unsent(), TRIES);
  await run("hello", { session_id });
  d1.next(settles(session_id), refused());
  await ring(session_id);
  const [stored] = await runsOf(session_id);
  expect(stored.status).toBe("ERROR");
  expect(await saidIn(session_id)).toEqual(["user: hello", "assistant: echo: hello"]);
  expect(await journalOf(session_id)).toEqual([]);
});

it("settles a run though D1 was away while it went on", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("a"), hold(point), text("b")]);
  const stream = await openRun("hello", { session_id });
  await stream.until("RunContent");
  d1.failReads();
  d1.failWrites();
  d1.heal();
  point.release();
  expect((await stream.rest()).at(-1)?.data.content).toBe("ab");
});

it("stores a waiting run before its headers go out, and refuses it when D1 does not take it", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("one")]);
  const active = await openRun("one", { session_id });
  d1.failWrites();
  expect((await run("two", { session_id })).status).toBe(503);
  d1.heal();
  point.release();
  expect((await active.rest()).at(-1)?.event).toBe("RunCompleted");
  await ring(session_id);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: one"]);
  expect((await run("three", { session_id })).body.status).toBe("COMPLETED");
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: one", "three → COMPLETED: echo: three"]);
  expect(model.callsWith("two")).toHaveLength(0);
});

it("shows a run that waited no run twice, also when the object had to read while another was active", async () => {
  const session_id = newId();
  await run("one", { session_id });
  const point = gate();
  model.next([hold(point), text("second")]);
  const active = await openRun("two", { session_id });
  // After a change that failed, the object trusts its memory no more. It has to read the session again while "two" is
  // active.
  d1.next(patches(session_id), unsent(), TRIES);
  expect((await call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } })).status).toBe(503);
  const waiting = await openRun("three", { session_id });
  point.release();
  await active.rest();
  await waiting.rest();
  expect(d1.of(session_id).some(reads(session_id))).toBe(true);
  const calls = runCalls(model);
  expect(shown(calls.at(-1))).toEqual([
    "user: one",
    "assistant: echo: one",
    "user: two",
    "assistant: second",
    "user: three",
  ]);
  await run("four", { session_id });
  expect(shown(runCalls(model).at(-1))).toEqual([
    "user: one",
    "assistant: echo: one",
    "user: two",
    "assistant: second",
    "user: three",
    "assistant: echo: three",
    "user: four",
  ]);
});

it("answers 503 with Retry-After, never 500, where D1 does not answer a read", async () => {
  d1.failReads();
  for (const path of [
    "/sessions",
    "/sessions/any",
    "/sessions/any/messages",
    "/sessions/any/runs",
    "/sessions/any/name",
  ]) {
    const answer = await call("GET", path);
    expect([answer.status, answer.body.code, answer.headers.get("Retry-After")], path).toEqual([
      503,
      "database_unavailable",
      "2",
    ]);
  }
});
