import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Agent } from "../../../src/domain/agent.ts";
import { MAX_PROVIDER_DATA_BYTES, MAX_RUN_REASONING_BYTES } from "../../../src/domain/limits.ts";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { goOn } from "../../support/continue.ts";
import { call, newId, openRun, run, send } from "../../support/http.ts";
import { confirmed, pauseOf, answer as sayTo, tools } from "../../support/paused-runs.ts";
import { exportOf, importing } from "../../support/portable.ts";
import {
  beside,
  gate,
  hold,
  isNaming,
  isSummarizing,
  scriptModel,
  summary,
  text,
  thinks,
  toolCall,
  until,
  usage,
} from "../../support/scripted-model.ts";
import { detailOf, eventually, killObjects, ring, runCalls, runsOf } from "../../support/session-story.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

const model = scriptModel();

const THOUGHT = "Zweifel";
const ask = defineTool({
  name: "ask",
  description: "Asks.",
  parameters: z.object({}),
  requiresConfirmation: true,
  execute: () => "asked",
});
const add = defineTool({ name: "add", description: "Adds.", parameters: z.object({}), execute: () => "3" });
const thinker = (fields: Partial<Agent> = {}) => testAgent({ naming: { after: 0 }, tools: [add, ask], ...fields });

/** The events of a stream as they came, without the control events of a resume. */
const eventsIn = (stream: string): string[] => stream.split("\n\n").filter((block) => block.startsWith("id: "));
const streamed = async (path: string, body: object): Promise<{ runId: string; events: string[] }> => {
  const response = await send("POST", path, { stream: true, ...body });
  return { runId: response.headers.get("X-Run-Id") ?? "", events: eventsIn(await response.text()) };
};
const dataOf = (event: string): Json => JSON.parse(event.slice(event.indexOf("data: ") + 6));

interface Place {
  agent: string;
  session_id: string;
}
const runsPath = ({ agent }: Pick<Place, "agent">) => `/agents/${agent}/runs`;
const start = ({ agent, session_id }: Place, message = "think") =>
  streamed(runsPath({ agent }), { session_id, message });
const resume = async ({ agent, session_id }: Place, runId: string, at = "agents"): Promise<string[]> =>
  (await streamed(`/${at}/${agent}/runs/${runId}/resume`, { session_id })).events;
const read = async ({ agent, session_id }: Place, runId: string): Promise<Json> =>
  (await call("GET", `${runsPath({ agent })}/${runId}?session_id=${session_id}`)).body;
const messagesOf = async (session_id: string): Promise<Json[]> =>
  (await call("GET", `/sessions/${session_id}/messages`)).body.data;
