import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { call, newId, type SentEvent } from "../../support/http.ts";
import { gate, hold, scriptModel, text, usage } from "../../support/scripted-model.ts";
import { detailOf, objectOf, runsOf, shown } from "../../support/session-story.ts";
import {
  callsOf,
  comparable,
  delegate,
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
  toldBy,
} from "../../support/teams.ts";

const model = scriptModel();

/** A team of two members, whose leader asks Ada. She has a model of her own. */
function sumTeam() {
  const ada = member("ada", { model: "ada-model" });
  const bob = member("bob", { role: "Draws." });
  const team = leading([ada, bob]);
  say(model, {
    leader: [[delegate(ada, "What is 1 + 2?", { id: "call_ada" })], [text("It ", "is ", "3.")]],
    ada: [[text("Th", "ree."), usage({ prompt_tokens: 100, completion_tokens: 7, total_tokens: 107 })]],
  });
  return { ada, bob, team, session_id: newId() };
}

const SUM_EVENTS = [
  "TeamRunStarted",
  "TeamModelRequestStarted",
  "TeamModelRequestCompleted",
  "TeamToolCallStarted",
  "Ada: RunStarted",
  "Ada: ModelRequestStarted",
  "Ada: RunContent",
  "Ada: RunContent",
  "Ada: ModelRequestCompleted",
  "Ada: RunContentCompleted",
  "Ada: RunCompleted",
  "TeamToolCallCompleted",
  "TeamModelRequestStarted",
  "TeamRunContent",
  "TeamRunContent",
  "TeamRunContent",
  "TeamModelRequestCompleted",
  "TeamRunContentCompleted",
  "TeamRunCompleted",
];
const SUM_TOKENS = {
  input_tokens: 120,
  output_tokens: 17,
  total_tokens: 137,
  details: {
    model: [
      { input_tokens: 20, output_tokens: 10, total_tokens: 30, id: "gpt-5-mini", provider: "OpenAI" },
      { input_tokens: 100, output_tokens: 7, total_tokens: 107, id: "ada-model", provider: "OpenAI" },
    ],
  },
};

const eventNamed = (events: SentEvent[], name: string) => events.find(({ event }) => event === name)?.data;

