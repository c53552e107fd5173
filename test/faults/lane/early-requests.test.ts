import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { testAgent } from "../../support/agents.ts";
import {
  accepts,
  heldAfter,
  heldBefore,
  heldUnanswered,
  heldUnsent,
  patches,
  refused,
  unanswered,
  unsent,
  watchD1,
} from "../../support/d1-faults.ts";
import { call, names, newId, openRun, run, streamRun } from "../../support/http.ts";
import { cutOff, fail, gate, hold, reset, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import {
  detailOf,
  eventually,
  journalOf,
  killObjects,
  ring,
  rowsOf,
  runCalls,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

// The model of a warm run is asked while the run's accept is on its way to D1 (ADR 2).

const model = scriptModel();
const d1 = watchD1();

const TRIES = 3;
const asked = () => runCalls(model).length;

/** A session whose object has had a run, so that it is in memory. */
async function warmSession(agent?: string, fields: { user_id?: string } = {}): Promise<string> {
  const session_id = newId();
  await run("first", { session_id, ...(agent !== undefined && { agent }), ...fields });
  return session_id;
}

/** Waits until the accept is held and the run's model was asked once, behind the run before it. */
async function askedWhileHeld(point: ReturnType<typeof gate>, calls = 2): Promise<void> {
  await point.reached();
  await until(() => asked() === calls, "the early request");
}

it("asks the model of a warm run before D1 has answered the accept, once, with what it would be asked then", async () => {
  const session_id = await warmSession();
  const point = gate();
  d1.next(accepts(session_id), heldBefore(point));
  const answer = run("second", { session_id });
  await askedWhileHeld(point);
  point.release();

  expect((await answer).body).toMatchObject({ status: "COMPLETED", content: "echo: second", session_cache: "hit" });
  expect(asked()).toBe(2);
  expect(shown(runCalls(model)[1])).toEqual(["user: first", "assistant: echo: first", "user: second"]);
  expect(await saidIn(session_id)).toEqual([
    "user: first",
    "assistant: echo: first",
    "user: second",
    "assistant: echo: second",
  ]);
});

it("sends the request before anything is written: neither D1 nor the journal's disk holds it up", async () => {
  const session_id = await warmSession();
  const isAccept = accepts(session_id);
  const sent = () => d1.operations.filter(isAccept).length;
  const before = sent();
  let written = Number.NaN;
  model.next([
    () => {
      written = sent() - before;
    },
    text("Here"),
  ]);
  expect((await run("second", { session_id })).body).toMatchObject({ content: "Here", session_cache: "hit" });
  expect(written).toBe(0);
});

it("leaves nothing behind when the object dies once the request has left, and before the run is noted", async () => {
  const session_id = await warmSession();
  const held = gate();
  const set = globalThis.setTimeout;
  // The turn in which the request leaves never ends.
  const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void, ms?: number) => {
    if (ms !== 0) return set(run, ms);
    held.arrivals += 1;
    return 0;
  }) as typeof setTimeout);
  model.next([text("Never shown"), hold(gate())]);
  const answer = run("second", { session_id });
  await askedWhileHeld(held);
  await killObjects();
  expect((await answer).status).toBe(503);
  timers.mockRestore();

  await ring(session_id);
  expect(await journalOf(session_id)).toEqual([]);
  expect(await storyOf(session_id)).toEqual(["first → COMPLETED: echo: first"]);
  expect((await run("third", { session_id })).body).toMatchObject({ content: "echo: third" });
});

it("tells the same events in the same order, early or not", async () => {
  const session_id = await warmSession();
  const early = await streamRun("second", { session_id });
  const behind = await streamRun("third", { session_id, key: newId() });
  expect(names(early)).toEqual(names(behind));
});

it("shows, records and stores nothing of an answer that is whole before D1 has answered", async () => {
  const session_id = await warmSession();
  const point = gate();
  d1.next(accepts(session_id), heldBefore(point));
  const answer = openRun("second", { session_id });
  let isOpen = false;
  void answer.then(() => {
    isOpen = true;
  });
  await askedWhileHeld(point);
  expect(isOpen).toBe(false);
  expect(await rowsOf(session_id)).toMatchObject({ runs: 1 });
  point.release();

  const events = await (await answer).rest();
  expect(events.at(-1)).toMatchObject({ event: "RunCompleted", data: { content: "echo: second" } });
});

it("runs no tool before D1 has answered, and asks the model again behind it", async () => {
  const agent = testAgent({ tools: [] });
  const session_id = await warmSession(agent);
  const point = gate();
  d1.next(accepts(session_id), heldBefore(point));
  model.next([toolCall("unknown", {})], "Done.");
  const answer = run("second", { session_id, agent });
  await askedWhileHeld(point);
  expect(asked()).toBe(2);
  point.release();
  expect((await answer).body).toMatchObject({ status: "COMPLETED", content: "Done." });
  expect(asked()).toBe(3);
});

