import { describe, expect, it } from "vitest";
import { MAX_WAITING_RUNS } from "../../../src/domain/limits.ts";
import { type Which, watchD1 } from "../../support/d1-faults.ts";
import { call, EventStream, names, newId, openRun, run, type SentEvent, send } from "../../support/http.ts";
import {
  answer,
  confirmed,
  inbox,
  openAnswer,
  type PausedRun,
  pausedRun,
  pauseOf,
  stored,
  tools,
} from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import {
  alarmOf,
  eventually,
  journalOf,
  killObjects,
  ring,
  rowsOf,
  runCalls,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

async function waitsToWipe(agent: string, session_id = newId()): Promise<PausedRun> {
  model.next([text("Wipe? "), toolCall("wipe", { disk: 1 })]);
  return pausedRun("wipe it", { session_id, agent });
}

/** A run that is held in its model until the gate opens. */
async function busy({ session_id, agent }: PausedRun) {
  const point = gate();
  model.next([text("Half"), hold(point), text(" whole")]);
  const active = await openRun("busy", { session_id, agent });
  await point.reached();
  return { active, point };
}

const cancel = ({ agent, run_id }: PausedRun) => call("POST", `/agents/${agent}/runs/${run_id}/cancel`);
const asked = () => runCalls(model).map((made) => shown(made).findLast((line) => line.startsWith("user: ")));
const statusOf = async (paused: PausedRun) => (await stored(paused)).status;
const requirementOf = async (paused: PausedRun, status: string) =>
  (await inbox({ agent_id: paused.agent, status })).map(({ id }) => id);
const [CANCELLED, WIPED] = [
  ["RunCancelled", "RunCompleted"],
  ["RunContinued", "ToolCallStarted", "ToolCallCompleted", "ModelRequestStarted"],
];

const sqlOf = ([statement]: { sql: string }[]) => statement?.sql ?? "";

/** The batch that makes a paused run go on. */
const _continues =
  (sessionId: string): Which =>
  ({ statements }) =>
    statements.some(
      ({ sql, params }) =>
        sql.startsWith('update "runs" set "waiting" = ?, "status" = ?, "fence" = ?') &&
        params.includes("RUNNING") &&
        params.includes(sessionId),
    );

describe("a continue while another run is active", () => {
  it("waits in line with new runs, and stays paused until it starts", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const { session_id, run_id } = paused;
    const { active, point } = await busy(paused);
    const before = await openRun("before", { session_id, agent });
    const continued = await openAnswer(paused, tools(paused, confirmed));
    const behind = await openRun("behind", { session_id, agent });

    const { headers } = continued.response;
    expect([headers.get("X-Run-Id"), headers.get("X-Session-Id")]).toEqual([run_id, session_id]);
    const waiting = await stored(paused);
    expect([waiting.status, ran]).toEqual(["PAUSED", []]);
    expect([await requirementOf(paused, "open"), await requirementOf(paused, "answered")]).toEqual([
      [],
      [paused.requirements[0].id],
    ]);
    const late = await answer(paused, tools(paused, confirmed));
    expect([late.status, late.body.code]).toEqual([409, "run_not_continuable"]);
    expect(late.body.detail).toContain("it is about to go on");

    point.release();
    expect(await continued.next()).toMatchObject({ id: 6, event: "RunContinued" });
    await Promise.all([active, before, continued, behind].map((stream) => stream.rest()));
    expect(asked()).toEqual(["user: wipe it", "user: busy", "user: before", "user: wipe it", "user: behind"]);
    expect(await storyOf(session_id)).toEqual([
      "wipe it → COMPLETED: Wipe? echo: wipe it",
      "busy → COMPLETED: Half whole",
      "before → COMPLETED: echo: before",
      "behind → COMPLETED: echo: behind",
    ]);
    expect(ran).toEqual(["wipe 1"]);
  });

  it("is refused with on_busy=reject, and nothing of it is kept", async () => {
    const { agent } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const { active, point } = await busy(paused);
    const before = await stored(paused);
    const refusal = await answer(paused, { ...tools(paused, confirmed), on_busy: "reject" }, { key: "k" });
    expect([refusal.status, refusal.body.code, refusal.headers.get("X-Run-Id")]).toEqual([
      409,
      "run_active",
      active.runId,
    ]);
    expect([await stored(paused), await requirementOf(paused, "open")]).toEqual([before, [paused.requirements[0].id]]);
    point.release();
    await active.rest();
    expect((await answer(paused, { ...tools(paused, confirmed), on_busy: "reject" }, { key: "k" })).status).toBe(200);
  });

  it("cancels that one with on_busy=interrupt, and goes before those that wait", async () => {
    const { agent } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const { active } = await busy(paused);
    const waiting = await openRun("waiting", { session_id: paused.session_id, agent });
    const { body } = await answer(paused, { ...tools(paused, confirmed), on_busy: "interrupt" });
    expect(body.status).toBe("COMPLETED");
    expect(names(await active.rest()).slice(-2)).toEqual(CANCELLED);
    await waiting.rest();
    expect(asked()).toEqual(["user: wipe it", "user: busy", "user: wipe it", "user: waiting"]);
  });

  it("is 429 behind 32 waiting runs, and may be sent again once there is room", async () => {
    const { agent } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const { active, point } = await busy(paused);
    const { session_id } = paused;
    const waiting = await Promise.all(
      Array.from({ length: MAX_WAITING_RUNS }, (_, nth) => openRun(`w${nth}`, { session_id, agent })),
    );
    for (const on_busy of ["enqueue", "interrupt"]) {
      const refusal = await answer(paused, { ...tools(paused, confirmed), on_busy });
      expect([refusal.status, refusal.body.code, refusal.headers.get("Retry-After")]).toEqual([429, "queue_full", "5"]);
    }
    expect(await requirementOf(paused, "open")).toHaveLength(1);
    await call("POST", `/agents/${agent}/runs/${waiting[0]?.runId}/cancel`);
    expect((await openAnswer(paused, tools(paused, confirmed))).runId).toBe(paused.run_id);
    await call("DELETE", `/sessions/${session_id}`);
    point.release();
    await active.rest();
  });

  it("stores an answer that leaves others open at once: it starts nothing", async () => {
    const { agent } = peopleAgent();
    model.next([toolCall("wipe", { disk: 1 }), toolCall("sign", { paper: "p" })]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    const { active, point } = await busy(paused);
    const { body } = await answer(paused, { ...tools(paused, confirmed), on_busy: "reject" });
    expect([body.status, body.requirements.length]).toEqual(["PAUSED", 1]);
    point.release();
    await active.rest();
  });

  it("is taken up again when the object died while it waited", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    await busy(paused);
    await openAnswer(paused, tools(paused, confirmed));
    await killObjects();
    expect([await statusOf(paused), ran]).toEqual(["PAUSED", []]);
    expect(await ring(paused.session_id)).toBe(true);
    await eventually(
      () => statusOf(paused),
      (status) => status === "COMPLETED",
    );
    expect(ran).toEqual(["wipe 1"]);
  });
});

