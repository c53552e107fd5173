import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { call, newId, run } from "../../support/http.ts";
import { gate, hold, isNaming, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { detailOf, eventually, runsOf, saidIn, shown, storyOf } from "../../support/session-story.ts";
import {
  callsOf,
  comparable,
  delegate,
  leading,
  member,
  openTeam,
  runTeam,
  say,
  streamTeam,
} from "../../support/teams.ts";

const model = scriptModel();

/** A session of a team in which its leader asked one member, then answered. */
async function teamSession({ after = 0 } = {}) {
  const [ada, bob] = [member("ada"), member("bob")];
  const team = leading([ada, bob], { naming: { after }, model: "leader-model" });
  const session_id = newId();
  const user_id = newId();
  say(model, {
    leader: [[text("Let me ask."), delegate(ada, "secret task")], "It is done."],
    ada: ["Adas answer."],
  });
  const { body } = await runTeam(team, "Do something", { session_id, user_id });
  expect(body.status).toBe("COMPLETED");
  return { ada, bob, team, session_id, user_id, runId: body.run_id };
}

const contents = (body: { data: { role: string; content?: string }[] }) =>
  body.data.filter(({ role }) => role !== "system").map(({ role, content }) => `${role}: ${content ?? ""}`);
const LEADERS = ["user: Do something", "assistant: Let me ask.", "tool: Adas answer.", "assistant: It is done."];
const ADAS = ["user: secret task", "assistant: Adas answer."];

describe("a session of a team", () => {
  it("is shown and listed as a team's", async () => {
    const { team, session_id, user_id } = await teamSession();
    const detail = await detailOf(session_id);
    expect(detail).toMatchObject({
      session_id,
      session_name: "Do something",
      team_id: team,
      user_id,
      team_data: { name: "Leader", team_id: team, model: { id: "leader-model", provider: "OpenAI" } },
      chat_history: [{ content: "Do something" }, { content: "Let me ask." }, { content: "It is done." }],
    });
    expect(detail).not.toHaveProperty("agent_id");
    expect(detail).not.toHaveProperty("agent_session_id");
    const list = async (query: string) => (await call("GET", `/sessions?user_id=${user_id}${query}`)).body.data;
    expect(await list("&type=team")).toMatchObject([{ session_id, session_type: "team", team_id: team }]);
    expect(await list(`&component_id=${team}`)).toHaveLength(1);
    expect(await list("&type=agent")).toEqual([]);
  });

  it("has the leader's messages as its history, and its members' where they are asked for", async () => {
    const { ada, bob, team, session_id } = await teamSession();
    const messages = async (query: string) =>
      contents((await call("GET", `/sessions/${session_id}/messages?${query}`)).body);
    expect(await saidIn(session_id)).toEqual(LEADERS.filter((line) => !line.startsWith("tool")));
    expect(await messages("")).toEqual(LEADERS);
    expect(await messages("skip_member_messages=false")).toEqual([...ADAS, ...LEADERS]);
    expect(await messages(`member_ids=${ada}`)).toEqual(ADAS);
    expect(await messages(`member_ids=${bob}`)).toEqual([]);
    expect(await messages(`member_ids=${ada}&member_ids=${bob}`)).toEqual(ADAS);
    expect(await messages(`team_id=${team}`)).toEqual(LEADERS);
    expect(await messages("skip_member_messages=false&limit=2")).toHaveLength(1);
    expect(await messages("skip_member_messages=false&last_n_runs=1")).toEqual(LEADERS);
    expect(await messages("skip_member_messages=false&skip_roles=tool&skip_roles=user")).toEqual([
      "assistant: Adas answer.",
      "assistant: Let me ask.",
      "assistant: It is done.",
    ]);
  });

  it("is named by hand, and by a model that sees what user and leader said", async () => {
    const { session_id } = await teamSession();
    const renamed = await call("POST", `/sessions/${session_id}/rename`, { session_name: "By hand" });
    expect([renamed.status, renamed.body.session_name]).toEqual([200, "By hand"]);
    expect(renamed.body).toHaveProperty("team_data");
    model.nextNames("Something Was Done");
    const generated = await call("POST", `/sessions/${session_id}/rename`, { autogenerate: true });
    expect([generated.status, generated.body.session_name]).toEqual([200, "Something Was Done"]);
    const naming = model.calls.find(({ request }) => isNaming(request));
    expect(naming?.request.model).toBe("leader-model");
    const conversation = JSON.stringify(naming?.request.messages);
    expect(conversation).toContain("Do something");
    expect(conversation).toContain("It is done.");
    expect(conversation).not.toContain("secret task");
    expect(conversation).not.toContain("Adas answer.");
  });

  it("is named by itself after as many runs as its team says, of which members' are none", async () => {
    const { team, session_id, user_id } = await teamSession({ after: 2 });
    expect(model.calls.filter(({ request }) => isNaming(request))).toEqual([]);
    say(model, { leader: ["And again."] });
    model.nextNames("Done Twice");
    await runTeam(team, "Again", { session_id, user_id });
    const named = await eventually(
      () => detailOf(session_id),
      ({ session_name }) => session_name !== "Do something",
    );
    expect(named.session_name).toBe("Done Twice");
  });

  it("leaves nothing in any table when it is deleted, also while it waits for people", async () => {
    const erase = defineTool({
      name: "erase",
      description: "Erases.",
      parameters: z.object({}),
      requiresConfirmation: true,
      execute: () => "erased",
    });
    const ada = member("ada", { tools: [erase] });
    const team = leading([ada]);
    const session_id = newId();
    say(model, {
      leader: [[delegate(ada, "one")], "Done.", [delegate(ada, "two")]],
      ada: ["Fine.", [toolCall("erase", {})]],
    });
    await runTeam(team, "First", { session_id });
    const { body } = await runTeam(team, "Second", { session_id });
    expect(body.status).toBe("PAUSED");
    expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    for (const table of ["sessions", "runs", "messages", "requirements", "continuations"]) {
      const row = await env.DB.prepare(`select count(*) as n from ${table} where session_id = ?`)
        .bind(session_id)
        .first<{ n: number }>();
      expect([table, row?.n]).toEqual([table, 0]);
    }
    expect((await call("GET", `/sessions/${session_id}`)).status).toBe(404);
  });

  it("that is deleted while a member is at work keeps nothing of it", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    const point = gate();
    say(model, { leader: [[delegate(ada, "one")]], ada: [[text("Half"), hold(point), text(" and half")]] });
    const stream = await openTeam(team, "Please", { session_id });
    await point.reached();
    expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    point.release();
    const events = await stream.rest();
    expect(events.slice(-2).map(({ event }) => event)).toEqual(["TeamRunCancelled", "TeamRunCompleted"]);
    for (const table of ["sessions", "runs", "messages"]) {
      const row = await env.DB.prepare(`select count(*) as n from ${table} where session_id = ?`)
        .bind(session_id)
        .first<{ n: number }>();
      expect([table, row?.n]).toEqual([table, 0]);
    }
  });
});

