import { evictDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { MAX_WAITING_RUNS } from "../../../src/domain/limits.ts";
import { costOf } from "../../support/d1-cost.ts";
import { patches, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, type EventStream, names, newId, openRun, run } from "../../support/http.ts";
import { gate, hold, isNaming, lastUser, scriptModel, text, until } from "../../support/scripted-model.ts";
import {
  detailOf,
  journalOf,
  objectOf,
  rowsOf,
  runCalls,
  runsOf,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const HISTORY_RUNS = 3;
const asked = () => runCalls(model);
const numbers = (count: number) => Array.from({ length: count }, (_, nth) => nth);

/** What the model is shown in each run of this order: the three runs before it, and its own message. */
function expectedCalls(order: string[]): string[][] {
  return order.map((message, nth) => [
    ...order
      .slice(Math.max(0, nth - HISTORY_RUNS), nth)
      .flatMap((said) => [`user: ${said}`, `assistant: echo: ${said}`]),
    `user: ${message}`,
  ]);
}

const orderOf = async (session_id: string): Promise<string[]> =>
  (await runsOf(session_id)).map((stored) => stored.run_input);

it("stores 20 runs that arrive at once, each seeing the ones before it", async () => {
  const session_id = newId();
  const answers = await Promise.all(numbers(20).map((nth) => run(`m${nth}`, { session_id })));

  expect(answers.map(({ body }) => body.status)).toEqual(numbers(20).map(() => "COMPLETED"));
  expect(answers.map(({ body }) => body.content)).toEqual(numbers(20).map((nth) => `echo: m${nth}`));
  const order = await orderOf(session_id);
  expect(order.toSorted()).toEqual(
    numbers(20)
      .map((nth) => `m${nth}`)
      .toSorted(),
  );
  expect(asked().map(shown)).toEqual(expectedCalls(order));
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 20, messages: 60 });
  expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 40, total_tokens: 300 });
  expect(await saidIn(session_id)).toHaveLength(40);
});

it("runs 20 runs in the order in which they arrived", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("echo: m0")]);
  const streams: EventStream[] = [];
  for (const nth of numbers(20)) streams.push(await openRun(`m${nth}`, { session_id }));
  point.release();
  await Promise.all(streams.map((stream) => stream.rest()));
  expect(await orderOf(session_id)).toEqual(numbers(20).map((nth) => `m${nth}`));
  expect(asked().map(shown)).toEqual(expectedCalls(numbers(20).map((nth) => `m${nth}`)));
});

it("loses nothing when 20 runs, a rename and a generated name meet", async () => {
  const session_id = newId();
  await run("m0", { session_id });
  const naming = gate();
  model.nextNames([hold(naming), text("Generated")], "Later Name");
  const generated = call("POST", `/sessions/${session_id}/rename`, { autogenerate: true });
  await naming.reached();
  const runs = numbers(20).map((nth) => run(`m${nth + 1}`, { session_id }));
  const renamed = await call("POST", `/sessions/${session_id}/rename`, { session_name: "By hand" });
  expect(renamed.body.session_name).toBe("By hand");
  naming.release();
  expect((await generated).body.session_name).toBe("By hand");
  const answers = await Promise.all(runs);

  expect(answers.every(({ body }) => body.status === "COMPLETED")).toBe(true);
  expect(await detailOf(session_id)).toMatchObject({
    session_name: "By hand",
    chat_history_total: 42,
    total_tokens: 315,
  });
  expect(asked().map(shown)).toEqual(expectedCalls(await orderOf(session_id)));
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 21, messages: 63 });
});

it("answers a rename, a change of state and a read while a run is held in the model", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" whole")]);
  const stream = await openRun("hello", { session_id, session_state: { a: 1 } });
  await point.reached();

  expect((await call("POST", `/sessions/${session_id}/rename`, { session_name: "Named" })).status).toBe(200);
  const patched = await call("PATCH", `/sessions/${session_id}`, { session_state: { b: 2 } });
  expect(patched.body).toMatchObject({ session_name: "Named", session_state: { b: 2 } });
  expect(await storyOf(session_id)).toEqual(["hello → RUNNING: "]);
  const named = await call("POST", `/sessions/${session_id}/rename`, { autogenerate: true });
  expect(named.body.session_name).toBe("Scripted Session Name");

  point.release();
  expect((await stream.rest()).at(-1)?.event).toBe("RunCompleted");
  expect(await detailOf(session_id)).toMatchObject({
    session_name: "Scripted Session Name",
    session_state: { b: 2 },
    chat_history_total: 2,
  });
});

it("lets different sessions run side by side", async () => {
  const point = gate();
  model.next([hold(point), text("slow")]);
  const slow = await openRun("slow", { session_id: newId() });
  expect((await run("quick", { session_id: newId() })).body.content).toBe("echo: quick");
  point.release();
  await slow.rest();
});

