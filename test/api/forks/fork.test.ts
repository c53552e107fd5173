import { env } from "cloudflare:workers";
import { describe, expect, it, onTestFinished } from "vitest";
import { teams } from "../../../src/agents/index.ts";
import type { Team } from "../../../src/domain/team.ts";
import { type Fault, lateArrival, type Operation, refused, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { seedRuns } from "../../support/rows.ts";
import { fail, gate, hold, scriptModel, text } from "../../support/scripted-model.ts";
import { detailOf, rowsOf, runCalls, runsOf, saidIn, shown, storyOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const fork = (sessionId: string, query = "", component = "agents/assistant") =>
  call("POST", `/${component}/sessions/${sessionId}/fork${query}`);

async function forkOf(sessionId: string, component?: string): Promise<string> {
  const answer = await fork(sessionId, "", component);
  expect(answer.body).toEqual({ session_id: expect.any(String), forked_from_session_id: sessionId });
  expect(answer.status).toBe(200);
  return answer.body.session_id;
}

/** The batch that writes a fork. */
const forks = ({ isBatch, statements }: Operation) => isBatch && statements[0]?.sql.includes("'copied'") === true;

type Row = Record<string, string | number | null>;

async function rows(table: "sessions" | "runs" | "messages", sessionId: string): Promise<Row[]> {
  const order = table === "sessions" ? "" : `order by run_index${table === "messages" ? ", message_index" : ""}`;
  const { results } = await env.DB.prepare(`select * from ${table} where session_id = ? ${order}`)
    .bind(sessionId)
    .all<Row>();
  return results;
}

const without = (row: Row | undefined, ...columns: string[]): Row =>
  Object.fromEntries(Object.entries(row ?? {}).filter(([column]) => !columns.includes(column)));

async function seeded(count: number, fields: object = {}): Promise<string> {
  const { body } = await call("POST", "/sessions", { agent_id: "assistant", ...fields });
  await seedRuns(body.session_id, count);
  return body.session_id;
}

interface SeededRun {
  id: string;
  index: number | null;
  status?: string;
  waiting?: boolean;
  parent?: string;
}

/** Adds runs of a team, each with a user's and an agent's message. */
async function seedTeamRuns(sessionId: string, teamId: string, runs: SeededRun[]): Promise<void> {
  const id = (name: string | undefined) => (name === undefined ? null : `${sessionId}-${name}`);
  await env.DB.batch(
    runs.flatMap(({ id: name, index, status = "COMPLETED", waiting = false, parent }) => [
      env.DB.prepare(
        `insert into runs (run_id, session_id, run_index, position, parent_run_id, parent_call, member_slots, team_id, status, finish_reason, waiting, fence, input, created_at)
         values (?, ?, ?, 7, ?, ?, 2, ?, ?, ?, ?, 'seeded', ?, 1000)`,
      ).bind(
        id(name),
        sessionId,
        index,
        id(parent),
        parent === undefined ? null : 0,
        teamId,
        status,
        // A run that is regenerated had come to its own end before, so it has a finish reason too.
        status === "COMPLETED" || status === "REGENERATED" ? "stop" : null,
        Number(waiting),
        name,
      ),
      ...(index === null ? [] : ["user", "assistant"]).map((role, nth) =>
        env.DB.prepare(
          `insert into messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
           values (?, ?, ?, ?, ?, ?, ?, 1000)`,
        ).bind(sessionId, index, nth, id(name), `${name}-${role}`, role, `${role} of ${name}`),
      ),
    ]),
  );
}

function testTeam(): string {
  const id = `test-${newId()}`;
  (teams as Map<string, Team>).set(id, { id, name: "Test Team", mode: "coordinate", members: [] });
  onTestFinished(() => void (teams as Map<string, Team>).delete(id));
  return id;
}

describe("POST /agents/{agent_id}/sessions/{session_id}/fork", () => {
  it("goes on from a conversation without touching it", async () => {
    const session_id = newId();
    await run("first", { session_id, user_id: "ada" });
    await run("second", { session_id, user_id: "ada" });
    const copy = await forkOf(session_id);
    expect(await storyOf(copy)).toEqual(await storyOf(session_id));

    const before = runCalls(model).length;
    await run("in the fork", { session_id: copy, user_id: "ada" });
    expect(shown(runCalls(model)[before])).toEqual([
      "user: first",
      "assistant: echo: first",
      "user: second",
      "assistant: echo: second",
      "user: in the fork",
    ]);
    await run("in the first", { session_id, user_id: "ada" });
    expect((await saidIn(copy)).at(-1)).toBe("assistant: echo: in the fork");
    expect((await saidIn(session_id)).at(-1)).toBe("assistant: echo: in the first");
    expect((await runsOf(copy)).map((one) => one.run_id)).toHaveLength(3);
  });

  it("copies each run under a new id, with its messages, and says where it came from", async () => {
    const session_id = newId();
    await run("one", { session_id, key: newId() });
    model.next([fail(403)]);
    await run("two", { session_id });
    const copy = await forkOf(session_id);

    const [theirs, ours] = [await rows("runs", session_id), await rows("runs", copy)];
    expect(ours.map((row) => row.status)).toEqual(["COMPLETED", "ERROR"]);
    theirs.forEach((row, nth) => {
      const changed = [
        "run_id",
        "session_id",
        "origin",
        "fence",
        "idempotency_key",
        "idempotency_agent",
        "idempotency_caller",
      ];
      expect(without(ours[nth], ...changed, "fields_digest")).toEqual(without(row, ...changed, "fields_digest"));
      expect(JSON.parse(String(ours[nth]?.origin))).toEqual({
        type: "copied",
        runId: row.run_id,
        sessionId: session_id,
        historyBefore: null,
        instructions: null,
      });
      expect(ours[nth]).toMatchObject({
        idempotency_key: "",
        idempotency_caller: "",
        idempotency_agent: "",
        fields_digest: "",
      });
      expect(ours[nth]?.fence).not.toBe(row.fence);
    });
    const runIds = new Map(theirs.map((row, nth) => [row.run_id, ours[nth]?.run_id]));
    expect(new Set([...runIds.keys(), ...runIds.values()]).size).toBe(4);
    expect(await rows("messages", copy)).toEqual(
      (await rows("messages", session_id)).map((row) => ({
        ...row,
        session_id: copy,
        run_id: runIds.get(row.run_id ?? ""),
      })),
    );

    const { run_id } = (await runsOf(copy))[0];
    const origin = { forked_from_run_id: theirs[0]?.run_id, forked_from_session_id: session_id };
    expect((await runsOf(copy))[0]).toMatchObject(origin);
    const { body } = await call("GET", `/agents/assistant/runs/${run_id}?session_id=${copy}`);
    expect(body).toMatchObject(origin);
    expect(body).not.toHaveProperty("forked_from_message_index");
    expect(body).not.toHaveProperty("regenerated_from");
    expect((await runsOf(session_id))[0]).not.toHaveProperty("forked_from_run_id");
  });

  it("counts the runs that completed, and none that failed and was answered again", async () => {
    const session_id = newId();
    const regenerate = (run_id: string) =>
      call("POST", `/agents/assistant/runs/${run_id}/continue`, { session_id, stream: false, regenerate: true });
    const completed = await run("completes", { session_id });
    model.next([fail(403)]);
    const failed = await run("fails", { session_id });
    await regenerate(completed.body.run_id);
    await regenerate(failed.body.run_id);
    const source = await detailOf(session_id);
    expect(source.run_count).toBe(3);
    expect(await detailOf(await forkOf(session_id))).toMatchObject({
      run_count: source.run_count,
      message_count: source.message_count,
    });
  });

  it("copies name, owner, state, metadata, summary and metrics, and begins its own versions and times", async () => {
    const session_id = newId();
    await run("what is shown", { session_id, user_id: "ada", session_state: { a: 1 } });
    await call("PATCH", `/sessions/${session_id}`, {
      session_name: "Kyōto",
      metadata: { m: 1 },
      summary: { summary: "s" },
    });
    const before = Date.now();
    const copy = await forkOf(session_id);
    const [[theirs], [ours]] = [await rows("sessions", session_id), await rows("sessions", copy)];
    const own = [
      "session_id",
      "forked_from_session_id",
      "fence",
      "created_at",
      "updated_at",
      "version",
      "unindexed_from",
    ];
    expect(without(ours, ...own)).toEqual(without(theirs, ...own));
    expect(ours).toMatchObject({ name: "Kyōto", name_source: "manual", version: 0, user_id: "ada" });
    expect(ours?.fence).not.toBe(theirs?.fence);
    expect(ours?.created_at).toBeGreaterThanOrEqual(before);
    expect(ours?.updated_at).toBe(ours?.created_at);

    expect(await detailOf(copy)).toMatchObject({ session_name: "Kyōto", forked_from_session_id: session_id });
    expect(await detailOf(session_id)).not.toHaveProperty("forked_from_session_id");
    const { body } = await call("GET", "/sessions?user_id=ada&session_name=KYŌTO");
    expect(body.data.map((one: Row) => [one.session_id, one.forked_from_session_id])).toEqual([
      [copy, session_id],
      [session_id, undefined],
    ]);
  });

  it("leaves out the active run and those that wait, and counts what it has", async () => {
    const session_id = newId();
    await run("done", { session_id });
    const point = gate();
    model.next([text("half"), hold(point)]);
    const active = await openRun("active", { session_id });
    await active.until("RunContent");
    const waiting = await openRun("waiting", { session_id });
    const cancelled = await openRun("cancelled", { session_id });
    await call("POST", `/agents/assistant/runs/${cancelled.runId}/cancel`);

    const copy = await forkOf(session_id);
    expect(await storyOf(copy)).toEqual(["done → COMPLETED: echo: done", "cancelled → CANCELLED: "]);
    expect(await rows("sessions", copy)).toMatchObject([{ next_run_index: 1, completed_runs: 1, chat_messages: 2 }]);
    point.release();
    await Promise.all([active.rest(), waiting.rest(), cancelled.rest()]);
    expect(await storyOf(copy)).toHaveLength(2);
    await run("next", { session_id: copy });
    expect((await detailOf(copy)).chat_history_total).toBe((await saidIn(copy)).length);
  });

  it("refuses a session in which nothing has paused or settled", async () => {
    const session_id = newId();
    const point = gate();
    model.next([hold(point)]);
    const active = await openRun("active", { session_id });
    const refusedFork = { status: 400, body: { detail: "Source session has no runs to fork.", code: "bad_request" } };
    expect(await fork(session_id)).toMatchObject(refusedFork);
    expect(await fork(await seeded(0))).toMatchObject(refusedFork);
    expect(await fork(await seeded(0, { agent_id: null }))).toMatchObject(refusedFork);
    point.release();
    await active.rest();
  });

  it("knows only sessions of the caller and of the agent", async () => {
    const session_id = newId();
    await run("mine", { session_id, user_id: "ada" });
    const noSession = { status: 404, body: { detail: "Session not found", code: "session_not_found" } };
    expect(await fork(newId())).toMatchObject(noSession);
    expect(await fork(session_id, "?user_id=bob")).toMatchObject(noSession);
    expect(await fork(session_id, "", "agents/operator")).toMatchObject(noSession);
    expect(await fork(session_id, "", `teams/${testTeam()}`)).toMatchObject(noSession);
    expect(await fork(session_id, "", "agents/nobody")).toMatchObject({
      status: 404,
      body: { detail: "Agent not found" },
    });
    expect(await fork(session_id, "", "teams/nobody")).toMatchObject({
      status: 404,
      body: { detail: "Team not found" },
    });
    expect(await fork(session_id, "?user_id=ada")).toMatchObject({ status: 200 });
    const { body } = await call("GET", "/sessions?user_id=bob");
    expect(body.data).toEqual([]);
  });

  it("is one batch of as many statements for 10,000 messages as for two", async () => {
    const statements: number[] = [];
    for (const count of [1, 5_000]) {
      const session_id = await seeded(count);
      d1.forget();
      const copy = await forkOf(session_id);
      const [batch, ...more] = d1.of(session_id).filter(({ isRead }) => !isRead);
      expect(more).toEqual([]);
      statements.push(batch?.statements.length ?? 0);
      // The rows that are read grow linearly: for each run its row, its two messages, and what finds them.
      // them.
      const read = batch?.statements.reduce((sum, { rowsRead }) => sum + rowsRead, 0) ?? 0;
      expect(read).toBeGreaterThan(3 * count);
      expect(read).toBeLessThan(20 * count + 100);
      expect(await rowsOf(copy)).toEqual({ sessions: 1, runs: count, messages: 2 * count });
      expect(await detailOf(copy)).toMatchObject({ chat_history_total: 2 * count });
    }
    expect(statements).toEqual([5, 5]);
  });

  it("outlives its source, and the source it", async () => {
    const session_id = newId();
    await run("kept", { session_id });
    const [one, other] = [await forkOf(session_id), await forkOf(session_id)];
    await call("DELETE", `/sessions/${one}`);
    expect(await storyOf(session_id)).toHaveLength(1);
    await call("DELETE", `/sessions/${session_id}`);
    expect(await storyOf(other)).toEqual(["kept → COMPLETED: echo: kept"]);
    const again = await forkOf(other);
    expect(await detailOf(again)).toMatchObject({ forked_from_session_id: other });
  });

  it("leaves an idempotency key with the run it named", async () => {
    const session_id = newId();
    const key = newId();
    const first = await run("once", { session_id, key });
    await forkOf(session_id);
    expect((await run("once", { session_id, key })).body.run_id).toBe(first.body.run_id);
  });

  it("is made once when D1's answer is lost, as it was then", async () => {
    const session_id = await seeded(2);
    const lostAndChanged: Fault = async (send) => {
      await send();
      await env.DB.prepare("update runs set run_index = 9 where session_id = ? and run_index = 1")
        .bind(session_id)
        .run();
      await seedTeamRuns(session_id, "t", [{ id: "late", index: 3 }]);
      throw new Error("D1_ERROR: Network connection lost.");
    };
    d1.next(forks, lostAndChanged);
    const copy = await forkOf(session_id);
    expect(d1.operations.filter(forks)).toHaveLength(2);
    expect(await rowsOf(copy)).toEqual({ sessions: 1, runs: 2, messages: 4 });
    expect(await rows("runs", copy)).toMatchObject([{ run_index: 0 }, { run_index: 1 }]);
  });

  it("is 503 when D1 does not say, and at worst a whole session more", async () => {
    const session_id = await seeded(2);
    const late = lateArrival();
    d1.next(forks, late.fault, 3);
    expect(await fork(session_id)).toMatchObject({ status: 503, body: { code: "database_unavailable" } });
    expect(late.kept).toHaveLength(3);
    await late.arrive();
    const { results } = await env.DB.prepare("select session_id from sessions where forked_from_session_id = ?")
      .bind(session_id)
      .all<{ session_id: string }>();
    expect(results).toHaveLength(1);
    expect(await rowsOf(results[0]?.session_id ?? "")).toEqual({ sessions: 1, runs: 2, messages: 4 });
  });

  it("is a fault of the server when D1 refuses it", async () => {
    d1.next(forks, refused());
    expect(await fork(await seeded(1))).toMatchObject({ status: 500, body: { code: "internal" } });
  });
});

describe("POST /teams/{team_id}/sessions/{session_id}/fork", () => {
  it("copies member runs with the runs they belong to, and only with them", async () => {
    const team = testTeam();
    const { body } = await call("POST", "/sessions?type=team", { team_id: team });
    const { session_id } = body;
    await seedTeamRuns(session_id, team, [
      { id: "member-of-member", index: 0, parent: "member" },
      { id: "member", index: 1, parent: "done" },
      { id: "done", index: 2 },
      { id: "early", index: 3, parent: "nested" },
      { id: "nested", index: 4, parent: "active" },
      { id: "active", index: 5, status: "RUNNING" },
      { id: "asking-member", index: 6, parent: "paused", status: "PAUSED" },
      { id: "paused", index: 7, status: "PAUSED" },
      { id: "regenerated", index: 8, status: "REGENERATED" },
      { id: "answered-member", index: 9, parent: "continuing", status: "PAUSED" },
      { id: "continuing", index: 10, status: "PAUSED", waiting: true },
      { id: "pending", index: null, status: "PENDING", waiting: true },
      { id: "never-started", index: null, status: "CANCELLED" },
      { id: "never-started-too", index: null, status: "CANCELLED" },
    ]);
    const copy = await forkOf(session_id, `teams/${team}`);
    const copied = (await rows("runs", copy)).sort((a, b) => String(a.input).localeCompare(String(b.input)));
    const inputOf = new Map(copied.map((row) => [row.run_id, row.input]));
    expect(
      copied.map((row) => [row.input, row.run_index, row.status, inputOf.get(row.parent_run_id ?? "") ?? null]),
    ).toEqual([
      ["asking-member", 6, "PAUSED", "paused"],
      ["done", 2, "COMPLETED", null],
      ["member", 1, "COMPLETED", "done"],
      ["member-of-member", 0, "COMPLETED", "member"],
      ["never-started", null, "CANCELLED", null],
      ["never-started-too", null, "CANCELLED", null],
      ["paused", 7, "PAUSED", null],
      ["regenerated", 8, "REGENERATED", null],
    ]);
    expect(copied.every((row) => row.waiting === 0 && row.position === 7 && row.member_slots === 2)).toBe(true);
    expect(copied.map((row) => row.parent_call)).toEqual([0, null, 0, 0, null, null, null, null]);
    expect((await rows("messages", copy)).map((row) => row.content)).toEqual(
      ["member-of-member", "member", "done", "asking-member", "paused", "regenerated"].flatMap((name) => [
        `user of ${name}`,
        `assistant of ${name}`,
      ]),
    );
    const misplaced = (await rows("messages", copy)).filter(
      (row) => row.content !== `${row.role} of ${inputOf.get(row.run_id ?? "")}`,
    );
    expect(misplaced).toEqual([]);
    // Member runs are no part of the conversation that the session counts.
    expect(await rows("sessions", copy)).toMatchObject([
      {
        session_type: "team",
        team_id: team,
        component_id: team,
        next_run_index: 9,
        completed_runs: 2,
        chat_messages: 6,
      },
    ]);
  });
});
