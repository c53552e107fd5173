import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { deleteRecord } from "../../../src/agents/tools/delete-record.ts";
import { testAgent, testTeam } from "../../support/agents.ts";
import { goOn, openContinue, ran, readRun, threeRuns } from "../../support/continue.ts";
import { accepts, settles, unanswered, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, openRun } from "../../support/http.ts";
import { fail, gate, hold, type ModelCall, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import {
  detailOf,
  eventually,
  killObjects,
  objectOf,
  ring,
  runCalls,
  runsOf,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const lastCall = () => runCalls(model).at(-1);
const systemOf = (asked: ModelCall | undefined) =>
  asked?.request.messages.flatMap(({ role, content }) => (role === "system" ? [content] : []));
const before = ["user: before", "assistant: echo: before"];
const older = ["user: older", "assistant: echo: older"];
const INTERRUPTED = "The run was interrupted before it ended; what had been written down by then was kept.";

describe("a run that is answered again", () => {
  it("leaves the history of models, warm and cold, and stays in what was said", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    model.next("better");
    await goOn(first, { regenerate: true });
    await ran("warm", session_id);
    const history = ["user: older", "assistant: better"];
    expect(shown(lastCall())).toEqual([...history, "user: warm"]);
    await evictDurableObject(objectOf(session_id));
    await ran("cold", session_id);
    history.push("user: warm", "assistant: echo: warm");
    expect(shown(lastCall())).toEqual([...history, "user: cold"]);

    history.push("user: cold", "assistant: echo: cold");
    const { body } = await call("GET", `/sessions/${session_id}/messages?skip_roles=system`);
    const asText = ({ role, content }: { role: string; content: string }) => `${role}: ${content}`;
    expect(body.data.map(asText)).toEqual(history);
    expect(await saidIn(session_id)).toEqual([...older, ...history]);
    expect(await storyOf(session_id)).toEqual([
      "older → REGENERATED: echo: older",
      "older → COMPLETED: better",
      "warm → COMPLETED: echo: warm",
      "cold → COMPLETED: echo: cold",
    ]);
    const detail = await detailOf(session_id);
    expect(detail).toMatchObject({ chat_history_total: 8, total_tokens: 60 });
    expect(detail.chat_history).toHaveLength(8);
  });

  it("may be so again and again: the newest answer counts", async () => {
    const session_id = newId();
    await ran("before", session_id);
    let { run_id } = await ran("older", session_id);
    for (const answer of ["second", "third", "fourth"]) {
      model.next(answer);
      const { body } = await goOn({ session_id, run_id }, { regenerate: true });
      expect(body.regenerated_from).toBe(run_id);
      expect(shown(lastCall())).toEqual([...before, "user: older"]);
      run_id = body.run_id;
    }
    expect(await storyOf(session_id)).toEqual([
      "before → COMPLETED: echo: before",
      "older → REGENERATED: echo: older",
      "older → REGENERATED: second",
      "older → REGENERATED: third",
      "older → COMPLETED: fourth",
    ]);
    await ran("next", session_id);
    expect(shown(lastCall())).toEqual([...before, "user: older", "assistant: fourth", "user: next"]);
  });

  it("gives way to an answer to the one that failed in its place: a model sees the question once", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    model.next([fail(400, "no")]);
    const failed = (await goOn(first, { regenerate: true })).body;
    model.next([fail(400, "no")]);
    const again = (await goOn({ session_id, run_id: failed.run_id }, { regenerate: true })).body;
    model.next("better");
    await goOn({ session_id, run_id: again.run_id }, { regenerate: true });
    await ran("later", session_id);
    expect(shown(lastCall())).toEqual(["user: older", "assistant: better", "user: later"]);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual([
      "REGENERATED",
      "REGENERATED",
      "REGENERATED",
      "COMPLETED",
      "COMPLETED",
    ]);
  });

  it("stays as it was with replace_original=false", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    model.next("better");
    expect((await goOn(first, { regenerate: true, replace_original: false })).body.status).toBe("COMPLETED");
    expect(await storyOf(session_id)).toEqual(["older → COMPLETED: echo: older", "older → COMPLETED: better"]);
    await ran("next", session_id);
    expect(shown(lastCall())).toEqual([...older, "user: older", "assistant: better", "user: next"]);
  });

  it("is answered with what the model is to heed as well", async () => {
    const middle = await threeRuns();
    const { body } = await goOn(middle, { regenerate: true, additional_instructions: "Be brief." });
    const [system] = systemOf(runCalls(model)[0]) ?? [];
    expect(systemOf(lastCall())).toEqual([`${system}\nBe brief.`]);
    expect(shown(lastCall())).toEqual([...before, "user: older"]);
    await ran("next", middle.session_id);
    expect(systemOf(lastCall())).toEqual([system]);
    await goOn({ ...middle, run_id: body.run_id }, { regenerate: true });
    expect(systemOf(lastCall())).toEqual([`${system}\nBe brief.`]);
  });

  it("gives way only to an answer: where the model fails, or is cancelled, or nothing is stored, it stays", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    const was = (await readRun(first)).body;
    model.next([fail(400, "no")]);
    const failed = (await goOn(first, { regenerate: true })).body;
    expect(failed).toMatchObject({ status: "ERROR", regenerated_from: first.run_id });
    expect((await readRun(first)).body).toEqual(was);

    const point = gate();
    model.next([text("Half"), hold(point)]);
    const stream = await openContinue(first, { regenerate: true });
    await stream.until("RunContent");
    expect((await readRun(first)).body).toEqual(was);
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel`);
    await stream.rest();
    expect((await readRun(first)).body).toEqual(was);

    const killed = gate();
    model.next([text("Half"), hold(killed)]);
    const dying = await openContinue(first, { regenerate: true });
    await dying.until("RunContent");
    await killObjects();
    await dying.rest().catch(() => []);
    await ring(session_id);
    expect((await readRun(first)).body).toEqual(was);

    d1.next(settles(session_id), unsent(), 3);
    const unsure = await goOn(first, { regenerate: true });
    expect(unsure.body).toMatchObject({ status: "COMPLETED", persisted: false });
    expect((await readRun(first)).body).toEqual(was);
    await ring(session_id);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual([
      "REGENERATED",
      "ERROR",
      "CANCELLED",
      "ERROR",
      "COMPLETED",
    ]);
    await ran("next", session_id);
    expect(shown(lastCall())).toEqual([...older, "user: next"]);
  });

  it("may have failed or been cancelled", async () => {
    const session_id = newId();
    model.next([fail(400, "no")]);
    const failed = await ran("older", session_id);
    const point = gate();
    model.next([text("Half"), hold(point)]);
    const stream = await openRun("two", { session_id });
    await stream.until("RunContent");
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel`);
    await stream.rest();

    expect((await goOn(failed, { regenerate: true })).body.status).toBe("COMPLETED");
    expect(shown(lastCall())).toEqual(["user: older"]);
    expect((await goOn({ session_id, run_id: stream.runId }, { regenerate: true })).body.status).toBe("COMPLETED");
    expect(shown(lastCall())).toEqual(["user: two"]);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual([
      "REGENERATED",
      "REGENERATED",
      "COMPLETED",
      "COMPLETED",
    ]);
  });

  it("takes with it what it waited for", async () => {
    const session_id = newId();
    model.next([text("I delete."), toolCall("delete_record", { id: "7" })]);
    const paused = await ran("delete", session_id, "operator");
    const openOf = async () =>
      (await call("GET", "/requirements?status=open&agent_id=operator")).body.data.filter(
        (one: { session_id: string }) => one.session_id === session_id,
      );
    const [open] = await openOf();
    expect((await readRun(paused)).body.status).toBe("PAUSED");
    expect((await goOn(paused, { fork: true })).status).toBe(400);

    model.next("I do not.");
    const { body } = await goOn(paused, { regenerate: true });

    expect(body).toMatchObject({ status: "COMPLETED", content: "I do not." });
    expect(shown(lastCall())).toEqual(["user: delete"]);
    expect(await openOf()).toEqual([]);
    expect((await readRun(paused)).body.status).toBe("REGENERATED");
    const late = await goOn(paused, {
      requirements: [{ id: open.id, confirmation: true, tool_execution: { ...open.tool_execution, confirmed: true } }],
    });
    expect([late.status, late.body.code]).toEqual([409, "run_not_continuable"]);
    expect((await ran("next", session_id, "operator")).run_id).not.toBe("");
    expect(shown(lastCall())).toEqual(["user: delete", "assistant: I do not.", "user: next"]);
  });
});