it("refuses a run with on_busy=reject while another is active, and names that one", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("done")]);
  const active = await openRun("one", { session_id });
  const refusal = await run("two", { session_id, on_busy: "reject" });
  expect([refusal.status, refusal.body.code]).toEqual([409, "run_active"]);
  expect(refusal.headers.get("X-Run-Id")).toBe(active.runId);
  expect(refusal.body.detail).toContain(active.runId);
  point.release();
  await active.rest();
  expect((await run("three", { session_id, on_busy: "reject" })).status).toBe(200);
  expect(await rowsOf(session_id)).toMatchObject({ runs: 2 });
});

it("cancels the active run for one with on_busy=interrupt, which goes before those that wait", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" whole")]);
  const active = await openRun("one", { session_id });
  await active.until("RunContent");
  const waiting = [await openRun("two", { session_id }), await openRun("three", { session_id })];

  const next = await run("now", { session_id, on_busy: "interrupt" });

  expect(next.body).toMatchObject({ status: "COMPLETED", content: "echo: now" });
  const end = await active.rest();
  expect(names(end)).toEqual(["RunCancelled", "RunCompleted"]);
  expect(end[0]?.data.content).toBe("Half");
  await Promise.all(waiting.map((stream) => stream.rest()));
  expect(await storyOf(session_id)).toEqual([
    "one → CANCELLED: Half",
    "now → COMPLETED: echo: now",
    "two → COMPLETED: echo: two",
    "three → COMPLETED: echo: three",
  ]);
  expect(shown(asked()[1])).toEqual(["user: now"]);
  expect(asked()[0]?.aborted).toBe(true);
});

it("lets the later of two interrupts go first", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point)]);
  const active = await openRun("one", { session_id });
  await point.reached();
  const holdB = gate();
  model.respondWith((request) =>
    lastUser(request) === "b" ? [text("b"), hold(holdB)] : isNaming(request) ? "Name" : `echo: ${lastUser(request)}`,
  );
  const b = await openRun("b", { session_id, on_busy: "interrupt" });
  await b.until("RunContent");
  const c = await openRun("c", { session_id, on_busy: "interrupt" });
  await Promise.all([active, b, c].map((stream) => stream.rest()));
  expect(await storyOf(session_id)).toEqual(["one → CANCELLED: ", "b → CANCELLED: b", "c → COMPLETED: echo: c"]);
});

it("holds 32 waiting runs and refuses the next with 429, until one has run", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("first")]);
  const active = await openRun("active", { session_id });
  const waiting = await Promise.all(numbers(MAX_WAITING_RUNS).map((nth) => openRun(`w${nth}`, { session_id })));
  const refusal = await run("more", { session_id });
  expect([refusal.status, refusal.body.code]).toEqual([429, "queue_full"]);
  expect(refusal.headers.get("Retry-After")).toBe("5");
  expect((await run("more", { session_id, on_busy: "interrupt" })).status).toBe(429);
  point.release();
  expect((await active.rest()).at(-1)?.event).toBe("RunCompleted");
  await Promise.all(waiting.map((stream) => stream.rest()));
  const order = await orderOf(session_id);
  expect(order[0]).toBe("active");
  expect(new Set(order).size).toBe(MAX_WAITING_RUNS + 1);
  expect((await run("more", { session_id })).body.status).toBe("COMPLETED");
});

it("cancels an active run with what it has said, and a waiting one before it says anything", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point)]);
  const active = await openRun("one", { session_id });
  await active.until("RunContent");
  const [waiting, last] = [await openRun("two", { session_id }), await openRun("three", { session_id })];
  const cancel = (stream: EventStream) =>
    call("POST", `/agents/assistant/runs/${stream.runId}/cancel?session_id=${session_id}`);

  expect(await cancel(waiting)).toMatchObject({ status: 200, body: {} });
  expect(names(await waiting.rest())).toEqual(["RunCancelled", "RunCompleted"]);
  expect(await cancel(active)).toMatchObject({ status: 200, body: {} });
  expect(names(await active.rest())).toEqual(["RunCancelled", "RunCompleted"]);
  expect((await last.rest()).at(-1)?.data.content).toBe("echo: three");
  expect(await cancel(active)).toMatchObject({ status: 200, body: {} });

  expect(await storyOf(session_id)).toEqual([
    "one → CANCELLED: Half",
    "three → COMPLETED: echo: three",
    "two → CANCELLED: ",
  ]);
  expect(asked()).toHaveLength(2);
  expect(shown(asked()[1])).toEqual(["user: three"]);
});

it("sends headers for a waiting run at once, and no event until it starts", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("first")]);
  const active = await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id });
  expect(waiting.response.headers.get("X-Session-Id")).toBe(session_id);
  expect(waiting.response.headers.has("X-Session-Cache")).toBe(false);
  expect(await storyOf(session_id)).toEqual(["one → RUNNING: ", "two → PENDING: "]);
  let told = false;
  const first = waiting.next().then((event) => {
    told = true;
    return event;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(told).toBe(false);
  point.release();
  expect(await first).toMatchObject({ id: 0, event: "RunStarted" });
  await Promise.all([active.rest(), waiting.rest()]);
});

