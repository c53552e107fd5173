/** What becomes of a team and its member runs when their object dies, or when D1 is away. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { teams } from "../../../src/agents/index.ts";
import { DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS } from "../../../src/domain/team.ts";
import type { Tool } from "../../../src/domain/tool.ts";
import { testAgent, testTeam } from "../../support/agents.ts";
import {
  accepts,
  continues,
  heldAfter,
  heldBefore,
  lateArrival,
  settles,
  unanswered,
  unsent,
  watchD1,
} from "../../support/d1-faults.ts";
import {
  answer,
  askedOf,
  CONFIRM,
  die,
  expectRising,
  leftOf,
  openAnswer,
  openOf,
  pausedRun,
  readRun,
  resumed,
  watchedTool,
  yes,
} from "../../support/deaths.ts";
import { call, EventStream, names, newId, type SentEvent, send } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import {
  type Gate,
  gate,
  hold,
  isNaming,
  type Script,
  scriptModel,
  text,
  toolCall,
  until,
} from "../../support/scripted-model.ts";
import { detailOf, eventually, journalOf, killObjects, ring } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const TRIES = 3;
const CHECKPOINT_MS = 600;

/** Registers an agent whose instructions say who it is. `say` reads its name from there. */
const member = (who: string, tools: Tool[] = []) =>
  testAgent({ name: who, instructions: `I am ${who}.`, naming: { after: 0 }, tools });
const team = (
  who: string,
  members: string[],
  mode: "coordinate" | "broadcast" | "route" = "coordinate",
  tools: Tool[] = [],
) => testTeam({ name: who, instructions: `I am ${who}.`, naming: { after: 0 }, members, mode, tools });
const to = (member_id: string, task = "do it") => toolCall(DELEGATE_TO_MEMBER, { member_id, task });
const toAll = (task = "do it") => toolCall(DELEGATE_TO_MEMBERS, { task });

/** Scripts the model: what each agent and team says, answer by answer. */
function say(scripts: Record<string, Script[]>): void {
  const left = new Map(Object.entries(scripts).map(([who, some]) => [who, [...some]]));
  model.respondWith((request) => {
    if (isNaming(request)) return "Scripted Session Name";
    const system = request.messages.find(({ role }) => role === "system")?.content ?? "";
    const who = /I am (\S+)\./.exec(system)?.[1] ?? "nobody";
    const script = left.get(who)?.shift();
    if (script === undefined) throw new Error(`Nothing is left for ${who} to say.`);
    return script;
  });
}

/** The results of tools that the leader got with its last request. */
const toldLeader = () =>
  model.calls
    .at(-1)
    ?.request.messages.filter(({ role }) => role === "tool")
    .map(({ content }) => content);

/** `name: status` of each run of the session, as D1 has it. */
async function statusesOf(session_id: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "select component_name, status from runs where session_id = ? order by run_index",
  )
    .bind(session_id)
    .all();
  return results.map(({ component_name, status }) => `${component_name}: ${status}`);
}

async function openTeam(path: string, session_id: string): Promise<EventStream> {
  const response = await send("POST", `${path}/runs`, { message: "go", stream: true, session_id });
  return new EventStream(response);
}

const idsOf = (events: SentEvent[]) => events.map(({ id }) => id);
const stops = (events: SentEvent[]) =>
  names(events).filter((name) => /RunPaused|RunError|RunCompleted|RunCancelled/.test(name));

/** A team whose member pauses for a person. Once the person has confirmed, the member's tool stays at the gate. */
async function pausedTeam(waits: Partial<Tool> = CONFIRM) {
  const point = gate();
  const slow = watchedTool("slow", waits, point);
  const ada = member("ada", [slow.tool]);
  const path = `/teams/${team("boss", [ada])}`;
  const session_id = newId();
  return { point, slow, ada, path, session_id };
}

/** The person confirms, the tool that was confirmed arrives at the gate, and the object dies. */
async function diesContinued(path: string, session_id: string, point: Gate) {
  const paused = await pausedRun(path, session_id);
  const stream = await openAnswer(paused, yes);
  await point.reached();
  return { paused, sent: await die(stream) };
}

