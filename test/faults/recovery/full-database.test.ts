import { expect, it } from "vitest";
import { openChat, said } from "../../support/chat.ts";
import { accepts, refused, settles, unsent, type Which, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, openRun, run, send } from "../../support/http.ts";
import { importing } from "../../support/portable.ts";
import { asText, sessionLines } from "../../support/portable-lines.ts";
import { deleteWithUndo, rowOf, setRow, storageOf, tick } from "../../support/retention.ts";
import { gate, hold, scriptModel, text } from "../../support/scripted-model.ts";
import {
  alarmOf,
  eventually,
  journalOf,
  killObjects,
  ring,
  rowsOf,
  runsOf,
  saidIn,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const FULL = [507, "database_full"];
const adds =
  (table: string): Which =>
  ({ statements }) =>
    statements.some(({ sql }) => sql.startsWith(`insert into "${table}"`));
const NOTHING = { sessions: 0, runs: 0, messages: 0 };

/** A run that has ended, and whose result a full database has not taken. */
async function waitingResult(session_id: string, user_id?: string): Promise<string> {
  const point = gate();
  model.next([text("Half"), hold(point), text(" and half")]);
  const active = await openRun("one", { session_id, ...(user_id !== undefined && { user_id }) });
  await active.until("RunContent");
  d1.fill();
  point.release();
  expect((await active.rest()).at(-1)?.data).toMatchObject({ event: "RunCompleted", persisted: false });
  expect(await journalOf(session_id)).toEqual([active.runId]);
  return active.runId;
}

it("refuses a run with 507 at the first answer of D1: nothing is stored or taken back, no model is asked, and its key works later", async () => {
  const session_id = newId();
  const key = newId();
  d1.fill();
  const refusal = await run("hello", { session_id, key });
  expect([refusal.status, refusal.body.code]).toEqual(FULL);
  expect(refusal.body).toEqual({ code: "database_full", detail: expect.any(String), request_id: expect.any(String) });
  expect(d1.operations.filter(({ isRead }) => !isRead)).toHaveLength(1);
  expect(await journalOf(session_id)).toEqual([]);
  d1.heal();
  expect(await rowsOf(session_id)).toEqual(NOTHING);
  expect(model.calls).toHaveLength(0);

  expect((await run("hello", { session_id, key })).body).toMatchObject({ status: "COMPLETED", content: "echo: hello" });
  expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 3 });
});

it("answers a key that is repeated with its run, though the database has no room for another one", async () => {
  const session_id = newId();
  const key = newId();
  const first = await run("hello", { session_id, key });
  d1.fill();
  const again = await run("hello", { session_id, key });
  expect([again.status, again.body.run_id]).toEqual([200, first.body.run_id]);
  expect(await storyOf(session_id)).toEqual(["hello → COMPLETED: echo: hello"]);
});

it("does not know what became of a run whose accept found no room only after an attempt without an answer", async () => {
  const session_id = newId();
  d1.next(accepts(session_id), unsent());
  d1.always(accepts(session_id), refused("Exceeded maximum DB size"));
  const refusal = await run("hello", { session_id });
  expect([refusal.status, refusal.body.code]).toEqual([503, "database_unavailable"]);
  d1.heal();
  await eventually(
    () => journalOf(session_id),
    (left) => left.length === 0,
  );
  expect(await rowsOf(session_id)).toEqual(NOTHING);
});

it("keeps the result of a run in its journal until there is room, in the whole, and refuses runs of that session meanwhile", async () => {
  const session_id = newId();
  const runId = await waitingResult(session_id);
  expect(await alarmOf(session_id)).not.toBeNull();
  for (let minute = 0; minute < 3; minute++) {
    expect(await ring(session_id)).toBe(true);
    expect((await alarmOf(session_id)) ?? 0).toBeLessThanOrEqual(Date.now() + 60_000);
  }
  const next = await run("two", { session_id });
  expect([next.status, next.body.code]).toEqual(FULL);
  expect(await journalOf(session_id)).toEqual([runId]);

  d1.heal();
  await ring(session_id);

  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: Half and half"]);
  expect(await journalOf(session_id)).toEqual([]);
  await ring(session_id);
  expect(await storageOf(session_id)).toEqual([]);
});

it("tells a chat, too, that its run is not yet in the database", async () => {
  const id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" and half")]);
  const chat = await openChat({ id, messages: [said("one")] });
  await eventually(
    () => runsOf(id),
    (runs) => runs.length === 1,
  );
  d1.fill();
  point.release();
  const chunks = await chat.rest();
  expect(chunks.at(-1)?.messageMetadata).toMatchObject({ status: "COMPLETED", persisted: false });
  d1.heal();
  await ring(id);
  expect(await saidIn(id)).toEqual(["user: one", "assistant: Half and half"]);
});

it("reads what is there while the database is full, also in a session whose newest result waits", async () => {
  const session_id = newId();
  const first = await run("zero", { session_id });
  const waiting = await waitingResult(session_id);
  const resume = (id: string) => send("POST", `/agents/assistant/runs/${id}/resume`, { session_id });
  expect((await call("GET", `/sessions/${session_id}`)).status).toBe(200);
  const resumed = await resume(first.body.run_id);
  expect(resumed.status).toBe(200);
  expect(await resumed.text()).toContain("echo: zero");
  expect((await resume(waiting)).status).toBe(507);
  d1.heal();
  await ring(session_id);
});

