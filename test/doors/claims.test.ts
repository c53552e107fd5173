import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "../../src/domain/tool.ts";
import { testAgent, testTeam } from "../support/agents.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { call, newId, send } from "../support/http.ts";
import { confirmed, pauseOf, requirements, tools } from "../support/paused-runs.ts";
import { gate, hold, lastUser, scriptModel, text, toolCall } from "../support/scripted-model.ts";
import { killObjects } from "../support/session-story.ts";
import { delegate } from "../support/teams.ts";

// What a token says, and tools and runs heed. JWT_TOOL_CLAIMS is `org`, JWT_SESSION_ID_CLAIM is `conversation`.

const model = scriptModel();

/** A tool that writes down the claims that it is told, and of whom. */
function teller(waits: Partial<Tool> = {}): { tool: Tool; told: unknown[]; users: unknown[] } {
  const told: unknown[] = [];
  const users: unknown[] = [];
  const tool = defineTool({
    name: "tell",
    description: "Tells.",
    parameters: z.object({}),
    ...waits,
    execute: (_args, { claims, userId }) => {
      told.push(structuredClone(claims));
      users.push(userId);
      if (claims !== null) claims.org = "changed by the tool";
      return "told";
    },
  });
  return { tool, told, users };
}

const of = async (user: string, claims: Record<string, unknown>) => bearer(await tokenFor(user, claims));
const claimsIn = async (column: "run_id" | "session_id" | "parent_run_id", id: string) => {
  const { results } = await env.DB.prepare(`select claims from runs where ${column} = ? order by run_index`)
    .bind(id)
    .all<{ claims: string | null }>();
  return results.map(({ claims }) => claims);
};
const ACME = '{"org":"acme"}';