it("gives the request up when D1 refuses the accept, and asks behind the next one", async () => {
  const session_id = await warmSession();
  const point = gate();
  const held = gate();
  // A repeated run index is what an object meets that does not know of another one's write.
  d1.next(accepts(session_id), (send, operation) =>
    heldUnsent(point)(send, operation).catch(() =>
      refused("UNIQUE constraint failed: runs.session_id, runs.run_index")(send, operation),
    ),
  );
  model.next([hold(held)]);
  const answer = run("second", { session_id });
  await askedWhileHeld(point);
  point.release();

  expect((await answer).body).toMatchObject({ status: "COMPLETED", content: "echo: second", session_cache: "miss" });
  await until(() => runCalls(model)[1]?.aborted === true, "the request to be given up");
  expect(asked()).toBe(3);
  expect(await rowsOf(session_id)).toMatchObject({ runs: 2 });
});

it("gives the request up when nobody knows what became of the accept, answers 503, and stores nothing", async () => {
  for (const fault of [unsent(), unanswered()]) {
    const session_id = await warmSession();
    const before = asked();
    const held = gate();
    d1.next(accepts(session_id), fault, TRIES);
    model.next([text("Never shown"), hold(held)]);

    expect((await run("second", { session_id })).status).toBe(503);

    expect(asked()).toBe(before + 1);
    await until(() => runCalls(model).at(-1)?.aborted === true, "the request to be given up");
    await eventually(
      () => journalOf(session_id),
      (left) => left.length === 0,
    );
    expect(await storyOf(session_id)).toEqual(["first → COMPLETED: echo: first"]);
  }
});

it("asks behind the accept for a minute after one that failed", async () => {
  const session_id = await warmSession();
  d1.next(accepts(session_id), unsent(), TRIES);
  expect((await run("second", { session_id })).status).toBe(503);
  await run("third", { session_id });
  const before = asked();
  const point = gate();
  d1.next(accepts(session_id), heldAfter(point));
  const answer = run("fourth", { session_id });
  await point.reached();
  expect(asked()).toBe(before);
  point.release();
  expect((await answer).body).toMatchObject({ status: "COMPLETED", session_cache: "hit" });
});

it("gives the request up when the run is cancelled before D1 has answered; the run is stored as cancelled", async () => {
  const session_id = await warmSession();
  const [point, held] = [gate(), gate()];
  d1.next(accepts(session_id), heldAfter(point));
  model.next([text("Never shown"), hold(held)]);
  const answer = run("second", { session_id });
  await askedWhileHeld(point);
  const [run_id] = await journalOf(session_id);
  const cancel = call("POST", `/agents/assistant/runs/${run_id}/cancel?session_id=${session_id}`);
  await until(() => runCalls(model)[1]?.aborted === true, "the request to be given up");
  point.release();

  expect((await cancel).status).toBe(200);
  expect((await answer).body).toMatchObject({ status: "CANCELLED" });
  expect(await storyOf(session_id)).toEqual(["first → COMPLETED: echo: first", "second → CANCELLED: "]);
  expect(asked()).toBe(2);
});

it("gives the request up when the session is deleted while the accept is on its way", async () => {
  const session_id = await warmSession();
  const [point, held] = [gate(), gate()];
  d1.next(accepts(session_id), heldBefore(point));
  model.next([text("Never shown"), hold(held)]);
  const stream = openRun("second", { session_id });
  await askedWhileHeld(point);
  const deleted = call("DELETE", `/sessions/${session_id}`);
  point.release();

  expect((await deleted).status).toBe(204);
  expect(names(await (await stream).rest()).slice(-2)).toEqual(["RunCancelled", "RunCompleted"]);
  await until(() => runCalls(model)[1]?.aborted === true, "the request to be given up");
  expect((await call("GET", `/sessions/${session_id}`)).status).toBe(404);
});

it("gives the request up when the session is gone before the accept arrives", async () => {
  const session_id = await warmSession();
  const [point, held] = [gate(), gate()];
  d1.next(accepts(session_id), heldBefore(point));
  model.next([text("Never shown"), hold(held)]);
  const answer = run("second", { session_id });
  await askedWhileHeld(point);
  await env.DB.prepare("update sessions set fence = 'another' where session_id = ?").bind(session_id).run();
  point.release();

  expect((await answer).body).toMatchObject({ status: "COMPLETED", content: "echo: second", session_cache: "miss" });
  await until(() => runCalls(model)[1]?.aborted === true, "the request to be given up");
});

