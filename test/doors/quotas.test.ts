/** How much end users may use: runs at a time, runs and tokens of a day, sessions. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../src/domain/tool.ts";
import { testAgent } from "../support/agents.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { accepts, heldBefore, unanswered, type Which, watchD1 } from "../support/d1-faults.ts";
import { isolate } from "../support/deployments.ts";
import {
  type EndUser,
  endUser,
  expectOver,
  ledgerOf,
  midnightAfter,
  openAs,
  runAs,
  settableClock,
  usageOf,
} from "../support/end-user.ts";
import { call, newId } from "../support/http.ts";
import {
  askedBytes,
  fail,
  finish,
  gate,
  hold,
  type Step,
  scriptModel,
  text,
  thinks,
  toolCall,
  usage,
} from "../support/scripted-model.ts";
import { killObjects, ring, rowsOf } from "../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();
const clock = settableClock();

const HOUR_MS = 3_600_000;

const silent = { instructions: "Be brief.", naming: { after: 0 }, showReasoning: false };
const read = defineTool({ name: "read", description: "Reads.", parameters: z.object({}), execute: () => "" });

/** How long what the model was last asked is. */
const asked = () => askedBytes(model.calls.at(-1)?.request ?? { model: "", messages: [] });

/** The batch that copies the session. */
const forks =
  (id: string): Which =>
  ({ statements }) =>
    statements.some(({ sql, params }) => sql.startsWith('insert into "runs"') && params.includes(id));

const cancel = (user: EndUser, runId: string, agent = "assistant") =>
  call("POST", `/agents/${agent}/runs/${runId}/cancel`, undefined, user.headers);

describe("runs at a time", () => {
  // case 98
  it("refuses the fifth and stores nothing of it, until one of the four is cancelled", async () => {
    const ada = await endUser();
    const point = gate();
    model.respondWith([hold(point), text("Hello.")]);
    const open = [];
    for (let nth = 0; nth < 4; nth++) open.push(await openAs(ada, `m${nth}`));
    const session_id = newId();
    const fifth = await runAs(ada, "fifth", { session_id });
    expect(expectOver(fifth, "concurrent-runs")).toBe(5);
    expect(fifth.headers.get("RateLimit-Policy")).toBe('"concurrent-runs";q=4;qu="concurrent-requests"');
    expect(fifth.body.detail).toContain("This user has 4 runs active or waiting");
    expect(await rowsOf(session_id)).toEqual({ sessions: 0, runs: 0, messages: 0 });
    expect(await usageOf(ada)).toMatchObject({ runs: 4, active: 4 });

    const [first] = open;
    await call("POST", `/agents/assistant/runs/${first?.runId}/cancel`, undefined, ada.headers);
    await first?.rest();
    point.release();
    expect((await runAs(ada, "fifth", { session_id })).body.status).toBe("COMPLETED");
    expect((await runAs(await endUser(), "another user's")).status).toBe(200);
    await Promise.all(open.slice(1).map((stream) => stream.rest()));
  });

  it("counts a run that waits in its session, until it is cancelled", async () => {
    const ada = await endUser({ concurrent_runs: 2 });
    const session_id = newId();
    const point = gate();
    model.next([hold(point), text("first")]);
    const active = await openAs(ada, "one", { session_id });
    const waiting = await openAs(ada, "two", { session_id });
    expectOver(await runAs(ada, "three", { session_id }), "concurrent-runs");
    await call("POST", `/agents/assistant/runs/${waiting.runId}/cancel`, undefined, ada.headers);
    expect((await runAs(ada, "three")).status).toBe(200);
    point.release();
    await active.rest();
    expect((await ledgerOf(ada)).map(({ settled }) => settled)).toEqual([1, 1, 1]);
  });

  // case 99
  it("lets one of two in that come at once for the last place", async () => {
    const ada = await endUser({ concurrent_runs: 1 });
    const sessions = [newId(), newId()];
    const [accepting, answering] = [gate(), gate()];
    model.respondWith([hold(answering), text("done")]);
    for (const session_id of sessions) d1.next(accepts(session_id), heldBefore(accepting));
    const both = sessions.map((session_id) => runAs(ada, "last", { session_id }));
    await accepting.reached(2);
    accepting.release();
    await answering.reached();
    const refused = await Promise.race(both);
    expectOver(refused, "concurrent-runs");
    answering.release();
    expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([200, 429]);
    expect(await ledgerOf(ada)).toHaveLength(1);
  });

  it("lets a run in whose accept is repeated, because D1's answer was lost, into the last place", async () => {
    const ada = await endUser({ concurrent_runs: 1, runs_per_day: 1, max_sessions: 1 });
    const session_id = newId();
    d1.next(accepts(session_id), unanswered(), 2);
    expect((await runAs(ada, "hello", { session_id })).body.status).toBe("COMPLETED");
    expect(await ledgerOf(ada)).toMatchObject([{ tokens: 15, settled: 1 }]);
  });

  // case 102
  it("gives a place back an hour after a run began whose object died, and settles its row when it lands", async () => {
    const ada = await endUser({ concurrent_runs: 1 });
    const session_id = newId();
    const startedAt = Date.now();
    model.next([hold(gate())]);
    const dying = await openAs(ada, "dying", { session_id });
    await dying.until("ModelRequestStarted");
    await killObjects();
    expectOver(await runAs(ada, "next"), "concurrent-runs");
    clock.moveTo(startedAt + HOUR_MS - 60_000);
    expectOver(await runAs(ada, "next"), "concurrent-runs");
    clock.moveTo(startedAt + HOUR_MS + 60_000);
    expect((await runAs(ada, "next")).status).toBe(200);
    await ring(session_id);
    expect((await ledgerOf(ada)).map(({ settled }) => settled)).toEqual([1, 1]);
  });
});

