import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { newId, type SentEvent } from "../../support/http.ts";
import { fail, gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { runsOf, shown, storyOf } from "../../support/session-story.ts";
import {
  asking,
  callsOf,
  comparable,
  delegate,
  delegateToAll,
  expectNoGaps,
  leading,
  lines,
  member,
  openTeam,
  resumeTeam,
  runTeam,
  say,
  streamTeam,
  toldBy,
} from "../../support/teams.ts";

const model = scriptModel();

const results = (events: SentEvent[]) =>
  events.filter(({ event }) => event === "TeamToolCallCompleted").map(({ data }) => data.tool.result);

describe("several tasks that a leader hands out in one answer", () => {
  it("are worked on side by side, and each result comes when its member is done", async () => {
    const [ada, bob] = [member("ada"), member("bob")];
    const team = leading([ada, bob]);
    const session_id = newId();
    const points = { ada: gate(), bob: gate() };
    say(model, {
      leader: [[delegate(ada, "one", { id: "c-ada" }), delegate(bob, "two", { id: "c-bob" })], "Done."],
      ada: [[hold(points.ada), text("Ada's")]],
      bob: [[hold(points.bob), text("Bob's")]],
    });
    const stream = await openTeam(team, "Both", { session_id });
    // Both come to their gates: neither member waits for the other.
    await points.ada.reached();
    await points.bob.reached();
    points.bob.release();
    const events = [];
    for (let event = await stream.next(); event !== null; event = await stream.next()) {
      events.push(event);
      if (event.event === "TeamToolCallCompleted") break;
    }
    expect(events.at(-1)?.data.tool).toMatchObject({ tool_call_id: "c-bob", result: "Bob's" });
    points.ada.release();
    events.push(...(await stream.rest()));
    expectNoGaps(events);
    expect(results(events)).toEqual(["Bob's", "Ada's"]);
    expect(lines(events).filter((line) => line.endsWith("ToolCallStarted"))).toHaveLength(2);
    expect(shown(callsOf(model, "leader")[1])).toEqual(["user: Both", "assistant: null", "tool: Ada's", "tool: Bob's"]);
    expect(await storyOf(session_id)).toEqual([
      "one → COMPLETED: Ada's",
      "two → COMPLETED: Bob's",
      "Both → COMPLETED: Done.",
    ]);
  });

  it("may go to one member, which then does both at once", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    const point = gate();
    say(model, {
      leader: [[delegate(ada, "one"), delegate(ada, "two")], "Done."],
      ada: Array.from({ length: 2 }, () => [hold(point), text("Ada's")]),
    });
    const stream = await openTeam(team, "Twice", { session_id: newId() });
    await point.reached(2);
    point.release();
    const events = await stream.rest();
    const runIds = new Set(toldBy(events, "Ada").map(({ data }) => data.run_id));
    expect(runIds.size).toBe(2);
    expect(callsOf(model, "ada").map(shown)).toEqual([["user: one"], ["user: two"]]);
    expect(events.at(-1)?.data.content).toBe("Done.");
  });

  it("stand beside calls of the leader's own tools", async () => {
    const ada = member("ada");
    const double = defineTool({
      name: "double",
      description: "Doubles a number.",
      parameters: z.object({ n: z.number() }),
      execute: ({ n }, { agentId, runId }) => ({ twice: 2 * n, agentId, runId }),
    });
    const team = leading([ada], { tools: [double] });
    say(model, { leader: [[toolCall("double", { n: 4 }), delegate(ada, "one")], "Done."], ada: ["Ada's"] });
    const { body } = await runTeam(team, "Both", { session_id: newId() });
    expect(callsOf(model, "leader")[0]?.request.tools?.map((tool) => tool.function.name)).toEqual([
      "double",
      "delegate_task_to_member",
    ]);
    expect(callsOf(model, "ada")[0]?.request).not.toHaveProperty("tools");
    const [own, delegated] = body.tools;
    expect(JSON.parse(own.result)).toEqual({ twice: 8, agentId: team, runId: body.run_id });
    expect([own.child_run_id, delegated.child_run_id]).toEqual([null, body.member_responses[0].run_id]);
  });
});

