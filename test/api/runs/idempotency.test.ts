import { evictDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { MAX_WAITING_RUNS } from "../../../src/domain/limits.ts";
import { heldAfter, type Which, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, openRun, run, type SentEvent, send, streamRun } from "../../support/http.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { fail, gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { killObjects, objectOf, rowsOf, runCalls, shown, storyOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const asked = () => runCalls(model);

/** Events without the times of deltas: the log keeps one time for a whole segment, so a replay tells another one. */
const comparable = (events: SentEvent[]) =>
  events.map(({ id, event, data }) => {
    const { created_at, ...fields } = data;
    return { id, event, fields: event === "RunContent" ? fields : { ...fields, created_at } };
  });

it("attaches a request with the same key to the run while it goes on, from its first event", async () => {
  const session_id = newId();
  const key = newId();
  const point = gate();
  model.next([text("a", "b"), hold(point), text("c")]);
  const first = await openRun("hello", { session_id, key });
  await first.until("RunContent");
  const second = await openRun("hello", { session_id, key });
  const whole = run("hello", { session_id, key });
  point.release();
  const events = await second.rest();
  expect(second.runId).toBe(first.runId);
  expect(events.map(({ event }) => event)[0]).toBe("RunStarted");
  expect(events.at(-1)?.data.content).toBe("abc");
  expect((await whole).body).toMatchObject({ run_id: first.runId, content: "abc", status: "COMPLETED" });
  expect(asked()).toHaveLength(1);
});

it("starts one run for requests with one key that arrive at once, also without a session id", async () => {
  const key = newId();
  const answers = await Promise.all(Array.from({ length: 5 }, () => run("hello", { key })));
  expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
  expect(new Set(answers.map(({ headers }) => headers.get("X-Session-Id"))).size).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const session_id = answers[0]?.body.session_id;
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 3 });
  expect(asked()).toHaveLength(1);
  expect((await run("hello", { key })).body.session_id).toBe(session_id);
});

it("attaches a request with the key of a run that waits, and its stream stays silent until that run starts", async () => {
  const session_id = newId();
  const key = newId();
  const point = gate();
  model.next([hold(point), text("first")]);
  await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id, key });
  const again = await openRun("two", { session_id, key, on_busy: "reject" });
  expect(again.runId).toBe(waiting.runId);
  point.release();
  expect(comparable(await again.rest())).toEqual(comparable(await waiting.rest()));
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: first", "two → COMPLETED: echo: two"]);
});

it("replays a settled run with the events and indexes that were streamed, tools and all", async () => {
  const session_id = newId();
  const key = newId();
  model.next(
    [text("Let ", "me ", "see"), toolCall("add", { a: 1, b: 2 }), toolCall("add", { a: "x" })],
    [text("It is "), text("3.")],
  );
  const options = { session_id, key, agent: "operator", user_id: "u1", session_state: { a: 1 } };
  const live = await streamRun("add", options);
  expect(live.map(({ event }) => event)).toContain("ToolCallError");
  expect(live.map(({ id }) => id)).toEqual(live.map((_event, index) => index));

  expect(comparable(await streamRun("add", options))).toEqual(comparable(live));
  await evictDurableObject(objectOf(session_id));
  expect(comparable(await streamRun("add", options))).toEqual(comparable(live));
  expect(asked()).toHaveLength(2);
});

it("answers a whole run again as it was answered first", async () => {
  const session_id = newId();
  const key = newId();
  model.next([text("Sum"), toolCall("add", { a: 1, b: 2 })], "It is 3.");
  const first = await run("add", { session_id, key, agent: "operator" });
  const again = await run("add", { session_id, key, agent: "operator" });
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("X-Run-Id")).toBe(first.headers.get("X-Run-Id"));
});

it("replays a run that ended in an error, with what it said before", async () => {
  const session_id = newId();
  const key = newId();
  model.next([text("Half", " an"), fail(500)]);
  const live = await streamRun("hello", { session_id, key });
  expect(live.at(-1)?.event).toBe("RunError");
  expect(comparable(await streamRun("hello", { session_id, key }))).toEqual(comparable(live));
  expect((await run("hello", { session_id, key })).body.status).toBe("ERROR");
  expect(asked()).toHaveLength(1);
});

