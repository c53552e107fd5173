import { expect, it } from "vitest";
import type { Run } from "../../../packages/client/src/index.ts";
import { RunFold } from "../../../ui/conversation/fold.ts";
import type { Part, RunView } from "../../../ui/conversation/run-view.ts";
import { headOf, storedRuns } from "../../../ui/conversation/stored-run.ts";
import type { Said, Told } from "../../../ui/conversation/told.ts";
import { testAgent } from "../../support/agents.ts";
import { goOn } from "../../support/continue.ts";
import { call, newId, openRun, run, send } from "../../support/http.ts";
import { confirmed, continuePath, filled, pauseOf, rejected, result, tools } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { fail, finish, gate, hold, scriptModel, text, thinks, toolCall } from "../../support/scripted-model.ts";
import { answerTeam, delegate, delegateToAll, leading, member, runTeam, say } from "../../support/teams.ts";
import { thinker } from "../../support/thinking.ts";

// What the page makes of a run's events while they come, and of the same run as it is stored, is one thing: else a reload
// would change what was said. Runs are read to their end here; the page's own tests have those that go on.

const model = scriptModel();

/** The runs of the session that are nobody's members, as a list has them. */
async function listed(session_id: string): Promise<{ rows: Run[]; views: RunView[] }> {
  const { body } = await call("GET", `/sessions/${session_id}/runs`);
  const rows = body as Run[];
  return { rows, views: storedRuns(rows, session_id).map(({ view }) => view) };
}

/** A run made of all that its readers are told. */
async function told(row: Run, session_id: string): Promise<RunView> {
  const [kind, id] = row.team_id ? ["teams", row.team_id] : ["agents", row.agent_id];
  const place = `/${kind}/${id}/runs/${row.run_id}`;
  const response = await send("POST", `${place}/resume`, { session_id });
  const events = (await response.text())
    .split("\n\n")
    .filter((block) => block.startsWith("id: "))
    .map((block) => JSON.parse(block.slice(block.indexOf("data: ") + 6)) as Told);
  const fold = new RunFold(headOf(row, session_id));
  for (const event of events) expect(fold.take(event), event.event).toBe(true);
  fold.settle((await call("GET", `${place}?session_id=${session_id}`)).body as Said);
  return fold.view;
}

/** Without what is not stored: how long a thought took. */
const comparable = (view: RunView): RunView => ({
  ...view,
  parts: view.parts.map((part): Part => {
    if (part.kind === "thought") return { ...part, seconds: null };
    return part.kind === "call"
      ? { ...part, call: { ...part.call, members: part.call.members.map(comparable) } }
      : part;
  }),
});

/** Expects both of all runs of the session, and answers them. */
async function expectSame(session_id: string): Promise<RunView[]> {
  const { rows, views } = await listed(session_id);
  const top = rows.filter(({ parent_run_id: parent }) => parent === "");
  expect(views.map(({ runId }) => runId)).toEqual(top.map(({ run_id }) => run_id));
  for (const [nth, row] of top.entries()) {
    expect(comparable(await told(row, session_id))).toEqual(comparable(views[nth] as RunView));
  }
  return views;
}

/** What a run shows, in short. */
const brief = ({ asked, status, parts, failure, notes }: RunView) => ({
  asked,
  status,
  parts: parts.map((part): unknown =>
    part.kind === "call"
      ? [part.call.name, part.call.state, part.call.result, ...part.call.members.map(brief)]
      : `${part.kind}: ${part.text}`,
  ),
  ...(failure && { failure: failure.type }),
  ...(notes.length > 0 && { notes: notes.map(({ kind }) => kind) }),
});

it("a run that answers, and one that thinks before it does", async () => {
  const session_id = newId();
  const agent = thinker();
  model.respondWith(() => [thinks("I ", "doubt"), text("It ", "is.")]);
  await run("Is it?", { session_id, agent });
  model.respondWith(() => [text("Plain.")]);
  await run("And now?", { session_id, agent });
  expect((await expectSame(session_id)).map(brief)).toEqual([
    { asked: "Is it?", status: "COMPLETED", parts: ["thought: I doubt", "text: It is."] },
    { asked: "And now?", status: "COMPLETED", parts: ["text: Plain."] },
  ]);
});

