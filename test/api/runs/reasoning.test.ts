import { describe, expect, it } from "vitest";
import { MAX_RUN_REASONING_BYTES } from "../../../src/domain/limits.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import {
  gate,
  hold,
  isNaming,
  isSummarizing,
  scriptModel,
  summary,
  text,
  thinks,
  toolCall,
  usage,
} from "../../support/scripted-model.ts";
import { detailOf, eventually, killObjects, ring, runCalls, runsOf } from "../../support/session-story.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";
import {
  dataOf,
  kept,
  messagesOf,
  read,
  resume,
  shownOf,
  start,
  streamed,
  THOUGHT,
  thinker,
} from "../../support/thinking.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

const model = scriptModel();

describe("what a model thinks", () => {
  it("is streamed beside text, kept on run and messages, and replayed to the byte, live and from D1", async () => {
    const place = { agent: thinker(), session_id: newId() };
    model.next(
      [thinks("I must", " add 🙂."), text("I ", "add."), thinks("Then?"), toolCall("add", {})],
      [thinks("Done."), text("It is 3.")],
    );
    const { runId, events } = await start(place);
    const told = events.map(dataOf).filter(({ event }) => event === "RunContent");
    expect(told.map(({ reasoning_content, content }) => [reasoning_content, content])).toEqual([
      ["I must", ""],
      [" add 🙂.", ""],
      ["", "I "],
      ["", "add."],
      ["Then?", ""],
      ["Done.", ""],
      ["", "It is 3."],
    ]);
    const whole = "I must add 🙂.Then?Done.";
    expect(dataOf(events.at(-1) ?? "")).toMatchObject({ event: "RunCompleted", reasoning_content: whole });
    expect(await resume(place, runId)).toEqual(events);
    await killObjects();
    expect(await resume(place, runId)).toEqual(events);

    expect(await read(place, runId)).toMatchObject({ content: "I add.It is 3.", reasoning_content: whole });
    const [item] = await runsOf(place.session_id);
    expect(item).toMatchObject({ content: "I add.It is 3.", reasoning_content: whole });
    const answers = (await messagesOf(place.session_id)).filter(({ role }) => role === "assistant");
    expect(answers.map(({ reasoning_content }) => reasoning_content)).toEqual(["I must add 🙂.Then?", "Done."]);
    expect(Object.keys(answers[0])).toEqual([
      "id",
      "content",
      "reasoning_content",
      "from_history",
      "stop_after_tool_call",
      "role",
      "tool_calls",
      "metrics",
      "created_at",
      "run_id",
      "run_status",
    ]);
  });

  it("is replayed to whoever resumes while the model thinks, as it goes on", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const point = gate();
    model.next([thinks("First", " second"), hold(point), thinks(" third"), text("Yes.")]);
    const stream = await openRun("think", place);
    await point.reached();
    const second = resume(place, stream.runId);
    point.release();
    const events = (await stream.rest()).map(({ data }) => data);
    expect((await second).map(dataOf)).toEqual(events);
  });

  it("is streamed in member runs, and replayed with their team's run; the leader reads what was said", async () => {
    const ada = member("ada");
    const team = leading([ada]);
    const session_id = newId();
    say(model, {
      leader: [[thinks("Whom?"), delegate(ada, "one")], [text("Ada is done.")]],
      ada: [[thinks(THOUGHT, " of Ada"), text("Do", "ne."), thinks(" Really.")]],
    });
    const { runId, events } = await streamed(`/teams/${team}/runs`, { session_id, message: "go" });
    const told = events.map(dataOf).filter(({ reasoning_content }) => reasoning_content);
    expect(told.map(({ event, reasoning_content }) => [event, reasoning_content])).toEqual([
      ["TeamRunContent", "Whom?"],
      ["RunContent", THOUGHT],
      ["RunContent", " of Ada"],
      ["RunContent", " Really."],
      ["RunCompleted", `${THOUGHT} of Ada Really.`],
      ["TeamRunCompleted", "Whom?"],
    ]);
    await killObjects();
    expect(await resume({ agent: team, session_id }, runId, "teams")).toEqual(events);
    const asked = runCalls(model).at(-1)?.request.messages ?? [];
    expect(asked.at(-1)).toMatchObject({ role: "tool", content: "Done." });
    expect(JSON.stringify(asked)).not.toContain(THOUGHT);
  });

  it("is kept as far as it was told when the run is cancelled; the list shows what the user said", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const point = gate();
    model.next([thinks(THOUGHT, " and"), hold(point)]);
    const stream = await openRun("think", place);
    await point.reached();
    await call("POST", `/agents/${place.agent}/runs/${stream.runId}/cancel?session_id=${place.session_id}`);
    const events = (await stream.rest()).map(({ data }) => data);
    expect(events.at(-1)).toMatchObject({ event: "RunCompleted", reasoning_content: `${THOUGHT} and` });
    expect(await read(place, stream.runId)).toMatchObject({ status: "CANCELLED", reasoning_content: `${THOUGHT} and` });
    expect((await detailOf(place.session_id)).last_message).toMatchObject({ role: "user", text: "think" });
    await killObjects();
    expect((await resume(place, stream.runId)).map(dataOf)).toEqual(events);
  });

  it("is kept as far as it was journaled when the object dies", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const point = gate();
    model.next([thinks(THOUGHT, " and"), toolCall("add", {})], [thinks("More", " of it"), text("So"), hold(point)]);
    const stream = await openRun("think", place);
    await point.reached();
    await stream.until("ToolCallCompleted");
    await new Promise((resolve) => setTimeout(resolve, 700));
    await killObjects();
    await stream.rest().catch(() => []);
    await ring(place.session_id);
    const run = await read(place, stream.runId);
    expect(run).toMatchObject({ status: "ERROR", reasoning_content: `${THOUGHT} andMore of it` });
    const told = (await resume(place, stream.runId)).map(dataOf).filter(({ event }) => event === "RunContent");
    expect(told.map(({ reasoning_content, content }) => reasoning_content || content)).toEqual([
      THOUGHT,
      " and",
      "More",
      " of it",
      "So",
    ]);
  });

  it("is neither told nor kept beyond its bound, and the answer is whole", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const piece = "é".repeat(5_000);
    model.next([thinks(...Array.from({ length: 30 }, () => piece)), thinks("a", "b"), text("Whole", " answer.")]);
    const { runId, events } = await start(place);
    const told = events.map(dataOf).filter(({ event }) => event === "RunContent");
    const thought = told.map(({ reasoning_content }) => reasoning_content).join("");
    expect(new TextEncoder().encode(thought).length).toBe(MAX_RUN_REASONING_BYTES);
    expect((await kept(place.session_id))[0].reasoning_content).toBe(thought);
    expect(await read(place, runId)).toMatchObject({ status: "COMPLETED", content: "Whole answer." });
    await killObjects();
    expect(await resume(place, runId)).toEqual(events);
  });

  it("is no part of names, summaries, search, previews, or the text of a chat's history", async () => {
    const place = {
      agent: thinker({ naming: { after: 1 }, summaries: { every: 1, runWaits: true } }),
      session_id: newId(),
    };
    model.next([thinks(THOUGHT), text("Plain words.")]);
    model.nextNames([thinks(THOUGHT), text('{"name": "Plain Name"}')]);
    model.nextSummaries([thinks(THOUGHT), ...summary("Plain summary")]);
    await start(place, "hello");
    const detail = await eventually(
      () => detailOf(place.session_id),
      ({ session_name }) => session_name === "Plain Name",
    );
    const { chat_history, ...rest } = detail;
    expect(JSON.stringify(rest)).not.toContain(THOUGHT);
    expect(rest.session_summary.summary).toBe("Plain summary");
    expect(chat_history.map(({ content }: Json) => content).join()).not.toContain(THOUGHT);
    const asked = model.calls.filter(({ request }) => isNaming(request) || isSummarizing(request));
    expect(asked).toHaveLength(2);
    expect(JSON.stringify(asked.map(({ request }) => request))).not.toContain(THOUGHT);
    const list = await call("GET", `/sessions?session_id=${place.session_id}`);
    expect(JSON.stringify(list.body)).not.toContain(THOUGHT);
    expect((await call("GET", `/search?q=${THOUGHT}`)).body.data).toEqual([]);
    expect((await call("GET", "/search?q=plain+words")).body.data).toHaveLength(1);
  });

  it("goes back to the model that thought it, and to no other one", async () => {
    const session_id = newId();
    const [one, other] = [thinker({ model: "one" }), thinker({ model: "other" })];
    model.next([thinks(THOUGHT), toolCall("add", {})], "Three.", "Again.", "Never.");
    await run("first", { session_id, agent: one });
    await run("second", { session_id, agent: one });
    await run("third", { session_id, agent: other });
    const [, own, later, others] = runCalls(model).map(({ request }) => JSON.stringify(request));
    expect(own).toContain(THOUGHT);
    expect(later).toContain(THOUGHT);
    expect(others).not.toContain(THOUGHT);
  });

  it("counts in metrics under the names that AgentOS has for it, of runs, messages, sessions and by model", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const told = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
      cost: 0.1,
    };
    model.next([usage(told), toolCall("add", {})], [usage(told), text("3")]);
    const { runId, events } = await start(place);
    const twice = { total_tokens: 30, cache_read_tokens: 8, reasoning_tokens: 6, cost: 0.2 };
    const { metrics, messages } = await read(place, runId);
    expect(metrics).toMatchObject({ ...twice, details: { model: [twice] } });
    const once = { total_tokens: 15, cache_read_tokens: 4, reasoning_tokens: 3, cost: 0.1 };
    expect(messages.at(-1).metrics).toMatchObject(once);
    expect(events.map(dataOf).find(({ event }) => event === "ModelRequestCompleted")).toMatchObject(once);
    expect((await detailOf(place.session_id)).metrics).toMatchObject({ ...twice, details: { model: [twice] } });
  });
});

