import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { call, newId, run } from "../../support/http.ts";
import { APIS } from "../../support/openai-model.ts";
import { answer, confirmed, pausedRun, tools } from "../../support/paused-runs.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { asText, linesOf, sessionLines } from "../../support/portable-lines.ts";
import { fail, gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { killObjects, runsOf } from "../../support/session-story.ts";
import { asking, delegate, leading, member, runTeam } from "../../support/teams.ts";

const model = scriptModel();

/** Asked over Responses, and over chat where that is away. */
const MIXED = { id: "first", api: "responses" as const, fallbacks: [{ id: "second", api: "chat" as const }] };
const firstIsAway = () => model.respondWith(({ model: id }) => (id === "first" ? [fail(503)] : "Hello."));
const read = async (agent: string, session_id: string, run_id: string) =>
  (await call("GET", `/agents/${agent}/runs/${run_id}?session_id=${session_id}`)).body;

const remove = defineTool({
  name: "remove",
  description: "Removes.",
  parameters: z.object({}),
  requiresConfirmation: true,
  execute: () => "gone",
});

describe.each(APIS)("a run whose model is asked over $api", ({ api, name }) => {
  it("shows the model's class in its answer, when it is read and in lists", async () => {
    const agent = testAgent({ model: { id: "m", api } });
    const session_id = newId();
    const { body } = await run("Hello", { agent, session_id });
    expect(body).toMatchObject({ model: "m", model_provider: "OpenAI", model_name: name });
    expect(await read(agent, session_id, body.run_id)).toMatchObject({ model_name: name });
    expect(await runsOf(session_id)).toMatchObject([{ model_name: name }]);
  });

  it("shows it behind a pause and the death of its object", async () => {
    const agent = testAgent({ model: { id: "m", api }, tools: [remove] });
    model.next([toolCall("remove", {})]);
    const paused = await pausedRun("Remove it", { agent, session_id: newId() });
    await killObjects();
    expect((await answer(paused, tools(paused, confirmed))).body).toMatchObject({
      status: "COMPLETED",
      model_name: name,
    });
  });

  it("keeps it over an export, a delete and an import, and in a fork", async () => {
    const agent = testAgent({ model: { id: "m", api } });
    const session_id = newId();
    await run("Hello", { agent, session_id });
    const fork = await call("POST", `/agents/${agent}/sessions/${session_id}/fork`);
    expect(await runsOf(fork.body.session_id)).toMatchObject([{ model_name: name }]);
    const lines = await exportOf(session_id);
    expect(linesOf(lines).find(({ type }) => type === "run")).toMatchObject({ model_name: name });
    await call("DELETE", `/sessions/${session_id}`);
    expect(await importing(lines)).toMatchObject({ complete: true });
    expect(await runsOf(session_id)).toMatchObject([{ model_name: name }]);
  });
});

describe("a run that a model of the other API took over", () => {
  it("shows the class of that one, which is stored", async () => {
    firstIsAway();
    const agent = testAgent({ model: MIXED });
    const session_id = newId();
    const { body } = await run("Hello", { agent, session_id });
    expect(body).toMatchObject({ status: "COMPLETED", model: "second", model_name: "OpenAIChat" });
    expect(model.calls.map(({ api }) => api)).toContain("responses");
    expect(await read(agent, session_id, body.run_id)).toMatchObject({ model: "second", model_name: "OpenAIChat" });
    expect(await runsOf(session_id)).toMatchObject([{ model_name: "OpenAIChat" }]);
  });

  it("shows it when its object dies while that one answers", async () => {
    const point = gate();
    model.respondWith(({ model: id }) => (id === "first" ? [fail(503)] : [text("Hel"), hold(point)]));
    const agent = testAgent({ model: MIXED });
    const session_id = newId();
    const started = run("Hello", { agent, session_id }).catch(() => null);
    await point.reached();
    await killObjects();
    point.release();
    await started;
    firstIsAway();
    expect((await run("Again", { session_id, agent })).body.status).toBe("COMPLETED");
    expect(await runsOf(session_id)).toMatchObject([
      { status: "ERROR", model_name: "OpenAIChat" },
      { status: "COMPLETED", model_name: "OpenAIChat" },
    ]);
  });
});

it("a member's run shows the class of its own model", async () => {
  const ada = member("ada", { model: { id: "a", api: "responses" } });
  const team = leading([ada], { model: { id: "t", api: "chat" } });
  model.respondWith((request, number) => {
    if (asking(request) !== "leader") return "Ada is here.";
    return number === 1 ? [delegate(ada, "hello")] : "Done.";
  });
  const { body } = await runTeam(team, "Hello", { session_id: newId() });
  expect(body).toMatchObject({ model_name: "OpenAIChat", member_responses: [{ model_name: "OpenAIResponses" }] });
});

it("a run from before classes were kept shows none, in no place", async () => {
  const session_id = newId();
  const lines = sessionLines(session_id);
  expect(await importing(asText(lines))).toMatchObject({ complete: true });
  const [shown] = await runsOf(session_id);
  expect(shown).not.toHaveProperty("model_name");
  expect((await call("GET", `/sessions/${session_id}/runs/${shown.run_id}`)).body).not.toHaveProperty("model_name");
  expect(await read("assistant", session_id, shown.run_id)).not.toHaveProperty("model_name");
  expect(await exportOf(session_id)).not.toContain("model_name");
});