describe("a team's run that is answered again", () => {
  it("takes with it what its members waited for", async () => {
    const session_id = newId();
    const member = testAgent({ name: "Eraser", tools: [deleteRecord] });
    const at = `teams/${testTeam({ mode: "coordinate", members: [member] })}`;
    model.next([toolCall("delegate_task_to_member", { member_id: member, task: "erase" })]);
    model.next([text("May I?"), toolCall("delete_record", { id: "7" })]);
    const paused = (await call("POST", `/${at}/runs`, { message: "go", session_id, stream: false })).body;
    expect([paused.status, paused.member_responses[0].status]).toEqual(["PAUSED", "PAUSED"]);

    model.next("I do it myself.");
    const { body } = await goOn({ session_id, run_id: paused.run_id, at }, { regenerate: true });
    expect(body).toMatchObject({ status: "COMPLETED", content: "I do it myself.", member_responses: [] });
    const old = (await readRun({ session_id, run_id: paused.run_id, at })).body;
    expect([old.status, old.member_responses[0].status]).toEqual(["REGENERATED", "CANCELLED"]);
    const open = (await call("GET", "/requirements?status=open")).body.data;
    expect(open.filter((one: { session_id: string }) => one.session_id === session_id)).toEqual([]);
  });
});

describe("a run that is made from another one, in line", () => {
  it("waits for the active one, and sees nothing of it", async () => {
    const session_id = newId();
    await ran("before", session_id);
    const first = await ran("older", session_id);
    const point = gate();
    model.next([hold(point), text("active")]);
    const active = await openRun("active", { session_id });
    await point.reached();
    const busy = await goOn(first, { regenerate: true, on_busy: "reject" });
    expect([busy.status, busy.body.code]).toEqual([409, "run_active"]);
    const waiting = await openContinue(first, { regenerate: true });
    const pending = { session_id, run_id: waiting.runId };
    expect((await readRun(pending)).body).toMatchObject({ status: "PENDING", regenerated_from: first.run_id });
    for (const run_id of [active.runId, waiting.runId]) {
      for (const fields of [{ regenerate: true }, { fork: true }, { continue_from: "end" }, {}]) {
        expect((await goOn({ session_id, run_id }, fields)).status).toBe(409);
      }
    }
    expect((await readRun(first)).body.status).toBe("COMPLETED");
    point.release();
    await Promise.all([active.rest(), waiting.rest()]);
    expect(shown(lastCall())).toEqual([...before, "user: older"]);
    expect(await storyOf(session_id)).toEqual([
      "before → COMPLETED: echo: before",
      "older → REGENERATED: echo: older",
      "active → COMPLETED: active",
      "older → COMPLETED: echo: older",
    ]);
    expect((await readRun(pending)).body).toMatchObject({ forked_from_message_index: 2 });
  });

  it("starts with what it is made from, although its object died while it waited", async () => {
    const session_id = newId();
    await ran("before", session_id);
    const first = await ran("older", session_id);
    const point = gate();
    model.next([hold(point)]);
    const active = await openRun("active", { session_id });
    await point.reached();
    const again = await openContinue(first, { regenerate: true, additional_instructions: "Be brief." });
    const fork = await openContinue(first, { fork: true, input: "and" });
    await killObjects();
    await Promise.all([active, again, fork].map((stream) => stream.rest().catch(() => [])));
    const calls = runCalls(model).length;

    await ring(session_id);

    await eventually(
      () => runsOf(session_id),
      (runs) => runs.length === 5 && runs.every(({ status }) => status !== "PENDING" && status !== "RUNNING"),
    );
    const [third, fourth] = runCalls(model).slice(calls);
    expect(shown(third)).toEqual([...before, "user: older"]);
    expect(systemOf(third)?.[0]).toContain("Be brief.");
    expect(shown(fourth)).toEqual([...before, ...older, "user: and"]);
    expect(await storyOf(session_id)).toEqual([
      "before → COMPLETED: echo: before",
      "older → REGENERATED: echo: older",
      `active → ERROR: ${INTERRUPTED}`,
      "older → COMPLETED: echo: older",
      "and → COMPLETED: echo: and",
    ]);
    expect((await readRun({ session_id, run_id: fork.runId })).body).toMatchObject({
      forked_from_run_id: first.run_id,
      forked_from_message_index: 3,
    });
  });

  it("is one run under one key, while it runs, behind it and after its object went", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    const key = newId();
    const point = gate();
    model.next([hold(point), text("once")]);
    const asked = { regenerate: true };
    const one = goOn(first, asked, key);
    await point.reached();
    const other = goOn(first, asked, key);
    point.release();
    const [{ body }, second] = await Promise.all([one, other]);
    expect(second.body).toEqual(body);
    await evictDurableObject(objectOf(session_id));
    expect((await goOn(first, asked, key)).body).toEqual(body);
    const different = await goOn(first, { ...asked, additional_instructions: "else" }, key);
    expect([different.status, different.body.code]).toEqual([409, "idempotency_conflict"]);
    expect(runCalls(model)).toHaveLength(2);
    expect(await storyOf(session_id)).toEqual(["older → REGENERATED: echo: older", "older → COMPLETED: once"]);
  });

  it("leaves nothing behind where it could not be stored", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    d1.next(accepts(session_id), unanswered(), 3);
    expect((await goOn(first, { fork: true, input: "and" })).status).toBe(503);
    await ring(session_id);
    expect(await storyOf(session_id)).toEqual(["older → COMPLETED: echo: older"]);
    expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 2 });
    expect(await saidIn(session_id)).toEqual(older);
    expect((await goOn(first, { fork: true, input: "and" })).body.status).toBe("COMPLETED");
    expect(await detailOf(session_id)).toMatchObject({ chat_history_total: 6 });
  });

  it("is never the run itself: one that has ended does not go on", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    model.next([fail(403)]);
    const failed = await ran("two", session_id);
    const again = (await goOn(first, { regenerate: true })).body;
    for (const run_id of [first.run_id, failed.run_id, again.run_id]) {
      for (const fields of [{}, { tools: [{ tool_call_id: "c1", confirmed: true }] }]) {
        const { status, body } = await goOn({ session_id, run_id }, fields);
        expect([status, body.code]).toEqual([409, "run_not_continuable"]);
      }
    }
    expect(await runsOf(session_id)).toHaveLength(3);
  });
});
