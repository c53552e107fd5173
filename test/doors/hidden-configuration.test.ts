import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { agents, teams } from "../../src/agents/index.ts";
import type { Agent } from "../../src/domain/agent.ts";
import { DEFAULT_SCOPES } from "../../src/domain/scope.ts";
import type { Team } from "../../src/domain/team.ts";
import { defineTool } from "../../src/domain/tool.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { documentedOperations, filledPath } from "../support/document.ts";
import { call, EventStream, newId, send } from "../support/http.ts";
import { sleep } from "../support/model-connection.ts";
import {
  beside,
  fail,
  isNaming,
  isSummarizing,
  lastUser,
  scriptModel,
  text,
  toolCall,
} from "../support/scripted-model.ts";
import { delegate } from "../support/teams.ts";

// case 64: what a caller without `config:read` is not shown, whatever it asks.

const model = scriptModel();

/** What must not be shown. The provider's words stand in what it says of failures. */
const MARKS = {
  instructions: "obey the purple walrus",
  leader: "lead like a green heron",
  tool: "turns the yellow ibis",
  provider: "the orange badger is down",
  aside: "silver-otter",
  thought: "think of the crimson newt",
  settings: "as warm as a scarlet lynx",
};
const shownIn = (answer: string) =>
  Object.entries(MARKS).flatMap(([what, mark]) => (answer.includes(mark) ? [what] : []));

const ASIDE = { reasoning_details: [{ type: "reasoning.text", text: MARKS.thought, signature: MARKS.aside }] };

const USER = "ada";
const IDS = { agent: "hiding-agent", member: "hiding-member", team: "hiding-team" };

const turn = defineTool({
  name: "turn",
  description: MARKS.tool,
  parameters: z.object({ to: z.string() }),
  requiresConfirmation: true,
  execute: () => "turned",
});
const agent: Agent = {
  id: IDS.agent,
  name: "Hiding",
  instructions: MARKS.instructions,
  tools: [turn],
  showReasoning: false,
  onRefusedHistory: "drop",
};
const member: Agent = { ...agent, id: IDS.member, name: "Member", role: "Helps", tools: [] };
const team: Team = {
  id: IDS.team,
  name: "Team",
  mode: "coordinate",
  instructions: MARKS.leader,
  members: [IDS.member],
};

/** A user's scopes with all that a user may be given beside them, but not `config:read`. */
const SCOPES = [...DEFAULT_SCOPES, "approvals:write"];
const tokens: Record<"user" | "reader" | "staff", Record<string, string>> = { user: {}, reader: {}, staff: {} };

/** The runs that hold what must not be shown, and how their streams went. */
const made: { path: string; session_id: string; run_id: string }[] = [];
const streamed: string[] = [];
let namingJob = "";

/** What the provider refuses: always, and as long as there is history before it. */
const REFUSES = "please fail";
const DROPS = "please forget";

async function runOf(path: string, message: string, session_id: string): Promise<void> {
  const response = await send("POST", `${path}/runs`, { message, session_id }, tokens.user);
  const stream = new EventStream(response);
  made.push({ path, session_id, run_id: stream.runId });
  streamed.push(JSON.stringify(await stream.rest()));
}

/** A session of the user as Agno has it, with what Agno kept there of its agent. */
async function importFromAgno(): Promise<void> {
  const [session_id, run_id] = [newId(), newId()];
  const run = {
    run_id,
    agent_id: IDS.agent,
    status: "COMPLETED",
    content: "Hello.",
    metadata: { prompt: MARKS.settings },
    created_at: 1_700_000_000,
    input: { input_content: "hello" },
    messages: [
      { id: newId(), role: "user", content: "hello", created_at: 1_700_000_000 },
      { id: newId(), role: "assistant", content: "Hello.", created_at: 1_700_000_001 },
    ],
  };
  const row = {
    session_id,
    session_type: "agent",
    agent_id: IDS.agent,
    user_id: USER,
    agent_data: {
      name: "Hiding",
      agent_id: IDS.agent,
      instructions: MARKS.settings,
      model: { id: "gpt-4o", name: "OpenAIChat", provider: "OpenAI", extra_body: { style: MARKS.settings } },
    },
    runs: [run],
    created_at: 1_700_000_000,
    updated_at: 1_700_000_001,
  };
  const headers = { ...key, "Content-Type": "application/x-ndjson" };
  expect((await call("POST", "/import", JSON.stringify(row), headers)).body).toMatchObject({ imported: 1, failed: 0 });
  made.push({ path: `/agents/${IDS.agent}`, session_id, run_id });
  const shown = (await call("GET", `/sessions/${session_id}`, undefined, tokens.user)).body.agent_data;
  const { instructions: _, model: sent, ...rest } = row.agent_data;
  expect(shown).toEqual({ ...rest, model: { id: sent.id, name: sent.name, provider: sent.provider } });
}