it("replays a cancelled run, whether it had started or not", async () => {
  const session_id = newId();
  const [key, waitingKey] = [newId(), newId()];
  const point = gate();
  model.next([text("Half"), hold(point)]);
  const active = await openRun("one", { session_id, key });
  await active.until("RunContent");
  const waiting = await openRun("two", { session_id, key: waitingKey });
  await call("POST", `/agents/assistant/runs/${waiting.runId}/cancel`);
  await call("POST", `/agents/assistant/runs/${active.runId}/cancel`);
  const live = await waiting.rest();
  await active.rest();
  expect(comparable(await streamRun("two", { session_id, key: waitingKey }))).toEqual(comparable(live));
  const replay = await streamRun("one", { session_id, key });
  expect(replay.slice(-2).map(({ event }) => event)).toEqual(["RunCancelled", "RunCompleted"]);
  expect(replay.at(-2)?.data.content).toBe("Half");
});

it("attaches to what became of a run whose object died, instead of running it again", async () => {
  const session_id = newId();
  const key = newId();
  const point = gate();
  model.next([text("Half"), hold(point)]);
  const stream = await openRun("hello", { session_id, key });
  await stream.until("RunContent");
  await killObjects();
  await stream.rest().catch(() => []);
  const answer = await run("hello", { session_id, key });
  expect(answer.body).toMatchObject({ run_id: stream.runId, status: "ERROR", error_type: "interrupted" });
  expect(asked()).toHaveLength(1);
});

it("attaches to a waiting run that a dead object left", async () => {
  const session_id = newId();
  const key = newId();
  const point = gate();
  model.next([hold(point)]);
  await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id, key });
  await killObjects();
  const answer = await run("two", { session_id, key });
  expect(answer.body).toMatchObject({ run_id: waiting.runId, status: "COMPLETED", content: "echo: two" });
  expect(await rowsOf(session_id)).toMatchObject({ runs: 2 });
});

it("refuses a key that was used for other fields, in this session or another, and names the run", async () => {
  const session_id = newId();
  const key = newId();
  const first = await run("hello", { session_id, key });
  for (const [message, options] of [
    ["other", { session_id, key }],
    ["hello", { session_id: newId(), key }],
    ["hello", { session_id, key, session_state: { a: 1 } }],
    ["hello", { key }],
  ] as const) {
    const refusal = await run(message, options);
    expect([refusal.status, refusal.body.code]).toEqual([409, "idempotency_conflict"]);
    expect(refusal.headers.get("X-Run-Id")).toBe(first.body.run_id);
  }
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 3 });
  expect(asked()).toHaveLength(1);
});

it("leaves nothing behind in a session whose run was refused for its key", async () => {
  const key = newId();
  await run("hello", { session_id: newId(), key });
  const other = newId();
  expect((await run("hello", { session_id: other, key, session_state: { a: 1 } })).status).toBe(409);
  expect(await rowsOf(other)).toEqual({ sessions: 0, runs: 0, messages: 0 });
  expect((await run("fine", { session_id: other })).body.status).toBe("COMPLETED");
});

it("keeps keys apart by user and by agent", async () => {
  const key = newId();
  const runs = [
    await run("hello", { key }),
    await run("hello", { key, user_id: "u1" }),
    await run("hello", { key, user_id: "u2" }),
    await run("hello", { key, agent: "operator" }),
  ];
  expect(new Set(runs.map(({ body }) => body.run_id)).size).toBe(4);
  expect(new Set(runs.map(({ body }) => body.session_id)).size).toBe(4);
});

it("takes a form and JSON with the same values for the same request", async () => {
  const session_id = newId();
  const key = newId();
  const first = await run("hello", { session_id, key, session_state: { b: 1, a: 2 } });
  const form = new FormData();
  for (const [name, value] of Object.entries({
    message: "hello",
    stream: "false",
    session_id,
    session_state: '{"a": 2, "b": 1}',
    on_busy: "reject",
    unknown: "field",
  })) {
    form.set(name, value);
  }
  const response = await send("POST", "/agents/assistant/runs", form, { "Idempotency-Key": key });
  expect(response.status).toBe(200);
  expect(((await response.json()) as { run_id: string }).run_id).toBe(first.body.run_id);
});

