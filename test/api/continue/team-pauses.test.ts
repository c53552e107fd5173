import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { call, newId, type SentEvent } from "../../support/http.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { objectOf, runsOf, shown, storyOf } from "../../support/session-story.ts";
import {
  answerTeam,
  callsOf,
  comparable,
  continueTeam,
  delegate,
  delegateToAll,
  expectNoGaps,
  leading,
  lines,
  member,
  readTeamRun,
  resumeTeam,
  say,
  streamTeam,
} from "../../support/teams.ts";

const model = scriptModel();

/** A tool that a person must confirm, and the ids of the records that it has erased. */
function erasing() {
  const erased: number[] = [];
  const erase = defineTool({
    name: "erase",
    description: "Erases a record.",
    parameters: z.object({ id: z.number() }),
    requiresConfirmation: true,
    execute: ({ id }) => {
      erased.push(id);
      return `erased ${id}`;
    },
  });
  return { erase, erased };
}

const eraseCall = (id: number) => toolCall("erase", { id });
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
const confirmed = ({ id }: any) => ({ id, confirmation: true });
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
const rejected = ({ id }: any) => ({ id, confirmation: false, confirmation_note: "keep it" });

const paused = (events: SentEvent[]) => events.at(-1)?.data;
const seenOf = (team: string, session_id: string, events: SentEvent[]) => ({
  team,
  session_id,
  runId: events[0]?.data.run_id as string,
});

/** A team whose only member has asked to erase record 7. */
async function onePause(mode: "coordinate" | "route" = "coordinate") {
  const { erase, erased } = erasing();
  const ada = member("ada", { tools: [erase] });
  const team = leading([ada], { mode });
  const session_id = newId();
  const user_id = newId();
  say(model, {
    leader: [[delegate(ada, "Erase 7")], "All is erased."],
    ada: [[eraseCall(7)], "Seven is gone."],
  });
  const first = await streamTeam(team, "Tidy up", { session_id, user_id });
  return { ada, team, session_id, user_id, erased, first, seen: seenOf(team, session_id, first) };
}

const PAUSE = [
  "TeamRunStarted",
  "TeamModelRequestStarted",
  "TeamModelRequestCompleted",
  "TeamToolCallStarted",
  "Ada: RunStarted",
  "Ada: ModelRequestStarted",
  "Ada: ModelRequestCompleted",
  "Ada: RunContentCompleted",
  "Ada: RunPaused",
  "TeamToolCallCompleted",
  "TeamRunContentCompleted",
  "TeamRunPaused",
];
const CONTINUE = [
  "Ada: RunContinued",
  "Ada: ToolCallStarted",
  "Ada: ToolCallCompleted",
  "Ada: ModelRequestStarted",
  "Ada: RunContent",
  "Ada: RunContent",
  "Ada: RunContent",
  "Ada: ModelRequestCompleted",
  "Ada: RunContentCompleted",
  "Ada: RunCompleted",
  "TeamRunContinued",
];
const COMPOSE = [
  "TeamModelRequestStarted",
  "TeamRunContent",
  "TeamRunContent",
  "TeamRunContent",
  "TeamModelRequestCompleted",
  "TeamRunContentCompleted",
  "TeamRunCompleted",
];