describe("a continued team whose object died while a member's call was under way", () => {
  it("is paused again with its member, whose call is asked about", async () => {
    const { point, slow, ada, path, session_id } = await pausedTeam();
    say({ boss: [[to(ada)], "It is done."], ada: [[toolCall("slow", { what: "a" })], "Ada is done."] });
    const { paused, sent } = await diesContinued(path, session_id, point);
    await ring(session_id);

    expect(await statusesOf(session_id)).toEqual(["ada: PAUSED", "boss: PAUSED"]);
    expect(await askedOf(paused)).toEqual(["slow: answered", "slow: open, outcome unknown"]);
    const body = await readRun(paused);
    expect(body.requirements.at(-1)).toMatchObject({
      note: "outcome unknown",
      member_agent_id: ada,
      member_agent_name: "ada",
      member_run_id: body.member_responses[0].run_id,
    });
    const before = await resumed(paused);
    expectRising(before);
    expect(stops(before).slice(-2)).toEqual(["RunPaused", "TeamRunPaused"]);
    expect(Math.min(...idsOf(before.slice(-2)))).toBeGreaterThan(Math.max(-1, ...idsOf(sent)));

    point.release();
    expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "It is done." });
    expect(toldLeader()).toEqual(["Ada is done."]);
    expect(slow.ran).toEqual(["a", "a"]);
    expect(await statusesOf(session_id)).toEqual(["ada: COMPLETED", "boss: COMPLETED"]);
    const after = await resumed(paused);
    expectRising(after);
    expect(after.slice(0, before.length).map(({ id, event }) => [id, event])).toEqual(
      before.map(({ id, event }) => [id, event]),
    );
    expect(stops(after).slice(-2)).toEqual(["RunCompleted", "TeamRunCompleted"]);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("goes on by itself when the member's tool is idempotent", async () => {
    const { point, slow, ada, path, session_id } = await pausedTeam({ ...CONFIRM, idempotent: true });
    say({ boss: [[to(ada)], "It is done."], ada: [[toolCall("slow", { what: "a" })], "Ada is done."] });
    const { paused } = await diesContinued(path, session_id, point);
    point.release();
    await ring(session_id);
    const body = await eventually(
      () => readRun(paused),
      ({ status }) => status === "COMPLETED",
    );
    expect(body.content).toBe("It is done.");
    expect(slow.ran).toEqual(["a", "a"]);
    expectRising(await resumed(paused));
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("is paused with its member at the third death in the call of an idempotent tool", async () => {
    const { point, slow, ada, path, session_id } = await pausedTeam({ ...CONFIRM, idempotent: true });
    say({ boss: [[to(ada)], "It is done."], ada: [[toolCall("slow", { what: "a" })], "Ada is done."] });
    const paused = await pausedRun(path, session_id);
    await openAnswer(paused, yes);
    for (const begun of [1, 2, 3]) {
      await point.reached(begun);
      await killObjects();
      await ring(session_id);
    }
    expect(await statusesOf(session_id)).toEqual(["ada: PAUSED", "boss: PAUSED"]);
    expect(await askedOf(paused)).toEqual(["slow: answered", "slow: open, outcome unknown"]);
    point.release();
    expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "It is done." });
    expect(slow.ran).toEqual(Array(4).fill("a"));
    expectRising(await resumed(paused));
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("asks for each of several members, and keeps what another member had answered", async () => {
    const point = gate();
    const tools = { slow: watchedTool("slow", CONFIRM, point), other: watchedTool("other", CONFIRM, point) };
    const quick = watchedTool("quick", CONFIRM);
    const members = [member("ada", [tools.slow.tool]), member("bob", [tools.other.tool]), member("cy", [quick.tool])];
    const path = `/teams/${team("boss", members, "broadcast")}`;
    const session_id = newId();
    say({
      boss: [[toAll()], "All three."],
      ada: [[toolCall("slow", { what: "a" })], "Ada."],
      bob: [[toolCall("other", { what: "b" })], "Bob."],
      cy: [[toolCall("quick", { what: "c" })], "Cy."],
    });
    const paused = await pausedRun(path, session_id);
    const stream = await openAnswer(paused, yes);
    await point.reached(2);
    await until(() => model.calls.length >= 5, "cy's answer");
    await eventually(
      () => statusesOf(session_id),
      (found) => found.includes("cy: COMPLETED"),
    );
    await die(stream);
    await ring(session_id);
    const open = (await openOf(paused)).map(({ tool_name, note }) => `${tool_name} ${note}`);
    expect(open.sort()).toEqual(["other outcome unknown", "slow outcome unknown"]);
    expect((await answer(paused, { slow: yes })).body.status).toBe("PAUSED");
    point.release();
    const { body } = await answer(paused, yes);
    expect(body).toMatchObject({ status: "COMPLETED", content: "All three." });
    expect(toldLeader()).toEqual(["ada: Ada.\n\nbob: Bob.\n\ncy: Cy."]);
    expect([tools.slow.ran, tools.other.ran, quick.ran]).toEqual([["a", "a"], ["b", "b"], ["c"]]);
    // The models answered eight times: the leader twice and each member twice. Each answer is counted once, also those from
    // before the death.
    expect((await detailOf(session_id)).total_tokens).toBe(8 * 15);
    expect(body.metrics.total_tokens).toBe(8 * 15);
    expectRising(await resumed(paused));
  });

  it("files what a member of a member asks under the team's run, where it can be answered", async () => {
    const point = gate();
    const ask = watchedTool("ask", CONFIRM);
    const slow = watchedTool("slow", {}, point);
    const ada = member("ada", [ask.tool]);
    const inner = team("inner", [ada], "coordinate", [slow.tool]);
    const path = `/teams/${team("boss", [inner])}`;
    const session_id = newId();
    say({
      boss: [[to(inner)], "Over."],
      inner: [[to(ada)], [toolCall("slow", { what: "x" })], "Inner."],
      ada: [[toolCall("ask", { what: "a" })], "Ada."],
    });
    const { paused } = await diesContinued(path, session_id, point);
    await ring(session_id);
    expect(await statusesOf(session_id)).toEqual(["inner: PAUSED", "ada: COMPLETED", "boss: PAUSED"]);
    expect(await askedOf(paused)).toEqual(["ask: answered", "slow: open, outcome unknown"]);
    point.release();
    expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "Over." });
    expect([ask.ran, slow.ran]).toEqual([["a"], ["x", "x"]]);
    expectRising(await resumed(paused));
  });

  it("is paused again with a member's member, of which nothing is asked of those between", async () => {
    const point = gate();
    const slow = watchedTool("slow", CONFIRM, point);
    const ada = member("ada", [slow.tool]);
    const inner = team("inner", [ada]);
    const path = `/teams/${team("boss", [inner])}`;
    const session_id = newId();
    say({
      boss: [[to(inner)], "Over."],
      inner: [[to(ada)], "Inner."],
      ada: [[toolCall("slow", { what: "a" })], "Ada."],
    });
    const { paused } = await diesContinued(path, session_id, point);
    await ring(session_id);
    expect(await statusesOf(session_id)).toEqual(["inner: PAUSED", "ada: PAUSED", "boss: PAUSED"]);
    expect(await askedOf(paused)).toEqual(["slow: answered", "slow: open, outcome unknown"]);
    point.release();
    expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "Over." });
    expectRising(await resumed(paused));
  });
});

