import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { goOn, openContinue, ran, readRun } from "../../support/continue.ts";
import { heldAfter, heldBefore, settles, watchD1 } from "../../support/d1-faults.ts";
import { call, EventStream, names, newId, openRun, run, send } from "../../support/http.ts";
import { type Gate, gate, hold, open, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import {
  eventually,
  journalOf,
  killObjects,
  ring,
  runCalls,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const RUNS = "/agents/assistant/runs";
const cancel = (runId: string, agent = "assistant") => call("POST", `/agents/${agent}/runs/${runId}/cancel`);
const statusOf = async (session_id: string, run_id: string, at?: string): Promise<string> =>
  (await readRun({ session_id, run_id, ...(at !== undefined && { at }) })).body.status;
const settled = (session_id: string, run_id: string, status: string) =>
  eventually(
    () => statusOf(session_id, run_id),
    (found) => found === status,
  );

async function inBackground(message: string, session_id: string, fields: object = {}) {
  const { status, body } = await call("POST", RUNS, {
    message,
    session_id,
    stream: false,
    background: true,
    ...fields,
  });
  expect([status, body.status]).toEqual([202, "PENDING"]);
  return body as { run_id: string; queue_position: number };
}

/** An active run that is held at the gate. */
async function active(session_id: string, point: Gate) {
  model.next([text("Half"), hold(point), text(" whole")]);
  const stream = await openRun("active", { session_id });
  await point.reached();
  return stream;
}

describe("a run in the background", () => {
  it("waits in line, and each is read by its id until it is over", async () => {
    const session_id = newId();
    const point = gate();
    model.next([hold(point), text("one")]);
    const runs = [await inBackground("one", session_id), await inBackground("two", session_id)];
    runs.push(await inBackground("three", session_id));
    expect(runs.map((one) => one.queue_position)).toEqual([0, 1, 2]);
    await point.reached();
    const statuses = () => Promise.all(runs.map((one) => statusOf(session_id, one.run_id)));
    expect(await statuses()).toEqual(["RUNNING", "PENDING", "PENDING"]);
    await cancel(runs[1]?.run_id ?? "");
    expect((await inBackground("four", session_id)).queue_position).toBe(2);
    point.release();
    await eventually(statuses, (found) => found.join() === "COMPLETED,CANCELLED,COMPLETED");
    await eventually(
      () => storyOf(session_id),
      (story) => story.includes("four → COMPLETED: echo: four"),
    );
    expect(runCalls(model).map((one) => shown(one).at(-1))).toEqual(["user: one", "user: three", "user: four"]);
  });

  it("as a stream outlives its reader", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("Half"), hold(point), text(" whole")]);
    const response = await send("POST", RUNS, { message: "hi", session_id, background: true });
    const stream = new EventStream(response);
    await stream.until("RunContent");
    await stream.leave();
    expect(await statusOf(session_id, stream.runId)).toBe("RUNNING");
    point.release();
    await settled(session_id, stream.runId, "COMPLETED");
    expect(await storyOf(session_id)).toEqual(["hi → COMPLETED: Half whole"]);
    expect(runCalls(model)[0]?.aborted).toBe(false);
  });

  it("is taken up again when its object died: the active one is closed, and those that wait run", async () => {
    const session_id = newId();
    const point = gate();
    model.next([hold(point)]);
    const first = await inBackground("one", session_id);
    const second = await inBackground("two", session_id);
    await point.reached();
    await killObjects();
    await ring(session_id);
    await settled(session_id, second.run_id, "COMPLETED");
    expect((await readRun({ session_id, run_id: first.run_id })).body).toMatchObject({
      status: "ERROR",
      error_type: "interrupted",
    });
  });
});

