import { describe, expect, it } from "vitest";
import { z } from "zod";
import manifest from "../../package.json";
import { agents, registerAgents } from "../../src/agents/index.ts";
import { VERSION } from "../../src/contract/meta.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { defineTool } from "../../src/domain/tool.ts";
import { deployed, smallApp, withKey } from "../support/small-app.ts";

const lookUp = defineTool({
  name: "look_up",
  description: "Looks a word up",
  parameters: z.object({ word: z.string().describe("The word"), times: z.int().default(1) }),
  execute: ({ word }) => word,
});
const full: Agent = {
  id: "full",
  name: "Full Agent",
  description: "Has everything",
  model: "large-1",
  instructions: "Be nice",
  tools: [lookUp],
  numHistoryRuns: 5,
  cacheSession: false,
};
const bare: Agent = { id: "bare", name: "Bare Agent" };

const { request } = smallApp({ agents: [bare, full] });
const read = async (path: string) => (await request(path)).json();

describe("discovery", () => {
  it("says what this is at /", async () => {
    expect(await read("/")).toEqual({ name: "AgentOS API", id: "edge-sessions", version: VERSION });
    expect(VERSION).toBe(manifest.version);
  });

  it("says at /health since when it answers, with microseconds", async () => {
    expect(await read("/health")).toEqual({ status: "ok", instantiated_at: "2026-11-21T22:02:43.291000Z" });
  });

  it("says who it is and what it has at /info", async () => {
    const named = smallApp({ vars: { ...deployed, OS_ID: "mine", OS_NAME: "My OS" }, agents: [bare, full] });
    expect(await (await named.request("/info")).json()).toEqual({
      os_id: "mine",
      name: "My OS",
      agno_version: "2.9.0",
      os_version: VERSION,
      agent_count: 2,
      team_count: 0,
      workflow_count: 0,
      mcp: { enabled: false, path: null, oauth: null },
      auth_mode: "security_key",
    });
  });

  it("lists each model once", async () => {
    expect(await read("/models")).toEqual([
      { id: "silent-1", provider: "Test" },
      { id: "large-1", provider: "Test" },
    ]);
  });

  it("describes the deployment at /config, with one database", async () => {
    expect(await read("/config")).toEqual({
      os_id: "edge-sessions",
      name: "Edge Sessions",
      available_models: [],
      databases: ["d1"],
      session: { dbs: [{ db_id: "d1", domain_config: { display_name: "d1" }, tables: ["sessions"] }] },
      agents: [
        { id: "bare", name: "Bare Agent", db_id: "d1", model: { id: "silent-1", provider: "Test" } },
        {
          id: "full",
          name: "Full Agent",
          description: "Has everything",
          db_id: "d1",
          model: { id: "large-1", provider: "Test" },
        },
      ],
      teams: [],
      workflows: [],
      interfaces: [],
    });
  });

  it("describes agents, leaving out what they do not have", async () => {
    const bareBody = {
      id: "bare",
      name: "Bare Agent",
      db_id: "d1",
      is_factory: false,
      model: { name: "SilentModel", model: "silent-1", provider: "Test" },
      sessions: { session_table: "sessions", add_history_to_context: true, cache_session: true },
      is_component: false,
    };
    const fullBody = {
      id: "full",
      name: "Full Agent",
      db_id: "d1",
      description: "Has everything",
      is_factory: false,
      model: { name: "SilentModel", model: "large-1", provider: "Test" },
      tools: {
        tools: [
          {
            name: "look_up",
            description: "Looks a word up",
            parameters: {
              type: "object",
              properties: {
                word: { type: "string", description: "The word" },
                times: expect.objectContaining({ type: "integer", default: 1 }),
              },
              required: ["word"],
            },
          },
        ],
      },
      sessions: { session_table: "sessions", add_history_to_context: true, num_history_runs: 5 },
      system_message: { description: "Has everything", instructions: "Be nice" },
      is_component: false,
    };
    expect(await read("/agents")).toEqual([bareBody, fullBody]);
    expect(await read("/agents/full")).toEqual(fullBody);
  });

  it("has no teams yet", async () => {
    expect(await read("/teams")).toEqual([]);
    const answer = await request("/teams/research");
    expect([answer.status, await answer.json()]).toMatchObject([404, { detail: "Team not found" }]);
  });

  it("does not find unknown agents, and refuses ids that cannot be", async () => {
    const unknown = await request("/agents/nobody");
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      { detail: "Agent not found", code: "agent_not_found" },
    ]);
    expect((await request("/agents/constructor")).status).toBe(404);
    expect((await request(`/agents/${"x".repeat(129)}`)).status).toBe(422);
  });

  it("leaves models out where there is none", async () => {
    const without = smallApp({ vars: deployed, model: null, agents: [bare] });
    const answers = ["/models", "/agents", "/config"].map((path) => without.request(path, { headers: withKey() }));
    const [models, listed, config] = await Promise.all(answers.map(async (answer) => (await answer).json()));
    expect(models).toEqual([]);
    expect(listed).toMatchObject([{ id: "bare" }]);
    expect(JSON.stringify([listed, config])).not.toContain('"model"');
  });

  it("accepts a slash at the end of every path", async () => {
    for (const path of [
      "/health",
      "/info",
      "/models",
      "/config",
      "/agents",
      "/agents/full",
      "/teams",
      "/openapi.json",
      "/docs",
    ]) {
      const [plain, slashed] = [await request(path), await request(`${path}/`)];
      expect([path, slashed.status]).toEqual([path, 200]);
      expect(plain.status).toBe(200);
    }
  });
});

