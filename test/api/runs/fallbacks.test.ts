import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Tool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { call, newId, run, send } from "../../support/http.ts";
import { answer, confirmed, pausedRun, tools } from "../../support/paused-runs.ts";
import {
  cutOff,
  fail,
  gate,
  hold,
  reset,
  type Script,
  scriptModel,
  text,
  toolCall,
} from "../../support/scripted-model.ts";
import { killObjects, runCalls, runsOf } from "../../support/session-story.ts";

const model = scriptModel();
const FALLBACKS = { id: "first", fallbacks: ["second", { id: "third", temperature: 0 }] };
const TOKENS = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };

/** What each model answers, by its id. One that is left out echoes. */
const models = (scripts: Record<string, Script>) =>
  model.respondWith((request) => scripts[request.model] ?? `${request.model} says hello`);
const asked = () => runCalls(model).map(({ request }) => request.model);
const down = [fail(503)];

/** The events of the session's last run that name a model, as stored. */
async function modelEvents(session_id: string, nth = -1): Promise<string[]> {
  const stored = (await runsOf(session_id)).at(nth);
  return stored.events
    .filter((event: { model?: string }) => event.model !== undefined)
    .map((event: { event: string; model: string }) => `${event.event} ${event.model}`);
}

describe("a model with fallbacks", () => {
  it.each<[string, Script]>([
    ["answers 429", [fail(429)]],
    ["answers 500", [fail(500)]],
    ["answers 503", down],
    ["is not reached", [reset()]],
  ])("is followed by the next one when it %s before its first token, and is not asked again", async (_what, script) => {
    models({ first: script, second: script });
    const { body } = await run("Hello", { agent: testAgent({ model: FALLBACKS }) });
    expect(body).toMatchObject({
      status: "COMPLETED",
      content: "third says hello",
      model: "third",
      model_provider: "OpenAI",
    });
    expect(asked()).toEqual(["first", "second", "third"]);
    expect(runCalls(model).at(-1)?.request).toMatchObject({ temperature: 0 });
    expect(body.metrics.details.model).toMatchObject([{ id: "third", provider: "OpenAI" }]);
  });

  it.each<[string, Script]>([
    ["answers 400", [fail(400)]],
    ["answers 401", [fail(401)]],
    ["answers 404", [fail(404)]],
    ["breaks off behind its first token", [text("Hel"), reset()]],
    ["ends early behind its first token", [text("Hel"), cutOff()]],
  ])("is not followed by another when it %s", async (_what, script) => {
    models({ first: script });
    const { body } = await run("Hello", { agent: testAgent({ model: FALLBACKS }) });
    expect(body).toMatchObject({ status: "ERROR", model: "first" });
    expect(asked()).toEqual(["first"]);
  });

  it("fails with the last one's words where none answers, and is then first again for the next run", async () => {
    const agent = testAgent({ model: FALLBACKS });
    const session_id = newId();
    models({ first: down, second: down, third: [fail(429, "the third one's words", { "x-should-retry": "false" })] });
    const { body } = await run("Hello", { agent, session_id });
    expect(body).toMatchObject({ status: "ERROR", model: "third" });
    expect(body.content).toContain("the third one's words");
    models({});
    expect((await run("Hello", { agent, session_id })).body.model).toBe("first");
  });

  it("is told in the events, live and stored: each model that is asked, and the one that answered", async () => {
    models({ first: down, second: down });
    const session_id = newId();
    await run("Hello", { agent: testAgent({ model: FALLBACKS }), session_id });
    expect(await modelEvents(session_id)).toEqual([
      "RunStarted first",
      "ModelRequestStarted first",
      "ModelRequestStarted second",
      "ModelRequestStarted third",
      "ModelRequestCompleted third",
    ]);
  });

  it("counts the tokens of each answer for the model that gave it", async () => {
    const add: Tool = { name: "add", description: "d", parameters: z.object({}), execute: () => "2" };
    let rounds = 0;
    model.respondWith((request) => {
      if (request.model !== "first") return "second says hello";
      rounds += 1;
      return rounds === 1 ? [toolCall("add", {})] : down;
    });
    const session_id = newId();
    const { body } = await run("Hello", { agent: testAgent({ model: FALLBACKS, tools: [add] }), session_id });
    expect(body).toMatchObject({ status: "COMPLETED", model: "second" });
    const counted = [
      { id: "first", provider: "OpenAI", ...TOKENS },
      { id: "second", provider: "OpenAI", ...TOKENS },
    ];
    expect(body.metrics.details.model).toMatchObject(counted);
    const { body: session } = await call("GET", `/sessions/${session_id}`);
    expect(session.metrics.details.model).toMatchObject(counted);
  });
});

