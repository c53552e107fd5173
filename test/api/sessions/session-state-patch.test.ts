import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../../../src/domain/json.ts";
import { defineTool, type Tool, type ToolContext } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { goOn, openContinue, readRun } from "../../support/continue.ts";
import { heldAfter, heldBefore, patches, settles, unanswered, unsent, watchD1 } from "../../support/d1-faults.ts";
import { type Answer, call, newId, openRun, run } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import { type Gate, gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { detailOf, eventually, journalOf, killObjects, ring, runsOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const CHECKPOINT_MS = 600;
const MERGE = { "Content-Type": "application/merge-patch+json" };
const UNNAMED = { naming: { after: 0 } };

const tool = (name: string, execute: (context: ToolContext) => unknown, its: Partial<Tool> = {}): Tool =>
  defineTool({ name, description: "", parameters: z.object({}), execute: (_, context) => execute(context), ...its });
const add = (state: JsonObject): JsonObject => ({ ...state, count: Number(state.count ?? 0) + 1 });
const increment = tool("increment", ({ updateState }) => updateState(add).count);
const approved = tool("approved", ({ updateState }) => updateState(add).count, { requiresConfirmation: true });

/** A tool that counts, waits at the gate, and counts again; it answers the state that it saw after the gate. */
function heldTool(point: Gate): Tool {
  return tool("held", async (context) => {
    context.updateState(add);
    point.arrivals += 1;
    await until(() => point.released, "the gate");
    const seen = context.sessionState;
    context.updateState(add);
    return seen;
  });
}

const sessionOf = (id: string) => call("GET", `/sessions/${id}`);
const stateOf = async (id: string): Promise<JsonObject> => (await detailOf(id)).session_state;
const etag = ({ headers }: Answer): string => headers.get("ETag") ?? "";
const patch = (id: string, session_state: unknown, headers: Record<string, string> = {}) =>
  call("PATCH", `/sessions/${id}`, JSON.stringify({ session_state }), {
    "Content-Type": "application/json",
    ...headers,
  });

describe("a PATCH while a run is active", () => {
  const cases: [what: string, state: unknown, headers: Record<string, string>, seen: object, end: object][] = [
    ["replaces what tools have changed", { x: 1 }, {}, { x: 1 }, { x: 1, count: 1 }],
    [
      "merges over what tools have changed",
      { x: 1, a: null },
      MERGE,
      { b: { c: 1 }, count: 1, x: 1 },
      { b: { c: 1 }, count: 2, x: 1 },
    ],
    [
      "merges deeply",
      { b: { d: 2 } },
      MERGE,
      { a: 1, b: { c: 1, d: 2 }, count: 1 },
      { a: 1, b: { c: 1, d: 2 }, count: 2 },
    ],
    [
      "sets over what tools have changed",
      { count: 7 },
      MERGE,
      { a: 1, b: { c: 1 }, count: 7 },
      { a: 1, b: { c: 1 }, count: 8 },
    ],
    ["takes all away", null, MERGE, {}, { count: 1 }],
  ];
  it.each(cases)("%s, and they see it", async (...[, state, headers, seen, end]) => {
    const point = gate();
    const agent = testAgent({ tools: [heldTool(point)], ...UNNAMED });
    const session_id = newId();
    model.next([toolCall("held", {})], "done");
    const stream = await openRun("go", { session_id, agent, session_state: { a: 1, b: { c: 1 } } });
    await until(() => point.arrivals > 0, "the tool");
    expect(await stateOf(session_id)).toEqual({ a: 1, b: { c: 1 } });
    const patched = await patch(session_id, state, { ...headers, "If-Match": etag(await sessionOf(session_id)) });
    expect(patched.status).toBe(200);
    expect(patched.body.session_state).toEqual(await stateOf(session_id));
    point.release();
    const completed = (await stream.rest()).at(-1)?.data;

    expect(completed.session_state).toEqual(end);
    const { body } = await readRun({ session_id, run_id: stream.runId, at: `agents/${agent}` });
    expect(JSON.parse(body.tools[0].result)).toEqual(seen);
    expect([body.session_state, await stateOf(session_id)]).toEqual([end, end]);
    expect((await patch(session_id, {}, { "If-Match": etag(patched) })).status).toBe(412);
  });

  it("is not undone by a run that changes nothing", async () => {
    const agent = testAgent(UNNAMED);
    const session_id = newId();
    const point = gate();
    model.next([hold(point), text("done")]);
    const stream = await openRun("go", { session_id, agent, session_state: { a: 1 } });
    await point.reached();
    const patched = await patch(session_id, { x: 1 });
    point.release();
    expect((await stream.rest()).at(-1)?.data.session_state).toEqual({ x: 1 });
    const after = await sessionOf(session_id);
    expect([after.body.session_state, etag(after)]).toEqual([{ x: 1 }, etag(patched)]);
    expect((await runsOf(session_id))[0].session_state).toEqual({ x: 1 });
  });

  it("stands below the argument of a run that waits", async () => {
    const agent = testAgent(UNNAMED);
    const session_id = newId();
    const point = gate();
    model.next([hold(point), text("done")]);
    const active = await openRun("go", { session_id, agent, session_state: { a: 1, b: 1 } });
    const waiting = run("next", { session_id, agent, session_state: { a: 2 } });
    await point.reached();
    await eventually(
      () => runsOf(session_id),
      (runs) => runs.length === 2,
    );
    await patch(session_id, { a: 3, b: 3 });
    point.release();
    await active.rest();
    expect((await waiting).body.session_state).toEqual({ a: 2, b: 3 });
    expect(await stateOf(session_id)).toEqual({ a: 2, b: 3 });
  });
});

describe("the state of an active run, and a merge into it,", () => {
  const LARGE = "x".repeat(100_000);
  const add = (name: string) =>
    tool(name, ({ updateState }) => Object.keys(updateState((s) => ({ ...s, [name]: LARGE }))));

  it("are together no larger than a state may be: what does not fit is refused, and written nowhere", async () => {
    const point = gate();
    const agent = testAgent({ tools: [add("mine")], ...UNNAMED });
    const session_id = newId();
    model.next([toolCall("mine", {})], [hold(point), text("done")]);
    const stream = await openRun("go", { session_id, agent });
    await point.reached();
    const before = await sessionOf(session_id);
    const refused = await patch(session_id, { yours: LARGE }, MERGE);
    expect([refused.status, refused.body.code]).toEqual([413, "payload_too_large"]);
    expect(etag(await sessionOf(session_id))).toBe(etag(before));
    expect((await patch(session_id, { yours: LARGE, mine: null }, MERGE)).status).toBe(200);
    point.release();
    expect((await stream.rest()).at(-1)?.data.session_state).toEqual({ yours: LARGE });
    expect(await stateOf(session_id)).toEqual({ yours: LARGE });
  });

  it("stay so while the merge is on its way: the tool is told that there is no room", async () => {
    const [written, asked, told] = [gate(), gate(), gate()];
    const agent = testAgent({ tools: [add("mine")], ...UNNAMED });
    const session_id = newId();
    model.next([hold(asked), toolCall("mine", {})], [hold(told), text("done")]);
    const stream = await openRun("go", { session_id, agent });
    await asked.reached();
    d1.next(patches(session_id), heldAfter(written));
    const patching = patch(session_id, { yours: LARGE }, MERGE);
    await written.reached();
    asked.release();
    await stream.until("ToolCallError");
    written.release();
    expect((await patching).status).toBe(200);
    told.release();
    expect((await stream.rest()).at(-1)?.data.session_state).toEqual({ yours: LARGE });
    expect((await run("next", { session_id, agent })).status).toBe(200);
  });
});

describe("a PATCH between a run's end and its settle", () => {
  const orders = ["settle first", "patch first", "patch first, its answer last"] as const;
  const works = ["increment", null] as const;
  it.each(orders.flatMap((order) => works.map((work) => [order, work] as const)))(
    "loses nothing, %s, of a run with %s",
    async (order, work) => {
      const agent = testAgent({ tools: [increment], ...UNNAMED });
      const session_id = newId();
      await run("before", { session_id, agent, session_state: { a: 1 } });
      const [modelPoint, settlePoint, patchPoint] = [gate(), gate(), gate()];
      if (work !== null) model.next([toolCall(work, {})]);
      model.next([hold(modelPoint), text("done")]);
      const stream = await openRun("go", { session_id, agent });
      await modelPoint.reached();
      let patching: Promise<Answer>;
      if (order === "settle first") {
        d1.next(settles(session_id), heldBefore(settlePoint));
        modelPoint.release();
        await settlePoint.reached();
        patching = patch(session_id, { x: 1 }, MERGE);
        await sleep(30);
      } else {
        const isLate = order === "patch first, its answer last";
        d1.next(patches(session_id), (isLate ? heldAfter : heldBefore)(patchPoint));
        patching = patch(session_id, { x: 1 }, MERGE);
        await patchPoint.reached();
        modelPoint.release();
        await sleep(30);
      }
      settlePoint.release();
      patchPoint.release();
      const patched = await patching;
      const completed = (await stream.rest()).at(-1);

      expect([patched.status, completed?.event]).toEqual([200, "RunCompleted"]);
      const state = { a: 1, x: 1, ...(work !== null && { count: 1 }) };
      expect(await stateOf(session_id)).toEqual(state);
      const { body } = await readRun({ session_id, run_id: stream.runId, at: `agents/${agent}` });
      expect(body.session_state).toEqual(completed?.data.session_state);
      const next = await run("next", { session_id, agent });
      expect(next.body.session_state).toEqual(state);
      expect(await stateOf(session_id)).toEqual(state);
    },
  );
});

describe("many changes at once", () => {
  it("are all kept: twenty of tools, and ten of callers while they run", async () => {
    const slow = tool("slow", async ({ updateState }) => {
      await sleep(5);
      updateState(add);
    });
    const agent = testAgent({ tools: [slow], ...UNNAMED });
    const session_id = newId();
    const point = gate();
    const calls = Array.from({ length: 10 }, () => toolCall("slow", {}));
    model.next([hold(point), ...calls], calls, "done");
    const stream = await openRun("go", { session_id, agent });
    await point.reached();
    const callers = Array.from({ length: 10 }, (_, nth) => patch(session_id, { [`caller${nth}`]: nth }, MERGE));
    point.release();
    const patched = await Promise.all(callers);
    await stream.rest();
    expect(patched.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const expected = Object.fromEntries(callers.map((_, nth) => [`caller${nth}`, nth]));
    expect(await stateOf(session_id)).toEqual({ ...expected, count: 20 });
  });

  it.each([
    ["was not written", unsent()],
    ["was written, but its answer lost", unanswered()],
  ])("are kept where the run's end %s: it lands before the caller's change", async (_, fault) => {
    const agent = testAgent({ tools: [increment], ...UNNAMED });
    const session_id = newId();
    d1.next(settles(session_id), fault, 3);
    model.next([toolCall("increment", {})], "done");
    expect((await run("go", { session_id, agent, session_state: { a: 1 } })).body.persisted).toBe(false);
    expect((await patch(session_id, { x: 1 }, MERGE)).body.session_state).toEqual({ a: 1, count: 1, x: 1 });
    expect(await stateOf(session_id)).toEqual({ a: 1, count: 1, x: 1 });
    expect((await runsOf(session_id))[0]).toMatchObject({ status: "COMPLETED", session_state: { a: 1, count: 1 } });
  });
});

describe("the state of a run whose object dies", () => {
  it("is kept with the run as its tools had changed it", async () => {
    const agent = testAgent({ tools: [increment], ...UNNAMED });
    const session_id = newId();
    const point = gate();
    model.next([toolCall("increment", {})], [text("Half"), hold(point)]);
    const stream = await openRun("go", { session_id, agent, session_state: { a: 1 } });
    await point.reached();
    await killObjects();
    await stream.rest().catch(() => []);
    expect(await stateOf(session_id)).toEqual({ a: 1 });
    await ring(session_id);
    expect(await stateOf(session_id)).toEqual({ a: 1, count: 1 });
    expect((await runsOf(session_id))[0]).toMatchObject({ status: "ERROR", session_state: { a: 1, count: 1 } });
    expect((await run("next", { session_id, agent })).body.session_state).toEqual({ a: 1, count: 1 });
  });

  it("is kept as of the last checkpoint where the tool had not ended", async () => {
    const point = gate();
    const agent = testAgent({ tools: [heldTool(point)], ...UNNAMED });
    const session_id = newId();
    model.next([toolCall("held", {})]);
    const stream = await openRun("go", { session_id, agent });
    await until(() => point.arrivals > 0, "the tool");
    await sleep(CHECKPOINT_MS);
    await killObjects();
    await stream.rest().catch(() => []);
    await ring(session_id);
    expect(await stateOf(session_id)).toEqual({ count: 1 });
  });

  const patched: [what: string, calls: string[], headers: Record<string, string>, state: object][] = [
    ["merged behind a tool's change", ["increment"], MERGE, { a: 1, x: 1, count: 1 }],
    ["replaced behind a tool's change", ["increment"], {}, { x: 1 }],
    ["merged where no tool changed it", [], MERGE, { a: 1, x: 1 }],
  ];
  it.each(patched)("is what a caller made of it right before: %s", async (...[, calls, headers, state]) => {
    const agent = testAgent({ tools: [increment], ...UNNAMED });
    const session_id = newId();
    const point = gate();
    if (calls.length > 0) model.next(calls.map((name) => toolCall(name, {})));
    model.next([text("Half"), hold(point)]);
    const stream = await openRun("go", { session_id, agent, session_state: { a: 1 } });
    await point.reached();
    expect((await patch(session_id, { x: 1 }, headers)).status).toBe(200);
    await killObjects();
    await stream.rest().catch(() => []);
    await ring(session_id);
    expect(await stateOf(session_id)).toEqual(state);
    expect((await runsOf(session_id))[0]).toMatchObject({ status: "ERROR", session_state: state });
  });
});

describe("the state of a run that pauses", () => {
  it.each([
    ["as it was", undefined, { a: 1, count: 2 }],
    ["as a caller changed it", { x: 1 }, { x: 1, count: 1 }],
    ["without what a caller took away", null, { count: 1 }],
  ])("is stored with the pause, and goes on %s", async (...[, changed, end]) => {
    const agent = testAgent({ tools: [increment, approved], ...UNNAMED });
    const session_id = newId();
    model.next([toolCall("increment", {}), toolCall("approved", {}, { id: "c2" })]);
    const { body } = await run("go", { session_id, agent, session_state: { a: 1 } });
    expect([body.status, body.session_state]).toEqual(["PAUSED", { a: 1, count: 1 }]);
    expect(await stateOf(session_id)).toEqual({ a: 1, count: 1 });
    if (changed !== undefined)
      expect((await patch(session_id, changed, changed === null ? MERGE : {})).status).toBe(200);
    const paused = { session_id, run_id: body.run_id, at: `agents/${agent}` };
    const ended = await goOn(paused, { tools: [{ tool_call_id: "c2", confirmed: true }] });
    expect(ended.body).toMatchObject({ status: "COMPLETED" });
    expect([ended.body.session_state, await stateOf(session_id)]).toEqual([end, end]);
    expect((await readRun(paused)).body.session_state).toEqual(end);
  });

  it("outlives the death of the run that went on", async () => {
    const agent = testAgent({ tools: [approved], ...UNNAMED });
    const session_id = newId();
    model.next([toolCall("approved", {}, { id: "c1" })]);
    const { body } = await run("go", { session_id, agent, session_state: { a: 1 } });
    await patch(session_id, { b: 1 });
    const point = gate();
    model.next([text("Half"), hold(point)]);
    const paused = { session_id, run_id: body.run_id, at: `agents/${agent}` };
    const stream = await openContinue(paused, { tools: [{ tool_call_id: "c1", confirmed: true }] });
    await point.reached();
    await patch(session_id, { c: 1 }, MERGE);
    await killObjects();
    await stream.rest().catch(() => []);
    await ring(session_id);
    expect(await stateOf(session_id)).toEqual({ b: 1, c: 1, count: 1 });
    expect((await readRun(paused)).body).toMatchObject({ status: "ERROR", session_state: { b: 1, c: 1, count: 1 } });
  });
});

describe("a tool that goes on when nobody hears it any more", () => {
  it("changes no state", async () => {
    const point = gate();
    const late: unknown[] = [];
    const deaf = tool("deaf", async ({ updateState }) => {
      point.arrivals += 1;
      await until(() => point.released, "the gate");
      try {
        late.push(updateState(add));
      } catch (error) {
        late.push(String(error));
      }
    });
    const agent = testAgent({ tools: [increment, deaf], ...UNNAMED });
    const session_id = newId();
    model.next([toolCall("increment", {}), toolCall("deaf", {})]);
    const stream = await openRun("go", { session_id, agent });
    await until(() => point.arrivals > 0, "the tool");
    await call("POST", `/agents/${agent}/runs/${stream.runId}/cancel`);
    expect((await stream.rest()).at(-1)?.data.session_state).toEqual({ count: 1 });
    point.release();
    await until(() => late.length > 0, "the deaf tool");
    await sleep(CHECKPOINT_MS);
    expect(late).toEqual(["Error: The call is over: it cannot change the session's state any more."]);
    expect([await stateOf(session_id), await journalOf(session_id)]).toEqual([{ count: 1 }, []]);
    expect((await run("next", { session_id, agent })).body.session_state).toEqual({ count: 1 });
  });
});
