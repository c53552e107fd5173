import { describe, expect, it } from "vitest";
import { newId, send } from "../../support/http.ts";
import { importing } from "../../support/portable.ts";
import { asText, type Line, message, requirementLine, sessionLines } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { runsOf } from "../../support/session-story.ts";
import {
  isStructure,
  placesIn,
  replaced,
  valueAt,
  wrongFields,
  wrongList,
  wrongLists,
} from "../../support/wrong-values.ts";

scriptModel();

const AT = 1_700_000_000_000;
const times = { created_at: AT, started_at: AT, settled_at: AT };

/** A session in which every field of every kind of line is given. */
function fullLines(id: string): Line[] {
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2, reasoning_tokens: 0, cache_read_tokens: 0 };
  const details = { model: [{ id: "m", provider: "P", ...usage }] };
  const summary = { summary: "s", topics: ["a"], updated_at: "2026-01-01T00:00:00" };
  const [run_id, requirement_id] = [`${id}-run`, `${id}-requirement`];
  return [
    {
      type: "session",
      session_id: id,
      session_type: "agent",
      agent_id: "assistant",
      user_id: "ada",
      name: "n",
      name_source: "generated",
      name_version: 1,
      name_updated_at: AT,
      name_details: { model: "m", prompt_tokens: 1, completion_tokens: 1, attempts: 1, job_id: "j" },
      first_message: "question",
      session_state: { a: [1] },
      metadata: { a: ["b"] },
      summary,
      summarized_through: 0,
      last_message: { role: "user", text: "t", at: AT },
      tags: ["a"],
      visibility: "listed",
      pinned_at: AT,
      archived_at: AT,
      ttl_seconds: 1_000_000,
      component_data: { a: [1] },
      metrics: { ...usage, details },
      version: 1,
      forked_from_session_id: "another",
      created_at: AT,
      updated_at: AT,
    },
    {
      type: "run",
      run_id,
      run_index: 0,
      member_slots: 0,
      origin: { type: "continued", run_id: "r", message_index: 0, history_before: 0, input: "i" },
      agent_id: "assistant",
      component_name: "Assistant",
      user_id: "ada",
      status: "ERROR",
      input: "question",
      input_state: { a: 1 },
      input_messages: 1,
      model: "m",
      model_provider: "P",
      session_cache: "hit",
      session_state: { a: 1 },
      metrics: { ...usage, details, time_to_first_token: 1, duration: 1, timings: { queue: 1, model: 1 } },
      finish_reason: "stop",
      error: { type: "internal", message: "m" },
      events: [
        ["S", 0],
        ["Q", 0],
        ["A", 0],
        ["T", 0, 0],
        ["R", 0, 0],
        ["P", 0, 0],
        ["E", 0, summary],
        ["F", 0],
      ],
      ...times,
    },
    message(run_id, 0, "user", "question", AT),
    {
      ...message(run_id, 1, "assistant", "", AT),
      tool_calls: [{ id: "c", name: "add", arguments: "{}" }],
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2, reasoning_tokens: 0, cache_read_tokens: 0 },
      time_to_first_token_ms: 1,
    },
    {
      ...message(run_id, 2, "tool", "3", AT),
      tool_call_id: "c",
      tool_name: "add",
      tool_args: { a: [1] },
      tool_call_error: false,
    },
    {
      ...requirementLine(run_id),
      requirement_id,
      fields: [{ name: "a", field_type: "str", description: "d", value: ["v"] }],
      note: "n",
      status: "answered",
      answer: { type: "filled", args: { a: [1] } },
      answer_note: "n",
      answered_by: "ada",
      answered_at: AT,
      expires_at: AT,
    },
    { type: "session_end", session_id: id, counts: { runs: 1, messages: 3, requirements: 1 } },
  ];
}

