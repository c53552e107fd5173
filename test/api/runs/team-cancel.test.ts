import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { call, newId, overConnection, type SentEvent } from "../../support/http.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { eventually, journalOf, objectOf, runsOf, saidIn, shown, storyOf } from "../../support/session-story.ts";
import {
  answerTeam,
  callsOf,
  cancelTeam,
  comparable,
  continueTeam,
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

overConnection();
const model = scriptModel();

const erase = defineTool({
  name: "erase",
  description: "Erases a record.",
  parameters: z.object({ id: z.number() }),
  requiresConfirmation: true,
  execute: ({ id }) => `erased ${id}`,
});

const readTo = async (stream: { next(): Promise<SentEvent | null> }, content: string) => {
  const events: SentEvent[] = [];
  for (let event = await stream.next(); event !== null; event = await stream.next()) {
    events.push(event);
    if (event.data.content === content) return events;
  }
  throw new Error(`Nobody said ${content}.`);
};

describe("cancelling a team whose member is at work", () => {
  it("ends the member inside the team's stream, then the team; partial text and what was done stays", async () => {
    const [ada, bob] = [member("ada"), member("bob")];
    const team = leading([ada, bob]);
    const session_id = newId();
    const point = gate();
    say(model, {
      leader: [[text("Asking. "), delegate(ada, "one"), delegate(bob, "two")]],
      ada: [[text("Half "), hold(point), text("more")]],
      bob: ["Bob's."],
    });
    const stream = await openTeam(team, "Both", { session_id });
    const events = await readTo(stream, "Half ");
    const seen = { team, runId: stream.runId, session_id };
    await eventually(
      async () => (await runsOf(session_id)).map(({ status }) => status),
      (statuses) => statuses.includes("COMPLETED"),
    );
    expect((await cancelTeam(seen)).body).toEqual({});
    events.push(...(await stream.rest()));
    expect(lines(events).slice(-4)).toEqual([
      "Ada: RunCancelled",
      "Ada: RunCompleted",
      "TeamRunCancelled",
      "TeamRunCompleted",
    ]);
    expectNoGaps(events);
    expect(events.at(-4)?.data).toMatchObject({ content: "Half " });
    expect(events.at(-2)?.data).toMatchObject({ content: "Asking. ", reason: `Run ${stream.runId} was cancelled` });
    const [asked] = callsOf(model, "ada");
    await until(() => asked?.aborted === true, "the member's request to be aborted");
    point.release();

    expect(await storyOf(session_id)).toEqual([
      "one → CANCELLED: Half ",
      "two → COMPLETED: Bob's.",
      "Both → CANCELLED: Asking. ",
    ]);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable(events));
    await evictDurableObject(objectOf(session_id));
    expect(comparable(await resumeTeam(seen))).toEqual(comparable(events));
    const { body } = await readTeamRun(seen);
    expect(body).toMatchObject({ status: "CANCELLED", content: "Asking. " });
    expect(body.member_responses.map(({ status }: { status: string }) => status)).toEqual(["CANCELLED", "COMPLETED"]);
    expect(await journalOf(session_id)).toEqual([]);

    // The chat history shows the cancelled run. The history that the leader is shown leaves it out.
    expect(await saidIn(session_id)).toEqual(["user: Both", "assistant: Asking. "]);
    say(model, { leader: ["Fine."] });
    await runTeam(team, "Again", { session_id });
    expect(shown(callsOf(model, "leader").at(-1))).toEqual(["user: Again"]);
  });

  it("reaches members at every depth, and their tools", async () => {
    const point = gate();
    let signal: AbortSignal | undefined;
    const wait = defineTool({
      name: "wait",
      description: "Waits.",
      parameters: z.object({}),
      execute: async (_args, context) => {
        signal = context.signal;
        point.arrivals += 1;
        await until(() => point.released, "the gate", 30_000);
      },
    });
    const ada = member("ada", { tools: [wait] });
    const inner = leading([ada], { who: "inner", mode: "broadcast" });
    const team = leading([inner]);
    const session_id = newId();
    say(model, {
      leader: [[delegate(inner, "one")]],
      inner: [[delegateToAll("two")]],
      ada: [[toolCall("wait", {})]],
    });
    const stream = await openTeam(team, "Deep", { session_id });
    await point.reached();
    await cancelTeam({ team, runId: stream.runId, session_id });
    const events = await stream.rest();
    point.release();
    expect(signal?.aborted).toBe(true);
    expect(lines(events).slice(-6)).toEqual([
      "Ada: RunCancelled",
      "Ada: RunCompleted",
      "Inner: TeamRunCancelled",
      "Inner: TeamRunCompleted",
      "TeamRunCancelled",
      "TeamRunCompleted",
    ]);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual(["CANCELLED", "CANCELLED", "CANCELLED"]);
  });

  it("is not done through a member's run: that one is its team's", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    const point = gate();
    say(model, { leader: [[delegate(ada, "one")], "Done."], ada: [[text("Half "), hold(point), text("and half.")]] });
    const stream = await openTeam(team, "Please", { session_id });
    const events = await readTo(stream, "Half ");
    const cancelled = await call("POST", `/agents/${ada}/runs/${events.at(-1)?.data.run_id}/cancel`);
    expect([cancelled.status, cancelled.body]).toEqual([200, {}]);
    point.release();
    expect((await stream.rest()).at(-1)?.data.content).toBe("Done.");
    expect(await storyOf(session_id)).toEqual(["one → COMPLETED: Half and half.", "Please → COMPLETED: Done."]);
  });
});