describe("the claims of who started a run", () => {
  it("are told to its tools: those that the deployment names, of the token and of nothing that the user wrote", async () => {
    const { tool, told } = teller();
    const agent = testAgent({ tools: [tool] });
    model.next([toolCall("tell", {})], [toolCall("tell", {})], "Done.");
    const fields = { message: "go", stream: false, session_state: { org: "evil" }, claims: { org: "evil" } };
    const { body } = await call("POST", `/agents/${agent}/runs`, fields, await of("ada", { org: "acme", plan: "pro" }));
    // The second call is told the same, though the first one changed what it got.
    expect([body.status, told]).toEqual(["COMPLETED", [{ org: "acme" }, { org: "acme" }]]);
    expect(JSON.stringify(body)).not.toContain("acme");
  });

  it("are null where no token has any", async () => {
    const { tool, told } = teller();
    const agent = testAgent({ tools: [tool] });
    for (const headers of [key, await of("ada", {})]) {
      model.next([toolCall("tell", {})], "Done.");
      await call("POST", `/agents/${agent}/runs`, { message: "go", stream: false }, headers);
    }
    expect(told).toEqual([null, null]);
  });

  it("go along only with the user whose token said them, so that a tool is never told two people as one", async () => {
    const { tool, told, users } = teller();
    const agent = testAgent({ tools: [tool] });
    const run = async (headers: Record<string, string>, fields: object) => {
      model.next([toolCall("tell", {})], "Done.");
      const { body } = await call(
        "POST",
        `/agents/${agent}/runs`,
        { message: "go", stream: false, ...fields },
        headers,
      );
      expect(body.status).toBe("COMPLETED");
      return body;
    };
    const staff = await of("grace", { org: "staff", scopes: ["agents:run", "users:act"] });
    const { session_id, run_id } = await run(await of("ada", { org: "acme" }), {});
    await run(staff, { user_id: "ada" });
    await run(staff, { session_id });
    await run(staff, { session_id, user_id: "ada" });
    await run(staff, {});
    await run(staff, { user_id: "grace" });
    model.next([toolCall("tell", {})], "Done.");
    const again = { session_id, stream: false, regenerate: true, user_id: "ada" };
    await call("POST", `/agents/${agent}/runs/${run_id}/continue`, again, staff);
    expect(users.map((user, nth) => [user, told[nth]])).toEqual([
      ["ada", { org: "acme" }],
      ["ada", null],
      [null, null],
      ["ada", null],
      ["grace", { org: "staff" }],
      ["grace", { org: "staff" }],
      ["ada", null],
    ]);
  });

  // case 78
  it("stay those of who started it over a pause, a death of its object, and whoever answers", async () => {
    const { tool, told } = teller({ requiresConfirmation: true });
    const agent = testAgent({ tools: [tool] });
    model.next([toolCall("tell", {})], "Done.");
    const started = await call(
      "POST",
      `/agents/${agent}/runs`,
      { message: "go", stream: false },
      await of("ada", { org: "acme" }),
    );
    const paused = pauseOf(agent, started.body);
    await killObjects();
    const body = { session_id: paused.session_id, stream: false, ...tools(paused, confirmed) };
    const path = `/agents/${agent}/runs/${paused.run_id}/continue`;
    const grace = await of("grace", { org: "other", scopes: ["agents:run", "users:act"] });
    expect((await call("POST", path, body, grace)).body.status).toBe("COMPLETED");
    expect(told).toEqual([{ org: "acme" }]);
    expect(await claimsIn("run_id", paused.run_id)).toEqual([ACME]);
  });

  it("are told to the tools of its members, also when these pause and their object dies", async () => {
    const { tool, told } = teller({ requiresConfirmation: true });
    const member = testAgent({ tools: [tool] });
    const team = testTeam({ mode: "coordinate", members: [member] });
    model.next([delegate(member, "tell")], [toolCall("tell", {})], "Told.", "All told.");
    const started = await call(
      "POST",
      `/teams/${team}/runs`,
      { message: "go", stream: false },
      await of("ada", { org: "acme" }),
    );
    const paused = pauseOf(team, started.body);
    await killObjects();
    const body = { session_id: paused.session_id, stream: false, ...requirements(paused, confirmed) };
    const path = `/teams/${team}/runs/${paused.run_id}/continue`;
    expect((await call("POST", path, body, await of("ada", {}))).body.status).toBe("COMPLETED");
    expect(told).toEqual([{ org: "acme" }]);
    expect(await claimsIn("parent_run_id", paused.run_id)).toEqual([ACME]);
  });

  it("wait with a run that waits, whose object dies", async () => {
    const { tool, told } = teller();
    const agent = testAgent({ tools: [tool] });
    const session_id = newId();
    const point = gate();
    model.respondWith((request) => {
      if (lastUser(request) === "first") return [text("…"), hold(point)];
      return request.messages.at(-1)?.role === "tool" ? "Done." : [toolCall("tell", {})];
    });
    const ada = await of("ada", { org: "acme" });
    const first = { message: "first", stream: false, background: true, session_id };
    await call("POST", `/agents/${agent}/runs`, first, await of("ada", { org: "first" }));
    await point.reached();
    await call("POST", `/agents/${agent}/runs`, { ...first, message: "second" }, ada);
    await killObjects();
    point.release();
    const third = await call(
      "POST",
      `/agents/${agent}/runs`,
      { message: "third", stream: false, session_id },
      await of("ada", {}),
    );
    expect(third.body.status).toBe("COMPLETED");
    expect(told).toEqual([{ org: "acme" }, null]);
  });

  it("are of who asks for a new run that is made from an older one", async () => {
    const { tool, told } = teller();
    const agent = testAgent({ tools: [tool] });
    model.next("First.", [toolCall("tell", {})], "Done.");
    const started = await call(
      "POST",
      `/agents/${agent}/runs`,
      { message: "go", stream: false },
      await of("ada", { org: "acme" }),
    );
    const { run_id, session_id } = started.body;
    const body = { session_id, stream: false, regenerate: true };
    await call("POST", `/agents/${agent}/runs/${run_id}/continue`, body, await of("ada", { org: "later" }));
    expect(told).toEqual([{ org: "later" }]);
  });

  it("go into no fork and no export", async () => {
    const agent = testAgent({});
    const ada = await of("ada", { org: "acme" });
    const { session_id } = (await call("POST", `/agents/${agent}/runs`, { message: "go", stream: false }, ada)).body;
    expect(await claimsIn("session_id", session_id)).toEqual([ACME]);
    const fork = await call("POST", `/agents/${agent}/sessions/${session_id}/fork`, undefined, ada);
    expect(await claimsIn("session_id", fork.body.session_id)).toEqual([null]);
    const exported = await send("GET", `/sessions/${session_id}/export`, undefined, ada);
    expect(await exported.text()).not.toContain("acme");
  });
});

describe("a token that names a session", () => {
  it("has its runs in that session, whatever the request names", async () => {
    const conversation = newId();
    const ada = await of("ada", { conversation });
    const agent = testAgent({});
    const other = newId();
    for (const session_id of [other, undefined]) {
      const { body } = await call("POST", `/agents/${agent}/runs`, { message: "go", stream: false, session_id }, ada);
      expect(body.session_id).toBe(conversation);
    }
    expect((await call("GET", `/sessions/${other}`, undefined, key)).status).toBe(404);
  });

  it("continues runs of that session only", async () => {
    const { tool } = teller({ requiresConfirmation: true });
    const agent = testAgent({ tools: [tool] });
    model.next([toolCall("tell", {})], "Done.");
    const started = await call("POST", `/agents/${agent}/runs`, { message: "go", stream: false }, await of("ada", {}));
    const paused = pauseOf(agent, started.body);
    const path = `/agents/${agent}/runs/${paused.run_id}/continue`;
    const fields = { stream: false, ...tools(paused, confirmed) };
    const elsewhere = await of("ada", { conversation: newId() });
    expect((await call("POST", path, { ...fields, session_id: paused.session_id }, elsewhere)).status).toBe(404);
    const there = await of("ada", { conversation: paused.session_id });
    expect((await call("POST", path, { ...fields, session_id: newId() }, there)).body.status).toBe("COMPLETED");
  });
});