it("a run whose calls run, fail, and repeat the model's ids", async () => {
  const session_id = newId();
  const { agent } = peopleAgent();
  const answers = [
    [text("Looking."), toolCall("look", { at: "a" }, { id: "call_0" })],
    [toolCall("look", { at: 1 }, { id: "call_0" }), toolCall("nothing", {}, { id: "call_1", index: 1 })],
    [text("Done.")],
  ];
  model.respondWith(() => answers.shift() ?? "?");
  await run("Look", { session_id, agent });
  expect((await expectSame(session_id)).map(brief)).toMatchObject([
    {
      parts: [
        "text: Looking.",
        ["look", "done", "seen a"],
        ["look", "failed", expect.stringContaining("do not fit")],
        ["nothing", "failed", expect.stringContaining("no tool")],
        "text: Done.",
      ],
    },
  ]);
});

it("runs that waited for people, whatever these said", async () => {
  const { agent } = peopleAgent();
  const session_id = newId();
  const calls = [
    [toolCall("wipe", { disk: 1 }, { id: "call_0" }), toolCall("look", { at: "b" }, { id: "call_1", index: 1 })],
    [text("Wiped.")],
    [
      toolCall("wipe", { disk: 2 }, { id: "call_0" }),
      toolCall("order", { item: "nut" }, { id: "call_1", index: 1 }),
      toolCall("sign", { paper: "deed" }, { id: "call_2", index: 2 }),
    ],
    [text("All done.")],
  ];
  model.respondWith(() => calls.shift() ?? "?");
  const one = pauseOf(agent, (await run("Wipe", { session_id, agent })).body);
  await call("POST", continuePath(one), { session_id, stream: false, ...tools(one, confirmed) });
  const two = pauseOf(agent, (await run("All", { session_id, agent })).body);
  const answers = tools(two, rejected("no"), filled({ amount: 3, express: false }), result("signed"));
  await call("POST", continuePath(two), { session_id, stream: false, ...answers });
  expect((await expectSame(session_id)).map(brief)).toMatchObject([
    { parts: [["look", "done", "seen b"], ["wipe", "done", "wiped 1"], "text: Wiped."] },
    {
      parts: [
        ["wipe", "denied", expect.stringContaining("rejected")],
        ["order", "done", "ordered 3 nut"],
        ["sign", "done", "signed"],
        "text: All done.",
      ],
    },
  ]);
});

it("a run that waits still", async () => {
  const { agent } = peopleAgent();
  const session_id = newId();
  model.respondWith(() => [text("May I?"), toolCall("wipe", { disk: 1 })]);
  await run("Wipe", { session_id, agent });
  const [view] = await expectSame(session_id);
  expect(view && brief(view)).toEqual({
    asked: "Wipe",
    status: "PAUSED",
    parts: ["text: May I?", ["wipe", "waits", null]],
  });
  expect(view?.waitsFor).toMatchObject([{ kind: "confirmation" }]);
});

it("a run that failed, and one that was cut", async () => {
  const session_id = newId();
  const agent = testAgent({ instructions: "", naming: { after: 0 } });
  model.respondWith(() => [fail(400)]);
  await run("Fail", { session_id, agent });
  model.respondWith(() => [text("Too lo"), finish("length")]);
  await run("Long", { session_id, agent });
  expect((await expectSame(session_id)).map(brief)).toMatchObject([
    { status: "ERROR", parts: [], failure: "model_provider_error" },
    { status: "COMPLETED", parts: ["text: Too lo"], notes: ["cut"] },
  ]);
});

it("a run that was stopped keeps what it had said, and one that is stopped before its first word has nothing", async () => {
  const session_id = newId();
  const point = gate();
  model.respondWith(() => [text("So ", "far"), hold(point), text("never")]);
  const stream = await openRun("Slowly", { session_id });
  let event = await stream.next();
  while (event !== null && event.data.content !== "far") event = await stream.next();
  await call(
    "POST",
    `/agents/assistant/runs/${stream.response.headers.get("X-Run-Id")}/cancel?session_id=${session_id}`,
  );
  await stream.rest();
  expect((await expectSame(session_id)).map(brief)).toMatchObject([{ status: "CANCELLED", parts: ["text: So far"] }]);
});