describe("a day", () => {
  // case 100
  it("has so many runs, and the next day has as many again", async () => {
    const ada = await endUser({ runs_per_day: 2 });
    const now = Date.now();
    for (const message of ["one", "two"]) expect((await runAs(ada, message)).status).toBe(200);
    clock.moveTo(midnightAfter(now) - 90_000);
    const third = await runAs(ada, "three");
    expect(expectOver(third, "runs-day")).toBe(90);
    expect(third.headers.get("RateLimit-Policy")).toBe('"runs-day";q=2;w=86400');
    expect(third.body.detail).toContain("the 2 runs of the day");
    expect(third.body.detail).toContain(new Date(midnightAfter(now)).toISOString().slice(0, 19));
    clock.moveTo(midnightAfter(now) + 1);
    expect((await runAs(ada, "three")).status).toBe(200);
    expect(await usageOf(ada)).toMatchObject({ runs: 1, tokens: 15 });
  });

  // case 100
  it("has so many tokens; a run that is under way may use more", async () => {
    const ada = await endUser({ tokens_per_day: 20 });
    const now = Date.now();
    const session_id = newId();
    const unnamed = { session_id, agent: testAgent(silent) };
    for (const message of ["one", "two"]) expect((await runAs(ada, message, unnamed)).status).toBe(200);
    const third = await runAs(ada, "three");
    expectOver(third, "tokens-day");
    expect(third.body.detail).toContain("the 20 tokens of the day");
    expect(await usageOf(ada)).toMatchObject({ runs: 2, tokens: 30 });
    const asking = (path: string, body?: object) => call("POST", `/sessions/${session_id}/${path}`, body, ada.headers);
    expectOver(await asking("summary"), "tokens-day");
    expectOver(await asking("rename", { autogenerate: true }), "tokens-day");
    expect((await asking("rename", { session_name: "By hand" })).status).toBe(200);
    clock.moveTo(midnightAfter(now) + 1);
    expect((await runAs(ada, "three")).status).toBe(200);
  });

  it("has the tokens of answers too that are cancelled before the model has counted them, by the length of what was asked and answered", async () => {
    const arguments_ = { path: "y".repeat(388) };
    const answers: Record<string, [Step[], number]> = {
      "a text": [[text("x".repeat(400))], 400],
      "a tool's arguments": [[toolCall("read", arguments_, { id: "id" }), text("!")], "idread".length + 399 + 1],
      "thoughts that nobody is shown": [[thinks("z".repeat(400)), text("!")], 401],
    };
    for (const [what, [said, bytes]] of Object.entries(answers)) {
      const ada = await endUser({ tokens_per_day: 20 });
      const agent = testAgent({ ...silent, tools: [read] });
      model.next([...said, hold(gate()), text("!")]);
      const cut = await openAs(ada, "hello", { agent });
      await cut.until("RunContent");
      await cancel(ada, cut.runId, agent);
      await cut.rest();
      const tokens = Math.ceil((asked() + bytes) / 4);
      expect(await usageOf(ada), what).toMatchObject({ runs: 1, tokens, active: 0 });
      expectOver(await runAs(ada, "again"), "tokens-day");
    }
  });

  it("has the tokens of what was asked where the run is cancelled before a word came, and none where the provider refuses", async () => {
    const ada = await endUser();
    const point = gate();
    model.next([hold(point), text("!")]);
    const agent = testAgent(silent);
    const cut = await openAs(ada, "hello", { agent });
    await point.reached();
    await cancel(ada, cut.runId, agent);
    await cut.rest();
    const tokens = Math.ceil(asked() / 4);
    expect(await usageOf(ada)).toMatchObject({ runs: 1, tokens, active: 0 });
    model.next([fail(400)]);
    expect((await runAs(ada, "hello")).body.status).toBe("ERROR");
    expect(await usageOf(ada)).toMatchObject({ runs: 2, tokens });
  });

  it("has the tokens of whole answers too whose server counts none", async () => {
    const ada = await endUser({ tokens_per_day: 20 });
    model.next([text("x".repeat(400)), usage(null), finish("stop")]);
    expect((await runAs(ada, "hello", { agent: testAgent(silent) })).body.status).toBe("COMPLETED");
    expect(await usageOf(ada)).toMatchObject({ runs: 1, tokens: Math.ceil((asked() + 400) / 4) });
  });

  it("has forks among its runs: each counts as one, is over at once and costs no tokens, and staff's count for nobody", async () => {
    const ada = await endUser({ runs_per_day: 3, tokens_per_day: 15, concurrent_runs: 1 });
    const session_id = newId();
    expect((await runAs(ada, "one", { session_id })).status).toBe(200);
    const fork = (headers = ada.headers) =>
      call("POST", `/agents/assistant/sessions/${session_id}/fork`, undefined, headers);
    d1.next(forks(session_id), unanswered(), 2);
    expect([(await fork()).status, (await fork()).status]).toEqual([200, 200]);
    expect(await usageOf(ada)).toMatchObject({ runs: 3, tokens: 15, active: 0 });
    const refused = await fork();
    expectOver(refused, "runs-day");
    expect((await fork(key)).status).toBe(200);
    expect(await ledgerOf(ada)).toMatchObject([
      { settled: 1, tokens: 15 },
      { settled: 1, tokens: 0 },
      { settled: 1, tokens: 0 },
    ]);
    expect((await call("GET", "/sessions", undefined, ada.headers)).body.data).toHaveLength(4);
  });

  it("has one of two forks that come at once for its last run", async () => {
    const ada = await endUser({ runs_per_day: 2 });
    const session_id = newId();
    await runAs(ada, "one", { session_id });
    const point = gate();
    for (let nth = 0; nth < 2; nth++) d1.next(forks(session_id), heldBefore(point));
    const both = [0, 1].map(() =>
      call("POST", `/agents/assistant/sessions/${session_id}/fork`, undefined, ada.headers),
    );
    await point.reached(2);
    point.release();
    expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([200, 429]);
    expect(await ledgerOf(ada)).toHaveLength(2);
  });

  // case 103
  it("neither counts nor refuses a request that repeats its Idempotency-Key", async () => {
    const ada = await endUser({ runs_per_day: 1 });
    const session_id = newId();
    const named = { session_id, key: newId() };
    const first = await runAs(ada, "hello", named);
    expectOver(await runAs(ada, "another"), "runs-day");
    const again = await runAs(ada, "hello", named);
    expect([again.status, again.body.run_id]).toEqual([200, first.body.run_id]);
    await killObjects();
    expect((await runAs(ada, "hello", named)).body.run_id).toBe(first.body.run_id);
    expect(await ledgerOf(ada)).toHaveLength(1);
  });

  // case 106
  it("has no end for the key, and for a token that may speak for any user; what they run for a user counts as the user's", async () => {
    const ada = await endUser({ runs_per_day: 1 });
    const staff = bearer(await tokenFor(newId(), { scopes: ["agents:run", "users:act"], limits: { runs_per_day: 1 } }));
    for (const caller of [key, key, staff, staff]) {
      const fields = { message: "hello", stream: false, user_id: ada.id };
      expect((await call("POST", "/agents/assistant/runs", fields, caller)).status).toBe(200);
    }
    expect(await ledgerOf(ada)).toHaveLength(4);
    expectOver(await runAs(ada, "her own"), "runs-day");
  });

  // case 104
  it("is as long as the token says, which no wrong token can say", async () => {
    const plan = await endUser({ runs_per_day: 0, concurrent_runs: 0, tokens_per_day: 1_000 });
    expect((await usageOf(plan)).limits).toEqual({
      concurrent_runs: 0,
      runs_per_day: 0,
      tokens_per_day: 1_000,
      max_sessions: 0,
    });
    for (const limits of [{ runs_per_day: -1 }, { runs_per_day: "5" }, { runs: 5 }, "5", [5]]) {
      const wrong = bearer(await tokenFor(newId(), { limits }));
      const { status, body } = await call("GET", "/sessions", undefined, wrong);
      expect([status, String(body.detail).startsWith("Invalid token: limits ")]).toEqual([401, true]);
    }
  });
});

