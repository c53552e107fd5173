import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agents } from "../../../src/agents/index.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { defineTool } from "../../../src/domain/tool.ts";
import { call, newId } from "../../support/http.ts";
import { answer, inbox, requirements } from "../../support/paused-runs.ts";
import { exportOf, importing, NOTHING, rowCounts } from "../../support/portable.ts";
import { asText, type Line, linesOf } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { detailOf, runsOf, saidIn, storyOf } from "../../support/session-story.ts";

const model = scriptModel();

/**
 * Rows of real databases that Agno itself wrote, with a model that echoes. Their sessions: plain, unnamed, paused,
 * summed, crewed.
 */
const files = import.meta.glob<string>("../../support/agno/*.ndjson", {
  query: "?raw",
  import: "default",
  eager: true,
});
const dumps = Object.entries(files).map(([path, text]): [string, string] => [
  path.replace(/.*agno-(.*)\.ndjson/, "$1"),
  text,
]);

/** The file with new ids, so that it can be imported beside others. */
function fresh(text: string): { text: string; id: (name: string) => string } {
  const mark = newId().slice(0, 8);
  const runs = [...text.matchAll(/run_id\\*": \\*"([0-9a-f-]{36})/g)].map(([, id]) => id as string);
  const lines = [...new Set(runs)].reduce((all, id) => all.replaceAll(id, `${mark}${id.slice(8)}`), text);
  const requirement = [
    ...new Set([...text.matchAll(/requirements[^{]*\{\\*"id\\*": \\*"([0-9a-f-]{36})/g)].map(([, id]) => id as string)),
  ];
  const named = requirement.reduce((all, id) => all.replaceAll(id, `${mark}${id.slice(8)}`), lines);
  const id = (name: string) => `${mark}-${name}`;
  const renamed = named.replace(
    /(session_id\\*": \\*")(plain|unnamed|paused|summed|crewed)\b/g,
    (_, key, name) => `${key}${id(name)}`,
  );
  return { text: renamed, id };
}

it("has rows of both kinds of database", () => {
  expect(dumps.map(([version]) => version)).toEqual(["2.9.0", "3.1.10"]);
});

describe.each(dumps)("sessions of Agno %s", (_version, dump) => {
  it("come in with names, state, metrics, and what was said in order", async () => {
    const { text, id } = fresh(dump);
    const report = await importing(text);
    expect(report).toMatchObject({ imported: 5, failed: 0, skipped: 0, errors: [], complete: true });
    const detail = await detailOf(id("plain"));
    expect(detail).toMatchObject({
      session_name: "The plain one",
      session_state: { n: 1 },
      user_id: "ada",
      agent_id: "assistant",
      agent_data: { name: "Assistant", agent_id: "assistant", model: { id: "fake-1", name: "Fake", provider: "Fake" } },
      total_tokens: 60,
      chat_history_total: 7,
    });
    expect(new Date(detail.created_at).getUTCFullYear()).toBe(2026);
    expect(await saidIn(id("plain"))).toEqual([
      "user: hello",
      "assistant: echo: hello é\u{1f600}",
      "user: please add",
      "assistant: undefined",
      "assistant: echo: 3 é\u{1f600}",
      "user: again",
      "assistant: echo: again é\u{1f600}",
    ]);
    const [, run] = await runsOf(id("plain"));
    expect(run).toMatchObject({
      status: "COMPLETED",
      run_input: "please add",
      content: "echo: 3 é\u{1f600}",
      session_state: { n: 1 },
    });
    expect(run.metrics).toMatchObject({ total_tokens: 30, details: { model: [{ id: "fake-1", total_tokens: 30 }] } });
    expect(run.tools).toMatchObject([
      { tool_name: "add", tool_args: { a: 1, b: 2 }, result: "3", tool_call_error: false },
    ]);
    const events = run.events.map(({ event }: Line) => event);
    expect(events).toEqual([
      "RunStarted",
      "ModelRequestStarted",
      "ModelRequestCompleted",
      "ToolCallStarted",
      "ToolCallCompleted",
      "ModelRequestStarted",
      "ModelRequestCompleted",
      "RunContentCompleted",
      "RunCompleted",
    ]);
    const name = (await call("GET", `/sessions/${id("plain")}/name`)).body;
    expect(name).toMatchObject({ source: "manual", version: 1 });
  });

  it("show their first message where they had no name, and how their runs ended", async () => {
    const { text, id } = fresh(dump);
    await importing(text, "?user_id=eve");
    expect(await detailOf(id("unnamed"))).toMatchObject({ session_name: "first thing", user_id: "eve" });
    expect(await storyOf(id("unnamed"))).toEqual([
      "first thing → COMPLETED: echo: first thing é\u{1f600}",
      "boom → ERROR: the provider said no",
    ]);
    expect(await storyOf(id("summed"))).toEqual([
      " → COMPLETED: Hi, I am here.",
      "summarize me → COMPLETED: echo: summarize me é\u{1f600}",
    ]);
    expect((await detailOf(id("summed"))).session_name).toBe("summarize me");
    const lines = linesOf(await exportOf(id("unnamed")));
    expect(lines[0].last_message).toMatchObject({ role: "user", text: "boom" });
  });

  it("have their teams' runs behind those of the members", async () => {
    const { text, id } = fresh(dump);
    await importing(text);
    const runs = await runsOf(id("crewed"));
    const [member, team, second] = runs;
    expect(runs).toHaveLength(3);
    expect(member).toMatchObject({ agent_id: "helper", parent_run_id: team.run_id, content: "echo: 3 é\u{1f600}" });
    expect(second).toMatchObject({ team_id: "crew", parent_run_id: "", run_input: "hello crew" });
    const whole = (await call("GET", `/teams/crew/runs/${team.run_id}?session_id=${id("crewed")}`)).body;
    // This server has no team of that name. Its session is there all the same.
    expect(whole.code ?? "found").toMatch(/team_not_found|found/);
    const lines = linesOf(await exportOf(id("crewed"))).filter(({ type }) => type === "run");
    expect(lines.map(({ run_index, member_slots }) => [run_index, member_slots])).toEqual([
      [0, 0],
      [1, 1],
      [2, 0],
    ]);
    expect(lines[0].parent_call).toBe(0);
    expect((await saidIn(id("crewed")))[0]).toBe("user: team work");
    expect(await saidIn(id("crewed"))).toHaveLength(5);
  });

  it("wait for the people that they waited for, and go on", async () => {
    const { text, id } = fresh(dump);
    await importing(text, "?user_id=agno-bob");
    const waiting = (await inbox({ user_id: "agno-bob" })).filter(({ session_id }) => session_id === id("paused"));
    expect(waiting).toMatchObject([
      { tool_execution: { tool_name: "delete_record", tool_args: { id: "r1" }, requires_confirmation: true } },
    ]);
    const ran: string[] = [];
    const remove = defineTool({
      name: "delete_record",
      description: "Deletes.",
      parameters: z.object({ id: z.string() }),
      requiresConfirmation: true,
      execute: ({ id }) => {
        ran.push(id);
        return `deleted ${id}`;
      },
    });
    const known = agents as Map<string, Agent>;
    const assistant = known.get("assistant") as Agent;
    known.set("assistant", { ...assistant, tools: [remove] });
    try {
      model.next("It is gone.");
      const [run] = await runsOf(id("paused"));
      const paused = {
        session_id: id("paused"),
        run_id: run.run_id,
        agent: "assistant",
        tools: [],
        requirements: waiting,
      };
      const done = await answer(paused, requirements(paused, { confirmed: true }));
      expect(done.body).toMatchObject({ status: "COMPLETED", content: "It is gone." });
      expect(ran).toEqual(["r1"]);
    } finally {
      known.set("assistant", assistant);
    }
  });

  it("come out as lines that come in again the same", async () => {
    const { text, id } = fresh(dump);
    await importing(text);
    for (const name of ["plain", "paused", "crewed", "summed"]) {
      const before = await exportOf(id(name));
      await call("DELETE", `/sessions/${id(name)}`);
      expect(await importing(before)).toMatchObject({ imported: 1, errors: [] });
      expect(await exportOf(id(name))).toBe(before);
    }
  });
});

describe("rows of Agno's", () => {
  const at = 1_700_000_000;
  const session = (fields: object = {}) => ({
    session_id: newId(),
    session_type: "agent",
    agent_id: "assistant",
    session_data: { session_name: "n" },
    created_at: at,
    updated_at: at,
    ...fields,
  });
  const said = (role: string, content: unknown, more: object = {}) => ({
    id: newId(),
    role,
    content,
    created_at: at,
    ...more,
  });
  const runOf = (fields: object = {}) => ({
    run_id: newId(),
    agent_id: "assistant",
    status: "COMPLETED",
    created_at: at,
    messages: [said("user", "q"), said("assistant", "a")],
    ...fields,
  });

  it("leave out copies of earlier messages, and read content of parts and unknown roles", async () => {
    const row = session({
      runs: [
        runOf({
          messages: [
            said("developer", "be nice"),
            said("user", "old", { from_history: true }),
            said("user", [{ type: "text", text: "one" }, { type: "image_url" }, { type: "text", text: "two" }]),
            said("narrator", "aside"),
            said("model", { answer: 42 }),
          ],
        }),
      ],
    });
    expect(await importing(asText([row]))).toMatchObject({ imported: 1 });
    expect(await saidIn(row.session_id)).toEqual(["user: one\ntwo", 'assistant: {"answer":42}']);
  });

  it("close what had not ended, and keep a pause that nobody here can go on with", async () => {
    const call = { id: "c1", type: "function", function: { name: "ask", arguments: { q: 1 } } };
    const row = session({
      runs: [
        runOf({ status: "RUNNING", input: { input_content: "q" } }),
        runOf({ status: "PENDING", messages: [], input: { input_content: { deep: [1] } } }),
        runOf({
          status: "PAUSED",
          messages: [said("user", "q"), said("assistant", null, { tool_calls: [call] })],
          tools: [{ tool_call_id: "c1", tool_name: "ask", user_feedback_schema: [{}] }],
        }),
      ],
    });
    await importing(asText([row]));
    const runs = await runsOf(row.session_id);
    expect(runs.map(({ status, run_input }) => [status, run_input])).toEqual([
      ["ERROR", "q"],
      ["ERROR", '{"deep":[1]}'],
      ["PAUSED", "q"],
    ]);
    const paused = {
      session_id: row.session_id,
      run_id: runs[2].run_id,
      agent: "assistant",
      tools: [],
      requirements: [],
    };
    expect((await answer(paused, { requirements: [] })).status).toBeGreaterThanOrEqual(400);
    expect(linesOf(await exportOf(row.session_id)).filter(({ type }) => type === "requirement")).toEqual([]);
  });

  it("place member runs below their team's, come they before it, after it, or within it", async () => {
    const [team, nested] = [newId(), newId()];
    const member = (fields: object) => runOf({ agent_id: "ada", parent_run_id: team, ...fields });
    const within = member({});
    const runs = [
      member({ agent_id: undefined, team_id: "inner", run_id: nested }),
      runOf({ agent_id: undefined, team_id: "crew", run_id: team, member_responses: [within] }),
      member({ parent_run_id: nested }),
      runOf({ agent_id: undefined, team_id: "crew" }),
      runOf({ parent_run_id: "gone" }),
    ];
    const row = session({ session_type: "team", agent_id: null, team_id: "crew", runs });
    expect(await importing(asText([row]))).toMatchObject({ imported: 1, errors: [] });
    const lines = linesOf(await exportOf(row.session_id)).filter(({ type }) => type === "run");
    expect(lines.map(({ run_id, member_slots }) => [run_id, member_slots])).toEqual([
      [nested, 0],
      [within.run_id, 0],
      [runs[2]?.run_id, 0],
      [team, 3],
      [runs[3]?.run_id, 0],
      [runs[4]?.run_id, 0],
    ]);
    expect(await saidIn(row.session_id)).toHaveLength(4);
  });

  it("of a workflow come in without their runs, and it is said", async () => {
    const row = session({
      session_type: "workflow",
      agent_id: null,
      workflow_id: "nightly",
      runs: [{ run_id: newId(), workflow_id: "nightly" }],
    });
    const report = await importing(asText([row]));
    expect(report.sessions).toMatchObject([{ status: "imported", reason: "1 runs of workflows were left out." }]);
    expect(await rowCounts(row.session_id)).toMatchObject({ sessions: 1, runs: 0 });
  });

  it("fail one by one: another session's run, a count that differs, a run without an id, a name that is no id", async () => {
    const [one, two, three, four, good] = [
      session(),
      session(),
      session({ runs: [{ agent_id: "a" }] }),
      session({ agent_id: "." }),
      session(),
    ];
    const run = (sessionId: string) => ({ run_id: newId(), session_id: sessionId, run_data: JSON.stringify(runOf()) });
    const report = await importing(
      asText([
        one,
        run(two.session_id),
        two,
        run(two.session_id),
        { type: "session_end", session_id: two.session_id, counts: { runs: 2 } },
        three,
        four,
        good,
        run(good.session_id),
      ]),
    );
    expect(report.sessions.map(({ session_id, status }: Line) => [session_id, status])).toEqual([
      [one.session_id, "failed"],
      [two.session_id, "failed"],
      [three.session_id, "failed"],
      [four.session_id, "failed"],
      [good.session_id, "imported"],
    ]);
    for (const { session_id } of [one, two, three, four]) expect(await rowCounts(session_id)).toEqual(NOTHING);
    expect(await saidIn(good.session_id)).toEqual(["user: q", "assistant: a"]);
  });
});
