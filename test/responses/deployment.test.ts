import { describe, expect, it } from "vitest";
import { testAgent } from "../support/agents.ts";
import { call, newId, run } from "../support/http.ts";
import { fail, isNaming, isSummarizing, type Script, scriptModel, summary } from "../support/scripted-model.ts";
import { eventually, runCalls } from "../support/session-story.ts";

// What a deployment with OPENAI_API=responses asks, and how. Models that say nothing else are asked over Responses.

const model = scriptModel();
const namings = () => model.calls.filter(({ request }) => isNaming(request));
const summarizings = () => model.calls.filter(({ request }) => isSummarizing(request));
const nameOf = async (id: string) => (await call("GET", `/sessions/${id}/name`)).body;
const rename = (id: string) => call("POST", `/sessions/${id}/rename`, { autogenerate: true });
const summarize = (id: string) => call("POST", `/sessions/${id}/summary`);
const OVER_CHAT = { id: "m", api: "chat" as const };

async function sessionWithRun(agent = "assistant"): Promise<string> {
  const session_id = newId();
  model.next("Whales are mammals.");
  expect((await run("Tell me about whales", { session_id, agent })).body.status).toBe("COMPLETED");
  return session_id;
}

describe("runs", () => {
  it("are asked over Responses, and show its class, as all else that names the model", async () => {
    const session_id = newId();
    const { body } = await run("Hello", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", content: "echo: Hello", model_name: "OpenAIResponses" });
    expect(runCalls(model).map(({ api }) => api)).toEqual(["responses"]);
    const named = { name: "OpenAIResponses", provider: "OpenAI" };
    expect((await call("GET", "/models")).body).toContainEqual({ id: "gpt-5-mini", ...named });
    expect((await call("GET", "/agents/assistant")).body.model).toMatchObject(named);
    expect((await call("GET", `/sessions/${session_id}`)).body.agent_data.model).toMatchObject(named);
  });

  it("of an agent that says chat are asked over chat", async () => {
    const { body } = await run("Hello", { agent: testAgent({ model: OVER_CHAT }) });
    expect(body.model_name).toBe("OpenAIChat");
    expect(runCalls(model).map(({ api }) => api)).toEqual(["chat"]);
  });
});

describe("names", () => {
  it("are asked over Responses: with a schema that is kept to, and nothing stored there", async () => {
    const session_id = await sessionWithRun();
    model.nextNames('{"name": "Whale Facts"}');
    expect((await rename(session_id)).body.session_name).toBe("Whale Facts");
    expect(namings().map(({ api }) => api)).toEqual(["responses"]);
    const body = namings()[0]?.body;
    expect(body).toMatchObject({
      store: false,
      max_output_tokens: expect.any(Number),
      text: { format: { type: "json_schema", name: "session_name", strict: true } },
    });
    expect(body).not.toHaveProperty("tools");
    expect(await nameOf(session_id)).toMatchObject({
      source: "generated",
      prompt_tokens: 10,
      completion_tokens: 5,
      attempts: 1,
    });
  });

  it("come by themselves behind the runs, as over chat", async () => {
    const agent = testAgent({ naming: { after: 1 } });
    model.nextNames('{"name": "Whale Facts"}');
    const session_id = await sessionWithRun(agent);
    const named = await eventually(
      () => nameOf(session_id),
      ({ source }) => source !== null,
    );
    expect([named.session_name, namings()[0]?.api]).toEqual(["Whale Facts", "responses"]);
  });

  it("that the provider refuses say what it said", async () => {
    const session_id = await sessionWithRun();
    const refuses: Script = [fail(401, "the key is no longer valid")];
    model.nextNames(refuses, refuses);
    const answer = await rename(session_id);
    expect(JSON.stringify(answer.body)).toContain("the key is no longer valid");
  });

  it("are asked over chat where the naming model says so", async () => {
    const session_id = await sessionWithRun(testAgent({ naming: { after: 0, model: OVER_CHAT } }));
    model.nextNames('{"name": "Whale Facts"}');
    expect((await rename(session_id)).body.session_name).toBe("Whale Facts");
    expect(namings().map(({ api }) => api)).toEqual(["chat"]);
  });
});

describe("summaries", () => {
  it("are asked over Responses: with a schema that is kept to, and nothing stored there", async () => {
    const session_id = await sessionWithRun();
    model.nextSummaries(summary("They spoke of whales.", ["whales"]));
    expect((await summarize(session_id)).body).toMatchObject({ summary: "They spoke of whales.", topics: ["whales"] });
    expect(summarizings().map(({ api }) => api)).toEqual(["responses"]);
    expect(summarizings()[0]?.body).toMatchObject({
      store: false,
      max_output_tokens: expect.any(Number),
      text: { format: { type: "json_schema", strict: true } },
    });
  });

  it("that the provider refuses say what it said", async () => {
    const session_id = await sessionWithRun();
    const refuses: Script = [fail(401, "the key is no longer valid")];
    model.nextSummaries(refuses, refuses);
    const answer = await summarize(session_id);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(answer.body)).toContain("the key is no longer valid");
  });
});
