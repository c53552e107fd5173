import { describe, expect, it } from "vitest";
import type { SessionType } from "../../../src/domain/session.ts";
import { type SessionRun, run as storedRun } from "../../support/history.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { seedRuns } from "../../support/rows.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { storeSession } from "../../support/stored-history.ts";

const model = scriptModel();
type Item = { id: string; role: string; content: string };

/** An agent's session with these runs. Message 2 of run 3, an agent's, has the id `3a2` (see `support/history.ts`). */
const sessionOf = (...runs: SessionRun[]) => typedSessionOf("agent", runs);

async function typedSessionOf(type: SessionType, runs: SessionRun[]): Promise<string> {
  const session_id = await storeSession(runs);
  expect((await call("POST", `/sessions?type=${type}`, { session_id })).status).toBe(201);
  return session_id;
}

async function read(session: string, route: "messages" | "chat-history", query = "") {
  const answer = await call("GET", `/sessions/${session}/${route}${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}
const ids = async (session: string, query = "") =>
  (await read(session, "messages", query)).data.map((item: Item) => item.id).join(" ");
const chatIds = async (session: string, query = "") =>
  (await read(session, "chat-history", query)).data.map((item: Item) => item.id).join(" ");

/** Follows the cursors of one direction to the end, from one that an answer gave; answers the pages as they came. */
async function walk(session: string, direction: "before" | "after", from: string | null, query = "") {
  const pages: Item[][] = [];
  for (let cursor = from; cursor !== null; ) {
    const page = await read(session, "messages", `?${direction}=${encodeURIComponent(cursor)}${query}`);
    pages.push(page.data);
    cursor = page.meta.has_more ? page.meta[direction] : null;
  }
  return pages;
}

describe("GET /sessions/{session_id}/messages", () => {
  it("shows messages as AgentOS does, of a run with a tool", async () => {
    const session_id = newId();
    model.next([text("Let me see."), toolCall("add", { a: 1, b: 2 }, { id: "call_1" })], "3");
    const { body } = await run("1 + 2?", { session_id, agent: "operator" });
    const { data, meta } = await read(session_id, "messages");
    const base = {
      id: expect.any(String),
      from_history: false,
      stop_after_tool_call: false,
      created_at: expect.any(Number),
      run_id: body.run_id,
      run_status: "COMPLETED",
    };
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15, time_to_first_token: expect.any(Number) };
    expect(data).toEqual([
      { ...base, role: "system", content: expect.stringContaining("careful operator") },
      { ...base, role: "user", content: "1 + 2?" },
      {
        ...base,
        role: "assistant",
        content: "Let me see.",
        tool_calls: [{ id: "call_1", type: "function", function: { name: "add", arguments: '{"a":1,"b":2}' } }],
        metrics: usage,
      },
      {
        ...base,
        role: "tool",
        content: "3",
        tool_call_id: "call_1",
        tool_name: "add",
        tool_args: { a: 1, b: 2 },
        tool_call_error: false,
      },
      { ...base, role: "assistant", content: "3", metrics: usage },
    ]);
    expect(data.map(({ run_id, run_status, ...own }: Record<string, unknown>) => own)).toEqual(body.messages);
    expect(meta).toEqual({ limit: 1000, has_more: false, before: null, after: expect.any(String) });
  });

  it("leaves out runs that paused, were cancelled or failed, unless it is told which to leave out", async () => {
    const statuses = ["COMPLETED", "PAUSED", "CANCELLED", "ERROR", "REGENERATED", "RUNNING"] as const;
    const id = await sessionOf(...statuses.map((status, nth) => storedRun(nth, "u", { status })));
    expect(await ids(id)).toBe("0u0 5u0");
    expect(await ids(id, "?skip_statuses=")).toBe("0u0 1u0 2u0 3u0 4u0 5u0");
    expect(await ids(id, "?skip_statuses=COMPLETED&skip_statuses=RUNNING")).toBe("1u0 2u0 3u0 4u0");
    expect(await ids(id, "?skip_statuses=&skip_statuses=PAUSED")).toBe("0u0 2u0 3u0 4u0 5u0");
    expect(await ids(id, `?${"skip_statuses=ERROR&".repeat(150)}`)).toBe("0u0 1u0 2u0 4u0 5u0");
    expect(await ids(id, "?skip_statuses=PENDING")).toBe("0u0 1u0 2u0 3u0 4u0 5u0");
  });

  it("keeps the runs of one agent or team, and never those inside other runs", async () => {
    const id = await sessionOf(
      storedRun(0, "ua", { agentId: "a" }),
      storedRun(1, "ua", { agentId: "b" }),
      storedRun(2, "ua", { agentId: null, teamId: "t" }),
      storedRun(3, "ua", { agentId: "a", parentRunId: "some-run" }),
    );
    expect(await ids(id)).toBe("0u0 0a1 1u0 1a1 2u0 2a1");
    expect(await ids(id, "?agent_id=a")).toBe("0u0 0a1");
    expect(await ids(id, "?team_id=t")).toBe("2u0 2a1");
    expect(await ids(id, "?agent_id=a&team_id=t")).toBe("");
    expect(await ids(id, "?agent_id=&team_id=")).toBe("0u0 0a1 1u0 1a1 2u0 2a1");
    expect(await ids(id, "?skip_member_messages=false&member_ids=a&member_ids=b")).toBe("0u0 0a1 1u0 1a1 2u0 2a1");
  });

  it("shows the first system message only, where it stands, and leaves out roles", async () => {
    const id = await sessionOf(storedRun(0, "ua"), storedRun(1, "suata"), storedRun(2, "sua"));
    expect(await ids(id)).toBe("0u0 0a1 1s0 1u1 1a2 1t3 1a4 2u1 2a2");
    expect(await ids(id, "?skip_roles=system&skip_roles=tool")).toBe("0u0 0a1 1u1 1a2 1a4 2u1 2a2");
    expect(await ids(id, "?skip_roles=")).toBe(await ids(id));
    expect(await ids(id, "?skip_roles=user&skip_roles=assistant&skip_roles=tool&skip_roles=system")).toBe("");
    expect(await ids(id, "?skip_history_messages=false")).toBe(await ids(id));
  });

  it("counts the last runs among those that pass the other filters", async () => {
    const id = await sessionOf(
      storedRun(0, "ua"),
      storedRun(1, "ua", { agentId: "b" }),
      storedRun(2, "ua", { status: "ERROR" }),
      storedRun(3, "ua"),
    );
    expect(await ids(id, "?last_n_runs=2")).toBe("1u0 1a1 3u0 3a1");
    expect(await ids(id, "?last_n_runs=2&agent_id=a")).toBe("0u0 0a1 3u0 3a1");
    expect(await ids(id, "?last_n_runs=2&skip_statuses=")).toBe("2u0 2a1 3u0 3a1");
    expect(await ids(id, "?last_n_runs=9007199254740991")).toBe("0u0 0a1 1u0 1a1 3u0 3a1");
    for (const none of [0, -1, -9007199254740991]) expect(await ids(id, `?last_n_runs=${none}`)).toBe("");
  });

  it("limits as Agno: the system message in front, tool messages without their call stripped", async () => {
    const withSystem = await sessionOf(storedRun(0, "sua"), storedRun(1, "uatata"));
    expect(await ids(withSystem, "?limit=3")).toBe("0s0 1t4 1a5");
    expect(await ids(withSystem, "?limit=1")).toBe("0s0");
    expect(await ids(withSystem, "?limit=100")).toBe("0s0 0u1 0a2 1u0 1a1 1t2 1a3 1t4 1a5");
    const without = await sessionOf(storedRun(0, "ua"), storedRun(1, "uatata"));
    expect(await ids(without, "?limit=2")).toBe("1a5");
    expect(await ids(without, "?limit=3")).toBe("1a3 1t4 1a5");
    for (const none of [0, -1]) {
      expect(await read(withSystem, "messages", `?limit=${none}`)).toEqual({
        data: [],
        meta: { limit: 0, has_more: false, before: null, after: null },
      });
    }
  });

  it("shows a run's question while the run goes on, and nothing of one that waits", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("x"), hold(point)]);
    const running = await openRun("asked", { session_id });
    const waiting = await openRun("waits", { session_id });
    const contents = async () =>
      (await read(session_id, "messages", "?skip_roles=system&last_n_runs=1")).data.map((item: Item) => item.content);
    expect(await contents()).toEqual(["asked"]);
    point.release();
    await Promise.all([running.rest(), waiting.rest()]);
    expect(await contents()).toEqual(["waits", "echo: waits"]);
  });

  it("gives 1,000 at most, the newest, and a way to the older ones", async () => {
    const { body } = await call("POST", "/sessions", {});
    const id: string = body.session_id;
    await seedRuns(id, 620);
    const first = await read(id, "messages");
    expect(first.data).toHaveLength(1000);
    expect(first.meta).toMatchObject({ limit: 1000, has_more: true });
    expect(first.data[0].content).toBe("question 120");
    expect((await read(id, "messages", "?limit=5000")).data).toHaveLength(1000);
    const older = await walk(id, "before", first.meta.before);
    expect(older.map((page) => page.length)).toEqual([100, 100, 40]);
    expect([...older.toReversed().flat(), ...first.data].map((item) => item.content)).toEqual(
      Array.from({ length: 620 }, (_, nth) => [`question ${nth}`, `answer ${nth}`]).flat(),
    );
    const page = await read(id, "messages", `?before=${first.meta.before}&limit=5000`);
    expect([page.data.length, page.meta.limit]).toEqual([240, 1000]);
  });
});

describe("GET /sessions/{session_id}/messages of a team's session", () => {
  const team = { agentId: null, teamId: "t" };
  const runs = () => [
    storedRun(0, "sua", { agentId: "a", parentRunId: "run-2" }),
    storedRun(1, "uata", { agentId: "b", parentRunId: "run-2" }),
    storedRun(2, "sua", team),
    storedRun(3, "ua", { agentId: "a", parentRunId: "run-4" }),
    storedRun(4, "ua", { ...team, teamId: "inner", parentRunId: "run-6" }),
    storedRun(5, "ua", { agentId: "a", parentRunId: "run-6", status: "ERROR" }),
    storedRun(6, "ua", team),
  ];
  const everything = "0s0 0u1 0a2 1u0 1a1 1t2 1a3 2u1 2a2 3u0 3a1 4u0 4a1 6u0 6a1";

  it("is what its leader was asked and said, unless members are asked for", async () => {
    const id = await typedSessionOf("team", runs());
    const own = "2s0 2u1 2a2 6u0 6a1";
    for (const query of ["", "?skip_member_messages=true", "?skip_member_messages=", "?team_id=", "?team_id=t"]) {
      expect([query, await ids(id, query)]).toEqual([query, own]);
    }
    expect(await ids(id, "?skip_member_messages=false")).toBe(everything);
    expect(await ids(id, "?skip_member_messages=0&agent_id=b")).toBe("1u0 1a1 1t2 1a3");
    expect(await ids(id, "?agent_id=b")).toBe("");
  });

  it("is of those members that are named, agents and teams, whatever is said about skipping", async () => {
    const id = await typedSessionOf("team", runs());
    for (const skip of ["", "&skip_member_messages=true", "&skip_member_messages=false"]) {
      expect(await ids(id, `?member_ids=a${skip}`)).toBe("0s0 0u1 0a2 3u0 3a1");
      expect(await ids(id, `?member_ids=b&member_ids=inner&member_ids=b${skip}`)).toBe("1u0 1a1 1t2 1a3 4u0 4a1");
      expect(await ids(id, `?team_id=inner${skip}`)).toBe("4u0 4a1");
      expect(await ids(id, `?member_ids=${skip}`)).toBe(everything);
    }
    expect(await ids(id, "?member_ids=nobody")).toBe("");
    expect(await ids(id, "?member_ids=t")).toBe("");
    const crowd = Array.from({ length: 300 }, (_, nth) => `member_ids=m-${nth}&`).join("");
    expect(await ids(id, `?${crowd}member_ids=b`)).toBe("1u0 1a1 1t2 1a3");
    expect((await call("GET", `/sessions/${id}/messages?member_ids=${"x".repeat(300)}`)).status).toBe(422);
  });

  it("goes through the other filters, and on by cursor, in the same way", async () => {
    const id = await typedSessionOf("team", runs());
    expect(await ids(id, "?member_ids=a&skip_statuses=")).toBe("0s0 0u1 0a2 3u0 3a1 5u0 5a1");
    expect(await ids(id, "?member_ids=a&last_n_runs=1")).toBe("3u0 3a1");
    expect(await ids(id, "?last_n_runs=1")).toBe("6u0 6a1");
    expect(await ids(id, "?member_ids=a&member_ids=b&limit=3")).toBe("0s0 3u0 3a1");
    for (const query of ["&member_ids=a&member_ids=b", "&skip_member_messages=false", "&team_id=t", ""]) {
      const natural = await ids(id, `?${query}`);
      const newest = await read(id, "messages", `?limit=1&skip_roles=system${query}`);
      const older = await walk(id, "before", newest.meta.before, `&limit=2${query}`);
      const all = [...older.toReversed().flat(), ...newest.data].map((item: Item) => item.id).join(" ");
      expect([query, all]).toEqual([query, natural]);
    }
  });

  it("keeps its chat history and its detail to what the leader was asked and said", async () => {
    const id = await typedSessionOf("team", [...runs(), storedRun(7, "ua", { ...team, status: "PAUSED" })]);
    expect(await chatIds(id)).toBe("2u1 2a2 6u0 6a1 7u0 7a1");
    expect(await chatIds(id, "?member_ids=a&skip_member_messages=false")).toBe("2u1 2a2 6u0 6a1 7u0 7a1");
    const { body } = await call("GET", `/sessions/${id}?type=team`);
    expect(body.chat_history.map((item: Item) => item.id).join(" ")).toBe("2u1 2a2 6u0 6a1 7u0 7a1");
  });

  it("never shows a run inside another one where the session is an agent's or a workflow's", async () => {
    for (const type of ["agent", "workflow"] as const) {
      const id = await typedSessionOf(type, runs());
      for (const query of ["", "?skip_member_messages=false", "?member_ids=a", "?member_ids=", "?team_id=t"]) {
        expect([type, query, await ids(id, query)]).toEqual([type, query, "2s0 2u1 2a2 6u0 6a1"]);
      }
      expect(await ids(id, "?team_id=inner")).toBe("");
    }
  });
});

describe("a history read by cursor", () => {
  it("is complete and without repeats in both directions, in pages of any size", async () => {
    const id = await sessionOf(
      ...Array.from({ length: 9 }, (_, nth) => storedRun(nth, nth % 3 === 0 ? "suata" : "ua")),
    );
    const natural = await ids(id);
    for (const limit of [1, 2, 3, 7, 100]) {
      const newest = await read(id, "messages", `?limit=${limit}`);
      // A page that leaves something out has the system message moved to its front. The walk finds it again at its own
      // place, and here it must not count twice.
      // place, so it is taken off here.
      const shown = newest.meta.has_more ? newest.data.filter((item: Item) => item.role !== "system") : newest.data;
      const before = await walk(id, "before", newest.meta.before, `&limit=${limit}`);
      const all = [...before.toReversed().flat(), ...shown];
      expect([limit, all.map((item) => item.id).join(" ")]).toEqual([limit, natural]);
    }
    const { meta } = await read(id, "messages", "?limit=2");
    const older = await read(id, "messages", `?before=${meta.before}&limit=20`);
    const oldest = await read(id, "messages", `?before=${older.meta.before}&limit=2`);
    const newer = await walk(id, "after", oldest.meta.after, "&limit=4");
    expect(
      [oldest.data, ...newer]
        .flat()
        .map((item) => item.id)
        .join(" "),
    ).toBe(natural.slice(natural.indexOf(oldest.data[0].id)));
  });

  it("goes forward from any place, and tells where what is newer will be", async () => {
    const session_id = newId();
    await run("one", { session_id });
    const first = await read(session_id, "messages");
    expect(await read(session_id, "messages", `?after=${first.meta.after}`)).toEqual({
      data: [],
      meta: { limit: 100, has_more: false, before: expect.any(String), after: first.meta.after },
    });
    await run("two", { session_id });
    const next = await read(session_id, "messages", `?after=${first.meta.after}`);
    expect(next.data.map((item: Item) => item.content)).toEqual(["two", "echo: two"]);
    const back = await read(session_id, "messages", `?before=${next.meta.before}`);
    expect(back.data.map((item: Item) => item.role)).toEqual(["system", "user", "assistant"]);
    expect(back.meta.before).toBeNull();
  });

  it("is not disturbed by runs that come meanwhile", async () => {
    const session_id = newId();
    for (const nth of [0, 1, 2]) await run(`question ${nth}`, { session_id });
    const first = await read(session_id, "messages", "?limit=2&skip_roles=system");
    await run("late", { session_id });
    const older = await walk(session_id, "before", first.meta.before, "&limit=2&skip_roles=system");
    expect([...older.toReversed().flat(), ...first.data].map((item) => item.content)).toEqual(
      [0, 1, 2].flatMap((nth) => [`question ${nth}`, `echo: question ${nth}`]),
    );
  });

  it("does not move the system message or strip tool messages, and keeps the filters", async () => {
    const id = await sessionOf(storedRun(0, "sua"), storedRun(1, "uata"), storedRun(2, "ua", { status: "ERROR" }));
    const whole = await read(id, "messages", "?limit=2&skip_statuses=");
    const page = await read(id, "messages", `?before=${whole.meta.before}&limit=2&skip_statuses=`);
    expect(page.data.map((item: Item) => item.id)).toEqual(["1a3", "2u0"]);
    const tools = await read(id, "messages", `?before=${page.meta.before}&limit=1&skip_statuses=`);
    expect(tools.data.map((item: Item) => item.id)).toEqual(["1t2"]);
    const filtered = await read(id, "messages", `?before=${whole.meta.before}&skip_roles=tool&skip_roles=user`);
    expect(filtered.data.map((item: Item) => item.id)).toEqual(["0s0", "0a2", "1a1", "1a3"]);
  });

  it("refuses two cursors, and what is none", async () => {
    const id = await sessionOf(storedRun(0, "ua"), storedRun(1, "ua"));
    const cursor = (await read(id, "messages", "?limit=2")).meta.before;
    const list = (await call("GET", "/sessions?limit=1")).body.meta.next_cursor;
    const refused: [string, string][] = [
      [`before=${cursor}&after=${cursor}`, "after"],
      ["before=garbage", "before"],
      ["after=garbage", "after"],
      [`after=${cursor.slice(0, -1)}`, "after"],
      [`before=${list}`, "before"],
      [`before=${btoa("[1]").replaceAll("=", "")}`, "before"],
      [`before=${btoa("[1.5,2]").replaceAll("=", "")}`, "before"],
      [`before=${btoa("[9e300,0]").replaceAll("=", "")}`, "before"],
    ];
    for (const route of ["messages", "chat-history"]) {
      for (const [query, field] of refused) {
        const answer = await call("GET", `/sessions/${id}/${route}?${query}`);
        expect([query, answer.status, answer.body.detail]).toMatchObject([query, 422, [{ loc: ["query", field] }]]);
      }
      expect((await call("GET", `/sessions/${id}/${route}?before=&after=`)).status).toBe(200);
    }
  });
});

describe("GET /sessions/{session_id}/chat-history", () => {
  it("is what users and agents said, in runs of any status", async () => {
    const id = await sessionOf(
      storedRun(0, "suata"),
      storedRun(1, "ua", { status: "ERROR" }),
      storedRun(2, "sua", { status: "CANCELLED" }),
      storedRun(3, "ua", { parentRunId: "some-run" }),
      storedRun(4, "u", { status: "RUNNING" }),
    );
    expect(await chatIds(id)).toBe("0u1 0a2 0a4 1u0 1a1 2u1 2a2 4u0");
    expect(await chatIds(id, "?last_n_runs=2")).toBe("2u1 2a2 4u0");
    expect(await chatIds(id, "?limit=2")).toBe("2a2 4u0");
    for (const none of ["last_n_runs=0", "last_n_runs=-2", "limit=0"]) expect(await chatIds(id, `?${none}`)).toBe("");
    expect(await chatIds(id, "?skip_roles=user&skip_statuses=ERROR")).toBe(await chatIds(id));
  });

  it("is paged by the same cursors", async () => {
    const id = await sessionOf(...[0, 1, 2].map((nth) => storedRun(nth, "sua", { status: "ERROR" })));
    const newest = await read(id, "chat-history", "?limit=2");
    const older = await read(id, "chat-history", `?limit=3&before=${newest.meta.before}`);
    expect(older.data.map((item: Item) => item.id)).toEqual(["0a2", "1u1", "1a2"]);
    expect(older.meta).toMatchObject({ limit: 3, has_more: true });
    const after = await read(id, "chat-history", `?after=${older.meta.after}`);
    expect(after.data).toEqual(newest.data);
  });
});

describe("the history of a session that is not there", () => {
  it("is not found, in AgentOS's words, on both routes", async () => {
    const id = newId();
    const other = await sessionOf(storedRun(0, "ua"));
    for (const route of ["messages", "chat-history"]) {
      const none = await call("GET", `/sessions/${id}/${route}`);
      expect([none.status, none.body.detail]).toEqual([404, `Session with id '${id}' not found`]);
      const typed = await call("GET", `/sessions/${other}/${route}?type=team`);
      expect([typed.status, typed.body.detail]).toEqual([404, `Team Session with id '${other}' not found`]);
    }
  });

  it("is empty where the session has no runs", async () => {
    const { body } = await call("POST", "/sessions", {});
    for (const route of ["messages", "chat-history"] as const) {
      expect(await read(body.session_id, route)).toEqual({
        data: [],
        meta: { limit: 1000, has_more: false, before: null, after: null },
      });
    }
  });

  it("says which single value of a list is wrong", async () => {
    const { body } = await call("POST", "/sessions", {});
    const answer = await call("GET", `/sessions/${body.session_id}/messages?skip_roles=bogus`);
    expect([answer.status, answer.body.detail[0].type, answer.body.detail[0].input]).toEqual([422, "enum", "bogus"]);
  });
});