it("looks at the key before on_busy and before the limit of the queue", async () => {
  const session_id = newId();
  const key = newId();
  const done = await run("done", { session_id, key });
  const point = gate();
  model.next([hold(point), text("active")]);
  const active = await openRun("active", { session_id });
  for (const on_busy of ["reject", "interrupt", "enqueue"]) {
    expect((await run("done", { session_id, key, on_busy })).body.run_id).toBe(done.body.run_id);
  }
  const waiting = await Promise.all(
    Array.from({ length: MAX_WAITING_RUNS }, (_, nth) => openRun(`w${nth}`, { session_id })),
  );
  expect((await run("more", { session_id })).status).toBe(429);
  expect((await run("done", { session_id, key })).body.run_id).toBe(done.body.run_id);
  await call("DELETE", `/sessions/${session_id}`);
  point.release();
  await Promise.all([active, ...waiting].map((stream) => stream.rest()));
});

it("shows its model a run that ended while the key was looked up", async () => {
  const session_id = newId();
  const [answering, looking] = [gate(), gate()];
  await run("one", { session_id });
  model.next([hold(answering), text("two!")]);
  const active = await openRun("two", { session_id });
  const looksUp: Which = ({ isRead, statements: [first] }) => isRead && /"idempotency_key" = \?/.test(first?.sql ?? "");
  d1.next(looksUp, heldAfter(looking));
  const arriving = run("three", { session_id, key: newId(), on_busy: "reject" });
  await looking.reached();
  answering.release();
  await active.rest();
  looking.release();
  expect((await arriving).body.status).toBe("COMPLETED");
  expect(shown(asked().at(-1))).toEqual([
    "user: one",
    "assistant: echo: one",
    "user: two",
    "assistant: two!",
    "user: three",
  ]);
});

it("leaves the key of a refused request free", async () => {
  const session_id = newId();
  const key = newId();
  const point = gate();
  model.next([hold(point), text("active")]);
  const active = await openRun("active", { session_id });
  expect((await run("hello", { session_id, key, on_busy: "reject" })).status).toBe(409);
  point.release();
  await active.rest();
  expect((await run("something else", { session_id, key })).body.status).toBe("COMPLETED");
});

it("replays a run although its state would not fit any more", async () => {
  const session_id = newId();
  const key = newId();
  const session_state = { a: "x".repeat(100_000) };
  const first = await run("hello", { session_id, key, session_state });
  await call("PATCH", `/sessions/${session_id}`, { session_state: { b: "x".repeat(100_000) } });
  expect((await run("hello", { session_id, key, session_state })).body.run_id).toBe(first.body.run_id);
  expect((await run("hello", { session_id, session_state })).status).toBe(413);
});

it("gives a run with a key a session whose id nobody else can begin, with a create or with a run", async () => {
  const [key, other] = [newId(), newId()];
  const reckoned = (await run("hello", { key, user_id: "ada" })).body.session_id;
  expect(reckoned).toMatch(/^keyed-[0-9a-f-]{36}$/);
  await call("DELETE", `/sessions/${reckoned}?user_id=ada`);

  const refusal = {
    detail: [{ type: "value_error", loc: ["body", "session_id"], input: reckoned }],
    code: "invalid_request",
  };
  for (const attempt of [
    call("POST", "/sessions", { session_id: reckoned, user_id: "eve" }),
    run("mine now", { session_id: reckoned, user_id: "eve" }),
    run("mine now", { session_id: reckoned, user_id: "eve", key: other }),
    run("mine now", { session_id: reckoned, user_id: "eve", key }),
  ]) {
    const { status, body } = await attempt;
    expect([status, body.detail[0]?.msg]).toEqual([422, expect.stringContaining("Idempotency-Key")]);
    expect(body).toMatchObject(refusal);
  }
  expect(await rowsOf(reckoned)).toEqual({ sessions: 0, runs: 0, messages: 0 });

  expect((await run("hello", { key, user_id: "ada" })).body).toMatchObject({
    session_id: reckoned,
    status: "COMPLETED",
  });
  // Ada owns the session under this id, so she needs no key to go on in it.
  expect((await run("and more", { session_id: reckoned, user_id: "ada" })).body.status).toBe("COMPLETED");
  const forked = await call("POST", `/agents/assistant/sessions/${reckoned}/fork?user_id=ada`);
  expect(forked.body.session_id).not.toMatch(/^keyed-/);
});

it("imports such a session under its own id", async () => {
  const { session_id } = (await run("hello", { key: newId() })).body;
  const lines = await exportOf(session_id);
  await call("DELETE", `/sessions/${session_id}`);
  expect(await importing(lines)).toMatchObject({ imported: 1 });
  expect(await storyOf(session_id)).toEqual(["hello → COMPLETED: echo: hello"]);
});