it("merges each run's state over what the run before it left", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("first")]);
  const first = openRun("one", { session_id, session_state: { a: 1 } });
  await point.reached();
  const second = run("two", { session_id, session_state: { b: 2 } });
  await until(() => d1.of(session_id).length > 2);
  await call("PATCH", `/sessions/${session_id}`, { session_state: { c: 3 } });
  point.release();
  await (await first).rest();
  expect((await second).body.session_state).toEqual({ c: 3, b: 2 });
  expect((await detailOf(session_id)).session_state).toEqual({ c: 3, b: 2 });
});

it("reads nothing from D1 for a warm run, streamed or not", async () => {
  const session_id = newId();
  await run("one", { session_id });
  d1.failReads();
  const answer = await run("two", { session_id, key: newId() });
  expect(answer.body).toMatchObject({ status: "COMPLETED", session_cache: "hit" });
  const stream = await openRun("three", { session_id });
  expect(stream.response.headers.get("X-Session-Cache")).toBe("hit");
  expect((await stream.rest()).at(-1)?.event).toBe("RunCompleted");
  d1.heal();
  expect(shown(asked().at(-1))).toEqual([
    "user: one",
    "assistant: echo: one",
    "user: two",
    "assistant: echo: two",
    "user: three",
  ]);
});

it("reads nothing from D1 for runs that wait in a warm session", async () => {
  const session_id = newId();
  await run("m0", { session_id });
  d1.failReads();
  const answers = await Promise.all(numbers(5).map((nth) => run(`m${nth + 1}`, { session_id })));
  expect(answers.map(({ body }) => body.session_cache)).toEqual(numbers(5).map(() => "hit"));
  d1.heal();
  expect(asked().map(shown)).toEqual(expectedCalls(await orderOf(session_id)));
});

it("goes back to D1 after a write that failed", async () => {
  const session_id = newId();
  await run("one", { session_id });
  d1.next(patches(session_id), unsent(), 3);
  expect((await call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } })).status).toBe(503);
  expect((await run("two", { session_id })).body.session_cache).toBe("miss");
  expect((await run("three", { session_id })).body.session_cache).toBe("hit");
});

it("costs two batches, no read and 24 written rows for a warm run of a user, whatever the session's length", async () => {
  const session_id = newId();
  const options = { session_id, user_id: newId() };
  await run("m0", options);
  await call("POST", `/sessions/${session_id}/rename`, { session_name: "Named" });
  for (const nth of numbers(4)) {
    d1.forget();
    await run(`n${nth}`, options);
    // Rows of the accept: runs 3, messages 2 + 2, sessions 1, docs 3, ledger 2. Rows of the settle: messages 2, docs 3,
    // sessions 4, runs 1, ledger 1.
    expect(costOf(d1.of(session_id))).toEqual({
      batches: 2,
      alone: 0,
      reads: 0,
      rows: { runs: 4, messages: 6, sessions: 5, message_docs: 6, run_usage: 3 },
    });
  }
});

it("costs one batch and 3 written rows more for a run that waits", async () => {
  const session_id = newId();
  await run("m0", { session_id });
  await call("POST", `/sessions/${session_id}/rename`, { session_name: "Named" });
  const point = gate();
  model.next([hold(point), text("first")]);
  const active = await openRun("m1", { session_id });
  d1.forget();
  const waiting = await openRun("m2", { session_id });
  expect(costOf(d1.of(session_id))).toEqual({ batches: 1, alone: 0, reads: 0, rows: { runs: 4 } });
  d1.forget();
  point.release();
  await active.rest();
  await waiting.rest();
  const [settle, start, settleOfWaiting, ...more] = d1.of(session_id);
  expect(more).toEqual([]);
  const settled = { batches: 1, alone: 0, reads: 0, rows: { messages: 2, sessions: 4, runs: 1, message_docs: 3 } };
  expect([settle, settleOfWaiting].map((operation) => costOf(operation ? [operation] : []))).toEqual([
    settled,
    settled,
  ]);
  const started = { batches: 1, alone: 0, reads: 0, rows: { runs: 2, messages: 4, sessions: 1, message_docs: 3 } };
  expect(costOf(start ? [start] : [])).toEqual(started);
});

it("costs one batch of three reads more for a cold run", async () => {
  const session_id = newId();
  await run("m0", { session_id });
  await call("POST", `/sessions/${session_id}/rename`, { session_name: "Named" });
  // An object is evicted when it has been idle for long: by then it has cleared away what its run left.
  expect(await journalOf(session_id)).toEqual([]);
  await evictDurableObject(objectOf(session_id));
  d1.forget();
  await run("m1", { session_id });
  expect(costOf(d1.of(session_id))).toMatchObject({ batches: 3, alone: 0, reads: 3 });
});