/** What D1 keeps of the session's answers. */
const kept = async (session_id: string): Promise<Json[]> => {
  const sql =
    "select content, reasoning_content, provider_source, provider_data from messages where session_id = ? and role = 'assistant' order by run_index, message_index";
  return (await env.DB.prepare(sql).bind(session_id).all()).results;
};
/** Everything of the session that callers can see. */
const shownOf = async (place: Place, runId: string): Promise<string> =>
  JSON.stringify([
    await resume(place, runId),
    await read(place, runId),
    await runsOf(place.session_id),
    await messagesOf(place.session_id),
    await detailOf(place.session_id),
    (await call("GET", `/sessions/${place.session_id}/chat-history`)).body,
  ]);

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
    ]);
  });

  it("is replayed to whoever resumes while the model thinks, as it goes on", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const point = gate();
    model.next([thinks("First", " second"), hold(point), thinks(" third"), text("Yes.")]);
    const stream = await openRun("think", place);
    await point.reached();
    await until(() => point.arrivals > 0);
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
    const log = (await runsOf(session_id)).length;
    expect(log).toBe(2);
  });

  it("is kept as far as it was told when the run is cancelled; the list shows what the user said", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const point = gate();
    model.next([thinks(THOUGHT, " and"), hold(point)]);
    const stream = await openRun("think", place);
    await point.reached();
    await call("POST", `${runsPath(place)}/${stream.runId}/cancel?session_id=${place.session_id}`);
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

describe("what a provider says beside the text", () => {
  it("goes back over a pause, days later, from D1", async () => {
    const agent = thinker();
    const session_id = newId();
    model.next([thinks(THOUGHT), toolCall("ask", {})], "Asked.");
    const { body } = await run("ask", { session_id, agent });
    await killObjects();
    const paused = pauseOf(agent, body);
    expect((await sayTo(paused, tools(paused, confirmed))).body.content).toBe("Asked.");
    const sent = runCalls(model)
      .at(-1)
      ?.request.messages.find(({ role }) => role === "assistant");
    expect(sent).toMatchObject({ reasoning_content: THOUGHT });
  });

  it("is copied by a fork, continue_from and regenerate, and comes out and in as it is", async () => {
    const place = { agent: thinker(), session_id: newId() };
    model.next([thinks(THOUGHT), text("I add."), toolCall("add", {})], [thinks("So."), text("Three.")]);
    const { runId } = await start(place);
    const before = await kept(place.session_id);
    expect(before).toMatchObject([
      { content: "I add.", reasoning_content: THOUGHT, provider_data: JSON.stringify({ reasoning_content: THOUGHT }) },
      { content: "Three.", reasoning_content: "So." },
    ]);
    const fork = await call("POST", `/agents/${place.agent}/sessions/${place.session_id}/fork`);
    expect(await kept(fork.body.session_id)).toEqual(before);

    const lines = await exportOf(place.session_id);
    expect(lines).toContain(`"reasoning_content":"${THOUGHT}"`);
    const report = await importing(lines, "?on_conflict=new");
    expect(report).toMatchObject({ imported: 1, errors: [] });
    const copies = `select session_id from messages where session_id not in (?, ?) and content = 'Three.' and reasoning_content = 'So.'`;
    const copy = await env.DB.prepare(copies).bind(place.session_id, fork.body.session_id).first<string>("session_id");
    expect(await kept(copy ?? "")).toEqual(before);

    const older = { session_id: place.session_id, run_id: runId, at: `agents/${place.agent}` };
    model.next("Continued.", "Regenerated.");
    await goOn(older, { fork: true, input: "and now" });
    await goOn(older, { regenerate: true });
    const sent = runCalls(model)
      .slice(-2)
      .map(({ request }) => JSON.stringify(request.messages));
    expect(sent[0]).toContain(THOUGHT);
    const copied = (await kept(place.session_id)).map(({ content, reasoning_content }) => [content, reasoning_content]);
    expect(copied).toContainEqual(["I add.", THOUGHT]);
    expect(copied.filter(([content]) => content === "I add.").length).toBeGreaterThan(1);
  });

  it("is left out whole where it is too large; the message says so, and the run goes on", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const data = "x".repeat(MAX_PROVIDER_DATA_BYTES);
    model.next([beside({ reasoning_details: [{ type: "reasoning.encrypted", data }] }), toolCall("add", {})], "Three.");
    const { runId } = await start(place);
    const run = await read(place, runId);
    expect(run).toMatchObject({ status: "COMPLETED", content: "Three." });
    const flags = run.messages
      .filter(({ role }: Json) => role === "assistant")
      .map((message: Json) => message.provider_data_dropped);
    expect(flags).toEqual([true, undefined]);
    const [first] = await kept(place.session_id);
    expect([first.provider_source === null, first.provider_data]).toEqual([false, null]);
    expect(JSON.stringify(run)).not.toContain("xxxx");
  });

  it("is not shown to callers", async () => {
    const place = { agent: thinker(), session_id: newId() };
    model.next([beside({ reasoning_details: [{ type: "reasoning.encrypted", data: "sealed" }] }), text("Yes.")]);
    const { runId, events } = await start(place);
    expect((await kept(place.session_id))[0].provider_data).toContain("sealed");
    expect(events.join("") + (await shownOf(place, runId))).not.toContain("sealed");
  });
});
