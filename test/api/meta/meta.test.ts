import { describe, expect, it } from "vitest";
import { z } from "zod";
import manifest from "../../../package.json";
import { agents, teams } from "../../../src/agents/index.ts";
import { VERSION } from "../../../src/api/meta/contract.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import type { Team } from "../../../src/domain/team.ts";
import { defineTool } from "../../../src/domain/tool.ts";
import { documentedOperations } from "../../support/document.ts";
import { deployed, smallApp, withKey } from "../../support/small-app.ts";

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

const helper: Agent = { id: "helper", name: "Helper", role: "helps" };
const inner: Team = { id: "inner", name: "Inner Team", mode: "route", members: ["helper"], numHistoryRuns: 0 };
const outer: Team = {
  id: "outer",
  name: "Outer Team",
  description: "Has members",
  model: "huge-1",
  instructions: "Delegate",
  tools: [lookUp],
  mode: "coordinate",
  members: ["inner", "helper"],
};
const withTeams = smallApp({ agents: [helper], teams: [outer, inner] });
const readTeams = async (path: string) => (await withTeams.request(path)).json();

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
    const vars = { ...deployed, OS_ID: "mine", OS_NAME: "My OS", DELETE_UNDO_SECONDS: "3600" };
    const named = smallApp({ vars, agents: [bare, full] });
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
      user_isolation: false,
      delete_undo_seconds: 3600,
    });
  });

  it("says at /info that nothing can be brought back where the deployment sets no time for it", async () => {
    expect(await read("/info")).toMatchObject({ delete_undo_seconds: 0 });
  });

  it("lists each model once", async () => {
    expect(await read("/models")).toEqual([
      { id: "silent-1", name: "SilentModel", provider: "Test" },
      { id: "large-1", name: "SilentModel", provider: "Test" },
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
        {
          id: "bare",
          name: "Bare Agent",
          db_id: "d1",
          model: { id: "silent-1", name: "SilentModel", provider: "Test" },
        },
        {
          id: "full",
          name: "Full Agent",
          description: "Has everything",
          db_id: "d1",
          model: { id: "large-1", name: "SilentModel", provider: "Test" },
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

  it("shows what a tool waits for, and asks a person's fields of nobody else", async () => {
    const fields = {
      description: "d",
      parameters: z.object({ to: z.string(), subject: z.string() }),
      execute: () => 1,
    };
    const tools = [
      defineTool({ ...fields, name: "asks", requiresConfirmation: true }),
      defineTool({ ...fields, name: "fills", requiresUserInput: ["to"] }),
      defineTool({ ...fields, name: "fills_all", requiresUserInput: ["subject", "to"] }),
      defineTool({ ...fields, name: "elsewhere", externalExecution: true }),
      defineTool({ ...fields, name: "free", requiresConfirmation: false, externalExecution: false }),
    ];
    const text = { type: "string" };
    const all = {
      type: "object",
      properties: { to: text, subject: text },
      required: ["to", "subject"],
    };
    const answer = await smallApp({ agents: [{ ...bare, tools }] }).request("/agents/bare");
    expect(await answer.json()).toHaveProperty("tools.tools", [
      { name: "asks", description: "d", parameters: all, requires_confirmation: true },
      {
        name: "fills",
        description: "d",
        parameters: { type: "object", properties: { subject: text }, required: ["subject"] },
        requires_user_input: true,
        user_input_fields: ["to"],
      },
      {
        name: "fills_all",
        description: "d",
        parameters: { type: "object", properties: {} },
        requires_user_input: true,
        user_input_fields: ["subject", "to"],
      },
      { name: "elsewhere", description: "d", parameters: all, external_execution: true },
      { name: "free", description: "d", parameters: all },
    ]);
  });

  it("describes teams with their members in them, each with its role", async () => {
    const model = { name: "SilentModel", model: "silent-1", provider: "Test" };
    const member = {
      id: "helper",
      name: "Helper",
      db_id: "d1",
      role: "helps",
      is_factory: false,
      model,
      sessions: { session_table: "sessions", add_history_to_context: true, cache_session: true },
      is_component: false,
    };
    const innerBody = {
      id: "inner",
      name: "Inner Team",
      db_id: "d1",
      mode: "route",
      is_factory: false,
      model,
      sessions: { session_table: "sessions", num_history_runs: 0, cache_session: true },
      streaming: { stream_member_events: true },
      members: [member],
      is_component: false,
    };
    const outerBody = {
      id: "outer",
      name: "Outer Team",
      db_id: "d1",
      description: "Has members",
      mode: "coordinate",
      is_factory: false,
      model: { ...model, model: "huge-1" },
      tools: { tools: [expect.objectContaining({ name: "look_up" })] },
      sessions: { session_table: "sessions", add_history_to_context: true, cache_session: true },
      system_message: { description: "Has members", instructions: "Delegate" },
      streaming: { stream_member_events: true },
      members: [innerBody, member],
      is_component: false,
    };
    expect(await readTeams("/teams")).toEqual([outerBody, innerBody]);
    expect(await readTeams("/teams/outer")).toEqual(outerBody);
    expect(await readTeams("/agents/helper")).toEqual(member);
  });

  it("counts teams at /info, and lists them and their models", async () => {
    expect(await readTeams("/info")).toMatchObject({ agent_count: 1, team_count: 2 });
    expect(await readTeams("/models")).toEqual([
      { id: "silent-1", name: "SilentModel", provider: "Test" },
      { id: "huge-1", name: "SilentModel", provider: "Test" },
    ]);
    expect(await readTeams("/config")).toMatchObject({
      agents: [{ id: "helper" }],
      teams: [
        {
          id: "outer",
          name: "Outer Team",
          description: "Has members",
          db_id: "d1",
          mode: "coordinate",
          model: { id: "huge-1", name: "SilentModel", provider: "Test" },
        },
        {
          id: "inner",
          name: "Inner Team",
          db_id: "d1",
          mode: "route",
          model: { id: "silent-1", name: "SilentModel", provider: "Test" },
        },
      ],
    });
  });

  it("does not find unknown teams, nor agents among them", async () => {
    for (const id of ["research", "helper", "constructor"]) {
      const answer = await withTeams.request(`/teams/${id}`);
      expect([id, answer.status, await answer.json()]).toMatchObject([
        id,
        404,
        { detail: "Team not found", code: "team_not_found" },
      ]);
    }
    expect((await withTeams.request("/agents/outer")).status).toBe(404);
  });

  it("refuses every request while a team is deeper than the settings allow", async () => {
    const vars = (depth: string) => ({ MODE: "development", MAX_TEAM_DEPTH: depth });
    const nested = { agents: [helper], teams: [outer, inner] };
    expect((await smallApp({ ...nested, vars: vars("2") }).request("/health")).status).toBe(200);
    const answer = await smallApp({ ...nested, vars: vars("1") }).request("/health");
    expect([answer.status, await answer.json()]).toMatchObject([
      500,
      {
        detail:
          "The server is not configured correctly: Team 'Outer Team' is 2 levels of teams deep. MAX_TEAM_DEPTH is 1.",
      },
    ]);
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

const Operator = z.object({ tools: z.object({ tools: z.array(z.record(z.string(), z.unknown())) }) });

describe("the agents of this deployment", () => {
  const context = () => {
    const ids = { sessionId: "s", runId: "r", agentId: "operator", userId: null, claims: null };
    return { ...ids, sessionState: {}, updateState: () => ({}), signal: new AbortController().signal };
  };
  const call = (name: string, args: unknown) => {
    const tool = agents.get("operator")?.tools?.find((known) => known.name === name);
    return tool?.execute?.(args, context());
  };

  it("are the assistant, the operator and the two of the support team", async () => {
    const { request: send } = smallApp({ agents: [...agents.values()], teams: [...teams.values()] });
    expect(await (await send("/agents")).json()).toMatchObject([
      { id: "assistant" },
      { id: "operator" },
      { id: "resolver" },
      { id: "triage" },
    ]);
    expect(await (await send("/teams")).json()).toMatchObject([
      {
        id: "support",
        mode: "coordinate",
        members: [
          { id: "triage", role: expect.stringContaining("Finds out") },
          { id: "resolver", role: expect.stringContaining("Writes the answer") },
        ],
      },
    ]);
  });

  it("are those that the document's examples name, which `/docs` sends", async () => {
    const operations = await documentedOperations();
    const examplesOf = (parameter: string) =>
      operations.flatMap(({ parameters }) =>
        parameters
          .filter(({ name }) => name === parameter)
          .map(({ schema }) => z.looseObject({ example: z.string() }).parse(schema).example),
      );
    expect(examplesOf("agent_id").length).toBeGreaterThan(5);
    for (const id of examplesOf("agent_id")) expect([...agents.keys()]).toContain(id);
    for (const id of examplesOf("team_id")) expect([...teams.keys()]).toContain(id);
  });

  it("have one tool of each kind, all of them the operator's", async () => {
    const { request: send } = smallApp({ agents: [...agents.values()] });
    const { tools } = Operator.parse(await (await send("/agents/operator")).json()).tools;
    const plain = ["requires_confirmation", "requires_user_input", "external_execution"];
    const kinds = tools.map((tool) => [tool.name, plain.filter((kind) => tool[kind] === true)]);
    expect(kinds).toEqual([
      ["add", []],
      ["delete_record", ["requires_confirmation"]],
      ["send_email", ["requires_user_input"]],
      ["run_shell", ["external_execution"]],
    ]);
  });

  it("add numbers with the tool `add`", () => {
    expect(call("add", { a: 1, b: 2 })).toBe(3);
  });

  it("say that their demonstrations do nothing", () => {
    expect(call("delete_record", { id: "r-7" })).toMatch(/record r-7 .*nothing was deleted/);
    expect(call("send_email", { to: "ada@example.com", subject: "Hi" })).toMatch(
      /"Hi" .*ada@example\.com .*nothing was sent/,
    );
  });
});