describe("runs of a team", () => {
  /** A team whose member is held at its first task. */
  async function busyTeam() {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    const point = gate();
    say(model, {
      leader: [[delegate(ada, "one")], "First done.", "Second done."],
      ada: [[text("Ada "), hold(point), text("did it.")]],
    });
    const first = await openTeam(team, "First", { session_id });
    await point.reached();
    return { team, session_id, point, first };
  }

  it("wait for each other, but members do not wait behind those that wait", async () => {
    const { team, session_id, point, first } = await busyTeam();
    const second = await openTeam(team, "Second", { session_id });
    const refused = await runTeam(team, "Third", { session_id, on_busy: "reject" });
    expect([refused.status, refused.body.code]).toEqual([409, "run_active"]);
    point.release();
    expect((await first.rest()).at(-1)?.data.content).toBe("First done.");
    expect((await second.rest()).at(-1)?.data.content).toBe("Second done.");
    expect(await storyOf(session_id)).toEqual([
      "one → COMPLETED: Ada did it.",
      "First → COMPLETED: First done.",
      "Second → COMPLETED: Second done.",
    ]);
  });

  it("give way, with their members, to one that interrupts", async () => {
    const { team, session_id, first } = await busyTeam();
    say(model, { leader: ["Now this."] });
    const { body } = await runTeam(team, "Stop that", { session_id, on_busy: "interrupt" });
    expect(body.content).toBe("Now this.");
    expect((await first.rest()).slice(-2).map(({ event }) => event)).toEqual(["TeamRunCancelled", "TeamRunCompleted"]);
    expect(await storyOf(session_id)).toEqual([
      "one → CANCELLED: Ada ",
      "First → CANCELLED: ",
      "Stop that → COMPLETED: Now this.",
    ]);
  });

  it("run once for one idempotency key, and are answered again as they were", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    const key = newId();
    say(model, { leader: [[delegate(ada, "one")], "Done."], ada: ["Ada did it."] });
    const events = await streamTeam(team, "Please", { session_id, key });
    expect(comparable(await streamTeam(team, "Please", { session_id, key }))).toEqual(comparable(events));
    const whole = await runTeam(team, "Please", { session_id, key });
    expect(whole.body).toMatchObject({ content: "Done.", member_responses: [{ content: "Ada did it." }] });
    expect(callsOf(model, "leader")).toHaveLength(2);
    expect((await runTeam(team, "Other", { session_id, key })).status).toBe(409);
  });

  it("may be left alone: 202, then read with their members", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    say(model, { leader: [[delegate(ada, "one")], "Done."], ada: ["Ada did it."] });
    const fields = { message: "Please", session_id, stream: false, background: true };
    const { status, body } = await call("POST", `/teams/${team}/runs`, fields);
    expect([status, body.status]).toEqual([202, "PENDING"]);
    const path = `/teams/${team}/runs/${body.run_id}?session_id=${session_id}`;
    const done = await eventually(
      async () => (await call("GET", path)).body,
      (read) => read.status === "COMPLETED",
    );
    expect(done).toMatchObject({ content: "Done.", member_responses: [{ content: "Ada did it." }] });
  });

  it("share a session's state with their members", async () => {
    const count = defineTool({
      name: "count",
      description: "Counts.",
      parameters: z.object({}),
      execute: (_args, { updateState }) => updateState((state) => ({ ...state, n: Number(state.n ?? 0) + 1 })),
    });
    const [ada, bob] = [member("ada", { tools: [count] }), member("bob", { tools: [count] })];
    const team = leading([ada, bob], { tools: [count] });
    const session_id = newId();
    const twice = [toolCall("count", {}), toolCall("count", {})];
    say(model, {
      leader: [[toolCall("count", {}), delegate(ada, "count"), delegate(bob, "count")], "Counted."],
      ada: [twice, "Twice."],
      bob: [twice, "Twice."],
    });
    const { body } = await runTeam(team, "Count", { session_id, session_state: { n: 10, who: "team" } });
    expect(body.session_state).toEqual({ n: 15, who: "team" });
    expect((await detailOf(session_id)).session_state).toEqual({ n: 15, who: "team" });
    // A member run shows the state as it stood at its own end, also when it is read later.
    for (const { run_id, session_state } of body.member_responses) {
      expect(session_state.n).toBeGreaterThanOrEqual(12);
      const stored = await call("GET", `/sessions/${session_id}/runs/${run_id}`);
      expect(stored.body.session_state).toEqual(session_state);
    }
  });
});