describe("cancel", () => {
  it("ends a run whose model speaks: its call is aborted, and what it said is kept", async () => {
    const session_id = newId();
    await ran("before", session_id);
    const stream = await active(session_id, gate());
    const waiting = openRun("next", { session_id });
    expect((await cancel(stream.runId)).body).toEqual({});
    const end = (await stream.rest()).slice(-2);
    expect(names(end)).toEqual(["RunCancelled", "RunCompleted"]);
    expect(end[0]?.data).toMatchObject({ content: "Half", reason: `Run ${stream.runId} was cancelled` });
    expect(end.map(({ data }) => data.content)).toEqual(["Half", "Half"]);
    expect(runCalls(model)[1]).toMatchObject({ aborted: true });
    await (await waiting).rest();
    expect(await storyOf(session_id)).toEqual([
      "before → COMPLETED: echo: before",
      "active → CANCELLED: Half",
      "next → COMPLETED: echo: next",
    ]);
    expect((await saidIn(session_id)).slice(2, 4)).toEqual(["user: active", "assistant: Half"]);
    expect(shown(runCalls(model).at(-1))).toEqual(["user: before", "assistant: echo: before", "user: next"]);
    expect((await cancel(stream.runId)).status).toBe(200);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("ends a run whose model has not answered yet", async () => {
    const session_id = newId();
    for (const script of [[hold(gate())], [open(), hold(gate())]]) {
      model.next(script);
      const stream = await openRun("hi", { session_id });
      await until(() => runCalls(model).some((one) => !one.ended), "the model");
      await cancel(stream.runId);
      expect(names(await stream.rest()).slice(-2)).toEqual(["RunCancelled", "RunCompleted"]);
    }
    expect(runCalls(model).map((one) => one.aborted)).toEqual([true, true]);
    expect(await storyOf(session_id)).toEqual(["hi → CANCELLED: ", "hi → CANCELLED: "]);
  });

  it("aborts the tools that run, keeps the results that are there, and asks the model no more", async () => {
    const session_id = newId();
    const point = gate();
    const aborted: string[] = [];
    const tool = (name: string, execute: Tool["execute"]) =>
      defineTool({ name, description: "", parameters: z.object({}), ...(execute && { execute }) });
    const polite = tool("polite", async (_, { signal }) => {
      point.arrivals += 1;
      await until(() => signal.aborted, "the signal");
      aborted.push("polite");
    });
    const deaf = tool("deaf", async () => {
      point.arrivals += 1;
      await until(() => point.released, "the gate");
    });
    const agent = testAgent({ tools: [polite, deaf, tool("quick", () => "done")] });
    model.next([text("I start."), ...["quick", "polite", "deaf"].map((name) => toolCall(name, {}))]);
    const stream = await openRun("go", { session_id, agent });
    await stream.until("ToolCallCompleted");
    await point.reached(2);
    await cancel(stream.runId, agent);
    expect(names(await stream.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    await until(() => aborted.length > 0, "the polite tool");
    point.release();
    const { body } = await readRun({ session_id, run_id: stream.runId, at: `agents/${agent}` });
    expect(body).toMatchObject({ status: "CANCELLED", content: "I start." });
    expect(
      body.messages.flatMap((one: { role: string; content: string }) => (one.role === "tool" ? one.content : [])),
    ).toEqual(["done"]);
    expect(runCalls(model)).toHaveLength(1);
    await run("next", { session_id, agent });
    expect(shown(runCalls(model).at(-1))).toEqual(["user: next"]);
  });

  it("takes a waiting run out of the line: its model is never asked", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    const point = gate();
    const stream = await active(session_id, point);
    const waiting = [
      await openRun("waiting", { session_id }),
      await openContinue(first, { regenerate: true }),
      await openContinue(first, { fork: true, input: "and" }),
    ];
    for (const { runId } of waiting) expect((await cancel(runId)).status).toBe(200);
    for (const one of waiting) expect(names(await one.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    point.release();
    await stream.rest();
    expect(await Promise.all(waiting.map((one) => statusOf(session_id, one.runId)))).toEqual(
      Array(3).fill("CANCELLED"),
    );
    expect(await statusOf(session_id, first.run_id)).toBe("COMPLETED");
    expect(runCalls(model)).toHaveLength(2);
    expect(await saidIn(session_id)).toHaveLength(4);
  });

  it("ends a paused run with what it waited for, and one that was answered and waits to go on", async () => {
    const session_id = newId();
    const at = "agents/operator";
    const paused = [];
    for (const id of ["c1", "c2"]) {
      model.next([text("May I?"), toolCall("delete_record", { id: "7" }, { id })]);
      paused.push(await ran("delete", session_id, "operator"));
    }
    const confirm = (id: string) => ({ tools: [{ tool_call_id: id, confirmed: true }] });
    const [one, other] = paused;
    if (one === undefined || other === undefined) throw new Error("two runs");
    const point = gate();
    const stream = await active(session_id, point);
    const answered = await openContinue(other, confirm("c2"));
    for (const { run_id } of paused) expect((await cancel(run_id, "operator")).status).toBe(200);
    expect(names(await answered.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    for (const { run_id } of paused) {
      expect((await readRun({ session_id, run_id, at })).body).toMatchObject({
        status: "CANCELLED",
        content: "May I?",
      });
    }
    const { body } = await call("GET", "/requirements?status=open");
    expect(body.data.filter((open: { session_id: string }) => open.session_id === session_id)).toEqual([]);
    const late = await goOn(one, confirm("c1"));
    expect([late.status, late.body.detail]).toEqual([409, `Cannot continue run ${one.run_id}: run is cancelled`]);
    point.release();
    await stream.rest();
    expect(await storyOf(session_id)).toEqual([
      "delete → CANCELLED: May I?",
      "delete → CANCELLED: May I?",
      "active → COMPLETED: Half whole",
    ]);
    expect(runCalls(model)).toHaveLength(3);
  });

  it("comes too late for a run that has ended, written down or not", async () => {
    for (const held of [heldBefore, heldAfter]) {
      const session_id = newId();
      const point = gate();
      d1.next(settles(session_id), held(point));
      const stream = await openRun("hi", { session_id });
      await point.reached();
      expect((await cancel(stream.runId)).status).toBe(200);
      point.release();
      expect(names(await stream.rest()).at(-1)).toBe("RunCompleted");
      expect(await storyOf(session_id)).toEqual(["hi → COMPLETED: echo: hi"]);
    }
  });

  it("reaches a run that goes on after a pause", async () => {
    const session_id = newId();
    model.next([text("May I?"), toolCall("delete_record", { id: "7" }, { id: "c1" })]);
    const paused = await ran("delete", session_id, "operator");
    const point = gate();
    model.next([text("Gone"), hold(point)]);
    const stream = await openContinue(paused, { tools: [{ tool_call_id: "c1", confirmed: true }] });
    await point.reached();
    await cancel(paused.run_id, "operator");
    expect(names(await stream.rest()).slice(-2)).toEqual(["RunCancelled", "RunCompleted"]);
    expect(await storyOf(session_id)).toEqual(["delete → CANCELLED: May I?Gone"]);
    expect(runCalls(model)[1]?.aborted).toBe(true);
  });
});
