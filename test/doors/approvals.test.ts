import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "../../src/domain/tool.ts";
import { testAgent } from "../support/agents.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { type Answer, call, newId, send } from "../support/http.ts";
import { confirmed, type PausedRun, pauseOf, tools } from "../support/paused-runs.ts";
import { scriptModel, toolCall } from "../support/scripted-model.ts";

// Who may answer what a run asks, and as whom the answer is kept.

const model = scriptModel();

const DENIED = "This run requires admin approval before it can be continued";

/** An agent whose `refund` is staff's to confirm and whose `wipe` is anybody's. */
function bank(): { agent: string; ran: string[] } {
  const ran: string[] = [];
  const tool = (name: string, waits: Partial<Tool>) =>
    defineTool({
      name,
      description: `Does ${name}.`,
      parameters: z.object({}),
      requiresConfirmation: true,
      ...waits,
      execute: () => {
        ran.push(name);
        return name;
      },
    });
  return { agent: testAgent({ tools: [tool("refund", { approvalType: "required" }), tool("wipe", {})] }), ran };
}

interface Asked extends PausedRun {
  user: string;
  headers: Record<string, string>;
}

/** Has a new user's run ask for these calls. */
async function asked(agent: string, calls: string[]): Promise<Asked> {
  const user = `ada-${newId()}`;
  const headers = bearer(await tokenFor(user));
  model.next(
    calls.map((name, index) => toolCall(name, {}, { index })),
    "Done.",
  );
  const { body } = await call("POST", `/agents/${agent}/runs`, { message: "go", stream: false }, headers);
  expect([body.status, body.detail]).toEqual(["PAUSED", undefined]);
  return { ...pauseOf(agent, body), user, headers };
}

function answer({ agent, run_id, session_id }: PausedRun, fields: object, headers: Record<string, string>) {
  const body = { session_id, stream: false, ...fields };
  return call("POST", `/agents/${agent}/runs/${run_id}/continue`, body, headers);
}

/** All that D1 has of the run. */
async function rowsOf({ run_id, session_id }: PausedRun): Promise<unknown> {
  const by = async (table: string, column: string, value: string) =>
    (await env.DB.prepare(`select * from ${table} where ${column} = ?`).bind(value).all()).results;
  return [
    await by("requirements", "run_id", run_id),
    await by("runs", "run_id", run_id),
    await by("messages", "session_id", session_id),
    await by("continuations", "run_id", run_id),
  ];
}

const told = ({ status, body }: Answer) => [status, body.code, body.detail];
const staff = async (user: string, ...more: string[]) =>
  bearer(await tokenFor(user, { scopes: ["agents:read", "agents:run", "approvals:read", "approvals:write", ...more] }));

describe("a call that its tool has anybody confirm", () => {
  // case 67
  it("is confirmed by the user whose run it is", async () => {
    const { agent, ran } = bank();
    const paused = await asked(agent, ["wipe"]);
    expect(paused.tools[0].approval_type).toBeNull();
    const { body } = await answer(paused, tools(paused, confirmed), paused.headers);
    expect([body.status, ran]).toEqual(["COMPLETED", ["wipe"]]);
  });

  // case 70
  it("keeps the user as who answered, whomever the request names", async () => {
    const { agent } = bank();
    const paused = await asked(agent, ["wipe"]);
    const { body } = await answer(paused, { ...tools(paused, confirmed), answered_by: "grace" }, paused.headers);
    expect(body.requirements).toMatchObject([{ answered_by: paused.user, actor: `user:${paused.user}` }]);
  });
});