const script = (request: Parameters<typeof lastUser>[0]) => {
  if (isNaming(request) || isSummarizing(request)) return [fail(400, MARKS.provider)];
  const isLeader = request.messages.some(({ content }) => content?.includes(MARKS.leader));
  const answered = request.messages.at(-1)?.role === "tool";
  if (isLeader) return answered ? "All done." : [delegate(IDS.member, REFUSES)];
  if (lastUser(request).endsWith(REFUSES) || lastUser(request) === DROPS) return [fail(400, MARKS.provider)];
  if (lastUser(request) === "turn") return answered ? "Turned." : [toolCall("turn", { to: "left" })];
  return [beside(ASIDE), text("Hello.")];
};

beforeAll(async () => {
  for (const one of [agent, member]) (agents as Map<string, Agent>).set(one.id, one);
  (teams as Map<string, Team>).set(team.id, team);
  const scopes = (...more: string[]) => ({ scopes: [...SCOPES, ...more] });
  tokens.user = bearer(await tokenFor(USER, scopes()));
  tokens.reader = bearer(await tokenFor(USER, scopes("config:read")));
  tokens.staff = bearer(await tokenFor("staff", scopes("users:act")));
  return () => {
    for (const id of [IDS.agent, IDS.member]) (agents as Map<string, Agent>).delete(id);
    (teams as Map<string, Team>).delete(IDS.team);
  };
});

async function story(): Promise<void> {
  model.respondWith(script);
  const own = newId();
  await runOf(`/agents/${IDS.agent}`, "hello", own);
  await runOf(`/agents/${IDS.agent}`, REFUSES, own);
  await runOf(`/agents/${IDS.agent}`, DROPS, own);
  await runOf(`/agents/${IDS.agent}`, "turn", own);
  await runOf(`/teams/${IDS.team}`, "hello", newId());
  for (const path of [`/agents/${IDS.agent}`, `/teams/${IDS.team}`]) {
    const fields = { message: REFUSES, stream: false, session_id: newId() };
    streamed.push(await textOf("POST", `${path}/runs`, fields, tokens.user));
  }
  const named = await call("POST", "/sessions/names", { session_ids: [own], overwrite: "generated" }, tokens.staff);
  expect([named.status, named.body.detail]).toEqual([202, undefined]);
  namingJob = named.body.job_id;
  for (let job = named.body; job.status === "running"; await sleep(25)) {
    job = (await call("GET", `/naming-jobs/${namingJob}`, undefined, key)).body;
  }
  for (const tell of [tokens.user, tokens.staff]) {
    streamed.push(await textOf("POST", `/sessions/${own}/rename`, { autogenerate: true }, tell));
    streamed.push(await textOf("POST", `/sessions/${own}/summary`, undefined, tell));
  }
}