describe("a session with runs of agents and of teams", () => {
  it("remembers both, and keeps a team's members out of an agent's history", async () => {
    const [ada, solo] = [member("ada"), member("solo")];
    const team = leading([ada]);
    const session_id = newId();
    say(model, {
      solo: ["I am alone.", "I was alone."],
      leader: [[delegate(ada, "one")], "Done."],
      ada: ["Ada did it."],
    });
    await run("Hello", { agent: solo, session_id });
    await runTeam(team, "Please", { session_id });
    expect(shown(callsOf(model, "leader")[0])).toEqual(["user: Hello", "assistant: I am alone.", "user: Please"]);
    await run("And before?", { agent: solo, session_id });
    expect(shown(callsOf(model, "solo")[1])).toEqual([
      "user: Hello",
      "assistant: I am alone.",
      "user: Please",
      // He has no tools, and a provider that is sent calls wants to know of tools.
      "assistant: [No answer.]",
      `user: [Earlier, the tool delegate_task_to_member was called with ${JSON.stringify({ member_id: ada, task: "one" })}. Its result:]\nAda did it.`,
      "assistant: Done.",
      "user: And before?",
    ]);
    expect((await detailOf(session_id)).agent_id).toBe(solo);
    expect((await runsOf(session_id)).map((one) => one.team_id ?? one.agent_id)).toEqual([solo, ada, team, solo]);
    expect(await saidIn(session_id)).not.toContain("assistant: Ada did it.");
  });

  it("stays a team's where an agent speaks in it, also one that is a member", async () => {
    const { ada, team, session_id, user_id } = await teamSession();
    say(model, { ada: ["I did."] });
    const { body } = await run("Did you?", { agent: ada, session_id, user_id });
    expect(body).toMatchObject({ agent_id: ada, status: "COMPLETED", content: "I did." });
    expect(body).not.toHaveProperty("parent_run_id");
    // Ada's run as a member was between her and the leader, so it is no part of her history.
    expect(shown(callsOf(model, "ada")[1])).toEqual([
      "user: Do something",
      "assistant: Let me ask.",
      `user: [Earlier, the tool delegate_task_to_member was called with ${JSON.stringify({ member_id: ada, task: "secret task" })}. Its result:]\nAdas answer.`,
      "assistant: It is done.",
      "user: Did you?",
    ]);
    const detail = await detailOf(session_id);
    expect(detail.team_id).toBe(team);
    expect(detail).not.toHaveProperty("agent_id");
    expect(await saidIn(session_id)).toEqual([
      "user: Do something",
      "assistant: Let me ask.",
      "assistant: It is done.",
      "user: Did you?",
      "assistant: I did.",
    ]);
    const listed = await call("GET", `/agents/${ada}/runs?session_id=${session_id}`);
    expect(listed.body.map(({ run_input }: { run_input: string }) => run_input)).toEqual(["secret task", "Did you?"]);
  });
});