describe("a call that its tool has staff confirm", () => {
  // case 68
  it.each<[string, string[], (paused: PausedRun) => object]>([
    ["alone", ["refund"], (paused) => tools(paused, confirmed)],
    ["with the answer to another call", ["wipe", "refund"], (paused) => tools(paused, confirmed, confirmed)],
    ["rejected", ["refund"], (paused) => tools(paused, { confirmed: false })],
    ["in a request that answers nothing", ["refund"], () => ({})],
  ])("is refused to a user, and nothing is stored: %s", async (_, calls, said) => {
    const { agent, ran } = bank();
    const paused = await asked(agent, calls);
    const before = await rowsOf(paused);
    expect(told(await answer(paused, said(paused), paused.headers))).toEqual([403, "forbidden", DENIED]);
    const repeated = await call(
      "POST",
      `/agents/${agent}/runs/${paused.run_id}/continue`,
      { session_id: paused.session_id, ...said(paused) },
      { ...paused.headers, "Idempotency-Key": newId() },
    );
    expect(repeated.status).toBe(403);
    expect(await rowsOf(paused)).toEqual(before);
    expect(ran).toEqual([]);
  });

  it("leaves another call of the run to the user, and the run paused", async () => {
    const { agent } = bank();
    const paused = await asked(agent, ["wipe", "refund"]);
    const { body } = await answer(paused, tools(paused, confirmed, null), paused.headers);
    expect(body.status).toBe("PAUSED");
    expect(body.requirements).toMatchObject([{ tool_execution: { tool_name: "refund", approval_type: "required" } }]);
  });

  // case 69
  it("is confirmed by staff in the user's session, who is kept as the actor; the session stays the user's", async () => {
    const { agent, ran } = bank();
    const paused = await asked(agent, ["refund"]);
    const grace = await staff("grace", "users:act");
    const open = (await call("GET", `/requirements?user_id=${paused.user}`, undefined, grace)).body.data;
    expect(open).toMatchObject([{ approval_type: "required", actor: null, user_id: paused.user }]);
    const { body } = await answer(paused, { ...tools(paused, confirmed), answered_by: "the desk" }, grace);
    expect([body.status, body.user_id, ran]).toEqual(["COMPLETED", paused.user, ["refund"]]);
    expect(body.requirements).toMatchObject([{ answered_by: "the desk", actor: "user:grace" }]);
    const answered = await call("GET", "/requirements?status=answered", undefined, paused.headers);
    expect(answered.body.data).toMatchObject([
      { approval_type: "required", actor: "user:grace", tool_execution: { approval_type: "required" } },
    ]);
    const { results } = await env.DB.prepare("select actor, approval_type from requirements where run_id = ?")
      .bind(paused.run_id)
      .all();
    expect(results).toEqual([{ actor: "user:grace", approval_type: "required" }]);
  });

  it("is confirmed with the key, which is the actor", async () => {
    const { agent } = bank();
    const paused = await asked(agent, ["refund"]);
    const { body } = await answer(paused, tools(paused, confirmed), key);
    expect(body.requirements).toMatchObject([{ answered_by: "security_key", actor: "security_key" }]);
  });

  it("is confirmed in one's own session with approvals:write alone; another's does not exist", async () => {
    const { agent } = bank();
    const paused = await asked(agent, ["refund"]);
    const outsider = await answer(paused, tools(paused, confirmed), await staff("bob"));
    expect([outsider.status, outsider.body.code]).toEqual([404, "run_not_found"]);
    const { body } = await answer(paused, tools(paused, confirmed), await staff(paused.user));
    expect(body.status).toBe("COMPLETED");
  });

  it("does not tell a stranger that the run is there", async () => {
    const { agent } = bank();
    const paused = await asked(agent, ["refund"]);
    const bob = bearer(await tokenFor("bob"));
    const { status, body } = await answer(paused, tools(paused, confirmed), bob);
    expect([status, body.detail]).toEqual([404, `No runs found for run ID ${paused.run_id}`]);
  });

  it("is kept with an export as staff's", async () => {
    const { agent } = bank();
    const paused = await asked(agent, ["refund"]);
    const { headers } = paused;
    const lines = (await (await send("GET", `/sessions/${paused.session_id}/export`, undefined, headers)).text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ type }) => type === "requirement")).toMatchObject([{ approval_type: "required" }]);
  });
});
