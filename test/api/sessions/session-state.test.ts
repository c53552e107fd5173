import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../../../src/domain/json.ts";
import { defineTool, type Tool, type ToolContext } from "../../../src/domain/tool.ts";
import { testAgent, testTeam } from "../../support/agents.ts";
import { readRun } from "../../support/continue.ts";
import { accepts, refused, settles, unanswered, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run, streamRun } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import { scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { detailOf, journalOf, ring, runsOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const EMPTY = z.object({});
/** A tool that does one thing with its context. */
const tool = (name: string, execute: (context: ToolContext) => unknown): Tool =>
  defineTool({ name, description: "", parameters: EMPTY, execute: (_, context) => execute(context) });
const add = (state: JsonObject, by = 1): JsonObject => ({ ...state, count: Number(state.count ?? 0) + by });
const increment = tool("increment", ({ updateState }) => updateState((state) => add(state)).count);
/** Waits before it counts, so that other calls change the state meanwhile. Their changes must not be lost. */
const slowIncrement = tool("slow_increment", async ({ updateState, sessionState }) => {
  await sleep(Number(sessionState.count ?? 0) % 3);
  return updateState((state) => add(state)).count;
});

const stateOf = async (id: string): Promise<JsonObject> => (await detailOf(id)).session_state;
async function etagOf(id: string): Promise<string> {
  return (await call("GET", `/sessions/${id}`)).headers.get("ETag") ?? "";
}
const patch = (id: string, session_state: unknown, etag?: string) =>
  call("PATCH", `/sessions/${id}`, { session_state }, etag === undefined ? {} : { "If-Match": etag });

describe("the state that a run starts with", () => {
  it("is the run's argument over what is stored over the agent's default", async () => {
    const seen: JsonObject[] = [];
    const look = tool("look", ({ sessionState }) => void seen.push(sessionState));
    const agent = testAgent({ tools: [look], sessionState: { by: "default", a: "default", b: "default" } });
    const { body } = await call("POST", "/sessions", { agent_id: agent, session_state: { a: "stored", c: "stored" } });
    const { session_id } = body;
    model.next([toolCall("look", {})]);
    const expected = { by: "default", a: "run", b: "default", c: "stored", d: "run" };
    const answer = (await run("hi", { session_id, agent, session_state: { a: "run", d: "run" } })).body;
    expect(answer.session_state).toEqual(expected);
    expect(seen).toEqual([expected]);
    expect(await stateOf(session_id)).toEqual(expected);
    expect((await readRun({ ...answer, at: `agents/${agent}` })).body.session_state).toEqual(expected);
  });

  it("writes the default once: what says the same, in whatever order, is no change", async () => {
    const agent = testAgent({ sessionState: { a: 1, b: { c: 1 } }, naming: { after: 0 } });
    const session_id = (await call("POST", "/sessions", { agent_id: agent })).body.session_id;
    const fresh = await etagOf(session_id);
    await run("one", { session_id, agent });
    const written = await etagOf(session_id);
    expect([written === fresh, await stateOf(session_id)]).toEqual([false, { a: 1, b: { c: 1 } }]);
    await run("two", { session_id, agent });
    await patch(session_id, { z: 1, b: { c: 2 }, a: 1 });
    const patched = await etagOf(session_id);
    expect(patched).not.toBe(written);
    await run("three", { session_id, agent });
    await run("four", { session_id, agent, session_state: { b: { c: 2 }, a: 1 } });
    expect([await etagOf(session_id), await stateOf(session_id)]).toEqual([patched, { z: 1, b: { c: 2 }, a: 1 }]);
  });

  it("is nobody else's: two sessions share nothing", async () => {
    const agent = testAgent({ tools: [increment], sessionState: { nested: { list: [] } } });
    const [one, other] = [newId(), newId()];
    model.respondWith(({ messages }) => (messages.at(-1)?.role === "user" ? [toolCall("increment", {})] : "done"));
    await Promise.all([
      run("1", { session_id: one, agent }),
      run("1", { session_id: other, agent, session_state: { count: 10 } }),
    ]);
    await run("2", { session_id: one, agent });
    expect([await stateOf(one), await stateOf(other)]).toEqual([
      { nested: { list: [] }, count: 2 },
      { nested: { list: [] }, count: 11 },
    ]);
  });
});

describe("the state that tools change", () => {
  it("is told by the run, and stored with it", async () => {
    const agent = testAgent({ tools: [increment] });
    const session_id = newId();
    model.next([toolCall("increment", {})], "done");
    const events = await streamRun("go", { session_id, agent, session_state: { count: 4, other: true } });
    const expected = { count: 5, other: true };
    expect(events.at(-1)).toMatchObject({ event: "RunCompleted", data: { session_state: expected } });
    expect(await stateOf(session_id)).toEqual(expected);
    const [listed] = await runsOf(session_id);
    expect(listed.session_state).toEqual(expected);
    expect((await readRun({ ...listed, session_id, at: `agents/${agent}` })).body.session_state).toEqual(expected);
  });

  it("is a copy for whoever reads it, and read as it is now", async () => {
    const seen: unknown[] = [];
    const look = tool("look", (context) => {
      context.sessionState.list = "spoiled";
      const { sessionState } = context;
      const answered = context.updateState((state) => ({ ...state, list: [1] }));
      answered.list = "spoiled";
      seen.push(sessionState.list, context.sessionState.list);
    });
    const agent = testAgent({ tools: [look] });
    const session_id = newId();
    model.next([toolCall("look", {})], "done");
    await run("go", { session_id, agent, session_state: { list: [] } });
    expect(seen).toEqual([[], [1]]);
    expect(await stateOf(session_id)).toEqual({ list: [1] });
  });

  const wrong: [what: string, change: (state: JsonObject) => unknown, reason: string][] = [
    ["throws", () => JSON.parse("{"), "The tool failed: "],
    ["answers a list", () => [1], "The session's state must be a JSON object."],
    ["answers nothing", () => undefined, "The session's state must be a JSON object."],
    ["answers null", () => null, "The session's state must be a JSON object."],
    ["answers a text", () => "{}", "The session's state must be a JSON object."],
    ["answers a promise", async (state) => ({ ...state, late: 1 }), "The session's state must be a JSON object."],
    [
      "answers what is no JSON",
      (state) => {
        const cycle: Record<string, unknown> = { ...state };
        cycle.self = cycle;
        return cycle;
      },
      "The tool failed: ",
    ],
    [
      "answers too much",
      (state) => ({ ...state, long: "é".repeat(64 * 1024) }),
      "The session's state would be larger than 131072 bytes.",
    ],
  ];
  it.each(wrong)("stays as it was where a change %s, and the model is told", async (...[, change, reason]) => {
    const spoil = tool("spoil", ({ updateState }) =>
      updateState((state) => {
        state.spoiled = true;
        return change(state) as JsonObject;
      }),
    );
    const agent = testAgent({ tools: [spoil, increment] });
    const session_id = newId();
    model.next([toolCall("increment", {}), toolCall("spoil", {})], "done");
    const { body } = await run("go", { session_id, agent });
    const spoiled = body.tools.find(({ tool_name }: { tool_name: string }) => tool_name === "spoil");
    expect(spoiled).toMatchObject({ tool_call_error: true, result: expect.stringContaining(reason) });
    expect([body.session_state, await stateOf(session_id)]).toEqual([{ count: 1 }, { count: 1 }]);
  });

  it("is stored with the run or not at all", async () => {
    const agent = testAgent({ tools: [increment] });
    const session_id = newId();
    model.next([toolCall("increment", {})], "first");
    await run("first", { session_id, agent });
    const etag = await etagOf(session_id);
    const answers = async () => (await runsOf(session_id)).map((one) => [one.status, one.session_state.count]);

    d1.always(settles(session_id), unsent());
    model.next([toolCall("increment", {})], "second");
    const unsure = await run("second", { session_id, agent });
    expect(unsure.body).toMatchObject({ persisted: false, session_state: { count: 2 } });
    expect([await stateOf(session_id), await etagOf(session_id)]).toEqual([{ count: 1 }, etag]);
    expect(await answers()).toEqual([
      ["COMPLETED", 1],
      ["RUNNING", 1],
    ]);
    d1.heal();
    await ring(session_id);
    expect([await stateOf(session_id), await answers()]).toEqual([
      { count: 2 },
      [
        ["COMPLETED", 1],
        ["COMPLETED", 2],
      ],
    ]);
    expect(await journalOf(session_id)).toEqual([]);

    d1.next(settles(session_id), refused());
    model.next([toolCall("increment", {})], "third");
    const third = await run("third", { session_id, agent });
    expect(third.body).toMatchObject({ status: "ERROR", error_type: "storage", session_state: { count: 2 } });
    expect([await stateOf(session_id), (await answers()).at(-1)]).toEqual([{ count: 2 }, ["ERROR", 2]]);
    model.next([toolCall("increment", {})], "fourth");
    expect((await run("fourth", { session_id, agent })).body.session_state).toEqual({ count: 3 });
  });

  it("is counted once where D1's answer to the run's end was lost", async () => {
    const agent = testAgent({ tools: [increment] });
    const session_id = newId();
    await run("first", { session_id, agent });
    const etag = await etagOf(session_id);
    d1.next(settles(session_id), unanswered(), 3);
    model.next([toolCall("increment", {})], "done");
    await run("second", { session_id, agent });
    await ring(session_id);
    expect([await stateOf(session_id), await etagOf(session_id)]).toEqual([{ count: 1 }, etag.replace('-0"', '-1"')]);
  });
});

describe("twenty increments by tools are twenty", () => {
  it("of twenty runs at once", async () => {
    const agent = testAgent({ tools: [slowIncrement] });
    const session_id = newId();
    model.respondWith(({ messages }) => (messages.at(-1)?.role === "user" ? [toolCall("slow_increment", {})] : "done"));
    const runs = await Promise.all(Array.from({ length: 20 }, (_, nth) => run(`m${nth}`, { session_id, agent })));
    const counts = runs.map(({ body }) => body.session_state.count);
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, nth) => nth + 1));
    expect(await stateOf(session_id)).toEqual({ count: 20 });
    expect((await runsOf(session_id)).map((one) => one.session_state.count)).toEqual(
      Array.from({ length: 20 }, (_, nth) => nth + 1),
    );
  });

  it("of one run whose model asks for all of them at once", async () => {
    const agent = testAgent({ tools: [increment, slowIncrement] });
    const session_id = newId();
    const names = Array.from({ length: 20 }, (_, nth) => (nth % 2 === 0 ? "increment" : "slow_increment"));
    model.next(
      names.map((name) => toolCall(name, {})),
      "done",
    );
    const { body } = await run("go", { session_id, agent });
    expect([body.session_state, await stateOf(session_id)]).toEqual([{ count: 20 }, { count: 20 }]);
  });

  it("of a team's members, at once and with their leader", async () => {
    const members = Array.from({ length: 5 }, () => testAgent({ tools: [slowIncrement] }));
    const team = testTeam({ mode: "broadcast", members, tools: [increment] });
    const session_id = newId();
    model.respondWith(({ messages, tools }) => {
      const isLeader = tools?.some((one) => one.function.name.startsWith("delegate")) === true;
      if (messages.at(-1)?.role !== "user") return "done";
      return isLeader
        ? [toolCall("delegate_task_to_members", { task: "count" }), ...Array(5).fill(toolCall("increment", {}))]
        : [text("I count."), ...Array(3).fill(toolCall("slow_increment", {}))];
    });
    const { body } = await call("POST", `/teams/${team}/runs`, { message: "go", session_id, stream: false });
    expect(body).toMatchObject({ status: "COMPLETED", session_state: { count: 20 } });
    expect(await stateOf(session_id)).toEqual({ count: 20 });
    const read = (await readRun({ session_id, run_id: body.run_id, at: `teams/${team}` })).body;
    expect(read.session_state).toEqual({ count: 20 });
    expect(read).toEqual(body);
  });
});

