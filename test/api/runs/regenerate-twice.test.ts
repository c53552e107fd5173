import { describe, expect, it } from "vitest";
import { goOn, type Older, openContinue, ran, readRun } from "../../support/continue.ts";
import { heldAfter, type Operation, settles, unsent, watchD1 } from "../../support/d1-faults.ts";
import { type Answer, call, type EventStream, newId, openRun } from "../../support/http.ts";
import { fail, type Gate, gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { eventually, killObjects, ring, runCalls, runsOf, storyOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const again = { regenerate: true };

/** The refusal that names the run which answers already. */
function expectRefused({ status, body, headers }: Answer, older: Older, byRunId: string): void {
  const detail = `Run ${byRunId} answers run ${older.run_id} again already. Wait for it, or cancel it.`;
  expect([status, body.code, body.detail]).toEqual([409, "run_active", detail]);
  expect(headers.get("X-Run-Id")).toBe(byRunId);
}

interface UnderWay {
  first: Older;
  point: Gate;
  answering: EventStream;
}

/** A run that is being answered again, under a key where one is given. */
async function answeredAgain(fields: object = again, key?: string): Promise<UnderWay> {
  const first = await ran("older", newId());
  const point = gate();
  model.next([text("Bet"), hold(point), text("ter")]);
  const answering = await openContinue(first, fields, key);
  await answering.until("RunContent");
  return { first, point, answering };
}

/** A run whose next answer waits behind an active run. */
async function waitsForItsTurn(key?: string): Promise<UnderWay> {
  const first = await ran("older", newId());
  const point = gate();
  model.next([hold(point), text("active")]);
  await openRun("active", { session_id: first.session_id });
  await point.reached();
  return { first, point, answering: await openContinue(first, again, key) };
}

const settled = (session_id: string, count: number) =>
  eventually(
    () => runsOf(session_id),
    (runs) => runs.length === count && runs.every(({ status }) => !["PENDING", "RUNNING"].includes(status)),
  );

describe("a run that is being answered again", () => {
  it("is answered by no other run meanwhile, whatever else is asked for", async () => {
    const { first, point, answering } = await answeredAgain();
    for (const more of [
      {},
      { replace_original: false },
      { additional_instructions: "Be brief." },
      { continue_from: "end" },
      { on_busy: "interrupt" },
      { on_busy: "reject" },
    ]) {
      expectRefused(await goOn(first, { ...again, ...more }), first, answering.runId);
    }
    expectRefused(await goOn(first, again, newId()), first, answering.runId);
    point.release();
    await answering.rest();
    expect(await storyOf(first.session_id)).toEqual(["older → REGENERATED: echo: older", "older → COMPLETED: Better"]);
  });

  it("is so where it is to stay, too", async () => {
    const { first, point, answering } = await answeredAgain({ ...again, replace_original: false });
    expectRefused(await goOn(first, again), first, answering.runId);
    point.release();
    await answering.rest();
    expect((await goOn(first, { ...again, replace_original: false })).body.status).toBe("COMPLETED");
  });

  it("has one answer for all who send its key, and none for who means something else by it", async () => {
    const key = newId();
    const { first, point, answering } = await answeredAgain(again, key);
    const repeated = [openContinue(first, again, key), openContinue(first, again, key)];
    const different = await goOn(first, { ...again, additional_instructions: "else" }, key);
    expect([different.status, different.body.code]).toEqual([409, "idempotency_conflict"]);
    const streams = await Promise.all(repeated);
    expect(streams.map(({ runId }) => runId)).toEqual([answering.runId, answering.runId]);
    point.release();
    await Promise.all([answering, ...streams].map((stream) => stream.rest()));
    expect(await runsOf(first.session_id)).toHaveLength(2);
  });

  it("goes on in other runs meanwhile, and its answer is answered again once it is there", async () => {
    const { first, point, answering } = await answeredAgain();
    const fork = await openContinue(first, { fork: true, input: "and" });
    const branch = await openContinue(first, { continue_from: "end", input: "or" });
    point.release();
    await Promise.all([answering, fork, branch].map((stream) => stream.rest()));
    const newer = { ...first, run_id: answering.runId };
    expect((await goOn(newer, again)).body).toMatchObject({ status: "COMPLETED", regenerated_from: answering.runId });
  });

  it.each<[how: string, end: (of: UnderWay) => Promise<unknown>]>([
    ["is cancelled", ({ answering }) => call("POST", `/agents/assistant/runs/${answering.runId}/cancel`)],
    ["dies with its object", ({ first }) => killObjects().then(() => ring(first.session_id))],
  ])("is free again where that answer %s", async (_how, end) => {
    const underWay = await answeredAgain();
    await end(underWay);
    await underWay.answering.rest().catch(() => []);
    model.next("Best");
    expect((await goOn(underWay.first, again)).body).toMatchObject({ status: "COMPLETED", content: "Best" });
  });

  it("is free again where that answer fails, or waits for people", async () => {
    const first = await ran("older", newId(), "operator");
    model.next([fail(400, "no")]);
    expect((await goOn(first, again)).body.status).toBe("ERROR");
    model.next([toolCall("delete_record", { id: "7" })]);
    const stays = { ...again, replace_original: false };
    expect((await goOn(first, stays)).body.status).toBe("PAUSED");
    expect((await goOn(first, stays)).body.status).toBe("COMPLETED");
  });
});

describe("a run whose next answer waits for its turn", () => {
  it("is answered by no other run, before and after its object went", async () => {
    const key = newId();
    const { first, point, answering } = await waitsForItsTurn(key);
    expectRefused(await goOn(first, again), first, answering.runId);
    await killObjects();
    // The next instance finds the answer that waits in D1, and only there.
    const held = gate();
    model.next([text("Bet"), hold(held), text("ter")]);
    expectRefused(await goOn(first, again), first, answering.runId);
    expect((await openContinue(first, again, key)).runId).toBe(answering.runId);
    point.release();
    held.release();
    await settled(first.session_id, 3);
    expect((await storyOf(first.session_id)).filter((run) => run.startsWith("older"))).toEqual([
      "older → REGENERATED: echo: older",
      "older → COMPLETED: Better",
    ]);
  });

  it("is free again where that one is cancelled", async () => {
    const { first, point, answering } = await waitsForItsTurn();
    await call("POST", `/agents/assistant/runs/${answering.runId}/cancel`);
    const other = await openContinue(first, again);
    point.release();
    await other.rest();
    expect((await readRun({ ...first, run_id: other.runId })).body.status).toBe("COMPLETED");
  });
});

/** A look at the run, with its messages or at its status alone. */
const looks =
  (isBatch: boolean) =>
  ({ run_id }: Older) =>
  ({ isRead, isBatch: isOfMany, statements }: Operation) =>
    isRead &&
    isOfMany === isBatch &&
    /from "runs" where/.test(statements[0]?.sql ?? "") &&
    statements[0]?.params.includes(run_id) === true;
const readsRun = looks(true);
const readsStatus = looks(false);

describe("two who ask for another answer at once", () => {
  it("get one, also where the first is over before the second is let in", async () => {
    const first = await ran("older", newId());
    // The second request has looked at the run, and is held until the first one's answer is stored.
    const look = gate();
    d1.next(readsRun(first), heldAfter(look));
    const second = goOn(first, again);
    await look.reached();
    expect((await goOn(first, again)).body.status).toBe("COMPLETED");
    look.release();
    const { status, body } = await second;
    const detail = `Cannot continue run ${first.run_id}: another run answered it again meanwhile`;
    expect([status, body.code, body.detail]).toEqual([409, "run_not_continuable", detail]);
    expect(await runsOf(first.session_id)).toHaveLength(2);
    // Who asks now has seen that answer.
    expect((await goOn(first, again)).body.status).toBe("COMPLETED");
  });

  it("are told to come again where D1 cannot say what became of the run", async () => {
    const first = await ran("older", newId());
    const calls = runCalls(model).length;
    d1.next(readsStatus(first), unsent());
    const { status, body } = await goOn(first, again);
    expect([status, body.code]).toEqual([503, "database_unavailable"]);
    expect(runCalls(model)).toHaveLength(calls);
    expect((await goOn(first, again)).body.status).toBe("COMPLETED");
  });

  it("get one where D1 did not take the end of the first", async () => {
    const key = newId();
    const first = await ran("older", newId());
    d1.next(settles(first.session_id), unsent(), 3);
    expect((await goOn(first, again, key)).body).toMatchObject({ status: "COMPLETED", persisted: false });
    const { status, body } = await goOn(first, again);
    expect([status, body.code]).toEqual([409, "run_not_continuable"]);
    expect((await goOn(first, again, key)).body.status).toBe("COMPLETED");
    expect(await runsOf(first.session_id)).toHaveLength(2);
  });
});