describe("sessions", () => {
  const create = (headers: Record<string, string>, session_id = newId()) =>
    call("POST", "/sessions", { session_id, agent_id: "assistant" }, headers);

  it("refuses one more by a run, by POST /sessions and by a fork; runs in those that are there go on", async () => {
    const ada = await endUser({ max_sessions: 2 });
    const session_id = newId();
    expect((await runAs(ada, "one", { session_id })).status).toBe(200);
    const other = newId();
    expect((await create(ada.headers, other)).status).toBe(201);

    const refused = newId();
    const byRun = await runAs(ada, "three", { session_id: refused });
    expectOver(byRun, "sessions");
    expect(byRun.body.detail).toContain("2 sessions");
    expectOver(await create(ada.headers, refused), "sessions");
    const fork = `/agents/assistant/sessions/${session_id}/fork`;
    expectOver(await call("POST", fork, undefined, ada.headers), "sessions");
    expect(await rowsOf(refused)).toEqual({ sessions: 0, runs: 0, messages: 0 });
    expect((await call("GET", "/sessions", undefined, ada.headers)).body.data).toHaveLength(2);
    expect((await runAs(ada, "two", { session_id })).status).toBe(200);
    expect((await create(key)).status).toBe(201);

    await call("DELETE", `/sessions/${other}`, undefined, ada.headers);
    expect((await call("POST", fork, undefined, ada.headers)).status).toBe(200);
    expectOver(await create(ada.headers), "sessions");
    expect((await create((await endUser()).headers)).status).toBe(201);
  });

  it("makes one of two that come at once for the last place", async () => {
    const ada = await endUser({ max_sessions: 1 });
    const sessions = [newId(), newId()];
    const point = gate();
    for (const session_id of sessions) d1.next(accepts(session_id), heldBefore(point));
    const both = sessions.map((session_id) => runAs(ada, "last", { session_id }));
    await point.reached(2);
    point.release();
    expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([200, 429]);
    expect((await call("GET", "/sessions", undefined, ada.headers)).body.data).toHaveLength(1);
    const created = await Promise.all([create(ada.headers), create(ada.headers)]);
    expect(created.map(({ status }) => status)).toEqual([429, 429]);
  });

  describe("that were deleted", () => {
    const undoable = isolate({ DELETE_UNDO_SECONDS: "3600" });
    const restore = (id: string, { headers }: EndUser) =>
      undoable("POST", `/sessions/${id}/restore`, undefined, headers);
    const restores =
      (id: string): Which =>
      ({ statements }) =>
        statements.some(({ sql, params }) => sql.includes('"visibility" = iif(') && params.includes(id));

    /** So many deleted sessions of the user. */
    async function deleted(user: EndUser, count: number): Promise<string[]> {
      const ids = [];
      for (let nth = 0; nth < count; nth++) {
        const id = newId();
        expect((await create(user.headers, id)).status).toBe(201);
        expect((await undoable("DELETE", `/sessions/${id}`, undefined, user.headers)).status).toBe(204);
        ids.push(id);
      }
      return ids;
    }
    const listedOf = async ({ headers }: EndUser) => (await call("GET", "/sessions", undefined, headers)).body.data;

    it("are not brought back beyond what the user may have; staff may bring one back", async () => {
      const ada = await endUser({ max_sessions: 1 });
      const [id = ""] = await deleted(ada, 1);
      await create(ada.headers);
      expectOver(await restore(id, ada), "sessions");
      expect((await restore("ghost", ada)).status).toBe(404);
      expect(await listedOf(ada)).toHaveLength(1);
      expect((await undoable("POST", `/sessions/${id}/restore`, undefined, key)).status).toBe(200);
    });

    it("still count for as long as they can be restored: as many as the user may have, beside those that are there", async () => {
      const ada = await endUser({ max_sessions: 2 });
      const [first = ""] = await deleted(ada, 4);
      const over = await create(ada.headers);
      expectOver(over, "sessions");
      expect(over.body.detail).toContain("deleted");
      expectOver(await runAs(ada, "hello"), "sessions");
      expect(await listedOf(ada)).toHaveLength(0);
      expect((await restore(first, ada)).status).toBe(200);
      expectOver(await create(ada.headers), "sessions");
      // What cannot be restored any more does not count.
      expect((await undoable("DELETE", `/users/${ada.id}/sessions`, undefined, ada.headers)).status).toBe(204);
      expect((await create(ada.headers)).status).toBe(201);
    });

    it("come back one of two, where both are asked for at once and one place is left", async () => {
      const ada = await endUser({ max_sessions: 1 });
      const ids = await deleted(ada, 2);
      const point = gate();
      for (const id of ids) d1.next(restores(id), heldBefore(point));
      const both = ids.map((id) => restore(id, ada));
      await point.reached(2);
      point.release();
      expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([200, 429]);
      expect(await listedOf(ada)).toHaveLength(1);
    });

    it("come back into the last place though D1's answer was lost and the batch is repeated", async () => {
      const ada = await endUser({ max_sessions: 1 });
      const [id = ""] = await deleted(ada, 1);
      d1.next(restores(id), unanswered(), 2);
      expect((await restore(id, ada)).status).toBe(200);
      expect(await listedOf(ada)).toHaveLength(1);
    });
  });
});