async function textOf(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<string> {
  const response = await send(method, path, body, headers);
  return `${response.status} ${await response.text()}`;
}

const WORDS = new Set(
  "agents teams sessions chat runs run-previews checkpoints resume export messages name items jobs naming-jobs users".split(
    " ",
  ),
);

/** Every GET of the document that this user may ask, for each run. */
async function reads(): Promise<string[]> {
  const operations = (await documentedOperations()).filter(({ method }) => method === "GET");
  const paths = operations.flatMap(({ path }) =>
    made.map(({ path: component, session_id, run_id }) => {
      const id = component.split("/").at(-1) ?? "";
      const filled = filledPath(path, {
        agent_id: id,
        team_id: id,
        session_id,
        run_id,
        message_index: "1",
        job_id: namingJob,
        user_id: USER,
      });
      const query = new URLSearchParams({ session_id, limit: "100", skip_statuses: "" });
      const asked = path.includes("/runs") || path.includes("/checkpoints") || path.includes("/resume");
      return asked ? `${filled}?${query}` : filled;
    }),
  );
  return [
    ...new Set([
      ...paths,
      "/requirements?status=open",
      "/search?q=hello",
      "/export?all=true",
      `/export?user_id=${USER}`,
    ]),
  ];
}

describe("a caller without config:read", () => {
  it("is shown no instructions, no tools, no words of a provider and nothing that one wants back, on any route", async () => {
    await story();
    await importFromAgno();
    const found: Record<string, string[]> = {};
    /** What the key is shown of the marks, by the kind of route. */
    const whole: Record<string, Set<string>> = {};
    for (const path of await reads()) {
      for (const who of [tokens.user, tokens.staff]) {
        const answer = await textOf("GET", path, undefined, who);
        const shown = shownIn(answer);
        if (shown.length > 0) found[path] = shown;
        if (answer.includes('"system"')) found[path] = [...(found[path] ?? []), "a system message"];
      }
      const kind = path
        .replace(/\?.*/, "")
        .split("/")
        .filter((part) => WORDS.has(part))
        .join(" ");
      whole[kind] ??= new Set();
      for (const mark of shownIn(await textOf("GET", path, undefined, key))) whole[kind].add(mark);
    }
    expect(found).toEqual({});
    expect(streamed.filter((told) => shownIn(told).length > 0)).toEqual([]);
    // To the key these routes do show it.
    const shown = Object.entries(whole).flatMap(([kind, marks]) => (marks.size > 0 ? [[kind, [...marks].sort()]] : []));
    const all = ["aside", "instructions", "leader", "provider", "settings", "thought"];
    expect(Object.fromEntries(shown)).toEqual({
      agents: ["instructions", "tool"],
      "agents chat": ["provider"],
      "agents runs": ["instructions", "provider", "settings"],
      "agents runs checkpoints": ["instructions", "provider", "settings"],
      "agents runs resume": ["provider"],
      export: all,
      "jobs items": ["provider"],
      "naming-jobs items": ["provider"],
      sessions: ["provider", "settings"],
      "sessions export": all,
      "sessions messages": ["instructions", "leader"],
      "sessions name": ["provider"],
      "sessions run-previews": ["provider"],
      "sessions runs": ["instructions", "leader", "provider", "settings"],
      teams: ["instructions", "leader"],
      "teams chat": ["provider"],
      "teams runs": ["leader", "provider"],
      "teams runs checkpoints": ["leader"],
      "teams runs resume": ["provider"],
      "users export": all,
    });
  });

  it("is told in other words that a run failed, live, replayed and stored", async () => {
    model.respondWith(script);
    const session_id = newId();
    const path = `/agents/${IDS.agent}/runs`;
    const response = await send("POST", path, { message: REFUSES, session_id }, tokens.user);
    const stream = new EventStream(response);
    const live = (await stream.rest()).at(-1);
    expect(live?.data).toMatchObject({
      event: "RunError",
      error_type: "model_provider_error",
      content: "The model could not answer.",
    });
    const where = `${path}/${stream.runId}`;
    const again = await send("POST", `${where}/resume`, { session_id }, tokens.user);
    expect((await new EventStream(again).rest()).at(-1)?.data.content).toBe("The model could not answer.");
    for (const [headers, words] of [
      [tokens.user, "The model could not answer."],
      [tokens.reader, expect.stringContaining(MARKS.provider)],
      [key, expect.stringContaining(MARKS.provider)],
    ] as const) {
      const { body } = await call("GET", `${where}?session_id=${session_id}`, undefined, headers);
      expect(body.content).toEqual(words);
    }
  });

  it("is told in other words why its model was not sent all of the history", async () => {
    model.respondWith(script);
    const session_id = newId();
    const fields = { stream: false, session_id };
    const path = `/agents/${IDS.agent}/runs`;
    await call("POST", path, { ...fields, message: "hello" }, tokens.user);
    const { body } = await call("POST", path, { ...fields, message: DROPS }, tokens.user);
    expect(body.history_dropped.reason).toBe("The model's provider refused more of the history.");
    const whole = await call("GET", `${path}/${body.run_id}?session_id=${session_id}`, undefined, tokens.reader);
    expect(whole.body.history_dropped.reason).toContain(MARKS.provider);
  });

  it("sees the checkpoints of a run where everybody does, without the messages that it does not see", async () => {
    model.respondWith(script);
    const session_id = newId();
    const started = await call(
      "POST",
      `/agents/${IDS.agent}/runs`,
      { message: "hello", stream: false, session_id },
      tokens.user,
    );
    const where = `/agents/${IDS.agent}/runs/${started.body.run_id}`;
    const at = async (path: string, headers: Record<string, string>) =>
      (await call("GET", `${where}/checkpoints${path}?session_id=${session_id}`, undefined, headers)).body;
    const indexes = (body: { checkpoints: { message_index: number }[] }) =>
      body.checkpoints.map(({ message_index }) => message_index);
    expect(indexes(await at("", tokens.user))).toEqual([3]);
    expect(indexes(await at("", tokens.reader))).toEqual([3]);
    const roles = async (headers: Record<string, string>) =>
      (await at("/3", headers)).snapshot.messages.map(({ role }: { role: string }) => role);
    expect(await roles(tokens.user)).toEqual(["user", "assistant"]);
    expect(await roles(tokens.reader)).toEqual(["system", "user", "assistant"]);
    expect((await at("/1", tokens.user)).checkpoint).toMatchObject({
      message_index: 1,
      message_id: null,
      message_role: null,
      message_preview: null,
    });
    const forked = { session_id, stream: false, continue_from: 3, input: "more" };
    const gone = await call("POST", `${where}/continue`, forked, tokens.user);
    expect([gone.body.status, gone.body.forked_from_message_index]).toEqual(["COMPLETED", 3]);
    expect(model.calls.at(-1)?.request.messages[0]).toMatchObject({ role: "system", content: MARKS.instructions });
  });

  it("exports what an import takes: the runs without their instructions", async () => {
    model.respondWith(script);
    const session_id = newId();
    const fields = { stream: false, session_id };
    const first = await call("POST", `/agents/${IDS.agent}/runs`, { ...fields, message: "hello" }, tokens.user);
    const forked = { ...fields, continue_from: "end", input: "more" };
    await call("POST", `/agents/${IDS.agent}/runs/${first.body.run_id}/continue`, forked, tokens.user);
    await call("POST", `/agents/${IDS.agent}/runs`, { ...fields, message: REFUSES }, tokens.user);
    const exported = await (await send("GET", `/sessions/${session_id}/export`, undefined, tokens.user)).text();
    expect(shownIn(exported)).toEqual([]);
    expect((await call("DELETE", `/sessions/${session_id}`, undefined, key)).status).toBe(204);
    const { body } = await call("POST", "/import", exported, { ...key, "Content-Type": "application/x-ndjson" });
    expect(body).toMatchObject({ imported: 1, failed: 0 });
    const { data } = (await call("GET", `/sessions/${session_id}/messages?skip_statuses=`, undefined, key)).body;
    const said = data.map(({ role, content }: { role: string; content: string }) => `${role}: ${content}`);
    expect(said).toEqual([
      "user: hello",
      "assistant: Hello.",
      "user: hello",
      "assistant: Hello.",
      "user: more",
      "assistant: Hello.",
      `user: ${REFUSES}`,
    ]);
    const runs = (await call("GET", `/sessions/${session_id}/runs`, undefined, key)).body;
    expect(runs.map(({ messages }: { messages: object[] }) => messages.length)).toEqual([2, 4, 1]);
  });
});

describe("an agent, and a team", () => {
  it("come without instructions and tools, and so do members; with config:read with them", async () => {
    for (const path of [`/agents/${IDS.agent}`, `/teams/${IDS.team}`]) {
      const plain = (await call("GET", path, undefined, tokens.user)).body;
      const whole = (await call("GET", path, undefined, tokens.reader)).body;
      expect(Object.keys(whole)).toContain("system_message");
      const { system_message: _, tools: __, members: ___, ...rest } = whole;
      const { members = [], ...shown } = plain;
      expect(shown).toEqual(rest);
      for (const one of members) expect(Object.keys(one)).not.toContain("system_message");
    }
  });
});