describe("a member that waits for a person", () => {
  it("pauses its team, which says whose call it is", async () => {
    const { ada, team, session_id, user_id, erased, first, seen } = await onePause();
    expect(lines(first)).toEqual(PAUSE);
    expectNoGaps(first);
    const ofMember = first.find(({ event }) => event === "RunPaused")?.data;
    expect(ofMember.requirements[0]).toMatchObject({ member_run_id: ofMember.run_id });
    expect(paused(first)).toMatchObject({ content: "I have tools to execute, but I need confirmation." });
    expect(paused(first).requirements).toEqual(ofMember.requirements);
    expect(paused(first).requirements).toMatchObject([
      { member_agent_id: ada, member_agent_name: "Ada", member_run_id: ofMember.run_id },
    ]);
    expect(paused(first).tools).toMatchObject([
      { tool_name: "erase", tool_args: { id: 7 }, requires_confirmation: true, confirmed: null },
    ]);
    expect(first.find(({ event }) => event === "TeamToolCallCompleted")?.data.tool).toMatchObject({
      tool_name: "delegate_task_to_member",
      result: "Member 'Ada' requires human input before continuing.",
      child_run_id: ofMember.run_id,
    });
    expect(erased).toEqual([]);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual(["PAUSED", "PAUSED"]);
    const { body } = await readTeamRun(seen);
    expect(body).toMatchObject({ status: "PAUSED", requirements: paused(first).requirements });
    expect(body.member_responses).toMatchObject([{ agent_id: ada, status: "PAUSED" }]);

    const inbox = await call("GET", `/requirements?user_id=${user_id}`);
    expect(inbox.body.data).toMatchObject([
      {
        session_id,
        run_id: seen.runId,
        run_team_id: team,
        run_agent_id: null,
        agent_id: ada,
        member_agent_id: ada,
        member_agent_name: "Ada",
        member_run_id: ofMember.run_id,
        status: "open",
        kind: "confirmation",
      },
    ]);
    expect((await call("GET", `/requirements?user_id=${user_id}&agent_id=${ada}`)).body.data).toHaveLength(1);
  });

  it.each(["while its object lives", "after its object was evicted"])(
    "goes on before its team does, once it is answered %s",
    async (when) => {
      const { session_id, user_id, erased, first, seen } = await onePause();
      if (when.includes("evicted")) await evictDurableObject(objectOf(session_id));
      const second = await continueTeam(seen, paused(first).requirements.map(confirmed));
      expect(lines(second)).toEqual([...CONTINUE, ...COMPOSE]);
      expectNoGaps(second, first.length);
      expect(erased).toEqual([7]);
      expect(second.at(-1)?.data).toMatchObject({ run_id: seen.runId, content: "All is erased." });
      expect(second.at(-1)?.data.metrics.total_tokens).toBe(60);
      expect(shown(callsOf(model, "leader")[1])).toEqual(["user: Tidy up", "assistant: null", "tool: Seven is gone."]);
      expect(shown(callsOf(model, "ada")[1])).toEqual(["user: Erase 7", "assistant: null", "tool: erased 7"]);
      expect(await storyOf(session_id)).toEqual([
        "Erase 7 → COMPLETED: Seven is gone.",
        "Tidy up → COMPLETED: All is erased.",
      ]);
      expect((await call("GET", `/sessions/${session_id}`)).body.total_tokens).toBe(60);
      expect((await call("GET", `/requirements?user_id=${user_id}`)).body.data).toEqual([]);

      const all = [...first, ...second];
      expect(comparable(await resumeTeam(seen))).toEqual(comparable(all));
      await evictDurableObject(objectOf(session_id));
      expect(comparable(await resumeTeam(seen))).toEqual(comparable(all));
      expect(comparable(await resumeTeam(seen, first.length + 3))).toEqual(comparable(all.slice(first.length + 4)));
      const again = await answerTeam(seen, paused(first).requirements.map(confirmed));
      expect([again.status, again.body.code]).toEqual([409, "run_not_continuable"]);
      expect(erased).toEqual([7]);
    },
  );

  it("is answered with a whole run where that is asked for, also with a no", async () => {
    const { erased, first, seen } = await onePause();
    const { status, body } = await answerTeam(seen, paused(first).requirements.map(rejected), { answered_by: "eve" });
    expect([status, body.status, body.content]).toEqual([200, "COMPLETED", "All is erased."]);
    expect(body.requirements).toMatchObject([
      { confirmation: false, confirmation_note: "keep it", answered_by: "eve", member_agent_name: "Ada" },
    ]);
    expect(body.member_responses[0].tools).toMatchObject([{ confirmed: false, tool_call_error: true }]);
    expect(erased).toEqual([]);
    expect(shown(callsOf(model, "ada")[1]).at(-1)).toContain("keep it");
    expect((await readTeamRun(seen)).body).toEqual(body);
  });

  it("is not continued under its own id: 409 names its team's run", async () => {
    const { ada, session_id, erased, first, seen } = await onePause();
    const { requirements } = paused(first);
    const path = `/agents/${ada}/runs/${requirements[0].member_run_id}/continue`;
    const answer = await call("POST", path, { session_id, requirements: requirements.map(confirmed), stream: false });
    expect([answer.status, answer.body.code]).toEqual([409, "run_not_continuable"]);
    expect(answer.body.detail).toContain(`continue run ${seen.runId}`);
    expect(erased).toEqual([]);
    expect((await answerTeam(seen, requirements.map(confirmed))).body.status).toBe("COMPLETED");
  });

  it("gives a team that routes its answer when it goes on", async () => {
    const { first, seen } = await onePause("route");
    expect(lines(first)).toEqual(PAUSE);
    const second = await continueTeam(seen, paused(first).requirements.map(confirmed));
    expect(lines(second)).toEqual([...CONTINUE, "TeamRunContent", "TeamRunContentCompleted", "TeamRunCompleted"]);
    expect(second.at(-1)?.data.content).toBe("Seven is gone.");
    expect(callsOf(model, "leader")).toHaveLength(1);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable([...first, ...second]));
  });

  it("may wait again, for what is new only", async () => {
    const { session_id, erased, first, seen } = await onePause();
    say(model, {
      ada: [[eraseCall(8)], "Both are gone."],
      leader: ["All is erased."],
    });
    const second = await continueTeam(seen, paused(first).requirements.map(confirmed));
    expect(lines(second)).toEqual([
      "Ada: RunContinued",
      "Ada: ToolCallStarted",
      "Ada: ToolCallCompleted",
      "Ada: ModelRequestStarted",
      "Ada: ModelRequestCompleted",
      "Ada: RunContentCompleted",
      "Ada: RunPaused",
      "TeamRunPaused",
    ]);
    expect(paused(second).tools).toMatchObject([{ tool_args: { id: 8 } }]);
    await evictDurableObject(objectOf(session_id));
    const third = await continueTeam(seen, paused(second).requirements.map(confirmed));
    expect(third.at(-1)?.data).toMatchObject({ event: "TeamRunCompleted", content: "All is erased." });
    expect(erased).toEqual([7, 8]);
    expectNoGaps([...first, ...second, ...third]);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable([...first, ...second, ...third]));
  });
});

