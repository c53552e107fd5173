/** The network keeps a write and delivers it when nobody waits for it any more. The late write must undo nothing. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import {
  accepts,
  deletes,
  heldAfter,
  lateArrival,
  patches,
  reads,
  settles,
  starts,
  unanswered,
  unsent,
  watchD1,
} from "../../support/d1-faults.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { gate, hold, scriptModel, text, until } from "../../support/scripted-model.ts";
import {
  detailOf,
  eventually,
  journalOf,
  killObjects,
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

const asked = () => runCalls(model);
const NOTHING = { sessions: 0, runs: 0, messages: 0 };
const everything = async (session_id: string) => [
  await detailOf(session_id),
  await runsOf(session_id),
  await rowsOf(session_id),
];

it("does not bring a deleted session back by the first try of the accept that made it", async () => {
  const session_id = newId();
  const late = lateArrival();
  d1.next(accepts(session_id), late.fault);
  expect((await run("hello", { session_id })).body.status).toBe("COMPLETED");
  await call("DELETE", `/sessions/${session_id}`);
  await late.arrive();
  expect(late.kept).toHaveLength(1);
  expect(await rowsOf(session_id)).toEqual(NOTHING);
});

it("does not mix the accept of a deleted session's run into the session made anew with its id", async () => {
  const session_id = newId();
  const late = lateArrival();
  await run("first", { session_id });
  d1.next(accepts(session_id), late.fault);
  await run("second", { session_id, session_state: { old: true } });
  await call("DELETE", `/sessions/${session_id}`);
  await run("new", { session_id });
  const before = await everything(session_id);
  await late.arrive();
  expect(await everything(session_id)).toEqual(before);
});

it("ignores the accept of an instance that died, when the session was deleted and made anew meanwhile", async () => {
  const session_id = newId();
  await run("first", { session_id });
  const late = lateArrival();
  const point = gate();
  d1.next(accepts(session_id), async (send, operation) => {
    await late.fault(send, operation).catch(() => {});
    return heldAfter(point)(() => Promise.resolve(), operation);
  });
  const answering = run("second", { session_id });
  await point.reached();
  await killObjects();
  expect((await answering).status).toBe(503);
  await call("DELETE", `/sessions/${session_id}`);
  expect((await run("new", { session_id })).body.status).toBe("COMPLETED");
  const before = await everything(session_id);
  await late.arrive();
  expect(await everything(session_id)).toEqual(before);
  expect(shown(asked().at(-1))).toEqual(["user: new"]);
});

it("keeps a state that was set during the run when the first try of its accept arrives", async () => {
  const session_id = newId();
  await run("first", { session_id });
  const late = lateArrival();
  const point = gate();
  d1.next(accepts(session_id), late.fault);
  model.next([hold(point), text("done")]);
  const stream = await openRun("second", { session_id, session_state: { color: "red" } });
  await call("PATCH", `/sessions/${session_id}`, { session_state: { color: "blue" } });
  await late.arrive();
  expect((await detailOf(session_id)).session_state).toEqual({ color: "blue" });
  point.release();
  await stream.rest();
  expect((await detailOf(session_id)).session_state).toEqual({ color: "blue" });
});

it("leaves a settled run settled when the first try of its start arrives", async () => {
  const session_id = newId();
  const late = lateArrival();
  const point = gate();
  model.next([hold(point), text("first")]);
  const active = await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id, session_state: { a: 1 } });
  d1.next(starts(session_id), late.fault);
  point.release();
  await active.rest();
  await waiting.rest();
  await run("three", { session_id });
  const before = await everything(session_id);
  await late.arrive();
  expect(late.kept).toHaveLength(1);
  expect(await everything(session_id)).toEqual(before);
  expect((await run("four", { session_id })).body.status).toBe("COMPLETED");
});

it("leaves a session that was made anew alone when the first try of the delete before it arrives", async () => {
  const session_id = newId();
  await run("old", { session_id });
  const late = lateArrival();
  d1.next(deletes(session_id), late.fault);
  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
  await run("new", { session_id });
  await late.arrive();
  expect(late.kept).toHaveLength(1);
  expect(await saidIn(session_id)).toEqual(["user: new", "assistant: echo: new"]);
});

it("leaves a newer name and a newer state alone when an older change arrives", async () => {
  const changes = [
    ["session_name", "old name", "new name"],
    ["session_state", { v: 1 }, { v: 2 }],
    ["metadata", { v: 1 }, { v: 2 }],
  ] as const;
  for (const [field, older, newer] of changes) {
    for (const tries of [1, 3]) {
      const session_id = newId();
      await run("hello", { session_id });
      const late = lateArrival();
      d1.next(patches(session_id), late.fault, tries);
      const { status } = await call("PATCH", `/sessions/${session_id}`, { [field]: older });
      expect(status).toBe(tries === 1 ? 200 : 503);
      expect((await call("PATCH", `/sessions/${session_id}`, { [field]: newer })).status).toBe(200);
      await late.arrive();
      expect((await detailOf(session_id))[field]).toEqual(newer);
    }
  }
});

it("answers a change that a run's settle overtook", async () => {
  const session_id = newId();
  const [answering, changing] = [gate(), gate()];
  model.next([hold(answering), text("done")]);
  const stream = await openRun("hello", { session_id });
  d1.next(patches(session_id), async (send) => {
    changing.arrivals += 1;
    await until(() => changing.released);
    return send();
  });
  const change = call("PATCH", `/sessions/${session_id}`, { session_state: { a: 1 } });
  await changing.reached();
  await new Promise((resolve) => setTimeout(resolve, 20));
  answering.release();
  await stream.rest();
  changing.release();
  expect((await change).status).toBe(200);
  expect(await detailOf(session_id)).toMatchObject({ session_state: { a: 1 }, chat_history_total: 2 });
  expect((await run("more", { session_id })).body).toMatchObject({ session_state: { a: 1 } });
  expect((await detailOf(session_id)).chat_history_total).toBe(4);
});

it("answers a change under a condition that was written, though its answer was lost and a run settled before it was asked again", async () => {
  const session_id = newId();
  await run("hello", { session_id });
  const [answering, changing] = [gate(), gate()];
  model.next([hold(answering), text("done")]);
  const stream = await openRun("more", { session_id });
  await answering.reached();
  const { headers } = await call("GET", `/sessions/${session_id}`);
  d1.next(patches(session_id), (send, operation) =>
    unanswered()(() => heldAfter(changing)(send, operation), operation),
  );
  const change = call(
    "PATCH",
    `/sessions/${session_id}`,
    { metadata: { a: 1 } },
    { "If-Match": headers.get("ETag") ?? "" },
  );
  await changing.reached();
  answering.release();
  await stream.rest();
  changing.release();
  expect((await change).status).toBe(200);
  expect(await detailOf(session_id)).toMatchObject({ metadata: { a: 1 }, chat_history_total: 4 });
});

/**
 * A run answers, and the next one is being let in: it has looked at the session, and waits to be told what it saw. A PATCH
 * that D1 has not taken is in the journal.
 */