describe("a team that coordinates", () => {
  it("streams its member's events inside its own, each with who tells it, and counts all of them together", async () => {
    const { ada, team, session_id } = sumTeam();
    const events = await streamTeam(team, "Add 1 and 2", { session_id });
    expect(lines(events)).toEqual(SUM_EVENTS);
    expectNoGaps(events);

    const teamRunId = events[0]?.data.run_id;
    const of = { session_id, nested_depth: 0 };
    for (const { data } of toldBy(events, "Leader")) {
      expect(data).toMatchObject({ team_id: team, team_name: "Leader", run_id: teamRunId, ...of });
      expect(data).not.toHaveProperty("agent_id");
      expect(data).not.toHaveProperty("parent_run_id");
    }
    const [started] = toldBy(events, "Ada");
    for (const { data } of toldBy(events, "Ada")) {
      expect(data).toMatchObject({ agent_id: ada, run_id: started?.data.run_id, parent_run_id: teamRunId, ...of });
      expect(data).not.toHaveProperty("team_id");
    }
    expect(started?.data).toMatchObject({ model: "ada-model", model_provider: "OpenAI" });
    expect(started?.data.run_id).not.toBe(teamRunId);
    expect(eventNamed(events, "RunCompleted")).toMatchObject({ content: "Three." });
    expect(eventNamed(events, "RunCompleted").metrics).toMatchObject({ total_tokens: 107 });
    expect(eventNamed(events, "TeamRunContent")).not.toHaveProperty("workflow_agent");

    const tool = { tool_call_id: "call_ada", tool_name: "delegate_task_to_member" };
    const args = { member_id: ada, task: "What is 1 + 2?" };
    expect(eventNamed(events, "TeamToolCallStarted").tool).toMatchObject({
      ...tool,
      tool_args: args,
      result: null,
      child_run_id: null,
    });
    expect(eventNamed(events, "TeamToolCallCompleted").tool).toMatchObject({
      ...tool,
      result: "Three.",
      tool_call_error: false,
      child_run_id: started?.data.run_id,
    });
    const completed = eventNamed(events, "TeamRunCompleted");
    expect(completed).toMatchObject({ content: "It is 3.", finish_reason: "stop", metrics: SUM_TOKENS });
  });

  it("shows a member its task only, and the leader its members, their answers and the session's history", async () => {
    const { ada, bob, team, session_id } = sumTeam();
    await runTeam(team, "Add 1 and 2", { session_id });
    const [asked, composed] = callsOf(model, "leader");
    const system = asked?.request.messages[0]?.content;
    expect(system).toContain(`- ${ada}: Ada`);
    expect(system).toContain(`- ${bob}: Bob. Draws.`);
    expect(asked?.request.tools?.map((tool) => tool.function.name)).toEqual(["delegate_task_to_member"]);
    expect(callsOf(model, "ada").map(shown)).toEqual([["user: What is 1 + 2?"]]);
    expect(shown(composed)).toEqual(["user: Add 1 and 2", "assistant: null", "tool: Three."]);

    say(model, { leader: ["Again 3."] });
    await runTeam(team, "And again?", { session_id });
    expect(shown(callsOf(model, "leader").at(-1))).toEqual([
      "user: Add 1 and 2",
      "assistant: null",
      "tool: Three.",
      "assistant: It is 3.",
      "user: And again?",
    ]);
  });

  it("answers a TeamRunOutput with its member's run in it, and adds tokens up once, by model, also in the session", async () => {
    const { ada, team, session_id } = sumTeam();
    const { status, body } = await runTeam(team, "Add 1 and 2", { session_id, user_id: "u1" });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      team_id: team,
      team_name: "Leader",
      session_id,
      user_id: "u1",
      content: "It is 3.",
      content_type: "str",
      status: "COMPLETED",
      metrics: SUM_TOKENS,
      input: { input_content: "Add 1 and 2" },
    });
    expect(body).not.toHaveProperty("agent_id");
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
    expect(body.member_responses).toHaveLength(1);
    const [of] = body.member_responses;
    expect(of).toMatchObject({ agent_id: ada, agent_name: "Ada", parent_run_id: body.run_id, status: "COMPLETED" });
    expect(of).toMatchObject({ content: "Three.", user_id: "u1", metrics: { total_tokens: 107 } });
    expect(body.tools[0].child_run_id).toBe(of.run_id);
    expect((await readTeamRun({ team, runId: body.run_id, session_id })).body).toEqual(body);

    const detail = await detailOf(session_id);
    // The member's run settles before its team's, so its model comes first.
    const details = { model: [...SUM_TOKENS.details.model].reverse() };
    expect(detail).toMatchObject({ total_tokens: 137, metrics: { ...SUM_TOKENS, details } });
    say(model, { leader: ["Still 3."] });
    await runTeam(team, "And again?", { session_id, user_id: "u1" });
    expect((await detailOf(session_id)).total_tokens).toBe(152);
  });

  it("lists the member's run before the team's, as a RunSchema and a TeamRunSchema, and reads each under its own", async () => {
    const { ada, team, session_id } = sumTeam();
    const { body: output } = await runTeam(team, "Add 1 and 2", { session_id, user_id: "u1" });
    const runs = await runsOf(session_id);
    expect(runs).toHaveLength(2);
    const [ofMember, ofTeam] = runs;
    expect(ofMember).toMatchObject({ agent_id: ada, user_id: "u1", parent_run_id: output.run_id, content: "Three." });
    expect(ofMember).toMatchObject({ run_input: "What is 1 + 2?", status: "COMPLETED" });
    expect(ofMember).not.toHaveProperty("team_id");
    expect(ofTeam).toMatchObject({ team_id: team, user_id: "u1", run_id: output.run_id, parent_run_id: "" });
    expect(ofTeam).toMatchObject({ run_input: "Add 1 and 2", content: "It is 3.", metrics: SUM_TOKENS });
    expect(ofTeam).not.toHaveProperty("agent_id");
    // Each run lists its own events only: the team's list has none of the member's.
    expect(ofTeam.events.map(({ event }: { event: string }) => event)).toEqual(
      SUM_EVENTS.filter((line) => line.startsWith("Team") && line !== "TeamRunContent"),
    );
    expect(ofTeam.events.at(-1).event_index).toBe(SUM_EVENTS.length - 1);
    expect(ofMember.events.map(({ event }: { event: string }) => `Ada: ${event}`)).toEqual(
      SUM_EVENTS.filter((line) => line.startsWith("Ada") && line !== "Ada: RunContent"),
    );

    const under = async (path: string) => (await call("GET", `${path}?session_id=${session_id}`)).body;
    const ids = (list: { run_id: string }[]) => list.map(({ run_id }) => run_id);
    expect(ids(await under(`/teams/${team}/runs`))).toEqual([ofTeam.run_id]);
    expect(ids(await under(`/agents/${ada}/runs`))).toEqual([ofMember.run_id]);
    const one = await under(`/agents/${ada}/runs/${ofMember.run_id}`);
    const { input, messages, ...rest } = one;
    expect(output.member_responses[0]).toMatchObject({ ...rest, messages: messages.slice(2) });
    expect(input).toEqual({ input_content: "What is 1 + 2?" });
    expect((await under(`/teams/${team}/runs/${ofMember.run_id}`)).detail).toBe("Run not found");
  });
});