describe("two members that wait for people", () => {
  async function twoPauses() {
    const { erase, erased } = erasing();
    const [ada, bob] = [member("ada", { tools: [erase] }), member("bob", { tools: [erase] })];
    const team = leading([ada, bob]);
    const session_id = newId();
    const points = { ada: gate(), bob: gate() };
    say(model, {
      leader: [[delegate(ada, "Erase 1"), delegate(bob, "Erase 2")], "Both done."],
      ada: [[eraseCall(1)], [hold(points.ada), text("One is gone.")]],
      bob: [[eraseCall(2)], [hold(points.bob), text("Two is gone.")]],
    });
    const first = await streamTeam(team, "Tidy up", { session_id });
    return { team, session_id, erased, points, first, seen: seenOf(team, session_id, first) };
  }

  it("are asked about at once and may be answered one by one, and both go on side by side", async () => {
    const { session_id, erased, points, first, seen } = await twoPauses();
    expect(lines(first).filter((line) => line.endsWith("Paused"))).toHaveLength(3);
    const { requirements } = paused(first);
    expect(requirements.map((one: { member_agent_name: string }) => one.member_agent_name).sort()).toEqual([
      "Ada",
      "Bob",
    ]);
    const ofBob = requirements.find((one: { member_agent_name: string }) => one.member_agent_name === "Bob");
    const ofAda = requirements.find((one: { member_agent_name: string }) => one.member_agent_name === "Ada");

    const second = await continueTeam(seen, [confirmed(ofBob)]);
    expect(lines(second)).toEqual(["TeamRunPaused"]);
    expect(paused(second).requirements).toEqual([ofAda]);
    expect(erased).toEqual([]);
    expect((await readTeamRun(seen)).body.requirements).toEqual([ofAda]);
    await evictDurableObject(objectOf(session_id));

    const going = continueTeam(seen, [confirmed(ofAda)]);
    await points.ada.reached();
    await points.bob.reached();
    points.bob.release();
    points.ada.release();
    const third = await going;
    expectNoGaps([...first, ...second, ...third]);
    expect([...erased].sort()).toEqual([1, 2]);
    const told = lines(third);
    for (const who of ["Ada", "Bob"]) {
      expect(told.indexOf(`${who}: RunCompleted`)).toBeLessThan(told.indexOf("TeamRunContinued"));
      expect(told.filter((line) => line === `${who}: RunContinued`)).toHaveLength(1);
    }
    expect(told.slice(told.indexOf("TeamRunContinued"))).toEqual([
      "TeamRunContinued",
      "TeamModelRequestStarted",
      "TeamRunContent",
      "TeamRunContent",
      "TeamModelRequestCompleted",
      "TeamRunContentCompleted",
      "TeamRunCompleted",
    ]);
    const results = shown(callsOf(model, "leader")[1]).slice(2);
    expect([...results].sort()).toEqual(["tool: One is gone.", "tool: Two is gone."]);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable([...first, ...second, ...third]));
  });

  it("leave a third one's work as it is: a broadcast asks again only whom it must", async () => {
    const { erase, erased } = erasing();
    const [ada, bob] = [member("ada", { tools: [erase] }), member("bob")];
    const team = leading([ada, bob], { mode: "broadcast" });
    const session_id = newId();
    say(model, {
      leader: [[delegateToAll("Tidy up")], "Done."],
      ada: [[eraseCall(7)], "Seven is gone."],
      bob: ["Nothing to do."],
    });
    const first = await streamTeam(team, "Please", { session_id });
    expect(first.find(({ event }) => event === "TeamToolCallCompleted")?.data.tool.result).toBe(
      "Member 'Ada' requires human input before continuing.",
    );
    const seen = seenOf(team, session_id, first);
    await evictDurableObject(objectOf(session_id));
    const second = await continueTeam(seen, paused(first).requirements.map(confirmed));
    expect(lines(second).filter((line) => line.startsWith("Bob"))).toEqual([]);
    expect(callsOf(model, "bob")).toHaveLength(1);
    expect(shown(callsOf(model, "leader")[1]).at(-1)).toBe("tool: Ada: Seven is gone.\n\nBob: Nothing to do.");
    expect(second.at(-1)?.data.metrics.total_tokens).toBe(75);
    expect((await call("GET", `/sessions/${session_id}`)).body.total_tokens).toBe(75);
    expect(erased).toEqual([7]);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable([...first, ...second]));
  });
});

