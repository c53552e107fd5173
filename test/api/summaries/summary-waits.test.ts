import { expect, it, onTestFinished, vi } from "vitest";
import type { Agent } from "../../../src/domain/agent.ts";
import { testAgent } from "../../support/agents.ts";
import { answer, CONFIRM, die, pausedRun, readRun, resumed, watchedTool, yes } from "../../support/deaths.ts";
import {
  call,
  EventStream,
  names,
  newId,
  openRun,
  overConnection,
  run,
  type SentEvent,
  send,
  streamRun,
} from "../../support/http.ts";
import {
  fail,
  gate,
  hold,
  isSummarizing,
  never,
  scriptModel,
  summary,
  toolCall,
} from "../../support/scripted-model.ts";
import { detailOf, killObjects, ring, runsOf, storyOf } from "../../support/session-story.ts";
import { comparable, expectNoGaps, leading, lines, member, say, streamTeam } from "../../support/teams.ts";

overConnection();
const model = scriptModel();

const waiting = (fields: Partial<Agent> = {}) =>
  testAgent({ naming: { after: 0 }, summaries: { every: 1, runWaits: true }, ...fields });

const MADE = { summary: "All so far.", topics: ["topic"], updated_at: expect.any(String) };
const END = ["RunContentCompleted", "SessionSummaryStarted", "SessionSummaryCompleted", "RunCompleted"];