describe("a team that broadcasts", () => {
  it("gives its task to every member at once, and its leader one result of all", async () => {
    const [ada, bob, cy] = [member("ada"), member("bob"), member("cy")];
    const team = leading([ada, bob, cy], { mode: "broadcast" });
    const session_id = newId();
    const point = gate();
    say(model, {
      leader: [[delegateToAll("Vote")], "Two to one."],
      ada: [[hold(point), text("yes")]],
      bob: [[hold(point), text("no")]],
      cy: [[hold(point), text("yes!")]],
    });
    const stream = await openTeam(team, "Shall we?", { session_id });
    await point.reached(3);
    point.release();
    const events = await stream.rest();
    expectNoGaps(events);
    const [tool] = callsOf(model, "leader")[0]?.request.tools ?? [];
    expect(tool?.function).toMatchObject({ name: "delegate_task_to_members", parameters: { required: ["task"] } });
    expect(results(events)).toEqual(["Ada: yes\n\nBob: no\n\nCy: yes!"]);
    expect(events.at(-1)?.data.content).toBe("Two to one.");
    expect((await runsOf(session_id)).map(({ agent_id, run_input }) => [agent_id, run_input])).toEqual([
      [ada, "Vote"],
      [bob, "Vote"],
      [cy, "Vote"],
      [undefined, "Shall we?"],
    ]);
  });
});

describe("a team that routes", () => {
  const routing = () => {
    const [ada, bob] = [member("ada"), member("bob")];
    return { ada, bob, team: leading([ada, bob], { mode: "route" }), session_id: newId() };
  };

  it("answers with what its member said, and does not ask its model again", async () => {
    const { ada, team, session_id } = routing();
    say(model, { leader: [[delegate(ada, "Do it")]], ada: [[text("Done ", "by Ada.")]] });
    const events = await streamTeam(team, "Please", { session_id });
    expect(lines(events)).toEqual([
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
      "TeamRunContent",
      "TeamRunContentCompleted",
      "TeamRunCompleted",
    ]);
    expectNoGaps(events);
    expect(events.filter(({ event }) => event === "TeamRunContent")[0]?.data.content).toBe("Done by Ada.");
    expect(events.at(-1)?.data).toMatchObject({ content: "Done by Ada.", finish_reason: "stop" });
    const runId = events[0]?.data.run_id;
    expect(comparable(await resumeTeam({ team, runId, session_id }))).toEqual(comparable(events));
    const [, ofTeam] = await runsOf(session_id);
    expect(ofTeam.messages.map((one: { role: string; content?: string }) => [one.role, one.content]).slice(1)).toEqual([
      ["user", "Please"],
      ["assistant", undefined],
      ["tool", "Done by Ada."],
      ["assistant", "Done by Ada."],
    ]);
    say(model, { leader: ["I remember."] });
    await runTeam(team, "And?", { session_id });
    expect(shown(callsOf(model, "leader").at(-1))).toEqual([
      "user: Please",
      "assistant: null",
      "tool: Done by Ada.",
      "assistant: Done by Ada.",
      "user: And?",
    ]);
  });

  it("asks one member only, also where its leader names two", async () => {
    const { ada, bob, team, session_id } = routing();
    say(model, { leader: [[delegate(ada, "one"), delegate(bob, "two")]], ada: ["Ada's"] });
    const { body } = await runTeam(team, "Please", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", content: "Ada's" });
    expect(callsOf(model, "bob")).toEqual([]);
    expect(body.tools.map(({ result }: { result: string }) => result)).toEqual([
      "Ada's",
      "Not run: one member answers.",
    ]);
    expect(body.member_responses).toHaveLength(1);
  });

  it("may answer by itself", async () => {
    const { team, session_id } = routing();
    say(model, { leader: ["I know that."] });
    const { body } = await runTeam(team, "Please", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", content: "I know that.", member_responses: [] });
  });

  it("has its leader look for another one when the member fails", async () => {
    const { ada, bob, team, session_id } = routing();
    say(model, {
      leader: [[delegate(ada, "one")], [delegate(bob, "one")]],
      ada: [[fail(400)]],
      bob: ["Bob's"],
    });
    const { body } = await runTeam(team, "Please", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", content: "Bob's" });
    expect(model.calls.map(({ request }) => asking(request))).toEqual(["leader", "ada", "leader", "bob"]);
  });
});