describe("a leader's own tool that waits for a person", () => {
  it("is asked about together with its member's, and runs behind the member", async () => {
    const { erase, erased } = erasing();
    const ada = member("ada", { tools: [erase] });
    const team = leading([ada], { tools: [erase] });
    const session_id = newId();
    say(model, {
      leader: [[eraseCall(1), delegate(ada, "Erase 2")], "Both done."],
      ada: [[eraseCall(2)], "Two is gone."],
    });
    const first = await streamTeam(team, "Tidy up", { session_id });
    expect(lines(first)).toEqual(PAUSE);
    const { requirements } = paused(first);
    const whose = requirements.map((one: { member_agent_name?: string }) => one.member_agent_name ?? "the leader");
    expect([...whose].sort()).toEqual(["Ada", "the leader"]);
    const seen = seenOf(team, session_id, first);
    const second = await continueTeam(seen, requirements.map(confirmed));
    expect(lines(second)).toEqual([
      ...CONTINUE,
      "TeamToolCallStarted",
      "TeamToolCallCompleted",
      ...COMPOSE.filter((_line, nth) => nth !== 1),
    ]);
    expect(erased).toEqual([2, 1]);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable([...first, ...second]));
    const results = shown(callsOf(model, "leader")[1]).slice(2);
    expect([...results].sort()).toEqual(["tool: Two is gone.", "tool: erased 1"]);
  });
});

describe("a member of a team in a team that waits for a person", () => {
  it("pauses all above it, and goes on from the inside out", async () => {
    const { erase, erased } = erasing();
    const ada = member("ada", { tools: [erase] });
    const inner = leading([ada], { who: "inner" });
    const team = leading([inner]);
    const session_id = newId();
    say(model, {
      leader: [[delegate(inner, "Tidy up")], "All done."],
      inner: [[delegate(ada, "Erase 7")], "Part done."],
      ada: [[eraseCall(7)], "Seven is gone."],
    });
    const first = await streamTeam(team, "Please", { session_id });
    expect(lines(first).slice(-7)).toEqual([
      "Ada: RunPaused",
      "Inner: TeamToolCallCompleted",
      "Inner: TeamRunContentCompleted",
      "Inner: TeamRunPaused",
      "TeamToolCallCompleted",
      "TeamRunContentCompleted",
      "TeamRunPaused",
    ]);
    expect(paused(first).requirements).toMatchObject([{ member_agent_id: ada, member_agent_name: "Ada" }]);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual(["PAUSED", "PAUSED", "PAUSED"]);
    const innerRun = first.find(({ event, data }) => event === "TeamRunPaused" && data.team_id === inner)?.data;
    const direct = await answerTeam({ team: inner, runId: innerRun.run_id, session_id }, []);
    expect([direct.status, direct.body.detail.includes(first[0]?.data.run_id)]).toEqual([409, true]);
    await evictDurableObject(objectOf(session_id));

    const seen = seenOf(team, session_id, first);
    const second = await continueTeam(seen, paused(first).requirements.map(confirmed));
    expect(lines(second)).toEqual([
      ...CONTINUE.slice(0, -1),
      "Inner: TeamRunContinued",
      "Inner: TeamModelRequestStarted",
      "Inner: TeamRunContent",
      "Inner: TeamRunContent",
      "Inner: TeamModelRequestCompleted",
      "Inner: TeamRunContentCompleted",
      "Inner: TeamRunCompleted",
      "TeamRunContinued",
      ...COMPOSE.filter((_line, nth) => nth !== 1),
    ]);
    expectNoGaps([...first, ...second]);
    expect(erased).toEqual([7]);
    expect(second.at(-1)?.data.metrics.total_tokens).toBe(90);
    expect((await call("GET", `/sessions/${session_id}`)).body.total_tokens).toBe(90);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable([...first, ...second]));
  });
});