describe("cancelling a paused team", () => {
  async function pausedTeam() {
    const [ada, bob] = [member("ada", { tools: [erase] }), member("bob")];
    const inner = leading([ada], { who: "inner" });
    const team = leading([inner, bob]);
    const session_id = newId();
    const user_id = newId();
    say(model, {
      leader: [[delegate(inner, "one"), delegate(bob, "two")], "Done."],
      inner: [[delegate(ada, "piece")], "Part done."],
      ada: [[toolCall("erase", { id: 7 })], "Seven is gone."],
      bob: ["Bob's."],
    });
    const first = await streamTeam(team, "Please", { session_id, user_id });
    const seen = { team, runId: first[0]?.data.run_id, session_id };
    const requirements = first.at(-1)?.data.requirements;
    const answers = requirements.map(({ id }: { id: string }) => ({ id, confirmation: true }));
    return { session_id, user_id, first, seen, answers };
  }

  it.each(["while its object lives", "after eviction"])(
    "closes the members that wait in it, and what they wait for, %s",
    async (when) => {
      const { session_id, user_id, first, seen, answers } = await pausedTeam();
      if (when === "after eviction") await evictDurableObject(objectOf(session_id));
      await cancelTeam(seen);
      expect((await runsOf(session_id)).map((one) => [one.run_input, one.status]).sort()).toEqual([
        ["Please", "CANCELLED"],
        ["one", "CANCELLED"],
        ["piece", "CANCELLED"],
        ["two", "COMPLETED"],
      ]);
      expect((await call("GET", `/requirements?user_id=${user_id}`)).body.data).toEqual([]);
      const closed = await call("GET", `/requirements?user_id=${user_id}&status=cancelled`);
      expect(closed.body.data).toHaveLength(1);
      const replay = await resumeTeam(seen);
      expect(comparable(replay).slice(0, first.length)).toEqual(comparable(first));
      expect(lines(replay.slice(first.length))).toEqual(["TeamRunCancelled", "TeamRunCompleted"]);
      expectNoGaps(replay);
      const late = await answerTeam(seen, answers);
      expect([late.status, late.body.detail]).toEqual([409, `Cannot continue run ${seen.runId}: run is cancelled`]);
      expect(callsOf(model, "ada")).toHaveLength(1);
    },
  );

  it("reaches a member that goes on", async () => {
    const { session_id, first, seen, answers } = await pausedTeam();
    const point = gate();
    say(model, { ada: [[text("Seven "), hold(point)]] });
    const going = continueTeam(seen, answers);
    await point.reached();
    await cancelTeam(seen);
    const second = await going;
    expect(lines(second).slice(-6)).toEqual([
      "Ada: RunCancelled",
      "Ada: RunCompleted",
      "Inner: TeamRunCancelled",
      "Inner: TeamRunCompleted",
      "TeamRunCancelled",
      "TeamRunCompleted",
    ]);
    expectNoGaps([...first, ...second]);
    expect(comparable(await resumeTeam(seen))).toEqual(comparable([...first, ...second]));
    expect((await storyOf(session_id)).sort()).toEqual([
      "Please → CANCELLED: ",
      "one → CANCELLED: ",
      "piece → CANCELLED: Seven ",
      "two → COMPLETED: Bob's.",
    ]);
    expect(await journalOf(session_id)).toEqual([]);
  });
});