describe("a continued team whose object died between what its members and itself have written", () => {
  it("goes on by itself, and does nothing again that a member had done", async () => {
    const { point, slow, ada, path, session_id } = await pausedTeam();
    say({ boss: [[to(ada)], "It is done."], ada: [[toolCall("slow", { what: "a" })], "Ada is done."] });
    const paused = await pausedRun(path, session_id);
    const memberRun = (await readRun(paused)).member_responses[0].run_id;
    const settling = gate();
    d1.next(settles(memberRun), heldAfter(settling));
    point.release();
    const stream = await openAnswer(paused, yes);
    await settling.reached();
    await die(stream);
    await ring(session_id);
    const body = await eventually(
      () => readRun(paused),
      ({ status }) => status === "COMPLETED",
    );
    expect(body).toMatchObject({ content: "It is done." });
    expect(toldLeader()).toEqual(["Ada is done."]);
    expect(slow.ran).toEqual(["a"]);
    expect(await askedOf(paused)).toEqual(["slow: answered"]);
    expect(await statusesOf(session_id)).toEqual(["ada: COMPLETED", "boss: COMPLETED"]);
    expect((await detailOf(session_id)).total_tokens).toBe(4 * 15);
    expectRising(await resumed(paused));
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("is paused with what its member waits for, when the member had paused again", async () => {
    const { point, slow, ada, path, session_id } = await pausedTeam();
    const calls = ["a", "b"].map((what) => [toolCall("slow", { what })]);
    say({ boss: [[to(ada)], "It is done."], ada: [...calls, "Ada is done."] });
    const paused = await pausedRun(path, session_id);
    const memberRun = (await readRun(paused)).member_responses[0].run_id;
    const settling = gate();
    d1.next(settles(memberRun), heldAfter(settling));
    point.release();
    const stream = await openAnswer(paused, yes);
    await settling.reached();
    await die(stream);
    await ring(session_id);
    expect(await statusesOf(session_id)).toEqual(["ada: PAUSED", "boss: PAUSED"]);
    expect(await askedOf(paused)).toEqual(["slow: answered", "slow: open"]);
    expect(stops(await resumed(paused)).slice(-2)).toEqual(["RunPaused", "TeamRunPaused"]);
    expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
    expect(slow.ran).toEqual(["a", "b"]);
    expectRising(await resumed(paused));
  });

  it("asks about a delegation whose member was interrupted, and delegates anew when that is confirmed", async () => {
    const { point, ada, path, session_id } = await pausedTeam();
    const speaking = gate();
    say({
      boss: [[to(ada)], "It is done."],
      ada: [[toolCall("slow", { what: "a" })], [text("Half"), hold(speaking)], "Ada, again."],
    });
    const paused = await pausedRun(path, session_id);
    point.release();
    const stream = await openAnswer(paused, yes);
    await stream.until("RunContent");
    await sleep(CHECKPOINT_MS);
    await die(stream);
    await ring(session_id);
    expect(await statusesOf(session_id)).toEqual(["ada: ERROR", "boss: PAUSED"]);
    expect(await askedOf(paused)).toEqual(["slow: answered", `${DELEGATE_TO_MEMBER}: open, outcome unknown`]);
    expect(stops(await resumed(paused)).slice(-2)).toEqual(["RunError", "TeamRunPaused"]);
    const { body } = await answer(paused, yes);
    expect(body).toMatchObject({ status: "COMPLETED", content: "It is done." });
    expect(toldLeader()).toEqual(["Ada, again."]);
    expect(await statusesOf(session_id)).toEqual(["ada: ERROR", "ada: COMPLETED", "boss: COMPLETED"]);
    expectRising(await resumed(paused));
    expect(await journalOf(session_id)).toEqual([]);
  });
});

it("closes the members of a continued team that the deployment does not have any more", async () => {
  const { slow, ada, path, session_id } = await pausedTeam();
  say({ boss: [[to(ada)]], ada: [[toolCall("slow", { what: "a" })]] });
  const paused = await pausedRun(path, session_id);
  const starting = gate();
  d1.next(continues(session_id), heldBefore(starting));
  const stream = await openAnswer(paused, yes);
  await starting.reached();
  await die(stream);
  (teams as Map<string, unknown>).delete(path.slice("/teams/".length));
  await ring(session_id);
  await eventually(
    () => statusesOf(session_id),
    (found) => found.every((one) => !one.endsWith("RUNNING") && !one.endsWith("PAUSED")),
  );
  expect(await statusesOf(session_id)).toEqual(["ada: CANCELLED", "boss: ERROR"]);
  expect(slow.ran).toEqual([]);
  expect(await journalOf(session_id)).toEqual([]);
});

describe("a team that was never paused whose object died", () => {
  it("is closed with its members: one in flight, one paused, whose requirement nobody is asked any more", async () => {
    const point = gate();
    const slow = watchedTool("slow", {}, point);
    const ask = watchedTool("ask", CONFIRM);
    const members = [member("ada", [slow.tool]), member("bob", [ask.tool])];
    const path = `/teams/${team("boss", members, "broadcast")}`;
    const session_id = newId();
    say({ boss: [[toAll()]], ada: [[toolCall("slow", { what: "a" })]], bob: [[toolCall("ask", { what: "b" })]] });
    const stream = await openTeam(path, session_id);
    const sent = [await stream.until("RunPaused")];
    await point.reached();
    sent.push(...(await die(stream)));
    await ring(session_id);
    expect((await statusesOf(session_id)).sort()).toEqual(["ada: ERROR", "bob: CANCELLED", "boss: ERROR"]);
    const run = { path, session_id, run_id: stream.runId };
    expect(await askedOf(run)).toEqual(["ask: cancelled"]);
    const replay = await resumed(run);
    expectRising(replay);
    expect(stops(replay)).toEqual(["RunPaused", "RunError", "TeamRunError"]);
    expect(replay.at(-1)?.id).toBeGreaterThan(Math.max(...idsOf(sent)));
    const body = await readRun(run);
    expect(body).toMatchObject({ status: "ERROR", error_type: "interrupted" });
    expect(body.metrics.total_tokens).toBe(3 * 15);
    expect((await detailOf(session_id)).total_tokens).toBe(3 * 15);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("is closed when it died between a member's pause and its own", async () => {
    const { ada, path, session_id } = await pausedTeam();
    say({ boss: [[to(ada)]], ada: [[toolCall("slow", { what: "a" })]] });
    const settling = gate();
    d1.next((operation) => settles(session_id)(operation), heldAfter(settling));
    const stream = await openTeam(path, session_id);
    await settling.reached();
    await die(stream);
    await ring(session_id);
    expect(await statusesOf(session_id)).toEqual(["ada: CANCELLED", "boss: ERROR"]);
    expect(await askedOf({ path, session_id, run_id: stream.runId })).toEqual(["slow: cancelled"]);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("leaves nothing of a member whose accept was under way", async () => {
    for (const held of [heldBefore, heldAfter]) {
      const { ada, path, session_id } = await pausedTeam();
      say({ boss: [[to(ada)]] });
      const accepting = gate();
      const stream = await (async () => {
        d1.next(accepts(session_id), (send) => send());
        d1.next(accepts(session_id), held(accepting));
        return openTeam(path, session_id);
      })();
      await accepting.reached();
      await die(stream);
      await ring(session_id);
      expect(await statusesOf(session_id)).toEqual(["boss: ERROR"]);
      expect(await journalOf(session_id)).toEqual([]);
    }
  });
});

describe("a team whose D1 is away", () => {
  it("pauses in the journal, says so, and lands with what its member waits for", async () => {
    for (const fault of [unsent, unanswered]) {
      const { point, slow, ada, path, session_id } = await pausedTeam({ ...CONFIRM, expiresAfterSeconds: 3600 });
      say({ boss: [[to(ada)], "Over."], ada: [[toolCall("slow", { what: "a" })], "Ada."] });
      d1.always(settles(session_id), fault());
      const stream = await openTeam(path, session_id);
      const events = await stream.rest();
      expect(events.at(-1)).toMatchObject({ event: "TeamRunPaused", data: { persisted: false } });
      d1.heal();
      await ring(session_id);
      const paused = { path, session_id, run_id: stream.runId };
      expect(await statusesOf(session_id)).toEqual(["ada: PAUSED", "boss: PAUSED"]);
      expect(await askedOf(paused)).toEqual(["slow: open"]);
      const { results } = await env.DB.prepare("select waiting from runs where run_id = ?").bind(stream.runId).all();
      expect(results).toEqual([{ waiting: 0 }]);
      expect(await journalOf(session_id)).toEqual([]);
      expect((await resumed(paused)).map(({ id, event }) => [id, event])).toEqual(
        events.map(({ id, event }) => [id, event]),
      );
      point.release();
      expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "Over." });
      expect(slow.ran).toEqual(["a"]);
    }
  });

  it("tells the leader of a member that could not be stored, and takes it back, also when it arrives late", async () => {
    const { ada, path, session_id } = await pausedTeam();
    say({ boss: [[to(ada)], "Without Ada."] });
    const late = lateArrival();
    d1.next(accepts(session_id), (send) => send());
    d1.next(accepts(session_id), late.fault, TRIES);
    const { body } = await call("POST", `${path}/runs`, { message: "go", stream: false, session_id });
    expect(body).toMatchObject({ status: "COMPLETED", content: "Without Ada." });
    expect(toldLeader()).toEqual(["ada failed: The run could not be stored."]);
    await ring(session_id);
    await late.arrive();
    expect(late.kept).toHaveLength(TRIES);
    expect(await statusesOf(session_id)).toEqual(["boss: COMPLETED"]);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("stores a continued team once whose settles were written, but their answers lost", async () => {
    const { point, slow, ada, path, session_id } = await pausedTeam();
    say({ boss: [[to(ada)], "It is done."], ada: [[toolCall("slow", { what: "a" })], "Ada is done."] });
    const paused = await pausedRun(path, session_id);
    point.release();
    d1.always(settles(session_id), unanswered());
    const events = await (await openAnswer(paused, yes)).rest();
    expect(events.at(-1)).toMatchObject({ event: "TeamRunCompleted", data: { persisted: false } });
    d1.heal();
    await ring(session_id);
    expect(await statusesOf(session_id)).toEqual(["ada: COMPLETED", "boss: COMPLETED"]);
    const replay = await resumed(paused);
    expect(replay.slice(-events.length).map(({ id, event }) => [id, event])).toEqual(
      events.map(({ id, event }) => [id, event]),
    );
    expectRising(replay);
    expect(slow.ran).toEqual(["a"]);
    expect((await detailOf(session_id)).total_tokens).toBe(4 * 15);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("ends no member that went on alone when the start of its team was not confirmed", async () => {
    const { point, slow, ada, path, session_id } = await pausedTeam();
    say({ boss: [[to(ada)], "It is done."], ada: [[toolCall("slow", { what: "a" })], "Ada is done."] });
    const paused = await pausedRun(path, session_id);
    point.release();
    d1.next(continues(session_id), unanswered(), TRIES);
    const events = await (await openAnswer(paused, yes)).rest();
    expect(events.at(-1)).toMatchObject({ event: "TeamRunCompleted" });
    expect(await statusesOf(session_id)).toEqual(["ada: COMPLETED", "boss: COMPLETED"]);
    expect(slow.ran).toEqual(["a"]);
    expect(await journalOf(session_id)).toEqual([]);
  });
});

it("leaves nothing of a deleted session whose team is in flight, with one member at its tool and one being accepted", async () => {
  for (const held of [heldBefore, heldAfter]) {
    const point = gate();
    const slow = watchedTool("slow", {}, point);
    const members = [member("ada", [slow.tool]), member("bob")];
    const path = `/teams/${team("boss", members, "broadcast")}`;
    const session_id = newId();
    say({ boss: [[toAll()]], ada: [[toolCall("slow", { what: "a" })]], bob: ["Bob."] });
    const accepting = gate();
    d1.next(accepts(session_id), (send) => send(), 2);
    d1.next(accepts(session_id), held(accepting));
    const stream = await openTeam(path, session_id);
    await point.reached();
    await accepting.reached();
    expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    accepting.release();
    const events = await stream.rest();
    expect(stops(events).slice(-2)).toEqual(["TeamRunCancelled", "TeamRunCompleted"]);
    expect(await leftOf(session_id)).toEqual({});
    expect(await journalOf(session_id)).toEqual([]);
    await killObjects();
    await ring(session_id);
    expect(await leftOf(session_id)).toEqual({});
  }
});