it("answers 507 to everything else that asks to write, and changes nothing", async () => {
  const session_id = newId();
  await run("hello", { session_id, user_id: "ada" });
  const before = await rowOf(session_id);
  d1.fill();
  const asked: [string, string, unknown?][] = [
    ["POST", "/sessions", { session_id: newId() }],
    ["PATCH", `/sessions/${session_id}`, { session_state: { color: "red" } }],
    ["POST", `/sessions/${session_id}/rename`, { session_name: "Another name" }],
    ["POST", `/agents/assistant/sessions/${session_id}/fork`],
    ["POST", "/sessions/names", { session_ids: [session_id], overwrite: "generated" }],
    ["POST", "/sessions/bulk", { action: "archive", session_ids: [session_id] }],
  ];
  for (const [method, path, body] of asked) {
    const answer = await call(method, path, body);
    expect([path, answer.status, answer.body.code]).toEqual([path, ...FULL]);
  }
  d1.heal();
  expect(await rowOf(session_id)).toEqual(before);
});

it("stops an import at the line that finds no room: the answer says which is next, and nothing half-written shows", async () => {
  const [one, two] = [newId(), newId()];
  // The hidden rows of the sessions are there by then.
  d1.always(adds("messages"), refused("Exceeded maximum DB size"));
  const report = await importing(asText([...sessionLines(one), ...sessionLines(two)]));
  expect(report).toMatchObject({ imported: 0, complete: false, next_line: 1 });
  d1.heal();
  expect((await call("GET", `/sessions/${one}`)).status).toBe(404);
  d1.fill();
  const refusal = await call("POST", "/import", asText(sessionLines(one)));
  expect([refusal.status, refusal.body.code]).toEqual(FULL);
  d1.heal();
  expect(await importing(asText([...sessionLines(one), ...sessionLines(two)]))).toMatchObject({ imported: 2 });
});

it("deletes a session whose result waits, and that result with it", async () => {
  const session_id = newId();
  await waitingResult(session_id);
  expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
  expect(await journalOf(session_id)).toEqual([]);
  expect(await rowsOf(session_id)).toEqual(NOTHING);
  d1.heal();
  await ring(session_id);
  expect(await rowsOf(session_id)).toEqual(NOTHING);
  expect((await run("anew", { session_id })).body.status).toBe("COMPLETED");
});

it("hides a session whose result waits; brought back, it has the result, and its words are found again", async () => {
  const session_id = newId();
  const user_id = newId();
  await run("zero", { session_id, user_id });
  await waitingResult(session_id, user_id);
  expect((await deleteWithUndo(session_id)).status).toBe(204);
  expect(await rowOf(session_id)).toMatchObject({ visibility: "deleted" });
  expect((await call("GET", `/sessions/${session_id}`)).status).toBe(404);
  d1.heal();
  await ring(session_id);
  expect(await journalOf(session_id)).toEqual([]);
  expect((await call("POST", `/sessions/${session_id}/restore`)).status).toBe(200);
  expect(await storyOf(session_id)).toEqual(["zero → COMPLETED: echo: zero", "one → COMPLETED: Half and half"]);
  await eventually(
    async () => {
      await ring(session_id);
      return rowOf(session_id);
    },
    (row) => row?.unindexed_from === null,
  );
  const found = await call("GET", `/search?q=zero&user_id=${user_id}`);
  expect(found.body.data.length).toBeGreaterThan(0);
});

it("expires and purges sessions while the database is full, but none in which a run has begun since", async () => {
  const [old, busy] = [newId(), newId()];
  await run("hello", { session_id: old });
  await waitingResult(busy);
  for (const id of [old, busy]) await setRow(id, { updated_at: 1, created_at: 1 });
  await killObjects();
  await tick({ SESSION_TTL_SECONDS: "3600" });
  expect(await rowsOf(old)).toEqual(NOTHING);
  expect(await rowsOf(busy)).toMatchObject({ sessions: 1 });
  d1.heal();
  await ring(busy);
  expect(await storyOf(busy)).toEqual(["one → COMPLETED: Half and half"]);
});

it("goes on with an erasure that was noted before the database was full", async () => {
  const session_id = newId();
  const user_id = newId();
  await waitingResult(session_id, user_id);
  d1.heal();
  const isPurge = (operation: { statements: { sql: string }[] }) =>
    operation.statements.some(({ sql }) => sql.startsWith('delete from "sessions"'));
  d1.always(isPurge, unsent());
  d1.always(settles(session_id), refused("Exceeded maximum DB size"));
  expect((await call("DELETE", `/users/${user_id}/sessions`)).status).toBe(202);
  d1.heal();
  d1.fill();
  await tick();
  await tick();
  expect(await rowsOf(session_id)).toEqual(NOTHING);
});

it("cancels a run that waits while the database is full", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("Half"), hold(point), text(" and half")]);
  const active = await openRun("one", { session_id });
  await active.until("RunContent");
  const waiting = await openRun("two", { session_id, on_busy: "enqueue" });
  d1.fill();
  const cancelled = await call("POST", `/agents/assistant/runs/${waiting.runId}/cancel?session_id=${session_id}`);
  expect(cancelled.status).toBe(200);
  point.release();
  await active.rest();
  d1.heal();
  await ring(session_id);
  const statuses = (await runsOf(session_id)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual(["CANCELLED", "COMPLETED"]);
});
