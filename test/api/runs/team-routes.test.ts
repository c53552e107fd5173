import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { teams } from "../../../src/agents/index.ts";
import type { Team } from "../../../src/domain/team.ts";
import { type Answer, call, newId, run } from "../../support/http.ts";
import { countRows } from "../../support/rows.ts";
import { scriptModel } from "../../support/scripted-model.ts";

scriptModel();

const team: Team = { id: `test-${newId()}`, name: "Test Team", mode: "coordinate", members: ["assistant"] };
const registry = teams as Map<string, Team>;
const known = { session: newId(), run: "", teamSession: newId(), teamRun: "" };
beforeAll(async () => {
  registry.set(team.id, team);
  known.run = (await run("hi", { session_id: known.session })).body.run_id;
  // An agent's run is made a team's in D1. No team has to run: this file is about what the routes do with such a run.
  const { body } = await run("hello team", { session_id: known.teamSession });
  known.teamRun = body.run_id;
  await env.DB.batch([
    env.DB.prepare("UPDATE runs SET agent_id = NULL, team_id = ? WHERE run_id = ?").bind(team.id, known.teamRun),
    env.DB.prepare(
      "UPDATE sessions SET session_type = 'team', agent_id = NULL, team_id = ?1, component_id = ?1 WHERE session_id = ?2",
    ).bind(team.id, known.teamSession),
  ]);
});
afterAll(() => void registry.delete(team.id));

/** Every route of a component's runs, with the least that it takes. */
type Route = [name: string, send: (component: string, runId: string, sessionId: string) => Promise<Answer>];
const ROUTES: Route[] = [
  ["POST runs", (component) => call("POST", `${component}/runs`, { message: "hi", stream: false })],
  ["GET runs", (component, _, session) => call("GET", `${component}/runs?session_id=${session}`)],
  ["GET run", (component, id, session) => call("GET", `${component}/runs/${id}?session_id=${session}`)],
  ["POST cancel", (component, id) => call("POST", `${component}/runs/${id}/cancel`)],
  [
    "POST continue",
    (component, id, session_id) => call("POST", `${component}/runs/${id}/continue`, { session_id, fork: true }),
  ],
  ["POST resume", (component, id, session_id) => call("POST", `${component}/runs/${id}/resume`, { session_id })],
  ["GET resume", (component, id, session) => call("GET", `${component}/runs/${id}/resume?session_id=${session}`)],
];
const RUN_ROUTES = ROUTES.slice(2);

describe("a team that does not exist", () => {
  it.each(ROUTES)("is 404 for %s, whatever else is wrong", async (_, send) => {
    const before = await countRows();
    // A team's path must not find an agent by its id, nor an agent's path a team.
    for (const id of ["nobody", "assistant"]) {
      const { status, body } = await send(`/teams/${id}`, known.run, known.session);
      expect([id, status, body.code, body.detail]).toEqual([id, 404, "team_not_found", "Team not found"]);
    }
    const { status, body } = await send(`/agents/${team.id}`, known.teamRun, known.teamSession);
    expect([status, body.code, body.detail]).toEqual([404, "agent_not_found", "Agent not found"]);
    expect(await countRows()).toEqual(before);
  });
});

describe("an id in a team's path", () => {
  it.each(ROUTES)("is 422 for %s where it cannot be one", async (_, send) => {
    const { status, body } = await send("/teams/a%0Ab", known.run, known.session);
    expect([status, body.detail[0].loc]).toEqual([422, ["path", "team_id"]]);
  });

  it.each(RUN_ROUTES)("is 422 for %s where it cannot be a run's", async (_, send) => {
    const { status, body } = await send(`/teams/${team.id}`, "%7F", known.session);
    expect([status, body.detail[0].loc]).toEqual([422, ["path", "run_id"]]);
  });
});

describe("a field of a team's run", () => {
  it.each([
    ["message", {}],
    ["message", { message: " " }],
    ["stream", { message: "hi", stream: "maybe" }],
    ["background", { message: "hi", background: "maybe" }],
    ["session_state", { message: "hi", session_state: "[]" }],
    ["on_busy", { message: "hi", on_busy: "wait" }],
  ])("is 422 where it is wrong: %s %j", async (field, body) => {
    const answer = await call("POST", `/teams/${team.id}/runs`, body);
    expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ["body", field]]);
  });

  it("is 422 where a query lacks its session", async () => {
    for (const path of [`/teams/${team.id}/runs`, `/teams/${team.id}/runs/${known.teamRun}`]) {
      const { status, body } = await call("GET", path);
      expect([status, body.detail[0].loc]).toEqual([422, ["query", "session_id"]]);
    }
  });
});

describe("a team's run", () => {
  it("is listed and read under its team", async () => {
    const list = await call("GET", `/teams/${team.id}/runs?session_id=${known.teamSession}`);
    expect([list.status, list.body.map((item: { run_id: string }) => item.run_id)]).toEqual([200, [known.teamRun]]);
    const one = await call("GET", `/teams/${team.id}/runs/${known.teamRun}?session_id=${known.teamSession}`);
    expect([one.status, one.body.run_id, one.body.content]).toEqual([200, known.teamRun, "echo: hello team"]);
    const none = await call("GET", `/teams/${team.id}/runs?session_id=${known.teamSession}&status=ERROR`);
    expect([none.status, none.body]).toEqual([200, []]);
  });

  it("is none of an agent, and an agent's is none of a team", async () => {
    const cases = [
      [`/agents/assistant/runs`, known.teamRun, known.teamSession],
      [`/teams/${team.id}/runs`, known.run, known.session],
    ] as const;
    for (const [runs, runId, session_id] of cases) {
      const one = await call("GET", `${runs}/${runId}?session_id=${session_id}`);
      expect([one.status, one.body.detail]).toEqual([404, "Run not found"]);
      const list = await call("GET", `${runs}?session_id=${session_id}`);
      expect([list.status, list.body.detail]).toEqual([404, "Session not found"]);
      const made = await call("POST", `${runs}/${runId}/continue`, { session_id, fork: true });
      expect([made.status, made.body.detail]).toEqual([404, `No runs found for run ID ${runId}`]);
      expect((await call("POST", `${runs}/${runId}/cancel`)).body).toEqual({});
    }
  });
});