/** A team whose two members speak at once, each held twice between its words; answers its stream and the gates. */
async function twoAtOnce() {
  const [ada, bob] = [member("ada"), member("bob")];
  const team = leading([ada, bob]);
  const session_id = newId();
  const gates = { ada: [gate(), gate()], bob: [gate(), gate()] };
  const inTurns = (who: "ada" | "bob") => {
    const [first, second] = gates[who];
    if (first === undefined || second === undefined) throw new Error("There are two gates.");
    return [text(`${who} 1 `), hold(first), text(`${who} 2 `), hold(second), text(`${who} 3`)];
  };
  say(model, {
    leader: [[delegate(ada, "one"), delegate(bob, "two")], "Both have spoken."],
    ada: [inTurns("ada")],
    bob: [inTurns("bob")],
  });
  const stream = await openTeam(team, "Ask both", { session_id });
  await gates.ada[0]?.reached();
  await gates.bob[0]?.reached();
  const events: SentEvent[] = [];
  const readTo = async (content: string) => {
    for (let event = await stream.next(); event !== null; event = await stream.next()) {
      events.push(event);
      if (event.data.content === content) return;
    }
  };
  return { ada, bob, team, session_id, gates, stream, events, readTo };
}

describe("two members at once", () => {
  it("are told of as they speak, and their team's stream is the same for every later reader", async () => {
    const { ada, team, session_id, gates, stream, events, readTo } = await twoAtOnce();
    gates.bob[0]?.release();
    await readTo("bob 2 ");
    gates.ada[0]?.release();
    await readTo("ada 2 ");
    gates.ada[1]?.release();
    await readTo("ada 3");
    gates.bob[1]?.release();
    events.push(...(await stream.rest()));
    expectNoGaps(events);
    const said = events.filter(({ event }) => event === "RunContent").map(({ data }) => data.content);
    expect(said.filter((content) => !content.endsWith("1 "))).toEqual(["bob 2 ", "ada 2 ", "ada 3", "bob 3"]);
    expect(events.at(-1)?.data.content).toBe("Both have spoken.");

    const seen = { team, runId: stream.runId, session_id };
    const adasRun = toldBy(events, "Ada")[0]?.data.run_id;
    for (const look of ["after it settled", "after eviction"]) {
      if (look === "after eviction") await evictDurableObject(objectOf(session_id));
      expect(comparable(await resumeTeam(seen)), look).toEqual(comparable(events));
      expect(comparable(await resumeTeam(seen, 11)), look).toEqual(comparable(events.slice(12)));
      expect(await resumeTeam(seen, events.length - 1), look).toEqual([]);
      // Read as a run of its own, a member's run has event indexes of its own.
      const own = await resumeTeam({ team: ada, runId: adasRun, session_id }, undefined, "agents");
      expectNoGaps(own);
      expect(own.map(({ event, data }) => [event, data.content])).toEqual(
        toldBy(events, "Ada").map(({ event, data }) => [event, data.content]),
      );
    }
  });

  it("are read on from any event while they speak", async () => {
    const { team, session_id, gates, stream, events, readTo } = await twoAtOnce();
    gates.ada[0]?.release();
    await readTo("ada 2 ");
    const middle = events.length - 3;
    const later = resumeTeam({ team, runId: stream.runId, session_id }, middle);
    gates.bob[0]?.release();
    await readTo("bob 2 ");
    for (const point of [...gates.ada, ...gates.bob]) point.release();
    events.push(...(await stream.rest()));
    expect(await later).toEqual(events.slice(middle + 1));
  });
});