/** Rows of Agno's with every list that the import reads. One run is in the session's row, one has a row of its own. */
function agnoLines(id: string): Line[] {
  const seconds = AT / 1000;
  const tokens = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const metrics = { ...tokens, time_to_first_token: 1, details: { model: [{ id: "m", provider: "P", ...tokens }] } };
  const said = (role: string, more: object) => ({ id: newId(), role, created_at: seconds, ...more });
  const schema = [{ name: "a", field_type: "str", description: "d", value: null }];
  const asked = { tool_call_id: "c2", tool_name: "ask", tool_args: { b: 1 } };
  const run = (more: object) => ({
    run_id: newId(),
    agent_id: "assistant",
    agent_name: "Assistant",
    created_at: seconds,
    status: "PAUSED",
    input: { input_content: [{ text: "q" }] },
    content: "a",
    session_state: { a: [1] },
    metrics,
    messages: [
      said("user", { content: [{ type: "text", text: "q" }] }),
      said("assistant", {
        content: null,
        metrics,
        tool_calls: ["c1", "c2"].map((id) => ({ id, function: { name: "ask", arguments: { b: 1 } } })),
      }),
      said("tool", { content: "3", tool_call_id: "c1", tool_name: "ask", tool_args: { b: [1] } }),
    ],
    tools: [{ ...asked, requires_user_input: true, user_input_schema: schema }],
    requirements: [{ id: newId(), tool_execution: asked }],
    ...more,
  });
  return [
    {
      session_id: id,
      session_type: "team",
      team_id: "crew",
      user_id: "ada",
      session_data: { session_name: "n", session_state: { a: [1] }, session_metrics: metrics },
      metadata: { a: ["b"] },
      team_data: { a: [1] },
      summary: { summary: "s", topics: ["a"], updated_at: "2026-01-01T00:00:00" },
      runs: [run({ team_id: "crew", agent_id: null, member_responses: [{ run_id: newId(), agent_id: "assistant" }] })],
      created_at: seconds,
      updated_at: seconds,
    },
    { run_id: newId(), session_id: id, status: "PAUSED", created_at: seconds, run_data: run({}) },
    { type: "session_end", session_id: id, counts: { runs: 2 } },
  ];
}

/** The paths of all values of the lines, or of lists and objects only. */
function placesOf(lines: Line[], which: "all" | "structures"): string[][] {
  const places = lines.flatMap((line, nth) => placesIn(line, [String(nth)]));
  return places.filter((place) => place[1] !== "type" && (which === "all" || isStructure(valueAt(lines, place))));
}

const inLines = { linesOf: fullLines, places: placesOf(fullLines("x"), "all") };
const inStructures = { linesOf: fullLines, places: placesOf(fullLines("x"), "structures") };
const inRun = { linesOf: fullLines, places: inStructures.places.filter(([line]) => line === "1") };
const inAgno = { linesOf: agnoLines, places: placesOf(agnoLines("x"), "structures") };

it.each([
  ["a line is 130,000 wrong elements", wrongList, inLines],
  ["a line is 130,000 wrong fields", wrongFields, inRun],
  ["a line is 150,000 wrong elements of lists in lists", wrongLists, inStructures],
  ["a row of Agno's is 130,000 wrong elements", wrongList, inAgno],
])(
  "no more than its session fails where something in %s",
  async (_, wrong, { linesOf, places }) => {
    expect(places.length).toBeGreaterThan(15);
    for (let from = 0; from < places.length; from += 20) {
      const sessions = places.slice(from, from + 20).map((place) => replaced(linesOf(newId()), place, wrong));
      const last = newId();
      const report = await importing(asText([...sessions, sessionLines(last)].flat()));
      expect(report).toMatchObject({ complete: true, next_line: null });
      expect(report.sessions).toHaveLength(sessions.length + 1);
      expect(report.sessions.at(-1)).toMatchObject({ session_id: last, status: "imported" });
      for (const { session_id, status, reason } of report.sessions) {
        if (status === "failed") {
          expect(reason).toMatch(/^Line \d+: .{1,200}$/);
          continue;
        }
        // The wrong value was in a field that may hold anything, so the session came in. It must be readable.
        const response = await send("GET", `/sessions/${session_id}/runs`);
        expect([session_id, response.status]).toEqual([session_id, 200]);
        await response.text();
      }
    }
  },
  120_000,
);

describe("a line", () => {
  it("comes in whole with all that it may hold", async () => {
    const sessionId = newId();
    expect(await importing(asText(fullLines(sessionId)))).toMatchObject({ imported: 1, errors: [] });
    const [run] = await runsOf(sessionId);
    expect(run.events.map(({ event }: Line) => event)).toContain("RunPaused");
  });

  it("is told of in few words, whatever names it gives to things", async () => {
    const long = "x".repeat(1_000_000);
    const sessions = [
      replaced(fullLines(newId()), ["1", "metrics", "timings"], { [long]: "none" }),
      replaced(fullLines(newId()), ["1", "error"], { type: 1, [long]: 1 }),
      [fullLines(newId())[0], { type: "session_void", session_id: "s", reason: long }],
      [{ ...fullLines(newId())[0], session_id: long }],
      [{ ...fullLines(newId())[0], session_type: long }],
    ];
    const text = JSON.stringify(await importing(asText(sessions.flat())));
    expect(text.length).toBeLessThan(10_000);
  });
});
