import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { refused, settles, type Which, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, type SentEvent } from "../../support/http.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { journalOf, killObjects, ring, runsOf, storyOf } from "../../support/session-story.ts";
import {
  comparable,
  continueTeam,
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
} from "../../support/teams.ts";

const model = scriptModel();
const d1 = watchD1();

/** Reads the stream of an object that dies, and returns the events that arrived. */
async function untilDeath(stream: { next(): Promise<SentEvent | null> }): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  try {
    for (let event = await stream.next(); event !== null; event = await stream.next()) events.push(event);
  } catch {
    // The object's death breaks the stream. The test asks only for what arrived before.
  }
  return events;
}

describe("a team whose object dies while members are at work", () => {
  it("is closed with all its members, keeps what was done, and ends above every index that was sent", async () => {
    const [ada, bob] = [member("ada"), member("bob")];
    const team = leading([ada, bob]);
    const session_id = newId();
    const point = gate();
    say(model, {
      leader: [[delegate(ada, "one"), delegate(bob, "two")]],
      ada: [[text("Half "), hold(point)]],
      bob: ["Bob's."],
    });
    const stream = await openTeam(team, "Both", { session_id });
    const seen = { team, runId: stream.runId, session_id };
    const events: SentEvent[] = [];
    // The object writes a call's result to its journal at once, and with it every event that it has sent before.
    for (let event = await stream.next(); event !== null; event = await stream.next()) {
      events.push(event);
      if (event.event === "TeamToolCallCompleted") break;
    }
    await point.reached();
    await killObjects();
    events.push(...(await untilDeath(stream)));
    await ring(session_id);

    expect(await storyOf(session_id)).toEqual([
      "one → ERROR: The run was interrupted before it ended; what had been written down by then was kept.",
      "two → COMPLETED: Bob's.",
      "Both → ERROR: The run was interrupted before it ended; what had been written down by then was kept.",
    ]);
    expect(await journalOf(session_id)).toEqual([]);
    const replay = await resumeTeam(seen);
    // The member that was at work has to tell its end before its team does.
    const ends = ["RunError", "TeamRunError"];
    expect(replay.slice(-2).map(({ event }) => event)).toEqual(ends);
    expect(comparable(replay.slice(0, -2))).toEqual(comparable(events.slice(0, replay.length - 2)));
    const last = events.at(-1)?.data.event_index;
    expect(replay.at(-2)?.data.event_index).toBeGreaterThan(last);
    expect((await resumeTeam(seen, last)).map(({ event }) => event)).toEqual(ends);
    const { body } = await readTeamRun(seen);
    expect(body).toMatchObject({ status: "ERROR", error_type: "interrupted", metrics: { total_tokens: 30 } });
    expect(body.member_responses.map(({ status }: { status: string }) => status)).toEqual(["ERROR", "COMPLETED"]);
    expect((await call("GET", `/sessions/${session_id}`)).body.total_tokens).toBe(30);
  });
});

describe("a team whose end D1 refuses for its content", () => {
  it("ends in ERROR, with its members' runs and what they cost", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    say(model, { leader: [[delegate(ada, "one")], "Done."], ada: ["Ada did it."] });
    const isTeams: Which = (operation) =>
      settles(session_id)(operation) && operation.statements.some(({ params }) => params.includes("Done."));
    d1.next(isTeams, refused(), 3);
    const { body } = await runTeam(team, "Please", { session_id });
    expect(body).toMatchObject({ status: "ERROR", error_type: "storage" });
    const read = await readTeamRun({ team, runId: body.run_id, session_id });
    expect(read.body).toMatchObject({ status: "ERROR", error_type: "storage", metrics: { total_tokens: 45 } });
    expect(read.body.member_responses).toMatchObject([{ status: "COMPLETED", content: "Ada did it." }]);
    expect((await call("GET", `/sessions/${session_id}`)).body.total_tokens).toBe(45);
  });
});

describe("a team in a team whose object dies while a confirmed tool runs", () => {
  it("is paused again at every level, asks whether to run it again, and goes on when it is told", async () => {
    const point = gate();
    let runs = 0;
    const erase = defineTool({
      name: "erase",
      description: "Erases a record.",
      parameters: z.object({ id: z.number() }),
      requiresConfirmation: true,
      execute: async ({ id }) => {
        runs += 1;
        point.arrivals += 1;
        await until(() => point.released, "the gate", 30_000);
        return `erased ${id}`;
      },
    });
    const ada = member("ada", { tools: [erase] });
    const inner = leading([ada], { who: "inner" });
    const team = leading([inner]);
    const session_id = newId();
    say(model, {
      leader: [[delegate(inner, "one")], "All done."],
      inner: [[delegate(ada, "piece")], "Part done."],
      ada: [[toolCall("erase", { id: 7 })], "Seven is gone."],
    });
    const first = await streamTeam(team, "Please", { session_id });
    const seen = { team, runId: first[0]?.data.run_id, session_id };
    // biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
    const confirm = (requirements: any[]) => requirements.map(({ id }) => ({ id, confirmation: true }));
    const going = continueTeam(seen, confirm(first.at(-1)?.data.requirements)).catch(() => []);
    await point.reached();
    await killObjects();
    await going;
    await ring(session_id);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual(["PAUSED", "PAUSED", "PAUSED"]);
    const { body } = await readTeamRun(seen);
    expect(body.requirements).toMatchObject([
      { note: "outcome unknown", member_agent_name: "Ada", tool_execution: { tool_name: "erase" } },
    ]);

    point.release();
    const third = await continueTeam(seen, confirm(body.requirements));
    expect(third.at(-1)?.data).toMatchObject({ event: "TeamRunCompleted", content: "All done." });
    expect(lines(third).filter((line) => line.endsWith("Continued"))).toEqual([
      "Ada: RunContinued",
      "Inner: TeamRunContinued",
      "TeamRunContinued",
    ]);
    expect(runs).toBe(2);
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual(["COMPLETED", "COMPLETED", "COMPLETED"]);
    const replay = await resumeTeam(seen);
    expect(comparable(replay.slice(-third.length))).toEqual(comparable(third));
    const indexes = replay.map(({ id }) => id);
    expect([...indexes].sort((a, b) => a - b)).toEqual(indexes);
    expect(new Set(indexes).size).toBe(indexes.length);
    expectNoGaps(replay.slice(0, first.length));
  });
});
