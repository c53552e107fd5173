import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { goOn, openContinue, ran, readRun, threeRuns } from "../../support/continue.ts";
import { call, names, newId, openRun } from "../../support/http.ts";
import { gate, hold, type ModelCall, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { detailOf, objectOf, runCalls, runsOf, saidIn, shown, storyOf } from "../../support/session-story.ts";

const model = scriptModel();

const lastCall = () => runCalls(model).at(-1);
const systemOf = (asked: ModelCall | undefined) =>
  asked?.request.messages.flatMap(({ role, content }) => (role === "system" ? [content] : []));
const before = ["user: before", "assistant: echo: before"];
const older = ["user: older", "assistant: echo: older"];

/** The last run in the list of a session's runs. */
const newestOf = async (session_id: string) => (await runsOf(session_id)).at(-1);

describe("a run that is made from another one", () => {
  const cases: [rule: string, fields: object, kept: number, prompt: string[]][] = [
    ["fork goes on behind all of it", { fork: true, input: "and" }, 3, [...before, ...older, "user: and"]],
    ["fork may say nothing more", { fork: true }, 3, [...before, ...older, "user: [Go on.]"]],
    ["continue_from=end is a fork", { continue_from: "end", input: "and" }, 3, [...before, ...older, "user: and"]],
    ["continue_from=last_user answers again", { continue_from: "last_user" }, 2, [...before, "user: older"]],
    [
      "continue_from=last_user may say more",
      { continue_from: "last_user", input: "and" },
      2,
      [...before, "user: older", "assistant: [No answer.]", "user: and"],
    ],
    ["a number keeps as many messages", { continue_from: "2" }, 2, [...before, "user: older"]],
    ["regenerate answers again", { regenerate: true }, 2, [...before, "user: older"]],
    [
      "regenerate may keep the answer",
      { regenerate: true, continue_from: "end" },
      3,
      [...before, ...older, "user: [Go on.]"],
    ],
  ];
  it.each(cases)("sees the history before that one, what it keeps of it, and what is said: %s", async (...its) => {
    const [, fields, kept, prompt] = its;
    const middle = await threeRuns();
    const source = (await readRun(middle)).body;

    const { body, status, headers } = await goOn(middle, fields);

    expect([status, body.status, body.session_id]).toEqual([200, "COMPLETED", middle.session_id]);
    expect(body.run_id).not.toBe(middle.run_id);
    expect(headers.get("X-Run-Id")).toBe(body.run_id);
    expect(shown(lastCall())).toEqual(prompt);
    expect(systemOf(lastCall())).toEqual(systemOf(runCalls(model)[0]));
    const messages = body.messages as { id: string; content: string }[];
    expect(messages.slice(0, kept)).toEqual(source.messages.slice(0, kept));
    const isAgain = "regenerate" in fields;
    const origin = {
      forked_from_run_id: middle.run_id,
      forked_from_message_index: kept,
      ...(isAgain && { regenerated_from: middle.run_id }),
    };
    const read = (await readRun({ ...middle, run_id: body.run_id })).body;
    const listed = await newestOf(middle.session_id);
    expect(listed.run_id).toBe(body.run_id);
    for (const one of [body, read, listed]) {
      expect(one).toMatchObject(origin);
      expect("regenerated_from" in one).toBe(isAgain);
      expect(one).not.toHaveProperty("forked_from_session_id");
    }
    expect(read).toEqual(body);
    expect((await readRun(middle)).body.status).toBe(isAgain ? "REGENERATED" : "COMPLETED");
  });

  it("is made alike when its object went", async () => {
    const middle = await threeRuns();
    for (const [fields, prompt] of [
      [{ fork: true, input: "and" }, [...before, ...older, "user: and"]],
      [{ regenerate: true }, [...before, "user: older"]],
    ] as const) {
      await evictDurableObject(objectOf(middle.session_id));
      expect((await goOn(middle, fields)).body).toMatchObject({ status: "COMPLETED", session_cache: "miss" });
      expect(shown(lastCall())).toEqual(prompt);
    }
  });

  it("is streamed as any run is, under its own id", async () => {
    const middle = await threeRuns();
    model.next("Better now");
    const stream = await openContinue(middle, { regenerate: true });
    const events = await stream.rest();
    expect(names(events)).toEqual([
      "RunStarted",
      "ModelRequestStarted",
      "RunContent",
      "RunContent",
      "ModelRequestCompleted",
      "RunContentCompleted",
      "RunCompleted",
    ]);
    expect(events.map(({ data }) => [data.run_id, data.event_index])).toEqual(
      events.map((_, nth) => [stream.runId, nth]),
    );
    expect(events.at(-1)?.data.content).toBe("Better now");
    expect(await newestOf(middle.session_id)).toMatchObject({
      run_id: stream.runId,
      regenerated_from: middle.run_id,
      run_input: "older",
    });
  });

  it("has the same prompt when it is made again, from a fork and of a run that was kept", async () => {
    const session_id = newId();
    await ran("before", session_id);
    const first = await ran("older", session_id);
    const fork = (await goOn(first, { fork: true, input: "and" })).body;
    const prompt = shown(lastCall());
    const again = (await goOn({ session_id, run_id: fork.run_id }, { regenerate: true, replace_original: false })).body;
    expect(shown(lastCall())).toEqual(prompt);
    await goOn({ session_id, run_id: again.run_id }, { regenerate: true });
    expect(shown(lastCall())).toEqual(prompt);
    await goOn({ session_id, run_id: fork.run_id }, { fork: true, input: "more" });
    expect(shown(lastCall())).toEqual([...prompt, "assistant: echo: and", "user: more"]);
  });

  it("has the same prompt before and behind a pause, and in a fork of its session", async () => {
    const session_id = newId();
    await ran("before", session_id, "operator");
    const first = await ran("older", session_id, "operator");
    model.next([toolCall("delete_record", { id: "7" }, { id: "c1" })]);
    const { body } = await goOn(first, { fork: true, input: "delete" });
    const prompt = [...before, ...older, "user: delete"];
    expect([body.status, shown(lastCall())]).toEqual(["PAUSED", prompt]);
    const ended = await goOn({ ...first, run_id: body.run_id }, { tools: [{ tool_call_id: "c1", confirmed: true }] });
    expect(ended.body.status).toBe("COMPLETED");
    expect(shown(lastCall()).slice(0, -1)).toEqual([...prompt, "assistant: null"]);

    const copy = (await call("POST", `/agents/operator/sessions/${session_id}/fork`)).body.session_id;
    const { run_id } = await newestOf(copy);
    await goOn({ session_id: copy, run_id, at: "agents/operator" }, { regenerate: true });
    expect(shown(lastCall())).toEqual(prompt);
  });

  it("is part of the history of the runs behind it, warm and cold", async () => {
    const session_id = newId();
    const first = await ran("older", session_id);
    await goOn(first, { fork: true, input: "and" });
    const history = [...older, ...older, "user: and", "assistant: echo: and"];
    await ran("warm", session_id);
    expect(shown(lastCall())).toEqual([...history, "user: warm"]);
    await evictDurableObject(objectOf(session_id));
    await ran("cold", session_id);
    expect(shown(lastCall())).toEqual([...history, "user: warm", "assistant: echo: warm", "user: cold"]);
    expect(await saidIn(session_id)).toHaveLength(10);
    expect(await detailOf(session_id)).toMatchObject({ chat_history_total: (await saidIn(session_id)).length });
  });

  it("keeps the rounds of tools that a number leaves whole, and is refused where it would cut one", async () => {
    const session_id = newId();
    model.next(
      [text("I add."), toolCall("add", { a: 1, b: 2 }, { id: "c1" })],
      [toolCall("add", { a: 3, b: 4 }, { id: "c2" })],
      "3 and 7",
    );
    const tools = await ran("add", session_id, "operator");
    for (const [continue_from, detail] of [
      [3, "The first 3 messages of the run end before the results of their tool calls."],
      [5, "The first 5 messages of the run end before the results of their tool calls."],
      [1, "The first 1 messages of the run hold no user message to answer."],
      [8, "continue_from is not within the run, which has messages 1 to 7."],
    ] as const) {
      const { status, body } = await goOn(tools, { continue_from });
      expect([status, body.detail]).toEqual([400, detail]);
    }
    model.next([toolCall("add", { a: 5, b: 5 }, { id: "c3" })], "ten");
    const { body } = await goOn(tools, { continue_from: 4 });
    expect(body).toMatchObject({ status: "COMPLETED", content: "ten", forked_from_message_index: 4 });
    expect(body.tools.map((tool: { tool_call_id: string }) => tool.tool_call_id)).toEqual(["c3"]);
    expect(lastCall()?.request.messages.slice(1)).toMatchObject([
      { role: "user", content: "add" },
      { role: "assistant", content: "I add.", tool_calls: [{ function: { name: "add" } }] },
      { role: "tool", content: "3" },
      { role: "assistant", tool_calls: [{ function: { name: "add" } }] },
      { role: "tool", content: "10" },
    ]);
    expect((await readRun({ ...tools, run_id: body.run_id })).body).toEqual(body);
  });

  it("is of a team as of an agent, and leaves the work of its members where it was done", async () => {
    const session_id = newId();
    const delegation = toolCall("delegate_task_to_member", { member_id: "triage", task: "sort it" });
    model.next([delegation], "urgent", "It is urgent.");
    const { body } = await call("POST", "/teams/support/runs", { message: "help", session_id, stream: false });
    const at = "teams/support";
    const team = { session_id, run_id: body.run_id, at };

    const forked = (await goOn(team, { fork: true, input: "why" })).body;
    expect(shown(lastCall())).toEqual([
      "user: help",
      "assistant: null",
      "tool: urgent",
      "assistant: It is urgent.",
      "user: why",
    ]);
    expect(forked).toMatchObject({ status: "COMPLETED", content: "echo: why", member_responses: [] });
    model.next([delegation], "calm", "It is calm.");
    const again = (await goOn(team, { regenerate: true })).body;
    expect(again).toMatchObject({
      content: "It is calm.",
      regenerated_from: team.run_id,
      member_responses: [{ content: "calm", parent_run_id: again.run_id }],
    });
    expect((await readRun({ ...team, run_id: again.run_id })).body).toEqual(again);
    expect((await readRun(team)).body).toMatchObject({
      status: "REGENERATED",
      member_responses: [{ content: "urgent" }],
    });
  });
});

describe("a session that was forked", () => {
  it("goes on by itself, but for what waits for people", async () => {
    const session_id = newId();
    await ran("first", session_id, "operator");
    model.next([toolCall("delete_record", { id: "7" }, { id: "c1" })]);
    const paused = await ran("delete", session_id, "operator");
    const point = gate();
    model.next([hold(point), text("active")]);
    const active = await openRun("active", { session_id, agent: "operator" });
    await point.reached();
    const fork = (await call("POST", `/agents/operator/sessions/${session_id}/fork`)).body.session_id;
    const [first, copy, ...others] = await runsOf(fork);
    expect([first.status, copy.status, others]).toEqual(["COMPLETED", "PAUSED", []]);

    const confirmed = { tools: [{ tool_call_id: "c1", tool_name: "delete_record", confirmed: true }] };
    const theirs = { session_id: fork, run_id: copy.run_id, at: "agents/operator" };
    const refused = await goOn(theirs, confirmed);
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      `Cannot continue run ${copy.run_id}: it is a copy of a paused run`,
    ]);
    model.next("Not today.");
    expect((await goOn(theirs, { regenerate: true })).body).toMatchObject({ status: "COMPLETED" });
    await evictDurableObject(objectOf(fork));
    await ran("next", fork, "operator");
    expect(shown(lastCall())).toEqual([
      "user: first",
      "assistant: echo: first",
      "user: delete",
      "assistant: Not today.",
      "user: next",
    ]);
    const goesOn = await goOn({ ...theirs, run_id: first.run_id }, { fork: true, input: "and" });
    expect(goesOn.body).toMatchObject({ forked_from_run_id: first.run_id, content: "echo: and" });
    expect(shown(lastCall())).toEqual(["user: first", "assistant: echo: first", "user: and"]);

    point.release();
    await active.rest();
    model.next("Deleted.");
    expect((await goOn(paused, confirmed)).body).toMatchObject({ status: "COMPLETED", content: "Deleted." });
    expect(await storyOf(session_id)).toEqual([
      "first → COMPLETED: echo: first",
      "delete → COMPLETED: Deleted.",
      "active → COMPLETED: active",
    ]);
    expect(await runsOf(fork)).toHaveLength(5);
  });
});