describe("a run that another model took over", () => {
  const remove: Tool = {
    name: "remove",
    description: "d",
    parameters: z.object({}),
    requiresConfirmation: true,
    execute: () => "gone",
  };

  it("stays with that model for its later requests, behind a pause and a death too", async () => {
    const agent = testAgent({ model: FALLBACKS, tools: [remove] });
    const session_id = newId();
    models({ first: down, second: [toolCall("remove", {})] });
    const paused = await pausedRun("Remove it", { agent, session_id });
    await killObjects();
    models({});
    const { body } = await answer(paused, tools(paused, confirmed));
    expect(body).toMatchObject({ status: "COMPLETED", model: "second", content: "second says hello" });
    expect(asked()).toEqual(["first", "second", "second"]);
    expect(body.metrics.details.model).toMatchObject([{ id: "second", total_tokens: 30 }]);
    expect((await modelEvents(session_id)).slice(0, 3)).toEqual([
      "RunStarted first",
      "ModelRequestStarted first",
      "ModelRequestStarted second",
    ]);
  });

  it("shows that model when its object dies while it answers", async () => {
    const point = gate();
    models({ first: down, second: [text("Hel"), hold(point)] });
    const session_id = newId();
    const started = run("Hello", { agent: testAgent({ model: FALLBACKS }), session_id }).catch(() => null);
    await point.reached();
    await killObjects();
    point.release();
    await started;
    expect((await run("Again", { session_id })).status).toBe(200);
    expect(await modelEvents(session_id, 0)).toEqual([
      "RunStarted first",
      "ModelRequestStarted first",
      "ModelRequestStarted second",
    ]);
  });

  it("is exported and imported with the models that it asked", async () => {
    models({ first: down });
    const session_id = newId();
    const { body } = await run("Hello", { agent: testAgent({ model: FALLBACKS }), session_id });
    const events = await modelEvents(session_id);
    const [copy, copiedRun] = [newId(), newId()];
    const lines = await (await send("GET", `/sessions/${session_id}/export`)).text();
    const renamed = lines.replaceAll(session_id, copy).replaceAll(body.run_id, copiedRun);
    const headers = { "Content-Type": "application/x-ndjson" };
    expect((await call("POST", "/import", renamed, headers)).body).toMatchObject({ imported: 1, errors: [] });
    expect(events).toHaveLength(4);
    expect(await modelEvents(copy)).toEqual(events);
  });
});

describe("names and summaries", () => {
  it("are asked of the next model when one is away, and say which model it was", async () => {
    const agent = testAgent({ naming: { after: 0, model: FALLBACKS }, summaries: { model: FALLBACKS } });
    const session_id = newId();
    models({});
    await run("Hello", { agent, session_id });
    models({ first: down, second: '{"name": "A Fine Name", "summary": "Fine.", "topics": []}' });
    const named = await call("POST", `/sessions/${session_id}/rename`, { autogenerate: true });
    expect(named.status).toBe(200);
    expect((await call("GET", `/sessions/${session_id}/name`)).body).toMatchObject({
      session_name: "A Fine Name",
      model: "second",
    });
    expect((await call("POST", `/sessions/${session_id}/summary`)).body).toMatchObject({ summary: "Fine." });
  });
});