describe("a continued run", () => {
  it("keeps its session busy for others", async () => {
    const point = gate();
    const { agent } = peopleAgent({ gate: point });
    const paused = await waitsToWipe(agent);
    const continued = await openAnswer(paused, tools(paused, confirmed));
    await point.reached();
    const refusal = await run("hi", { session_id: paused.session_id, agent, on_busy: "reject" });
    expect([refusal.status, refusal.headers.get("X-Run-Id")]).toEqual([409, paused.run_id]);
    expect(await statusOf(paused)).toBe("RUNNING");
    point.release();
    await continued.rest();
  });
});

async function expectCancelled(paused: PausedRun, requirement: "cancelled" | "answered"): Promise<void> {
  expect(await statusOf(paused)).toBe("CANCELLED");
  expect(await requirementOf(paused, "open")).toEqual([]);
  expect(await requirementOf(paused, requirement)).toEqual([paused.requirements.at(-1).id]);
  for (const fields of [tools(paused, confirmed), {}]) {
    const { status, body } = await answer(paused, fields);
    expect([status, body.code, body.detail]).toEqual([
      409,
      "run_not_continuable",
      `Cannot continue run ${paused.run_id}: run is cancelled`,
    ]);
  }
  expect(await journalOf(paused.session_id)).not.toContain(paused.run_id);
}

const resumed = async ({ agent, run_id, session_id }: PausedRun) =>
  new EventStream(await send("POST", `/agents/${agent}/runs/${run_id}/resume`, { session_id }));
const told = (events: (SentEvent | null)[]) =>
  names(events.filter((event): event is SentEvent => event !== null)).filter((name) => name.startsWith("Run"));