it("leaves nothing behind when the object dies while the accept is on its way", async () => {
  for (const fault of [heldUnsent, heldUnanswered]) {
    const session_id = await warmSession();
    const before = asked();
    const point = gate();
    d1.next(accepts(session_id), fault(point), TRIES);
    const answer = run("second", { session_id }).catch(() => null);
    await askedWhileHeld(point, before + 1);
    await killObjects();
    await answer;
    point.release();
    await ring(session_id);

    expect(await journalOf(session_id)).toEqual([]);
    expect((await run("third", { session_id })).body).toMatchObject({ content: "echo: third" });
    expect((await saidIn(session_id)).filter((said) => said.includes("second"))).toEqual([]);
    expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 4 });
  }
});

it("fails as ever where the model fails before D1 has answered, and tries again only behind it", async () => {
  const session_id = await warmSession();
  const point = gate();
  d1.next(accepts(session_id), heldBefore(point));
  model.next([fail(503)], "At the second try");
  const answer = run("second", { session_id });
  await askedWhileHeld(point);
  await until(() => runCalls(model)[1]?.ended === true, "the failure");
  expect(asked()).toBe(2);
  point.release();
  expect((await answer).body).toMatchObject({ status: "COMPLETED", content: "At the second try" });
  expect(asked()).toBe(3);

  for (const script of [[fail(401)], [text("Half"), cutOff()]]) {
    const before = asked();
    const next = gate();
    d1.next(accepts(session_id), heldBefore(next));
    model.next(script);
    const failing = run("third", { session_id });
    await askedWhileHeld(next, before + 1);
    next.release();
    expect((await failing).body).toMatchObject({ status: "ERROR" });
    expect(asked()).toBe(before + 1);
  }
});

it("leaves out what the server refuses only behind the accept", async () => {
  const agent = testAgent({ model: { id: newId(), temperature: 0.5 } });
  const session_id = await warmSession(agent);
  const point = gate();
  d1.next(accepts(session_id), heldBefore(point));
  model.next([fail(400, "Unsupported parameter: 'temperature' is not supported with this model.")], "Without it");
  const answer = run("second", { session_id, agent });
  await askedWhileHeld(point);
  await until(() => runCalls(model)[1]?.ended === true, "the refusal");
  expect(asked()).toBe(2);
  point.release();
  expect((await answer).body).toMatchObject({ status: "COMPLETED", content: "Without it" });
  expect(runCalls(model)[2]?.body).not.toHaveProperty("temperature");
});

it("asks the next model only behind the accept", async () => {
  const agent = testAgent({ model: { id: "first", fallbacks: ["second"] } });
  const session_id = await warmSession(agent);
  const point = gate();
  d1.next(accepts(session_id), heldBefore(point));
  model.next([reset()]);
  const answer = run("again", { session_id, agent });
  await askedWhileHeld(point);
  await until(() => runCalls(model)[1]?.ended === true, "the failure");
  expect(asked()).toBe(2);
  point.release();
  expect((await answer).body).toMatchObject({ status: "COMPLETED", model: "second" });
  expect(runCalls(model).map(({ request }) => request.model)).toEqual(["first", "first", "second"]);
});

it("asks behind the accept where D1 decides: a key, a claim, a session that is new or not in memory, a run made of another", async () => {
  const session_id = await warmSession();
  const [{ run_id }] = (await call("GET", `/sessions/${session_id}/runs`)).body;
  const cold = newId();
  await call("POST", "/sessions", { session_id: cold });
  const runs: [session_id: string, start: () => Promise<{ body: unknown }>][] = [
    [session_id, () => run("keyed", { session_id, key: newId() })],
    [
      session_id,
      () => call("POST", `/agents/assistant/runs/${run_id}/continue`, { session_id, regenerate: true, stream: false }),
    ],
    [session_id, () => run("claims", { session_id, user_id: newId() })],
    [cold, () => run("cold", { session_id: cold })],
  ];
  for (const [held, start] of runs) {
    const before = asked();
    const point = gate();
    d1.next(accepts(held), heldAfter(point));
    const answer = start();
    await point.reached();
    expect(asked()).toBe(before);
    point.release();
    await answer;
  }
});

it("waits behind a change that is on its way, and asks with what that left", async () => {
  const session_id = await warmSession();
  const point = gate();
  d1.next(patches(session_id), heldAfter(point));
  const change = call("PATCH", `/sessions/${session_id}`, { session_state: { color: "blue" } });
  await point.reached();
  const answer = run("second", { session_id });
  await until(() => true);
  point.release();
  expect((await change).status).toBe(200);
  expect((await answer).body).toMatchObject({ status: "COMPLETED", content: "echo: second" });
  expect(asked()).toBe(2);
  expect((await detailOf(session_id)).session_state).toEqual({ color: "blue" });
});
