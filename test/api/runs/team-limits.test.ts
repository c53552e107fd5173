import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_MEMBERS_BYTES, MAX_MESSAGE_BYTES } from "../../../src/domain/limits.ts";
import { call, newId, type SentEvent } from "../../support/http.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { fail, gate, hold, reset, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { runsOf, shown, storyOf } from "../../support/session-story.ts";
import {
  callsOf,
  comparable,
  delegate,
  delegateToAll,
  expectNoGaps,
  leading,
  lines,
  member,
  openTeam,
  readTeamRun,
  resumeTeam,
  runTeam,
  say,
  streamTeam,
} from "../../support/teams.ts";

const model = scriptModel();

const results = (body: { tools: { result: string; tool_call_error: boolean }[] }) =>
  body.tools.map(({ result, tool_call_error }) => [result, tool_call_error]);

describe("a member that fails", () => {
  it("is reported to the leader, and what the other one did stays", async () => {
    const [ada, bob] = [member("ada"), member("bob")];
    const team = leading([ada, bob]);
    const session_id = newId();
    const point = gate();
    say(model, {
      leader: [[delegate(ada, "one"), delegate(bob, "two")], "Bob did his part."],
      ada: [[text("Half"), reset()]],
      bob: [[hold(point), text("Bob's")]],
    });
    const stream = await openTeam(team, "Both", { session_id });
    const failed = await stream.until("RunError");
    expect(failed.data).toMatchObject({ agent_name: "Ada", error_type: "model_provider_error" });
    point.release();
    const events = await stream.rest();
    expect(events.at(-1)?.data).toMatchObject({ event: "TeamRunCompleted", content: "Bob did his part." });
    const told = shown(callsOf(model, "leader")[1]);
    expect(told[2]).toBe("tool: Ada failed: The model could not answer.");
    expect(told[3]).toBe("tool: Bob's");
    expect((await storyOf(session_id)).map((line) => line.split(": ")[0])).toEqual([
      "one → ERROR",
      "two → COMPLETED",
      "Both → COMPLETED",
    ]);
    const seen = { team, runId: stream.runId, session_id };
    const replay = await resumeTeam(seen);
    expectNoGaps(replay);
    expect(comparable(replay).slice(-events.length)).toEqual(comparable(events));
    const { body } = await readTeamRun(seen);
    expect(body.member_responses.map(({ status }: { status: string }) => status)).toEqual(["ERROR", "COMPLETED"]);
    // The partial answer of the member that failed is kept.
    expect((await runsOf(session_id))[0].messages.at(-1).content).toBe("Half");
  });

  it("does not hide what the others of a broadcast said", async () => {
    const [ada, bob] = [member("ada"), member("bob")];
    const team = leading([ada, bob], { mode: "broadcast" });
    say(model, {
      leader: [[delegateToAll("Vote")], "One vote."],
      ada: Array.from({ length: 3 }, () => [fail(500)]),
      bob: ["yes"],
    });
    const { body } = await runTeam(team, "Shall we?", { session_id: newId() });
    expect(body).toMatchObject({ status: "COMPLETED", content: "One vote." });
    expect(body.tools[0].tool_call_error).toBe(false);
    expect(body.tools[0].result).toMatch(/^Ada failed: .+\n\nBob: yes$/s);
  });
});

