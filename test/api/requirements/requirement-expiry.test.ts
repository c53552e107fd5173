import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { watchD1 } from "../../support/d1-faults.ts";
import { newId, openRun, run } from "../../support/http.ts";
import {
  answer,
  confirmed,
  filled,
  inbox,
  openAnswer,
  type PausedRun,
  pausedRun,
  rejected,
  result,
  stored,
  tools,
} from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import {
  alarmOf,
  eventually,
  killObjects,
  objectOf,
  ring,
  runCalls,
  runsOf,
  shown,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const LATE = "Nobody answered in time.";
/** What the model is told of a call that expired. */
const EXPIRED = "Function call was rejected: nobody answered in time.";
const HOUR = 3600;

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

async function waitsToWipe(agent: string, session_id = newId(), disk = 1): Promise<PausedRun> {
  model.next([text("Wipe? "), toolCall("wipe", { disk })]);
  return pausedRun("wipe it", { session_id, agent });
}

const statusOf = async (paused: PausedRun): Promise<string> => (await stored(paused)).status;
const becomes = (paused: PausedRun, status: string) =>
  eventually(
    () => statusOf(paused),
    (found) => found === status,
  );
const statuses = async ({ agent }: PausedRun) => {
  const lists = await Promise.all(
    ["open", "answered", "expired", "cancelled"].map((status) => inbox({ agent_id: agent, status })),
  );
  return Object.fromEntries(lists.flat().map((one: Json) => [one.tool_execution.tool_name, one.status]));
};
const eventsOf = async ({ session_id, run_id }: PausedRun): Promise<Json[]> =>
  (await runsOf(session_id)).find((one) => one.run_id === run_id).events;
const namesOf = async (paused: PausedRun): Promise<string[]> => (await eventsOf(paused)).map(({ event }) => event);
const expiresAt = async (runId: string, tool = "wipe"): Promise<number | null> => {
  const row = await env.DB.prepare("SELECT expires_at FROM requirements WHERE run_id = ? AND tool_name = ?")
    .bind(runId, tool)
    .first<{ expires_at: number | null }>();
  return row?.expires_at ?? null;
};

/** Expects when the object's next alarm is, once its runs have come to rest; null expects none. */
async function expectNextAlarm(sessionId: string, expected: number | null): Promise<void> {
  const next = async () => ((await ring(sessionId)) ? alarmOf(sessionId) : null);
  await eventually(next, (at) => at === expected);
}

/** Lets these calls expire: D1, and the object's note of when it has to wake, say that their time is over. */
async function letExpire({ session_id, run_id }: PausedRun, ...toolNames: string[]): Promise<void> {
  for (const name of toolNames) {
    const over = "UPDATE requirements SET expires_at = 1 WHERE run_id = ? AND tool_name = ?";
    await env.DB.prepare(over).bind(run_id, name).run();
  }
  await runInDurableObject(objectOf(session_id), (_object, state) => state.storage.kv.put("expires_at", 1));
}

describe("a requirement that nobody answers in time", () => {
  const REJECTED = ["RunContinued", "ToolCallCompleted", "ToolCallError", "ModelRequestStarted"];
  const ANSWERED = ["ModelRequestCompleted", "RunContentCompleted", "RunCompleted"];
  const cases = [false, true].map((died) => ({ died }));

  it.each(cases)("is rejected by the alarm alone, and its run goes on (object died: $died)", async ({ died }) => {
    const { agent, ran } = peopleAgent({ expiresAfterSeconds: died ? 0.5 : 0.05 });
    const paused = await waitsToWipe(agent);
    if (died) await killObjects();
    await becomes(paused, "COMPLETED");

    expect(ran).toEqual([]);
    expect(shown(runCalls(model).at(-1))).toEqual(["user: wipe it", "assistant: Wipe? ", `tool: ${EXPIRED}`]);
    expect((await namesOf(paused)).slice(3)).toEqual(["RunContentCompleted", "RunPaused", ...REJECTED, ...ANSWERED]);
    const [expired] = await inbox({ agent_id: agent, status: "expired" });
    expect(expired).toMatchObject({
      id: paused.requirements[0].id,
      status: "expired",
      answer: "rejected",
      answer_note: LATE,
      answered_by: null,
      answered_at: expect.any(String),
      on_expiry: "reject",
    });
    const { requirements: kept, content } = await stored(paused);
    expect(content).toBe("Wipe? echo: wipe it");
    expect(kept).toMatchObject([{ confirmation: false, confirmation_note: LATE }]);
    const late = await answer(paused, tools(paused, confirmed));
    expect([late.status, late.body.code]).toEqual([409, "run_not_continuable"]);
    await expectNextAlarm(paused.session_id, null);
  });

  it.each(cases)("cancels its run where its tool says so (object died: $died)", async ({ died }) => {
    const { agent, ran } = peopleAgent({ expiresAfterSeconds: died ? 0.5 : 0.05, onExpiry: "cancel" });
    const paused = await waitsToWipe(agent);
    if (died) await killObjects();
    await becomes(paused, "CANCELLED");

    expect((await eventsOf(paused)).slice(-3)).toMatchObject([
      { event: "RunPaused" },
      { event: "RunCancelled", content: "Wipe? ", reason: `Run ${paused.run_id} was cancelled` },
      { event: "RunCompleted", content: "Wipe? " },
    ]);
    expect(await statuses(paused)).toEqual({ wipe: "expired" });
    expect([ran, runCalls(model).length]).toEqual([[], 1]);
    const late = await answer(paused, tools(paused, confirmed));
    expect([late.status, late.body.detail]).toEqual([409, `Cannot continue run ${paused.run_id}: run is cancelled`]);
    expect((await run("next", { session_id: paused.session_id, agent })).body.status).toBe("COMPLETED");
  });

  it("leaves what has more time open, and says so", async () => {
    const { agent, ran } = peopleAgent({ expiresAfterSeconds: HOUR });
    model.next([toolCall("wipe", { disk: 1 }), toolCall("order", { item: "tea" }), toolCall("sign", { paper: "p" })]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    await letExpire(paused, "wipe", "sign");
    await ring(paused.session_id);

    expect(await statuses(paused)).toEqual({ wipe: "expired", order: "open", sign: "expired" });
    const [before, pause] = (await eventsOf(paused)).slice(-2);
    expect([before.event, pause.event, pause.content]).toEqual([
      "RunPaused",
      "RunPaused",
      "I have tools to execute, but I need user input.",
    ]);
    expect(pause.tools.map(({ tool_name }: Json) => tool_name)).toEqual(["order"]);
    await expectNextAlarm(paused.session_id, await expiresAt(paused.run_id, "order"));

    const late = await answer(paused, tools(paused, confirmed, filled({ amount: 1 })));
    expect([late.status, late.body.code]).toEqual([409, "requirement_answered"]);
    const { body } = await answer(paused, tools(paused, rejected(), filled({ amount: 1 })));
    expect([body.status, ran]).toEqual(["COMPLETED", ["order 1 tea"]]);
    expect(shown(runCalls(model).at(-1)).slice(2).sort()).toEqual([
      `tool: ${EXPIRED}`,
      `tool: ${EXPIRED}`,
      "tool: ordered 1 tea",
    ]);
  });

  it("cancels its run together with all else that the run waits for", async () => {
    const { agent } = peopleAgent({ expiresAfterSeconds: HOUR, onExpiry: "cancel" });
    model.next([toolCall("wipe", { disk: 1 }), toolCall("sign", { paper: "p" }), toolCall("order", { item: "tea" })]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    await answer(paused, tools(paused, null, result("signed")));
    await letExpire(paused, "wipe");
    await ring(paused.session_id);
    expect(await statusOf(paused)).toBe("CANCELLED");
    expect(await statuses(paused)).toEqual({ wipe: "expired", sign: "answered", order: "cancelled" });
  });

  it("lets its run go on behind the one that is active", async () => {
    const { agent } = peopleAgent({ expiresAfterSeconds: HOUR });
    const paused = await waitsToWipe(agent);
    const point = gate();
    model.next([text("Half"), hold(point), text(" whole")]);
    const active = await openRun("busy", { session_id: paused.session_id, agent });
    await point.reached();
    await letExpire(paused, "wipe");
    await ring(paused.session_id);
    expect([await statusOf(paused), await statuses(paused)]).toEqual(["PAUSED", { wipe: "expired" }]);
    point.release();
    expect((await active.rest()).at(-1)?.data.content).toBe("Half whole");
    await becomes(paused, "COMPLETED");
  });

  it("is closed later when D1 is away", async () => {
    const { agent } = peopleAgent({ expiresAfterSeconds: HOUR });
    const paused = await waitsToWipe(agent);
    await letExpire(paused, "wipe");
    d1.failWrites();
    await ring(paused.session_id);
    d1.heal();
    expect(await statuses(paused)).toEqual({ wipe: "open" });
    expect(await alarmOf(paused.session_id)).not.toBeNull();
    await ring(paused.session_id);
    await becomes(paused, "COMPLETED");
    expect(await statuses(paused)).toEqual({ wipe: "expired" });
  });
});

describe("the alarm of a session whose runs wait", () => {
  it("is set for the first of what expires, whatever else the object does", async () => {
    const session_id = newId();
    const soon = await waitsToWipe(peopleAgent({ expiresAfterSeconds: HOUR }).agent, session_id);
    const later = await waitsToWipe(peopleAgent({ expiresAfterSeconds: 2 * HOUR }).agent, session_id);
    const [first, second] = [await expiresAt(soon.run_id), await expiresAt(later.run_id)];
    expect(soon.requirements[0].expires_at).toBe(`${new Date(first ?? 0).toISOString().slice(0, 19)}Z`);
    await expectNextAlarm(session_id, first);
    await evictDurableObject(objectOf(session_id));
    await run("hi", { session_id });
    await expectNextAlarm(session_id, first);

    await letExpire(soon, "wipe");
    await ring(session_id);
    await becomes(soon, "COMPLETED");
    await expectNextAlarm(session_id, second);
    await answer(later, tools(later, confirmed));
    await ring(session_id);
    await letExpire(later);
    await expectNextAlarm(session_id, null);
  });

  it("is set at once for what expires before the object is looked after again", async () => {
    const { agent } = peopleAgent({ expiresAfterSeconds: 10 });
    const paused = await waitsToWipe(agent);
    expect(await alarmOf(paused.session_id)).toBe(await expiresAt(paused.run_id));
  });
});

describe("an answer", () => {
  it("before the expiry wins", async () => {
    const { agent, ran } = peopleAgent({ expiresAfterSeconds: HOUR, onExpiry: "cancel" });
    const paused = await waitsToWipe(agent);
    const { body } = await answer(paused, { ...tools(paused, confirmed), answered_by: "ada" });
    expect([body.status, ran]).toEqual(["COMPLETED", ["wipe 1"]]);
    const before = await stored(paused);
    await letExpire(paused, "wipe");
    await ring(paused.session_id);
    expect([await statuses(paused), (await stored(paused)).status]).toEqual([{ wipe: "answered" }, before.status]);
    await expectNextAlarm(paused.session_id, null);
  });

  it("wins also where its run waits still to go on", async () => {
    const { agent, ran } = peopleAgent({ expiresAfterSeconds: HOUR, onExpiry: "cancel" });
    const paused = await waitsToWipe(agent);
    const point = gate();
    model.next([hold(point), text("whole")]);
    const active = await openRun("busy", { session_id: paused.session_id, agent });
    await point.reached();
    const continued = await openAnswer(paused, tools(paused, confirmed));
    await letExpire(paused, "wipe");
    await ring(paused.session_id);
    expect(await statuses(paused)).toEqual({ wipe: "answered" });
    point.release();
    await active.rest();
    expect((await continued.rest()).at(-1)?.event).toBe("RunCompleted");
    expect(ran).toEqual(["wipe 1"]);
  });

  it("that is late counts until the expiry is written", async () => {
    const { agent, ran } = peopleAgent({ expiresAfterSeconds: HOUR });
    const paused = await waitsToWipe(agent);
    await letExpire(paused, "wipe");
    expect((await answer(paused, tools(paused, confirmed))).body.status).toBe("COMPLETED");
    await ring(paused.session_id);
    expect([ran, await statuses(paused)]).toEqual([["wipe 1"], { wipe: "answered" }]);
  });
});