async function arrivingOnALook() {
  const session_id = newId();
  await run("zero", { session_id });
  const [answering, looking] = [gate(), gate()];
  model.next([hold(answering), text("first")]);
  const active = await openRun("one", { session_id });
  d1.next(patches(session_id), unsent(), 3);
  await call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } });
  d1.next((operation) => operation.isBatch && reads(session_id)(operation), heldAfter(looking));
  const arriving = run("two", { session_id });
  await looking.reached();
  return { session_id, answering, looking, active, arriving };
}

it("starts no run while a journal has not landed, also one that was being let in when the settle failed", async () => {
  const { session_id, answering, looking, active, arriving } = await arrivingOnALook();
  d1.always(settles(session_id), unsent());
  answering.release();
  expect((await active.rest()).at(-1)?.data.persisted).toBe(false);
  looking.release();
  expect((await arriving).status).toBe(503);
  expect(asked()).toHaveLength(2);
  d1.heal();
  expect((await run("three", { session_id })).body.status).toBe("COMPLETED");
  expect(shown(asked().at(-1))).toEqual([
    "user: zero",
    "assistant: echo: zero",
    "user: one",
    "assistant: first",
    "user: three",
  ]);
  expect((await detailOf(session_id)).chat_history_total).toBe(6);
});

it("shows the model of a run that was being let in what a run before it has said that landed meanwhile", async () => {
  const { session_id, answering, looking, active, arriving } = await arrivingOnALook();
  d1.next(settles(session_id), unsent(), 3);
  answering.release();
  expect((await active.rest()).at(-1)?.data.persisted).toBe(false);
  looking.release();
  expect((await arriving).body.status).toBe("COMPLETED");
  expect(shown(asked().at(-1))).toEqual([
    "user: zero",
    "assistant: echo: zero",
    "user: one",
    "assistant: first",
    "user: two",
  ]);
});