describe("cancel", () => {
  it.each([false, true])("ends a paused run with what it has said (its object died: %s)", async (died) => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    if (died) await killObjects();
    expect(await cancel(paused)).toMatchObject({ status: 200, body: {} });
    await expectCancelled(paused, "cancelled");
    const whole = await stored(paused);
    expect([whole.content, ran]).toEqual(["Wipe? ", []]);
    expect(told(await (await resumed(paused)).rest()).slice(-3)).toEqual(["RunPaused", ...CANCELLED]);
    expect((await run("next", { session_id: paused.session_id, agent })).body.status).toBe("COMPLETED");
    expect(shown(runCalls(model).at(-1))).toEqual(["user: next"]);
  });

  it("ends a run that waits to go on, for all who read it", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const { active, point } = await busy(paused);
    const key = newId();
    const stream = await openAnswer(paused, tools(paused, confirmed), { key });
    const whole = answer(paused, tools(paused, confirmed), { key });
    const reader = await resumed(paused);
    await reader.until("RunPaused");
    expect(await cancel(paused)).toMatchObject({ status: 200 });
    const events = await stream.rest();
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      [6, "RunCancelled"],
      [7, "RunCompleted"],
    ]);
    expect(events[0]?.data.content).toBe("Wipe? ");
    expect((await whole).body.status).toBe("CANCELLED");
    expect(told(await reader.rest())).toEqual(CANCELLED);
    await expectCancelled(paused, "answered");
    point.release();
    await active.rest();
    expect([ran, asked()]).toEqual([[], ["user: wipe it", "user: busy"]]);
  });

  it("ends a continued run while its tool runs", async () => {
    const { agent, ran } = peopleAgent({ gate: gate() });
    const paused = await waitsToWipe(agent);
    const stream = await openAnswer(paused, tools(paused, confirmed));
    await stream.until("ToolCallStarted");
    expect(await cancel(paused)).toMatchObject({ status: 200 });
    expect(names(await stream.rest())).toEqual(CANCELLED);
    await expectCancelled(paused, "answered");
    expect(ran).toEqual(["wipe 1"]);
  });

  it("ends a continued run while its model answers, and keeps what it said", async () => {
    const { agent } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const point = gate();
    model.next([text("Half"), hold(point), text(" whole")]);
    const stream = await openAnswer(paused, tools(paused, confirmed));
    expect((await stream.until("RunContent")).data.content).toBe("Half");
    await cancel(paused);
    const [end] = await stream.rest();
    expect([end?.event, end?.data.content]).toEqual(["RunCancelled", "Wipe? Half"]);
    expect(runCalls(model).at(-1)?.aborted).toBe(true);
    await expectCancelled(paused, "answered");
    expect((await stored(paused)).content).toBe("Wipe? Half");
  });

  it("ends a run that paused again", async () => {
    const { agent } = peopleAgent();
    const paused = await waitsToWipe(agent);
    model.next([toolCall("sign", { paper: "p" })]);
    const { body } = await answer(paused, tools(paused, confirmed));
    const again = pauseOf(agent, body);
    await cancel(again);
    expect(await requirementOf(paused, "answered")).toEqual([paused.requirements[0].id]);
    expect(await requirementOf(paused, "cancelled")).toEqual([again.requirements[0].id]);
    expect(await statusOf(paused)).toBe("CANCELLED");
  });
});

describe("a session that is deleted", () => {
  it("takes what waits for people with it", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    expect((await call("DELETE", `/sessions/${paused.session_id}`)).status).toBe(204);
    for (const status of ["open", "cancelled"]) expect(await requirementOf(paused, status)).toEqual([]);
    expect(await rowsOf(paused.session_id)).toEqual({ sessions: 0, runs: 0, messages: 0 });
    expect((await answer(paused, tools(paused, confirmed))).status).toBe(404);
    expect([ran, await ring(paused.session_id)]).toEqual([[], false]);
    expect(await alarmOf(paused.session_id)).toBeNull();
  });

  it("ends a run that waits to go on, for all who read it", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const { active } = await busy(paused);
    const key = newId();
    const stream = await openAnswer(paused, tools(paused, confirmed), { key });
    const whole = answer(paused, tools(paused, confirmed), { key });
    const lookups = () =>
      d1.operations.filter(({ statements }) => /^select .* from "continuations"/.test(sqlOf(statements)));
    await until(() => lookups().length === 2);
    expect((await call("DELETE", `/sessions/${paused.session_id}`)).status).toBe(204);
    expect(names(await active.rest()).slice(-2)).toEqual(CANCELLED);
    expect(names(await stream.rest())).toEqual(CANCELLED);
    expect((await whole).body?.status).toBe("CANCELLED");
    expect(ran).toEqual([]);
  });

  it("ends a continued run while its tool runs", async () => {
    const { agent } = peopleAgent({ gate: gate() });
    const paused = await waitsToWipe(agent);
    const stream = await openAnswer(paused, tools(paused, confirmed));
    const events = [await stream.next(), await stream.next()];
    expect(told(events)).toEqual(WIPED.slice(0, 1));
    await call("DELETE", `/sessions/${paused.session_id}`);
    expect(names(await stream.rest()).slice(-2)).toEqual(CANCELLED);
    expect(await rowsOf(paused.session_id)).toEqual({ sessions: 0, runs: 0, messages: 0 });
  });
});