const summaryOf = async (session_id: string) => (await detailOf(session_id)).session_summary;
const asked = () => model.calls.filter(({ request }) => isSummarizing(request)).map(({ request }) => request);
const said = (nth: number): string[] => {
  const data = asked()[nth]?.messages.at(-1)?.content ?? "";
  return [...data.matchAll(/^\{"role":.*$/gm)].map(([line]) => JSON.parse(line).content);
};
const told = (events: SentEvent[]) => events.find(({ event }) => event.endsWith("SummaryCompleted"))?.data;

/** A streamed run that has answered and waits for its summary. */
async function heldRun(session_id: string, agent: string, key?: string) {
  const point = gate();
  model.nextSummaries([hold(point), ...summary("All so far.")]);
  const stream = await openRun("one", { session_id, agent, ...(key !== undefined && { key }) });
  const events: SentEvent[] = [];
  for (let event = await stream.next(); event !== null; event = await stream.next()) {
    events.push(event);
    if (event.event === "SessionSummaryStarted") break;
  }
  await point.reached();
  return { point, stream, events, seen: { path: `/agents/${agent}`, session_id, run_id: stream.runId } };
}

it("shows the summary between a run's content and its end, made of the run's own messages too", async () => {
  const session_id = newId();
  const agent = waiting();
  model.nextSummaries(summary("All so far."));
  const events = await streamRun("one", { session_id, agent, key: session_id });
  expect(names(events).slice(-4)).toEqual(END);
  expectNoGaps(events);
  expect(told(events).session_summary).toEqual(MADE);
  expect(said(0)).toEqual(["one", "echo: one"]);
  expect(await summaryOf(session_id)).toEqual(told(events).session_summary);
  expect(events.at(-1)?.data.metrics.total_tokens).toBe((await detailOf(session_id)).total_tokens);

  // A replay tells the summary that was made then, whatever the session's summary is by now.
  await call("PATCH", `/sessions/${session_id}`, { summary: { summary: "Mine." } });
  const replay = await streamRun("one", { session_id, agent, key: session_id });
  expect(comparable(replay)).toEqual(comparable(events));
  await killObjects();
  const seen = { path: `/agents/${agent}`, session_id, run_id: events[0]?.data.run_id };
  expect(comparable(await resumed(seen))).toEqual(comparable(events));
  expect(comparable(await resumed(seen, events.length - 3))).toEqual(comparable(events.slice(-2)));
  const stored = (await runsOf(session_id))[0].events;
  expect(stored.find(({ event }: SentEvent) => event === "SessionSummaryCompleted")).toMatchObject({
    session_summary: told(events).session_summary,
  });
});

it("goes on from the last summary, and reads no run twice", async () => {
  const session_id = newId();
  const agent = waiting({ summaries: { every: 2, runWaits: true } });
  for (const message of ["one", "two", "three", "four"]) {
    const events = await streamRun(message, { session_id, agent });
    expect(names(events).includes("SessionSummaryStarted")).toBe(["two", "four"].includes(message));
  }
  expect([said(0), said(1)]).toEqual([
    ["one", "echo: one", "two", "echo: two"],
    ["three", "echo: three", "four", "echo: four"],
  ]);
  const again = await call("POST", `/sessions/${session_id}/summary`);
  expect([again.status, asked().length]).toEqual([200, 2]);
});

it("answers a run that is not streamed once the summary is there", async () => {
  const session_id = newId();
  model.nextSummaries(summary("All so far."));
  expect((await run("one", { session_id, agent: waiting() })).body).toMatchObject({ status: "COMPLETED" });
  expect(await summaryOf(session_id)).toEqual(MADE);
});

it.each([
  ["fails", [[fail(400)], [fail(400)]]],
  ["never comes", [[never()]]],
])("completes a run whose summary %s without one, and makes it with the next", async (_how, scripts) => {
  const session_id = newId();
  const agent = waiting();
  const setTimer = globalThis.setTimeout.bind(globalThis);
  // Shortens the half minute that a run waits for its summary, so that the test does not have to wait.
  const hurried = vi
    .spyOn(globalThis, "setTimeout")
    .mockImplementation(((work: () => void, ms = 0) => setTimer(work, ms === 30_000 ? 50 : ms)) as never);
  onTestFinished(() => hurried.mockRestore());
  model.nextSummaries(...scripts);
  const events = await streamRun("one", { session_id, agent });
  hurried.mockRestore();
  expect(names(events).slice(-4)).toEqual(END);
  expect(told(events)).not.toHaveProperty("session_summary");
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one"]);
  expect(await summaryOf(session_id)).toBeUndefined();
  const before = asked().length;
  await streamRun("two", { session_id, agent });
  expect(said(before)).toEqual(["one", "echo: one", "two", "echo: two"]);
});

it("completes a run that is cancelled while it waits: its answer was whole", async () => {
  const session_id = newId();
  const agent = waiting();
  const { stream, seen } = await heldRun(session_id, agent);
  await call("POST", `${seen.path}/runs/${seen.run_id}/cancel?session_id=${session_id}`);
  const rest = await stream.rest();
  expect(names(rest)).toEqual(END.slice(2));
  expect(told(rest)).not.toHaveProperty("session_summary");
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one"]);
});

it("keeps what a person writes while it waits, and shows that", async () => {
  const session_id = newId();
  const { point, stream } = await heldRun(session_id, waiting());
  await call("PATCH", `/sessions/${session_id}`, { summary: { summary: "Mine." } });
  point.release();
  expect(told(await stream.rest()).session_summary).toEqual({ summary: "Mine." });
  expect(await summaryOf(session_id)).toEqual({ summary: "Mine." });
});

it("ends as cancelled for its reader when the session is deleted, and leaves nothing", async () => {
  const session_id = newId();
  const { point, stream } = await heldRun(session_id, waiting());
  await call("DELETE", `/sessions/${session_id}`);
  point.release();
  expect(names(await stream.rest()).slice(-2)).toEqual(["RunCancelled", "RunCompleted"]);
  expect((await call("GET", `/sessions/${session_id}`)).status).toBe(404);
});

it("is complete when its object dies while it waits", async () => {
  const session_id = newId();
  const agent = waiting();
  const { stream, events, seen } = await heldRun(session_id, agent, session_id);
  await die(stream);
  await ring(session_id);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one"]);
  const replay = await resumed(seen);
  expect(comparable(replay.slice(0, events.length))).toEqual(comparable(events));
  expect(names(replay.slice(events.length))).toEqual(END.slice(2));
  expect(replay.at(-1)?.data).toMatchObject({ content: "echo: one", finish_reason: "stop" });
  await streamRun("two", { session_id, agent });
  expect(said(1)).toEqual(["one", "echo: one", "two", "echo: two"]);
});

it("is read on by whoever comes while it waits", async () => {
  const session_id = newId();
  const { point, stream, events, seen } = await heldRun(session_id, waiting());
  await stream.leave();
  const last = events.at(-1)?.id;
  const response = await send("POST", `${seen.path}/runs/${seen.run_id}/resume`, {
    session_id,
    last_event_index: last,
  });
  const reading = new EventStream(response).rest();
  point.release();
  const rest = (await reading).filter(({ id }) => !Number.isNaN(id));
  expect(names(rest)).toEqual(END.slice(2));
  expect(told(rest).session_summary).toEqual(MADE);
});

it("waits at the end of a run that went on after a pause, and not at the pause", async () => {
  const session_id = newId();
  const { tool } = watchedTool("wipe", CONFIRM);
  const path = `/agents/${waiting({ tools: [tool] })}`;
  model.next([toolCall("wipe", { what: "disk" })], "Wiped.");
  const paused = await pausedRun(path, session_id);
  expect(asked()).toEqual([]);
  expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
  expect(said(0)).toEqual(["go", "Wiped."]);
  expect((await readRun(paused)).status).toBe("COMPLETED");
});

it("reads a run that was passed over while it was paused", async () => {
  const session_id = newId();
  const { tool } = watchedTool("wipe", CONFIRM);
  const agent = testAgent({ naming: { after: 0 }, tools: [tool] });
  const summarize = () => call("POST", `/sessions/${session_id}/summary`);
  model.next([toolCall("wipe", { what: "disk" })]);
  const paused = await pausedRun(`/agents/${agent}`, session_id);
  await run("meanwhile", { session_id, agent });
  await summarize();
  expect(said(0)).toEqual(["meanwhile", "echo: meanwhile"]);
  model.next("Wiped.");
  expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
  await summarize();
  expect(said(1)).toEqual(["go", "Wiped.", "meanwhile", "echo: meanwhile"]);
  await summarize();
  expect(asked()).toHaveLength(2);
});

it("reads a run that completed while the model was asked about later ones", async () => {
  const session_id = newId();
  const { tool } = watchedTool("wipe", CONFIRM);
  const agent = testAgent({ naming: { after: 0 }, tools: [tool] });
  const summarize = () => call("POST", `/sessions/${session_id}/summary`);
  model.next([toolCall("wipe", { what: "disk" })]);
  const paused = await pausedRun(`/agents/${agent}`, session_id);
  await run("meanwhile", { session_id, agent });
  const point = gate();
  model.nextSummaries([hold(point), ...summary("Early.")]);
  const early = summarize();
  await point.reached();
  model.next("Wiped.");
  expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
  point.release();
  expect((await early).body.summary).toBe("Early.");
  await summarize();
  expect(said(1)).toContain("Wiped.");
});

it("is told by a team in its own name, of what its leader said, and by no member", async () => {
  const session_id = newId();
  const ada = member("ada", { summaries: { every: 1, runWaits: true, addToContext: true } });
  const summaries = { every: 1, runWaits: true, addToContext: true };
  const team = leading([ada], { mode: "broadcast", summaries });
  say(model, {
    leader: [[toolCall("delegate_task_to_members", { task: "add" })], "It is 3.", "Still 3."],
    ada: ["3"],
  });
  model.nextSummaries(summary("All so far."), summary("More."));
  const events = await streamTeam(team, "What is 1 + 2?", { session_id });
  expect(lines(events).slice(-4)).toEqual(END.map((name) => `Team${name}`));
  expect(lines(events)).not.toContain("Ada: SessionSummaryStarted");
  expectNoGaps(events);
  expect(said(0)).toEqual(["What is 1 + 2?", "It is 3."]);
  await streamTeam(team, "Sure?", { session_id });
  const leader = model.callsWith("Sure?")[0]?.request.messages[0]?.content;
  expect(leader).toContain("All so far.\n</summary_of_previous_interactions>");
  expect(said(1)).toEqual(["Sure?", "Still 3."]);
});