describe("the page at /docs", () => {
  it("loads nothing from elsewhere and runs only its own script", async () => {
    const answer = await request("/docs");
    const page = await answer.text();
    expect(answer.headers.get("Content-Type")).toContain("text/html");
    const policy = answer.headers.get("Content-Security-Policy") ?? "";
    const nonce = /script-src 'nonce-([0-9a-f-]+)'/.exec(policy)?.[1] ?? "none";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(page.match(/<(script|style)\b[^>]*>/g)).toEqual([`<style nonce="${nonce}">`, `<script nonce="${nonce}">`]);
    expect(page).not.toMatch(/https?:\/\/|innerHTML|document\.write|\bon[a-z]+=|style="/);
  });

  it("has another nonce each time", async () => {
    const policies = await Promise.all([request("/docs"), request("/docs")]);
    const [one, other] = policies.map((answer) => answer.headers.get("Content-Security-Policy"));
    expect(one).not.toBe(other);
  });
});

describe("the agents of this deployment", () => {
  it("are the assistant and the operator, who has a tool", async () => {
    const { request: send } = smallApp({ agents: [...agents.values()] });
    const listed = await (await send("/agents")).json();
    expect(listed).toMatchObject([{ id: "assistant" }, { id: "operator", tools: { tools: [{ name: "add" }] } }]);
  });

  it("add numbers with the tool `add`", async () => {
    const [add] = agents.get("operator")?.tools ?? [];
    const ids = { sessionId: "s", runId: "r", agentId: "operator", userId: null };
    const { signal } = new AbortController();
    const context = { ...ids, sessionState: {}, updateState: () => ({}), signal };
    expect(await add?.execute?.({ a: 1, b: 2 }, context)).toBe(3);
  });

  it.each([
    [
      "two with one id",
      [bare, { ...full, id: "bare" }],
      "Agents 'Bare Agent' and 'Full Agent' have the same id 'bare'",
    ],
    ["an empty id", [{ ...bare, id: "" }], "invalid id (empty)"],
    ["an id of dots", [{ ...bare, id: ".." }], "invalid id (dots)"],
    ["an id with a line break", [{ ...bare, id: "a\nb" }], "invalid id (control characters)"],
  ])("cannot be %s", (_name, listed, message) => {
    expect(() => registerAgents(listed)).toThrow(message);
  });
});
