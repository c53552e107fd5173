/** A delete that can be undone: what it hides, what it cancels, and what comes back. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { accepts, heldBefore, settles, unanswered, watchD1 } from "../../support/d1-faults.ts";
import { call, names, newId, openRun, run } from "../../support/http.ts";
import { answer, confirmed, inbox, pausedRun, tools } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { deleteWithUndo, rowOf, setRow, tickWithUndo } from "../../support/retention.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import {
  alarmOf,
  detailOf,
  eventually,
  journalOf,
  killObjects,
  objectOf,
  ring,
  rowsOf,
  runCalls,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const restore = (id: string, query = "") => call("POST", `/sessions/${id}/restore${query}`);
const wipe = toolCall("wipe", { disk: 1 });

it("hides a deleted session from every route, and keeps its id taken, until it is restored as it was", async () => {
  const [session_id, user_id] = [newId(), newId()];
  const first = await run("hello there", { session_id, user_id, session_state: { a: 1 } });
  await call("PATCH", `/sessions/${session_id}`, { session_name: "Kept", metadata: { m: 1 } });
  const before = await detailOf(session_id);
  expect((await deleteWithUndo(session_id)).status).toBe(204);

  const runPath = `/agents/assistant/runs/${first.body.run_id}`;
  for (const [method, path, body] of [
    ["GET", `/sessions/${session_id}`],
    ["GET", `/sessions/${session_id}?user_id=${user_id}`],
    ["GET", `/sessions/${session_id}/runs`],
    ["GET", `/sessions/${session_id}/runs/${first.body.run_id}`],
    ["GET", `/sessions/${session_id}/messages`],
    ["GET", `/sessions/${session_id}/chat-history`],
    ["GET", `/sessions/${session_id}/name`],
    ["GET", `/agents/assistant/runs?session_id=${session_id}`],
    ["GET", `${runPath}?session_id=${session_id}`],
    ["PATCH", `/sessions/${session_id}`, { session_name: "x" }],
    ["POST", `/sessions/${session_id}/rename`, { session_name: "x" }],
    ["POST", `/agents/assistant/sessions/${session_id}/fork`],
  ] as const) {
    expect([method, path, (await call(method, path, body)).status]).toEqual([method, path, 404]);
  }
  expect((await call("GET", `/sessions?user_id=${user_id}`)).body.data).toEqual([]);
  expect((await call("POST", "/sessions", { session_id })).status).toBe(409);
  expect((await deleteWithUndo(session_id)).status).toBe(204);

  const restored = await restore(session_id, `?user_id=${user_id}`);
  expect(restored.status).toBe(200);
  const { updated_at: _before, ...same } = before;
  expect(restored.body).toMatchObject(same);
  expect((await run("and now?", { session_id, user_id })).body.status).toBe("COMPLETED");
  expect(await storyOf(session_id)).toEqual([
    "hello there → COMPLETED: echo: hello there",
    "and now? → COMPLETED: echo: and now?",
  ]);
});

it("tells whoever could see it that a run comes too late, and nobody else", async () => {
  const [session_id, user_id] = [newId(), newId()];
  const first = await run("hello", { session_id, user_id, key: session_id });
  await deleteWithUndo(session_id, user_id);
  for (const who of [{}, { user_id }]) {
    const { status, body } = await run("hello", { session_id, ...who });
    expect([status, body.code]).toEqual([409, "session_deleted"]);
    expect(body.detail).toContain(`POST /sessions/${session_id}/restore`);
  }
  const again = await run("hello", { session_id, user_id, key: session_id });
  expect([again.status, again.body.code]).toEqual([409, "session_deleted"]);
  const foreign = await run("hello", { session_id, user_id: newId() });
  expect([foreign.status, foreign.body.code]).toEqual([404, "session_not_found"]);
  const path = `/agents/assistant/runs/${first.body.run_id}/continue`;
  for (const asked of [{ tools: [{ tool_call_id: "c", confirmed: true }] }, { input: "again", fork: true }]) {
    const goOn = (who: object) => call("POST", path, { session_id, stream: false, ...asked, ...who });
    for (const who of [{}, { user_id }]) {
      const { status, body } = await goOn(who);
      expect([status, body.code]).toEqual([409, "session_deleted"]);
      expect(body.detail).toContain(`POST /sessions/${session_id}/restore`);
    }
    const byOther = await goOn({ user_id: newId() });
    expect([byOther.status, byOther.body.code]).toEqual([404, "run_not_found"]);
  }
  expect((await restore(session_id, `?user_id=${newId()}`)).status).toBe(404);
  expect((await restore(session_id, "?type=team")).status).toBe(404);
  expect((await restore(newId())).status).toBe(404);
  expect((await restore(session_id, `?user_id=${user_id}`)).status).toBe(200);
  expect((await restore(session_id, `?user_id=${user_id}`)).status).toBe(404);
});

it("cancels what runs and what waits, for readers and in the history that comes back", async () => {
  const session_id = newId();
  model.next([text("Half"), hold(gate()), text(" whole")]);
  const active = await openRun("one", { session_id });
  const waiting = await openRun("two", { session_id });
  await active.until("RunContent");
  expect((await deleteWithUndo(session_id)).status).toBe(204);
  expect(names(await active.rest())).toContain("RunCancelled");
  expect(names(await waiting.rest())).toContain("RunCancelled");
  expect(runCalls(model)).toHaveLength(1);
  await restore(session_id);
  expect(await storyOf(session_id)).toEqual(["one → CANCELLED: Half", "two → CANCELLED: "]);
  expect(await journalOf(session_id)).toEqual([]);
});

it("stays archived when it comes back", async () => {
  const session_id = newId();
  await run("hello", { session_id });
  await setRow(session_id, { visibility: "archived", archived_at: 5, pinned_at: 6 });
  await killObjects();
  await deleteWithUndo(session_id);
  expect(await rowOf(session_id)).toMatchObject({ visibility: "deleted" });
  await restore(session_id);
  expect(await rowOf(session_id)).toMatchObject({
    visibility: "archived",
    archived_at: 5,
    pinned_at: 6,
    hidden_at: null,
  });
});

describe("a run that waits for people", () => {
  it("is no part of the inbox while its session is deleted, and can be continued when it is back", async () => {
    const [{ agent }, session_id, user_id] = [peopleAgent(), newId(), newId()];
    model.next([wipe]);
    const paused = await pausedRun("go", { agent, session_id, user_id });
    await deleteWithUndo(session_id);
    expect(await inbox({ user_id })).toEqual([]);
    expect((await answer(paused, tools(paused, confirmed))).status).toBe(409);
    await restore(session_id);
    expect(await inbox({ user_id })).toHaveLength(1);
    model.next("Done.");
    expect((await answer(paused, tools(paused, confirmed))).body).toMatchObject({
      status: "COMPLETED",
      content: "Done.",
    });
  });

  it("does not expire while its session is deleted, but at once when it is back", async () => {
    const [{ agent }, session_id, user_id] = [peopleAgent(), newId(), newId()];
    model.next([wipe]);
    await pausedRun("go", { agent, session_id, user_id });
    await env.DB.prepare("update requirements set expires_at = 1, on_expiry = 'cancel' where session_id = ?")
      .bind(session_id)
      .run();
    await deleteWithUndo(session_id);
    // Calls of this test's tool do not expire, so the object has no note of an expiry. It gets one here, as for a tool
    // whose calls do.
    await runInDurableObject(objectOf(session_id), (_object, { storage }) => {
      storage.kv.put("expires_at", 1);
      return storage.setAlarm(Date.now() + 60_000);
    });
    expect(await ring(session_id)).toBe(true);
    const status = async () =>
      (await env.DB.prepare("select status from requirements where session_id = ?").bind(session_id).first())?.status;
    expect(await status()).toBe("open");
    await restore(session_id);
    await eventually(
      async () => {
        await ring(session_id);
        return status();
      },
      (now) => now === "expired",
    );
  });
});

describe("races", () => {
  it("a run that is being let in comes before the delete behind it, and is cancelled by it", async () => {
    const [session_id, point] = [newId(), gate()];
    await run("one", { session_id });
    model.next([hold(gate())]);
    d1.next(accepts(session_id), heldBefore(point));
    const answering = run("two", { session_id });
    await point.reached();
    const deleting = deleteWithUndo(session_id);
    point.release();
    expect((await deleting).status).toBe(204);
    expect((await answering).body.status).toBe("CANCELLED");
    expect((await run("three", { session_id })).status).toBe(409);
    await restore(session_id);
    expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one", "two → CANCELLED: "]);
  });

  it("an object that dies while its deleted session's run settles leaves it closed, and nothing starts", async () => {
    const [session_id, point] = [newId(), gate()];
    model.next([text("Half"), hold(gate())]);
    const active = await openRun("one", { session_id });
    await active.until("RunContent");
    d1.next(settles(session_id), heldBefore(point));
    expect((await deleteWithUndo(session_id)).status).toBe(204);
    await point.reached();
    await killObjects();
    await ring(session_id);
    expect(await journalOf(session_id)).toEqual([]);
    await restore(session_id);
    expect((await storyOf(session_id))[0]).toMatch(/^one → (CANCELLED|ERROR): Half$/);
    expect(runCalls(model)).toHaveLength(1);
  });

  it("a delete that was written though D1 never said so is finished by the alarm", async () => {
    const session_id = newId();
    model.next([text("Half"), hold(gate())]);
    const active = await openRun("one", { session_id });
    await active.until("RunContent");
    const hides = (operation: { statements: { sql: string }[] }) =>
      operation.statements.some(({ sql }) => /^update "sessions" set "visibility"/.test(sql));
    d1.next(hides, unanswered(), 3);
    expect((await deleteWithUndo(session_id)).status).toBe(503);
    expect(await rowOf(session_id)).toMatchObject({ visibility: "deleted" });
    await ring(session_id);
    expect(names(await active.rest())).toContain("RunCancelled");
    expect((await restore(session_id)).status).toBe(200);
  });

  it("of a restore and the purge one wins, and the other finds nothing to do", async () => {
    const [early, late] = [newId(), newId()];
    for (const id of [early, late]) {
      await run("hello", { session_id: id });
      await deleteWithUndo(id);
      await setRow(id, { hidden_at: 1 });
    }
    const point = gate();
    const restores = (operation: { statements: { sql: string; params: unknown[] }[] }) =>
      operation.statements.some(({ sql, params }) => /iif/.test(sql) && params.includes(early));
    d1.next(restores, heldBefore(point));
    const restoring = restore(early);
    await point.reached();
    const purging = tickWithUndo();
    await eventually(
      async () => rowOf(late),
      (row) => row === null,
    );
    point.release();
    expect((await restoring).status).toBe(200);
    await purging;
    expect(await storyOf(early)).toHaveLength(1);
    expect((await restore(late)).status).toBe(404);
    expect(await rowsOf(late)).toEqual({ sessions: 0, runs: 0, messages: 0 });
  });
});

it("is gone at once where no time to undo is configured, with all that its object kept", async () => {
  const session_id = newId();
  await run("hello", { session_id });
  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
  expect(await rowsOf(session_id)).toEqual({ sessions: 0, runs: 0, messages: 0 });
  expect(await alarmOf(session_id)).toBeNull();
  expect((await call("POST", "/sessions", { session_id })).status).toBe(201);
  expect((await restore(session_id)).status).toBe(404);
});