it("runs that were made from others: regenerated, and gone on from", async () => {
  const session_id = newId();
  const agent = testAgent({ instructions: "", naming: { after: 0 } });
  const at = `agents/${agent}`;
  const answers = ["One", "Two", "Three", "Four"];
  model.respondWith(() => answers.shift() ?? "?");
  const { body } = await run("Count", { session_id, agent });
  const older = { session_id, run_id: body.run_id, at };
  const again = await goOn(older, { regenerate: true });
  await run("More", { session_id, agent });
  await goOn({ session_id, run_id: again.body.run_id, at }, { continue_from: "end", input: "Otherwise" });
  expect((await expectSame(session_id)).map(brief)).toMatchObject([
    { asked: "Count", status: "REGENERATED", parts: ["text: One"] },
    { status: "COMPLETED", parts: ["text: Two"] },
    { asked: "More", parts: ["text: Three"] },
    { asked: "Otherwise", parts: ["text: Four"] },
  ]);
});

it("a team's run, with its members' runs in the calls that they were made by", async () => {
  const session_id = newId();
  const ada = member("ada");
  const bob = member("bob");
  const team = leading([ada, bob]);
  say(model, {
    leader: [
      [text("First."), delegate(ada, "add"), delegate(bob, "draw", { id: "b" })],
      [delegate(ada, "again")],
      "All.",
    ],
    ada: [[thinks("hm"), text("Three")], "Four"],
    bob: [[text("Drawn")]],
  });
  await runTeam(team, "Do", { session_id });
  expect((await expectSame(session_id)).map(brief)).toMatchObject([{ asked: "Do", status: "COMPLETED" }]);
});

it("a team whose leader gives a task to all, and one in another", async () => {
  const session_id = newId();
  const [ada, bob, eve] = [member("ada"), member("bob"), member("eve")];
  const inner = leading([eve], { who: "inner" });
  const team = leading([ada, bob, inner], { mode: "broadcast" });
  say(model, {
    leader: [[delegateToAll("think")], "All."],
    ada: ["A"],
    bob: ["B"],
    inner: [[delegate(eve, "deeper")], "I"],
    eve: ["E"],
  });
  await runTeam(team, "Do", { session_id });
  const [view] = await expectSame(session_id);
  expect(view && brief(view).parts).toMatchObject([
    ["delegate_task_to_members", "done", expect.any(String), { asked: "think" }, {}, {}],
    "text: All.",
  ]);
});

it("a team that gives its member's answer as its own", async () => {
  const session_id = newId();
  const ada = member("ada");
  const team = leading([ada], { mode: "route" });
  say(model, { leader: [[delegate(ada, "answer")]], ada: ["Mine"] });
  await runTeam(team, "Do", { session_id });
  const [view] = await expectSame(session_id);
  expect(view && brief(view).parts).toMatchObject([["delegate_task_to_member", "done", "Mine", {}], "text: Mine"]);
});

it("a team whose member waited for a person, and one whose member waits", async () => {
  const session_id = newId();
  const { agent: worker } = peopleAgent();
  const team = leading([worker]);
  const asks = [
    [delegate(worker, "wipe")],
    [toolCall("wipe", { disk: 7 })],
    [text("Wiped.")],
    "It is wiped.",
    [delegate(worker, "wipe")],
    [toolCall("wipe", { disk: 8 })],
  ];
  model.respondWith(() => asks.shift() ?? "?");
  const { body } = await runTeam(team, "Wipe", { session_id });
  await answerTeam({ team, runId: body.run_id, session_id }, [
    { ...body.requirements[0], tool_execution: { ...body.requirements[0].tool_execution, ...confirmed } },
  ]);
  await runTeam(team, "Wipe more", { session_id });
  const views = await expectSame(session_id);
  expect(views.map(brief)).toMatchObject([
    {
      status: "COMPLETED",
      parts: [["delegate_task_to_member", "done", "Wiped.", { status: "COMPLETED" }], "text: It is wiped."],
    },
    {
      status: "PAUSED",
      parts: [["delegate_task_to_member", "waits", null, { status: "PAUSED", parts: [["wipe", "waits", null]] }]],
    },
  ]);
  expect(views[1]?.waitsFor).toMatchObject([{ kind: "confirmation", member_agent_id: worker }]);
});