describe("an agent that keeps its reasoning from callers", () => {
  it("shows nothing of it anywhere, and its provider gets it back", async () => {
    const place = { agent: thinker({ showReasoning: false }), session_id: newId() };
    model.next([thinks(THOUGHT), toolCall("add", {})], "Three.", "Later.");
    const { runId, events } = await start(place);
    expect(events.join("")).not.toContain(THOUGHT);
    expect(await shownOf(place, runId)).not.toContain(THOUGHT);
    const [first] = await kept(place.session_id);
    expect(first).toMatchObject({ reasoning_content: null });
    expect(first.provider_data).toContain(THOUGHT);
    await killObjects();
    await run("go on", place);
    expect(JSON.stringify(runCalls(model).at(-1)?.request)).toContain(THOUGHT);
  });

  it("shows nothing of a member's either", async () => {
    const ada = member("ada", { showReasoning: false });
    const team = leading([ada]);
    const session_id = newId();
    say(model, { leader: [[delegate(ada, "one")], "Done."], ada: [[thinks(THOUGHT), text("Did it.")]] });
    const { runId, events } = await streamed(`/teams/${team}/runs`, { session_id, message: "go" });
    expect(events.join("")).not.toContain(THOUGHT);
    expect((await resume({ agent: team, session_id }, runId, "teams")).join("")).not.toContain(THOUGHT);
    expect(JSON.stringify([await runsOf(session_id), runCalls(model).at(-1)?.request])).not.toContain(THOUGHT);
  });
});