describe("what the members of a run say", () => {
  it("is bounded all together, side by side and one behind the other, so that whoever reads the run can hold it", async () => {
    const many = Array.from({ length: 10 }, (_, nth) => member(`m${nth}`));
    const team = leading(many, { mode: "broadcast" });
    const session_id = newId();
    const long = [text("x".repeat(900_000))];
    say(model, {
      leader: [[delegateToAll("Speak")]],
      ...Object.fromEntries(many.map((_, nth) => [`m${nth}`, [long]])),
    });
    const { body } = await runTeam(team, "All of you", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", finish_reason: "length" });
    // Members were not started any more once the others had said all that the run had room for.
    const { member_responses: started } = body;
    expect(started.some(({ finish_reason }: { finish_reason: string }) => finish_reason === "length")).toBe(true);
    const said = await env.DB.prepare(
      "select sum(octet_length(content)) as bytes from messages join runs using (run_id) where runs.session_id = ? and parent_run_id is not null",
    )
      .bind(session_id)
      .first<{ bytes: number }>();
    expect(said?.bytes).toBeGreaterThan(MAX_MEMBERS_BYTES - 500_000);
    expect(said?.bytes).toBeLessThan(MAX_MEMBERS_BYTES);
    expect((await importing(await exportOf(session_id), "?on_conflict=new")).errors).toEqual([]);
  });

  it("is bounded with what they are asked: the leader is told who did not start", async () => {
    const many = Array.from({ length: 16 }, (_, nth) => member(`m${nth}`));
    const team = leading(many, { mode: "broadcast" });
    say(model, {
      leader: [[delegateToAll("t".repeat(200_000))], "Enough."],
      ...Object.fromEntries(many.map((_, nth) => [`m${nth}`, ["yes"]])),
    });
    const { body } = await runTeam(team, "All of you", { session_id: newId() });
    expect(body).toMatchObject({ status: "COMPLETED", content: "Enough." });
    expect(body.member_responses).toHaveLength(15);
    const late = "M15 failed: Not started: the members of this run have said as much as they may.";
    expect(body.tools[0].result).toContain(late);
  });
});

describe("a delegation that cannot be", () => {
  it.each([
    [
      "of an unknown member",
      { member_id: "nobody", task: "x" },
      /^There is no member with this id\. The members are: test-/,
    ],
    ["of an agent that is no member", { member_id: "assistant", task: "x" }, /^There is no member with this id\./],
    ["without a task", { member_id: "ada" }, /^The arguments do not fit: task must be a text\.$/],
    ["with an empty task", { member_id: "ada", task: " " }, /^The arguments do not fit: task must be a text\.$/],
    ["with a task that is no text", { member_id: "ada", task: 7 }, /^The arguments do not fit: task must be a text\.$/],
    [
      "with a task that is longer than a message may be",
      { member_id: "ada", task: "x".repeat(MAX_MESSAGE_BYTES + 1) },
      /^The arguments do not fit: task must not be larger than 262144 bytes\.$/,
    ],
    ["with no object", "[1]", /^The arguments do not fit/],
    ["with no JSON", "{oops", /^The arguments do not fit/],
  ])("is told to the leader: %s", async (_, args, reason) => {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    say(model, { leader: [[toolCall("delegate_task_to_member", args)], "Sorry."] });
    const { body } = await runTeam(team, "Please", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", content: "Sorry.", member_responses: [] });
    expect(results(body)).toEqual([[expect.stringMatching(reason), true]]);
    expect(await runsOf(session_id)).toHaveLength(1);
  });

  it("does not reach members with the tool of another mode", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    say(model, { leader: [[delegateToAll("Vote")], "Sorry."] });
    const { body } = await runTeam(team, "Please", { session_id: newId() });
    expect(results(body)).toEqual([['There is no tool named "delegate_task_to_members".', true]]);
  });
});

/** A team whose only member is a team, whose only member is an agent. */
function nested() {
  const ada = member("ada");
  const inner = leading([ada], { who: "inner" });
  const team = leading([inner]);
  say(model, {
    leader: [[delegate(inner, "a part")], "All done."],
    inner: [[delegate(ada, "a piece")], "Part done."],
    ada: ["Piece done."],
  });
  return { ada, inner, team, session_id: newId() };
}

describe("a team in a team", () => {
  it("streams, stores and lists its runs at each level, and counts all their tokens once", async () => {
    const { ada, inner, team, session_id } = nested();
    const events = await streamTeam(team, "Everything", { session_id });
    expect(lines(events)).toEqual([
      "TeamRunStarted",
      "TeamModelRequestStarted",
      "TeamModelRequestCompleted",
      "TeamToolCallStarted",
      "Inner: TeamRunStarted",
      "Inner: TeamModelRequestStarted",
      "Inner: TeamModelRequestCompleted",
      "Inner: TeamToolCallStarted",
      "Ada: RunStarted",
      "Ada: ModelRequestStarted",
      "Ada: RunContent",
      "Ada: RunContent",
      "Ada: ModelRequestCompleted",
      "Ada: RunContentCompleted",
      "Ada: RunCompleted",
      "Inner: TeamToolCallCompleted",
      "Inner: TeamModelRequestStarted",
      "Inner: TeamRunContent",
      "Inner: TeamRunContent",
      "Inner: TeamModelRequestCompleted",
      "Inner: TeamRunContentCompleted",
      "Inner: TeamRunCompleted",
      "TeamToolCallCompleted",
      "TeamModelRequestStarted",
      "TeamRunContent",
      "TeamRunContent",
      "TeamModelRequestCompleted",
      "TeamRunContentCompleted",
      "TeamRunCompleted",
    ]);
    expectNoGaps(events);
    const runOf = (id: string) => events.find(({ data }) => (data.agent_id ?? data.team_id) === id)?.data;
    const [top, middle, leaf] = [runOf(team), runOf(inner), runOf(ada)];
    expect(middle.parent_run_id).toBe(top.run_id);
    expect(leaf.parent_run_id).toBe(middle.run_id);
    expect(events.at(-1)?.data.metrics.total_tokens).toBe(75);
    expect((await call("GET", `/sessions/${session_id}`)).body.total_tokens).toBe(75);

    const seen = { team, runId: top.run_id, session_id };
    expect(comparable(await resumeTeam(seen))).toEqual(comparable(events));
    const { body } = await readTeamRun(seen);
    expect(body.member_responses[0]).toMatchObject({ team_id: inner, content: "Part done." });
    expect(body.member_responses[0].member_responses[0]).toMatchObject({ agent_id: ada, content: "Piece done." });
  });

  it("is read by itself with its own members in it", async () => {
    const { ada, inner, team, session_id } = nested();
    const events = await streamTeam(team, "Everything", { session_id });
    const inside = events.filter(({ data }) => data.parent_run_id !== undefined);
    const seen = { team: inner, runId: inside[0]?.data.run_id, session_id };
    const { body } = await readTeamRun(seen);
    expect(body).toMatchObject({ content: "Part done.", metrics: { total_tokens: 45 } });
    expect(body.member_responses).toMatchObject([{ agent_id: ada, content: "Piece done." }]);
    const replay = await resumeTeam(seen);
    expectNoGaps(replay);
    const plain = (some: SentEvent[]) => comparable(some).map(({ fields: { event_index, ...fields } }) => fields);
    expect(plain(replay)).toEqual(plain(inside));
  });
});

describe("how many member runs a run may start", () => {
  it("is bounded over all its rounds and levels, which its leader is told", async () => {
    const ada = member("ada");
    const inner = leading([ada], { who: "inner", mode: "broadcast" });
    const team = leading([ada, inner]);
    const session_id = newId();
    say(model, {
      leader: [
        Array.from({ length: 10 }, (_, nth) => delegate(ada, `task ${nth}`)),
        [delegate(inner, "more")],
        Array.from({ length: 6 }, (_, nth) => delegate(ada, `late ${nth}`)),
        "Enough.",
      ],
      inner: [[delegateToAll("piece")], "Inner done."],
      ada: Array.from({ length: 15 }, (_, nth) => `answer ${nth}`),
    });
    const { body } = await runTeam(team, "Much", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", content: "Enough." });
    const late = results(body).slice(11);
    expect(late.filter(([, isError]) => !isError)).toHaveLength(4);
    expect(late.filter(([, isError]) => isError)).toEqual(
      Array.from({ length: 2 }, () => ["Ada failed: Not started: this run has had its 16 member runs.", true]),
    );
    // The leader starts ten runs and the inner team, which starts one; four late ones start. The team's own is the
    // 17th.
    // With the team's own run they are 17.
    expect(await runsOf(session_id)).toHaveLength(17);

    // The session's next run has member slots of its own.
    say(model, { leader: [[delegate(ada, "again")], "Fine."], ada: ["yes"] });
    expect((await runTeam(team, "Again", { session_id })).body.content).toBe("Fine.");
    expect((await storyOf(session_id)).slice(-2)).toEqual(["again → COMPLETED: yes", "Again → COMPLETED: Fine."]);
    const { results: rows } = await env.DB.prepare("select run_index from runs where session_id = ? order by 1")
      .bind(session_id)
      .all<{ run_index: number }>();
    expect(new Set(rows.map((row) => row.run_index)).size).toBe(19);
  });
});