describe("the ETag of a session", () => {
  it("counts what a run's argument and its tools change, and no run as such", async () => {
    const same = tool("same", ({ updateState }) => void updateState((state) => ({ b: state.b ?? 1, ...state })));
    const agent = testAgent({ tools: [increment, same], naming: { after: 0 } });
    const session_id = newId();
    await run("first", { session_id, agent, session_state: { a: 1, b: 1 } });
    const tags = [await etagOf(session_id)];
    const changes = async (fields: object, ...calls: string[]) => {
      if (calls.length > 0) model.next(calls.map((name) => toolCall(name, {})));
      await run("next", { session_id, agent, ...fields });
      tags.push(await etagOf(session_id));
      return tags.at(-1) !== tags.at(-2);
    };
    expect(await changes({})).toBe(false);
    expect(await changes({ session_state: { a: 1 } })).toBe(false);
    expect(await changes({}, "same")).toBe(false);
    expect(await changes({ session_state: { a: 2 } })).toBe(true);
    expect(await changes({}, "increment")).toBe(true);
    expect(await changes({ session_state: { a: 3 } }, "increment")).toBe(true);
    expect(new Set(tags).size).toBe(4);

    for (const stale of tags.slice(0, -1).filter((tag) => tag !== tags.at(-1))) {
      const { status, body } = await patch(session_id, {}, stale);
      expect([status, body.code]).toEqual([412, "precondition_failed"]);
    }
    expect((await patch(session_id, { a: 0 }, tags.at(-1))).body.session_state).toEqual({ a: 0 });
  });

  it("does not go back with an accept that is withdrawn, though the state does", async () => {
    const session_id = newId();
    await run("first", { session_id, session_state: { a: 1 } });
    const before = await etagOf(session_id);
    d1.next(accepts(session_id), unanswered(), 3);
    expect((await run("second", { session_id, session_state: { a: 2 } })).status).toBe(503);
    await ring(session_id);
    expect([await stateOf(session_id), await runsOf(session_id)]).toMatchObject([{ a: 1 }, [{ status: "COMPLETED" }]]);
    expect(await etagOf(session_id)).not.toBe(before);
    expect((await patch(session_id, { a: 3 }, before)).status).toBe(412);
    expect((await run("third", { session_id, session_state: { b: 1 } })).body.session_state).toEqual({ a: 1, b: 1 });
  });
});
