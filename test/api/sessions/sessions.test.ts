import { describe, expect, it } from "vitest";
import { afterOneRun, EMPTY_DIRECTORY, EMPTY_DIRECTORY_WITH_NULLS } from "../../support/directory.ts";
import { call, names, newId, openRun, run, send } from "../../support/http.ts";
import { countRows, seedRuns } from "../../support/rows.ts";
import { cutOff, gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const keysOf = (body: object) => Object.keys(body).sort();

async function created(fields: Record<string, unknown> = {}, query = ""): Promise<string> {
  const answer = await call("POST", `/sessions${query}`, fields);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.session_id;
}

/** A session with one run in it: too few for it to be named by itself. */
async function sessionWithRun(message = "hi", options: Parameters<typeof run>[1] = {}): Promise<string> {
  const session_id = newId();
  const answer = await run(message, { session_id, ...options });
  expect(answer.body.status).toBe("COMPLETED");
  return session_id;
}

const nameOf = async (id: string) => (await call("GET", `/sessions/${id}`)).body.session_name;

describe("POST /sessions", () => {
  it("creates a session of nothing, and makes up its id", async () => {
    for (const body of [undefined, {}, "", "null"]) {
      const answer = await call("POST", "/sessions", body);
      expect(answer.status).toBe(201);
      expect(answer.body.session_id).toMatch(UUID);
      expect(answer.body).toEqual({
        agent_session_id: answer.body.session_id,
        session_id: answer.body.session_id,
        session_name: "",
        chat_history: [],
        chat_history_total: 0,
        ...EMPTY_DIRECTORY,
        created_at: ISO,
        updated_at: ISO,
      });
    }
  });

  it("takes nulls, as AgentOS's Python client sends them", async () => {
    const fields = ["session_id", "session_name", "session_state", "metadata", "user_id", "agent_id", "team_id"];
    const nulls = Object.fromEntries([...fields, "workflow_id"].map((field) => [field, null]));
    expect((await call("POST", "/sessions?type=agent&db_id=d1", nulls)).status).toBe(201);
  });

  it("creates an agent's session in AgentOS's shape", async () => {
    const [session_id, user_id] = [newId(), newId()];
    const answer = await call("POST", "/sessions?type=agent&db_id=d1", {
      session_id,
      user_id,
      session_name: "My chat",
      session_state: { k: 1 },
      metadata: { m: 1 },
      agent_id: "some-agent",
    });
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        user_id,
        agent_session_id: session_id,
        session_id,
        session_name: "My chat",
        session_state: { k: 1 },
        agent_id: "some-agent",
        metrics: {},
        metadata: { m: 1 },
        chat_history: [],
        chat_history_total: 0,
        ...EMPTY_DIRECTORY,
        name_source: "manual",
        created_at: ISO,
        updated_at: ISO,
      },
    ]);
  });

  it("creates a team's and a workflow's session in their own shapes", async () => {
    const team = await call("POST", "/sessions?type=team", { team_id: "basic-team" });
    expect(keysOf(team.body)).toEqual(
      [
        "chat_history",
        "chat_history_total",
        "created_at",
        "session_id",
        "session_name",
        "team_id",
        "updated_at",
        ...Object.keys(EMPTY_DIRECTORY),
      ].sort(),
    );
    const workflow = await call("POST", "/sessions?type=workflow", { workflow_id: "wf", session_state: { step: 1 } });
    expect(workflow.body).toMatchObject({
      workflow_id: "wf",
      session_name: "",
      session_data: { session_state: { step: 1 } },
      session_state: { step: 1 },
      workflow_data: {},
      metadata: {},
    });
    expect(workflow.body).not.toHaveProperty("agent_session_id");
  });

  it("takes the user from the query or the body", async () => {
    const user_id = newId();
    expect((await call("POST", `/sessions?user_id=${user_id}`, {})).body.user_id).toBe(user_id);
    expect((await call("POST", "/sessions", { user_id })).body.user_id).toBe(user_id);
  });

  it.each([
    ["another type", "?type=team", {}],
    ["another user", "", { user_id: "somebody-else" }],
    ["the same fields", "", { user_id: "owner", session_name: "first" }],
  ])("refuses an id that is taken, with one text, when asked with %s", async (_case, query, fields) => {
    const session_id = await created({ user_id: "owner", session_name: "first" });
    const again = await call("POST", `/sessions${query}`, { session_id, ...fields });
    expect([again.status, again.body.detail]).toEqual([
      409,
      `Session with id '${session_id}' already exists. Use PATCH /sessions/${session_id} to update it.`,
    ]);
    expect((await call("GET", `/sessions/${session_id}`)).body).toMatchObject({
      user_id: "owner",
      session_name: "first",
    });
  });

  it("creates a session once when it is asked for many times at once", async () => {
    const session_id = newId();
    const answers = await Promise.all(Array.from({ length: 5 }, () => call("POST", "/sessions", { session_id })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it.each(["with space", "a/b", "50%", "ключ", "日本", "quote'\"", "a?b#c", "😀"])("keeps the id %s", async (name) => {
    const session_id = `${name}-${newId()}`;
    await created({ session_id });
    const detail = await call("GET", `/sessions/${encodeURIComponent(session_id)}`);
    expect(detail.body.session_id).toBe(session_id);
    const answer = await run("hi", { session_id });
    expect(decodeURIComponent(answer.headers.get("X-Session-Id") ?? "")).toBe(session_id);
    expect((await call("DELETE", `/sessions/${encodeURIComponent(session_id)}`)).status).toBe(204);
    expect((await call("GET", `/sessions/${encodeURIComponent(session_id)}`)).status).toBe(404);
  });
});

describe("GET /sessions/{session_id}", () => {
  it("shows an agent's session as AgentOS does, without nulls", async () => {
    const user_id = newId();
    model.next("Hello there");
    const session_id = await sessionWithRun("hi", { user_id });
    const answer = await call("GET", `/sessions/${session_id}`);
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    expect(answer.body).toEqual({
      user_id,
      agent_session_id: session_id,
      session_id,
      session_name: "hi",
      session_state: {},
      agent_id: "assistant",
      total_tokens: 15,
      ...afterOneRun("Hello there"),
      agent_data: {
        name: "Assistant",
        agent_id: "assistant",
        model: { name: "OpenAIChat", provider: "OpenAI", id: "gpt-5-mini" },
      },
      metrics: { ...usage, details: { model: [{ ...usage, id: "gpt-5-mini", provider: "OpenAI" }] } },
      chat_history: [
        {
          id: expect.any(String),
          content: "hi",
          from_history: false,
          stop_after_tool_call: false,
          role: "user",
          created_at: expect.any(Number),
        },
        {
          id: expect.any(String),
          content: "Hello there",
          from_history: false,
          stop_after_tool_call: false,
          role: "assistant",
          metrics: expect.objectContaining(usage),
          created_at: expect.any(Number),
        },
      ],
      chat_history_total: 2,
      created_at: ISO,
      updated_at: ISO,
    });
  });

  it("finds out the type, and finds nothing under another one", async () => {
    const ids = {
      agent: await created(),
      team: await created({}, "?type=team"),
      workflow: await created({}, "?type=workflow"),
    };
    for (const [type, id] of Object.entries(ids)) {
      expect((await call("GET", `/sessions/${id}`)).status).toBe(200);
      for (const asked of Object.keys(ids)) {
        const answer = await call("GET", `/sessions/${id}?type=${asked}`);
        expect([type, asked, answer.status]).toEqual([type, asked, type === asked ? 200 : 404]);
      }
    }
  });

  it.each([
    ["", "Session"],
    ["?type=agent", "Agent Session"],
    ["?type=team", "Team Session"],
    ["?type=workflow", "Workflow Session"],
  ])("says in AgentOS's words that there is none (%s)", async (query, word) => {
    const id = newId();
    const answer = await call("GET", `/sessions/${id}${query}`);
    expect([answer.status, answer.body]).toEqual([
      404,
      { detail: `${word} with id '${id}' not found`, code: "session_not_found", request_id: expect.any(String) },
    ]);
  });

  it("shows the newest 200 messages of its chat history, and how many there are", async () => {
    const session_id = await created();
    await seedRuns(session_id, 150);
    const { body } = await call("GET", `/sessions/${session_id}`);
    expect(body.chat_history_total).toBe(300);
    expect(body.chat_history.map((message: { content: string }) => message.content)).toEqual(
      Array.from({ length: 100 }, (_, nth) => [`question ${nth + 50}`, `answer ${nth + 50}`]).flat(),
    );
    const renamed = await call("POST", `/sessions/${session_id}/rename`, { session_name: "n" });
    expect([renamed.body.chat_history.length, renamed.body.chat_history_total]).toEqual([200, 300]);
  });

  it("counts as many messages as the chat history has, however runs ended", async () => {
    const session_id = newId();
    model.next("fine", [toolCall("add", { a: 1, b: 2 })], "3", [cutOff()], [text("half "), cutOff()]);
    for (const agent of ["assistant", "operator", "assistant", "assistant"]) await run("go", { session_id, agent });
    const point = gate();
    model.next([text("partial"), hold(point)]);
    const stream = await openRun("stop me", { session_id });
    await stream.until("RunContent");
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel`);
    await stream.rest();
    const { body } = await call("GET", `/sessions/${session_id}`);
    const history = await call("GET", `/sessions/${session_id}/chat-history`);
    expect(history.body.data.map((message: { role: string }) => message.role[0]).join("")).toBe(
      "ua" + "uaa" + "u" + "ua" + "ua",
    );
    expect(body.chat_history_total).toBe(history.body.data.length);
    // The list of messages says of which run each is; the session's own excerpt does not, as AgentOS's.
    const messages = history.body.data.map(({ run_id, run_status, ...message }: Record<string, unknown>) => message);
    expect(body.chat_history).toEqual(messages);
  });
});

describe("the name that shows", () => {
  it("is the set one, else the first message a user sent", async () => {
    const session_id = await sessionWithRun("What is a monad?");
    expect(await nameOf(session_id)).toBe("What is a monad?");
    await call("POST", `/sessions/${session_id}/rename`, { session_name: "Monads" });
    expect(await nameOf(session_id)).toBe("Monads");
    await call("POST", `/sessions/${session_id}/rename`, { session_name: "" });
    expect(await nameOf(session_id)).toBe("What is a monad?");
  });

  it.each([
    ["is one line", "  Hello\r\n\tworld \u2028 again\u0007 ", "Hello world again"],
    ["has at most 200 code points", "😀".repeat(300), "😀".repeat(200)],
    ["does not show a secret", "my key is sk-abcdefghijklmnop1234 ok?", "my key is [secret] ok?"],
    [
      "hides a secret that stands at the cut",
      `${"x ".repeat(95)}sk-abcdefghijklmnop1234`,
      `${"x ".repeat(95)}[secret]`,
    ],
  ])("of a first message %s", async (_rule, message, name) => {
    expect(await nameOf(await sessionWithRun(message))).toBe(name);
  });

  it("is empty while no message can be shown", async () => {
    const session_id = await sessionWithRun("\u0001");
    expect(await nameOf(session_id)).toBe("");
  });
});

describe("PATCH /sessions/{session_id}", () => {
  it("replaces what is given as a whole and answers with nulls", async () => {
    const session_id = await created({ session_state: { a: 1, deep: { b: 2 } }, metadata: { m: 1 } });
    const answer = await call("PATCH", `/sessions/${session_id}`, {
      session_state: { deep: {} },
      metadata: { n: 2 },
      session_name: "Named",
      summary: { summary: "Short", topics: ["t"] },
    });
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        user_id: null,
        agent_session_id: session_id,
        session_id,
        session_name: "Named",
        session_summary: { summary: "Short", topics: ["t"] },
        session_state: { deep: {} },
        agent_id: null,
        total_tokens: null,
        agent_data: null,
        metrics: {},
        metadata: { n: 2 },
        chat_history: [],
        chat_history_total: 0,
        ...EMPTY_DIRECTORY_WITH_NULLS,
        name_source: "manual",
        created_at: ISO,
        updated_at: ISO,
      },
    ]);
  });

  it("leaves what is null or left out", async () => {
    const session_id = await created({ session_state: { a: 1 }, metadata: { m: 1 }, session_name: "Kept" });
    const nulls = { session_name: null, session_state: null, metadata: null, summary: null };
    for (const body of [{}, nulls]) {
      const answer = await call("PATCH", `/sessions/${session_id}`, body);
      expect([answer.status, answer.body]).toMatchObject([
        200,
        { session_name: "Kept", session_state: { a: 1 }, metadata: { m: 1 }, session_summary: null },
      ]);
    }
  });

  it("keeps any JSON object as it was given", async () => {
    const session_id = await created();
    const state = '{"__proto__":{"a":1},"constructor":2,"":3,"\\u0000":"\\u0000","n":1e300,"deep":[[[{"x":null}]]]}';
    const answer = await send("PATCH", `/sessions/${session_id}`, `{"session_state":${state}}`);
    expect(answer.status).toBe(200);
    const detail = await (await send("GET", `/sessions/${session_id}`)).text();
    expect(detail).toContain(
      '"__proto__":{"a":1},"constructor":2,"":3,"\\u0000":"\\u0000","n":1e+300,"deep":[[[{"x":null}]]]',
    );
  });

  it("does not wait for a run", async () => {
    const session_id = newId();
    const point = gate();
    model.next([hold(point)]);
    const stream = await openRun("hold", { session_id });
    const answer = await call("PATCH", `/sessions/${session_id}`, { session_state: { during: true } });
    expect(answer.body.session_state).toEqual({ during: true });
    point.release();
    await stream.rest();
    expect((await call("GET", `/sessions/${session_id}`)).body.session_state).toEqual({ during: true });
  });

  it("does not find a session of another type, nor one that is not there", async () => {
    const session_id = await created();
    for (const [id, query] of [
      [session_id, "?type=team"],
      [newId(), ""],
    ]) {
      const answers = [
        await call("PATCH", `/sessions/${id}${query}`, { metadata: { m: 1 } }),
        await call("POST", `/sessions/${id}/rename${query}`, { session_name: "x" }),
        await call("POST", `/sessions/${id}/rename${query}`, { autogenerate: true }),
      ];
      for (const answer of answers) {
        expect([answer.status, answer.body.detail]).toEqual([404, `Session with id '${id}' not found`]);
      }
    }
    expect((await call("GET", `/sessions/${session_id}`)).body).not.toHaveProperty("metadata");
  });
});

describe("deleting", () => {
  it("answers 204 without a body, whether or not there is such a session", async () => {
    const session_id = await sessionWithRun();
    for (const id of [session_id, session_id, newId()]) {
      const answer = await send("DELETE", `/sessions/${id}`);
      expect([answer.status, await answer.text()]).toEqual([204, ""]);
    }
    expect((await call("GET", `/sessions/${session_id}`)).status).toBe(404);
  });

  it("leaves no row behind, and lets a later run start an empty session under the id", async () => {
    const before = await countRows();
    const session_id = await sessionWithRun();
    await call("DELETE", `/sessions/${session_id}`);
    expect(await countRows()).toEqual(before);
    await run("again", { session_id });
    const { body } = await call("GET", `/sessions/${session_id}`);
    expect([body.chat_history_total, body.total_tokens]).toEqual([2, 15]);
  });

  it("cancels the active and the waiting runs, and no late word of them brings anything back", async () => {
    const before = await countRows();
    const session_id = newId();
    const point = gate();
    model.next([text("so far"), hold(point), text(" and more")]);
    const active = await openRun("first", { session_id });
    await active.until("RunContent");
    const waiting = await openRun("second", { session_id });
    const whole = run("third", { session_id });
    await expect.poll(async () => (await call("GET", `/sessions/${session_id}/runs`)).body.length).toBe(3);
    await call("DELETE", `/sessions/${session_id}`);
    expect(names(await active.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    expect(names(await waiting.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    expect((await whole).body.status).toBe("CANCELLED");
    point.release();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await countRows()).toEqual(before);
  });

  it("frees the id for a session that is created anew, without anything of the old one", async () => {
    const session_id = await sessionWithRun("old words", { session_state: { old: 1 } });
    await call("DELETE", `/sessions/${session_id}`);
    await created({ session_id, session_name: "New", session_state: { fresh: 1 } });
    const answer = await run("new words", { session_id });
    expect(answer.body).toMatchObject({ session_state: { fresh: 1 }, session_cache: "miss" });
    const [asked] = model.callsWith("new words");
    expect(JSON.stringify(asked?.request.messages)).not.toContain("old words");
    expect(await nameOf(session_id)).toBe("New");
    expect((await call("PATCH", `/sessions/${session_id}`, { metadata: {} })).body.chat_history_total).toBe(2);
  });

  it("leaves a session of another type alone", async () => {
    const session_id = await created();
    expect((await call("DELETE", `/sessions/${session_id}?type=team`)).status).toBe(204);
    expect((await call("GET", `/sessions/${session_id}`)).status).toBe(200);
  });

  it("deletes many at once, unknown and repeated ones included", async () => {
    const ids = await Promise.all(Array.from({ length: 15 }, () => created()));
    const kept = await created();
    const session_ids = [...ids, ids[0], newId()];
    const answer = await call("DELETE", "/sessions", { session_ids, session_types: session_ids.map(() => "agent") });
    expect([answer.status, answer.body]).toEqual([204, null]);
    for (const id of ids) expect((await call("GET", `/sessions/${id}`)).status).toBe(404);
    expect((await call("GET", `/sessions/${kept}`)).status).toBe(200);
  });

  it("refuses lists of different lengths and the empty list", async () => {
    const uneven = await call("DELETE", "/sessions", { session_ids: ["a", "b"], session_types: ["agent"] });
    expect([uneven.status, uneven.body.detail]).toEqual([
      400,
      "Session IDs and session types must have the same length",
    ]);
    const empty = await call("DELETE", "/sessions", { session_ids: [], session_types: [] });
    expect([empty.status, empty.body.detail]).toMatchObject([
      422,
      [{ type: "too_short", loc: ["body", "session_ids"] }],
    ]);
  });
});

describe("a slash at the end", () => {
  it("makes no difference to any route of sessions and runs, but for everybody's list", async () => {
    const { body } = await call("POST", "/sessions/", {});
    const path = `/sessions/${body.session_id}`;
    const { run_id } = (await call("POST", "/agents/assistant/runs/", { message: "hi", stream: false, ...body })).body;
    const paths = [path, `${path}/runs`, `${path}/runs/${run_id}`, `${path}/messages`, `${path}/chat-history`];
    const agents = [`/agents/assistant/runs/${run_id}`, "/agents/assistant/runs"];
    for (const plain of [...paths, `${path}/name`])
      expect([plain, (await send("GET", `${plain}/`)).status]).toEqual([plain, 200]);
    for (const plain of agents) {
      expect([plain, (await send("GET", `${plain}/?session_id=${body.session_id}`)).status]).toEqual([plain, 200]);
    }
    expect((await call("POST", `/agents/assistant/runs/${run_id}/cancel/`)).body).toEqual({});
    expect((await call("PATCH", `${path}/`, {})).status).toBe(200);
    expect((await call("POST", `${path}/rename/`, { session_name: "x" })).status).toBe(200);
    expect((await send("GET", "/sessions/?db_id=zz&user_id=ada")).status).toBe(404);
    expect((await send("DELETE", `${path}/`)).status).toBe(204);
  });
});
