import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import type { Agent } from "../../../src/domain/agent.ts";
import { type Model, ModelError, type ModelRequest } from "../../../src/domain/model.ts";
import { blankSession } from "../../../src/domain/session.ts";
import type { SessionDependencies } from "../../../src/session/dependencies.ts";
import { generatedChange } from "../../../src/session/row/names.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { run } from "../../support/history.ts";
import { storeSession } from "../../support/stored-history.ts";

const JOB = { fallback: null, jobId: "job-1" };
const asked: ModelRequest[] = [];
afterEach(() => void asked.splice(0));

/** A model that gives these answers in turn. Where an answer is a number, the provider fails with this status. */
function modelOf(...answers: (string | number)[]): Model {
  return {
    id: "namer-1",
    name: "Test",
    provider: "Test",
    source: "namer-1",
    async *stream(request) {
      asked.push({ ...request });
      const answer = answers.shift() ?? "";
      if (typeof answer === "number") {
        const type = answer === 429 ? "model_rate_limit_error" : "model_provider_error";
        throw new ModelError(type, "scripted", { status: answer });
      }
      yield [{ type: "text", delta: answer }];
      const usage = { inputTokens: 20, outputTokens: 4, totalTokens: 24, reasoningTokens: 0, cacheReadTokens: 0 };
      yield [{ type: "usage", usage }];
      yield [{ type: "finish", reason: "stop" }];
    },
  };
}

/** The name that is generated for a session with one run of this agent. `roles` are the roles of the run's messages. */
async function named(
  model: Model | null,
  request: Parameters<typeof generatedChange>[2],
  { naming, effort = null, roles = "sua" }: { naming?: Agent["naming"]; effort?: string | null; roles?: string } = {},
) {
  const sessionId = await storeSession([run(0, roles)]);
  const agent: Agent = { id: "a", name: "A", ...(naming !== undefined && { naming }) };
  const deps = {
    now: () => 0,
    sessionId,
    db: openDatabase(env.DB),
    agents: new Map([["a", agent]]),
    teams: new Map(),
    models: () => model,
    settings: { namingModel: null, namingReasoningEffort: effort },
  } as unknown as SessionDependencies;
  const identity = { sessionId, sessionType: "agent", agentId: "a", teamId: null, workflowId: null } as const;
  const session = blankSession({ ...identity, userId: null, fence: "f", createdAt: 1 });
  const outcome = await generatedChange(deps, session, request);
  return { sessionId, ...(outcome.ok ? outcome.value : { failed: outcome.failure.code }) };
}
const details = (fields: object = {}) => ({
  model: "namer-1",
  promptTokens: 20,
  completionTokens: 4,
  attempts: 1,
  jobId: "job-1",
  ...fields,
});

describe("a name that a job asks for", () => {
  test("says what it cost, and which job asked", async () => {
    expect(await named(modelOf("Whale Facts"), JOB)).toMatchObject({
      change: { name: "Whale Facts", source: "generated", details: details() },
      failure: null,
    });
  });

  test.each([
    [429, "rate_limited"],
    [503, "unavailable"],
    [401, "refused"],
  ])("is the fallback with the provider's failure, after one call, when that answers %i", async (status, failure) => {
    const cost = details({ promptTokens: 0, completionTokens: 0 });
    expect(await named(modelOf(status, "Whale Facts"), { ...JOB, fallback: "Later" })).toMatchObject({
      change: { name: "Later", source: "fallback", details: cost },
      failure,
    });
    expect(asked).toHaveLength(1);
  });

  test("is the first message without a failure when the answers are not usable, and says what they cost", async () => {
    const cost = details({ promptTokens: 40, completionTokens: 8, attempts: 2 });
    expect(await named(modelOf("Untitled", "New Chat"), JOB)).toMatchObject({
      change: { name: "text of 0u1", source: "fallback", details: cost },
      failure: null,
    });
  });

  test("passes the agent's guardrail, which may change or refuse it", async () => {
    const accept = (name: string) => `${name}!`;
    expect(await named(modelOf("Whale Facts"), JOB, { naming: { accept } })).toMatchObject({
      change: { name: "Whale Facts!", source: "generated", details: details() },
    });
    expect(await named(modelOf("Whale Facts"), JOB, { naming: { accept: () => null } })).toMatchObject({
      change: { name: "text of 0u1", source: "fallback", details: details() },
      failure: null,
    });
  });

  test.each([
    ["there are no messages", "", modelOf("Ghost")],
    ["there is only a system message", "s", modelOf("Ghost")],
    ["there are only calls of tools", "tt", modelOf("Ghost")],
    ["the deployment has no model", "ua", null],
  ])("asks nobody when %s", async (_when, roles, model) => {
    const { sessionId, ...answer } = await named(model, JOB, { roles });
    const cost = details({ model: null, promptTokens: 0, completionTokens: 0, attempts: 0 });
    const name = roles.startsWith("u") ? "text of 0u0" : sessionId;
    expect(answer).toEqual({
      change: { name, source: "fallback", details: cost },
      failure: null,
      used: { tokens: 0, askedAt: 0 },
    });
    expect(asked).toHaveLength(0);
  });
});

test("a name that a caller asks for is of no job, and the provider that failed is asked once more", async () => {
  expect(await named(modelOf(503, "Whale Facts"), { fallback: null, jobId: null })).toMatchObject({
    change: { name: "Whale Facts", source: "generated", details: details({ jobId: null, attempts: 2 }) },
    failure: null,
  });
});

test("the deployment's reasoning effort goes with each request, and none where none is set", async () => {
  await named(modelOf("Untitled", "Whale Facts"), JOB, { effort: "minimal" });
  await named(modelOf("Whale Facts"), JOB);
  expect(asked.map(({ reasoningEffort }) => reasoningEffort)).toEqual(["minimal", "minimal", undefined]);
});