it("counts a run once when the session was read while its settle was under way", async () => {
  const session_id = newId();
  await run("one", { session_id });
  const point = gate();
  d1.next(settles(session_id), heldAfter(point));
  const answering = run("two", { session_id });
  await point.reached();
  d1.next(patches(session_id), unsent(), 3);
  expect((await call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } })).status).toBe(503);
  const waiting = await openRun("three", { session_id });
  point.release();
  await answering;
  await waiting.rest();
  expect((await detailOf(session_id)).chat_history_total).toBe(6);
  await run("four", { session_id });
  expect((await detailOf(session_id)).chat_history_total).toBe(8);
  expect(shown(asked().at(-1))).toEqual(
    ["one", "two", "three"].flatMap((said) => [`user: ${said}`, `assistant: echo: ${said}`]).concat("user: four"),
  );
});

it("names a session whose row was read while its first run's settle was under way", async () => {
  const agent = testAgent({ naming: { after: 1 } });
  const session_id = newId();
  const point = gate();
  d1.next(settles(session_id), heldAfter(point));
  const answering = run("one", { session_id, agent });
  await point.reached();
  const stale = await call("PATCH", `/sessions/${session_id}`, { metadata: { a: 1 } }, { "If-Match": '"another"' });
  expect(stale.status).toBe(412);
  point.release();
  await answering;
  await eventually(
    () => detailOf(session_id),
    ({ session_name }) => session_name === "Scripted Session Name",
  );
});

it("gives a run that failed to be accepted no place in history, and the next one its own", async () => {
  const session_id = newId();
  await run("one", { session_id });
  const late = lateArrival();
  d1.next(accepts(session_id), late.fault, 3);
  expect((await run("two", { session_id })).status).toBe(503);
  await ring(session_id);
  await eventually(
    () => journalOf(session_id),
    (left) => left.length === 0,
  );
  await run("three", { session_id });
  await eventually(
    () => detailOf(session_id),
    ({ session_name }) => session_name === "Scripted Session Name",
  );
  const before = await everything(session_id);
  await late.arrive();
  expect(await everything(session_id)).toEqual(before);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one", "three → COMPLETED: echo: three"]);
});

it("leaves the session as it was when a waiting run could not start and is cancelled", async () => {
  const session_id = newId();
  await call("POST", "/sessions", { session_id, session_state: { color: "red" } });
  const point = gate();
  model.next([hold(point), text("first")]);
  const active = await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id, user_id: newId(), session_state: { color: "blue" } });
  d1.next(starts(session_id), unanswered(), 3);
  point.release();
  await active.rest();
  await until(() => d1.operations.filter(starts(session_id)).length === 3, "the start");
  await call("POST", `/agents/assistant/runs/${waiting.runId}/cancel`);
  await waiting.rest();
  await eventually(
    () => journalOf(session_id),
    (left) => left.length === 0,
  );
  const detail = await detailOf(session_id);
  expect(detail).toMatchObject({ session_state: { color: "red" }, chat_history_total: 2 });
  expect(detail).not.toHaveProperty("user_id");
  expect(await saidIn(session_id)).toEqual(["user: one", "assistant: first"]);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: first", "two → CANCELLED: "]);
});

it("keeps what it knows of deleted and withdrawn runs for a day, and not for ever", async () => {
  const kept = async () => {
    const { results } = await env.DB.prepare("select run_id from withdrawn_runs").all<{ run_id: string }>();
    return results.map((row) => row.run_id);
  };
  const deleted = async () => {
    const session_id = newId();
    const { body } = await run("hello", { session_id });
    await call("DELETE", `/sessions/${session_id}`);
    return body.run_id;
  };
  const first = await deleted();
  expect(await kept()).toContain(first);
  await env.DB.prepare("update withdrawn_runs set withdrawn_at = withdrawn_at - 86400001").run();
  const older = (await kept()).length;
  const later = [];
  for (let nth = 0; nth < older; nth++) later.push(await deleted());
  expect((await kept()).toSorted()).toEqual(later.toSorted());
});
