import { describe, expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import { call, EventStream, names, newId, openRun, run, type SentEvent, send, streamRun } from "../../support/http.ts";
import { toolExecution } from "../../support/requirements.ts";
import { cutOff, fail, gate, hold, reset, scriptModel, text, toolCall, usage } from "../../support/scripted-model.ts";

const model = scriptModel();
const RUNS = "/agents/assistant/runs";
const INT = expect.any(Number);
const TOKENS = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
const REQUEST_METRICS = { ...TOKENS, reasoning_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };
const MODEL = { model: "gpt-5-mini", model_provider: "OpenAI" };
const TEXT_DELTA = { workflow_agent: false, content_type: "str", reasoning_content: "" };

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

/** The same fields in every way that a client may send them. */
const bodies = (fields: Record<string, string>): [string, BodyInit | object][] => [
  ["multipart", form(fields)],
  ["urlencoded", new URLSearchParams(fields)],
  ["JSON", fields],
];

/** Checks the fields that all events have, and answers what each event says beyond them. */
function told(events: SentEvent[], run_id: string, session_id: string): object[] {
  return events.map(({ id, event, data }, nth) => {
    const {
      created_at,
      event: name,
      agent_id,
      agent_name,
      run_id: run,
      session_id: session,
      nested_depth,
      event_index,
      ...own
    } = data;
    expect({ id, event, name, agent_id, agent_name, run, session, nested_depth, event_index }).toEqual({
      id: nth,
      event,
      name: event,
      agent_id: expect.any(String),
      agent_name: expect.any(String),
      run: run_id,
      session: session_id,
      nested_depth: 0,
      event_index: nth,
    });
    expect(Number.isInteger(created_at) && Math.abs(created_at - Date.now() / 1000) < 60).toBe(true);
    expect(Object.keys(data).at(-1)).toBe("event_index");
    expect(Object.values(data)).not.toContain(null);
    return { event, ...own };
  });
}

describe("POST /agents/{agent_id}/runs", () => {
  it("takes multipart, urlencoded and JSON alike, and streams unless told otherwise", async () => {
    for (const [kind, body] of bodies({ message: "hi", session_id: "", session_state: '{"k":[1]}' })) {
      const response = await send("POST", RUNS, body);
      expect([kind, response.status, response.headers.get("Content-Type")]).toEqual([
        kind,
        200,
        "text/event-stream; charset=utf-8",
      ]);
      const events = await new EventStream(response).rest();
      expect(events.at(-1)).toMatchObject({
        event: "RunCompleted",
        data: { content: "echo: hi", session_state: { k: [1] } },
      });
      expect(events[0]?.data.session_id).toBe(response.headers.get("X-Session-Id"));
    }
  });

  it("answers whole without a stream, in all three", async () => {
    for (const [, body] of bodies({ message: "hi", stream: "False", unknown_field: "ignored" })) {
      const { status, body: answer } = await call("POST", RUNS, body);
      expect([status, answer.status, answer.content]).toEqual([200, "COMPLETED", "echo: hi"]);
    }
  });

  it("answers AgentOS's run output", async () => {
    const [session_id, user_id] = [newId(), newId()];
    model.next("Hello there. How can I help?");
    const { body } = await run("hi", { session_id, user_id });
    const message = { id: expect.any(String), from_history: false, stop_after_tool_call: false, created_at: INT };
    expect(body).toEqual({
      run_id: expect.any(String),
      agent_id: "assistant",
      agent_name: "Assistant",
      session_id,
      user_id,
      content: "Hello there. How can I help?",
      content_type: "str",
      ...MODEL,
      model_name: "OpenAIChat",
      session_state: {},
      session_cache: "miss",
      created_at: INT,
      status: "COMPLETED",
      finish_reason: "stop",
      metrics: {
        ...TOKENS,
        time_to_first_token: INT,
        duration: INT,
        details: { model: [{ ...TOKENS, id: "gpt-5-mini", provider: "OpenAI" }] },
        timings: { queue: INT, hydrate: INT, accept: INT, model: INT },
      },
      messages: [
        { ...message, role: "system", content: expect.stringContaining("You are a helpful assistant.") },
        { ...message, role: "user", content: "hi" },
        {
          ...message,
          role: "assistant",
          content: "Hello there. How can I help?",
          metrics: { ...TOKENS, time_to_first_token: INT },
        },
      ],
      tools: [],
      input: { input_content: "hi" },
    });
  });

  it("has the ids, the cache and the times in its headers", async () => {
    const session_id = newId();
    const first = await run("one", { session_id });
    const second = await openRun("two", { session_id });
    await second.rest();
    const header = (name: string) => [first.headers.get(name), second.response.headers.get(name)];
    expect(header("X-Session-Id")).toEqual([session_id, session_id]);
    expect(header("X-Run-Id")).toEqual([first.body.run_id, expect.any(String)]);
    expect(header("X-Session-Cache")).toEqual(["miss", "hit"]);
    const [whole, streamed] = header("Server-Timing").map((value) => value?.replace(/dur=\d+(\.\d)?/g, "dur"));
    expect(whole).toBe("queue;dur, hydrate;dur, accept;dur, settle;dur");
    expect(streamed).toBe("queue;dur, hydrate;dur, accept;dur");
    expect(second.response.headers.get("Cache-Control")).toContain("no-transform");
  });

  it("reads the session anew each time for an agent that does not cache", async () => {
    const agent = testAgent({ cacheSession: false });
    const session_id = newId();
    await run("one", { session_id, agent });
    const { body, headers } = await run("two", { session_id, agent });
    expect([body.session_cache, headers.get("X-Session-Cache")]).toEqual(["bypass", "bypass"]);
  });

  it("merges the state that it is given over the session's, key by key, and keeps it", async () => {
    const session_id = newId();
    const states = [{ a: 1, deep: { x: 1 } }, { b: 2, deep: { y: 2 } }, undefined, {}];
    const merged = [
      { a: 1, deep: { x: 1 } },
      { a: 1, b: 2, deep: { y: 2 } },
    ];
    const expected = [...merged, merged[1], merged[1]];
    for (const [nth, session_state] of states.entries()) {
      const { body } = await run("go", { session_id, ...(session_state && { session_state }) });
      expect(body.session_state).toEqual(expected[nth]);
    }
    expect((await call("GET", `/sessions/${session_id}`)).body.session_state).toEqual(merged[1]);
    const runs = (await call("GET", `/sessions/${session_id}/runs`)).body;
    expect(runs.map((item: { session_state: object }) => item.session_state)).toEqual(expected);
  });

  it("lets a second agent use a session, which stays the first one's", async () => {
    const session_id = newId();
    model.next("one", "two");
    await run("from me", { session_id });
    const { body } = await run("from me too", { session_id, agent: "operator" });
    expect(body.agent_id).toBe("operator");
    expect((await call("GET", `/sessions/${session_id}`)).body).toMatchObject({
      agent_id: "assistant",
      agent_data: { agent_id: "assistant" },
    });
    expect(model.callsWith("from me too")[0]?.request.messages.map(({ role, content }) => [role, content])).toEqual([
      ["system", expect.stringContaining("You are a careful operator.")],
      ["user", "from me"],
      ["assistant", "one"],
      ["user", "from me too"],
    ]);
  });

  it("does not find an agent that is not there", async () => {
    const answers = await Promise.all([
      call("POST", "/agents/nobody/runs", { message: "unheard" }),
      call("GET", "/agents/nobody/runs?session_id=s"),
      call("GET", "/agents/nobody/runs/r?session_id=s"),
      call("POST", "/agents/nobody/runs/r/cancel"),
      call("POST", "/agents/constructor/runs", { message: "unheard" }),
    ]);
    for (const { status, body } of answers) expect([status, body.detail]).toEqual([404, "Agent not found"]);
    expect(model.callsWith("unheard")).toEqual([]);
  });
});

describe("the events of a run", () => {
  it("are AgentOS's, of a text", async () => {
    const session_id = newId();
    model.next([text("Hel", "lo"), usage({ prompt_tokens_details: { cached_tokens: 4 } })]);
    const stream = await openRun("hi", { session_id });
    const events = await stream.rest();
    expect(told(events, stream.runId, session_id)).toEqual([
      { event: "RunStarted", ...MODEL, session_cache: "miss" },
      { event: "ModelRequestStarted", ...MODEL },
      { event: "RunContent", content: "Hel", ...TEXT_DELTA },
      { event: "RunContent", content: "lo", ...TEXT_DELTA },
      { event: "ModelRequestCompleted", ...MODEL, ...REQUEST_METRICS, cache_read_tokens: 4, time_to_first_token: INT },
      { event: "RunContentCompleted" },
      {
        event: "RunCompleted",
        content: "Hello",
        content_type: "str",
        session_state: {},
        metrics: expect.objectContaining({
          ...TOKENS,
          cache_read_tokens: 4,
          duration: INT,
          timings: expect.any(Object),
        }),
        finish_reason: "stop",
      },
    ]);
  });

  it("are AgentOS's, of a tool call", async () => {
    const session_id = newId();
    model.next([toolCall("add", { a: 1, b: 2 }, { id: "call_1" })], "It is 3.");
    const stream = await openRun("1 + 2?", { session_id, agent: "operator" });
    const events = await stream.rest();
    const tool = {
      ...toolExecution,
      tool_call_id: "call_1",
      tool_name: "add",
      tool_args: { a: 1, b: 2 },
      created_at: INT,
    };
    const done = {
      ...tool,
      tool_call_error: false,
      result: "3",
      metrics: { start_time: INT, end_time: INT, duration: INT },
    };
    const deltas = ["It", " is", " 3."].map((content) => ({ event: "RunContent", content, ...TEXT_DELTA }));
    expect(told(events, stream.runId, session_id)).toEqual([
      { event: "RunStarted", ...MODEL, session_cache: "miss" },
      { event: "ModelRequestStarted", ...MODEL },
      { event: "ModelRequestCompleted", ...MODEL, ...REQUEST_METRICS },
      { event: "ToolCallStarted", tool },
      {
        event: "ToolCallCompleted",
        tool: done,
        content: expect.stringMatching(/^add\(a=1, b=2\) completed in \d+\.\d{4}s\. $/),
      },
      { event: "ModelRequestStarted", ...MODEL },
      ...deltas,
      { event: "ModelRequestCompleted", ...MODEL, ...REQUEST_METRICS, time_to_first_token: INT },
      { event: "RunContentCompleted" },
      expect.objectContaining({
        event: "RunCompleted",
        content: "It is 3.",
        metrics: expect.objectContaining({ input_tokens: 20, output_tokens: 10, total_tokens: 30 }),
      }),
    ]);
    expect(Object.keys(events[3]?.data.tool)).toEqual(Object.keys(tool));
    const stored = await call("GET", `/agents/operator/runs/${stream.runId}?session_id=${session_id}`);
    expect(stored.body.tools).toEqual([events[4]?.data.tool]);
    expect(stored.body.messages.map((message: { role: string }) => message.role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
  });

  it("are AgentOS's, of a failure", async () => {
    const session_id = newId();
    model.respondWith([fail(400, "no such model")]);
    const stream = await openRun("hi", { session_id });
    const events = told(await stream.rest(), stream.runId, session_id);
    expect(events).toEqual([
      { event: "RunStarted", ...MODEL, session_cache: "miss" },
      { event: "ModelRequestStarted", ...MODEL },
      { event: "RunError", content: expect.any(String), error_type: "model_provider_error" },
    ]);
    const whole = await run("hi", { session_id });
    expect([whole.status, whole.body]).toMatchObject([
      200,
      { status: "ERROR", error_type: "model_provider_error", content: (events[2] as { content: string }).content },
    ]);
  });

  it("are AgentOS's, of a cancelled run", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("Once upon"), hold(point), text(" a time")]);
    const stream = await openRun("a story", { session_id });
    const first = [];
    for (let event = await stream.next(); event?.event !== "RunContent"; event = await stream.next()) first.push(event);
    expect((await call("POST", `${RUNS}/${stream.runId}/cancel?session_id=${session_id}`)).body).toEqual({});
    const rest = await stream.rest();
    expect(names(rest)).toEqual(["RunCancelled", "RunCompleted"]);
    expect(rest[0]?.data).toMatchObject({ reason: `Run ${stream.runId} was cancelled`, content: "Once upon" });
    expect(rest[1]?.data).toMatchObject({ content: "Once upon" });
    expect(rest.map((event) => event.id)).toEqual([3, 4]);
    const stored = await call("GET", `${RUNS}/${stream.runId}?session_id=${session_id}`);
    expect(stored.body).toMatchObject({ status: "CANCELLED", content: "Once upon" });
    expect(stored.body.messages.at(-1)).toMatchObject({ role: "assistant", content: "Once upon" });
  });

  it("keep what had come when the model's answer breaks off", async () => {
    for (const broken of [cutOff(), reset()]) {
      const session_id = newId();
      model.next([text("half an ans"), broken]);
      const events = await streamRun("hi", { session_id });
      expect(names(events)).toEqual(["RunStarted", "ModelRequestStarted", "RunContent", "RunError"]);
      const [stored] = (await call("GET", `/sessions/${session_id}/runs`)).body;
      expect(stored).toMatchObject({ status: "ERROR", content: events[3]?.data.content });
      expect(stored.messages.at(-1)).toMatchObject({ role: "assistant", content: "half an ans" });
    }
  });

  it("are only content and the end with stream_events=false", async () => {
    model.next([toolCall("add", { a: 1, b: 2 })], "It is 3.");
    const stream = await openRun("1 + 2?", { agent: "operator", stream_events: false });
    const events = await stream.rest();
    expect(names(events)).toEqual(["RunContent", "RunContent", "RunContent", "RunCompleted"]);
    expect(events.map((event) => event.id)).toEqual([6, 7, 8, 11]);
  });

  it("are framed as a line of name and a line of JSON each, without any other end than the stream's", async () => {
    model.next("one two");
    const raw = await (await send("POST", RUNS, new URLSearchParams({ message: "hi" }))).text();
    const blocks = raw.split("\n\n");
    expect(blocks.pop()).toBe("");
    for (const [nth, block] of blocks.entries()) {
      const [id, event, data, ...rest] = block.split("\n");
      expect([id, rest]).toEqual([`id: ${nth}`, []]);
      expect(event).toBe(`event: ${JSON.parse(data?.slice("data: ".length) ?? "").event}`);
      expect(data).toMatch(/^data: \{"created_at":\d+,"event":"/);
      expect(JSON.parse(data?.slice("data: ".length) ?? "")).not.toHaveProperty("data");
    }
  });

  it("are listed with the run as they were streamed, without the deltas", async () => {
    const session_id = newId();
    model.next([toolCall("add", "[1]"), toolCall("nothing", {})], "Well.");
    const events = await streamRun("go", { session_id, agent: "operator" });
    const [stored] = (await call("GET", `/sessions/${session_id}/runs`)).body;
    expect(stored.events).toEqual(events.map((event) => event.data).filter((data) => data.event !== "RunContent"));
  });
});

describe("reading an agent's runs", () => {
  it("lists this agent's runs of the session, narrowed by status", async () => {
    const session_id = newId();
    model.next("fine", [cutOff()], "also fine");
    const first = await run("one", { session_id });
    const second = await run("two", { session_id });
    await run("three", { session_id, agent: "operator" });
    const ids = async (query: string) => {
      const { body } = await call("GET", `${RUNS}?session_id=${session_id}${query}`);
      return body.map((item: { run_id: string }) => item.run_id);
    };
    expect(await ids("")).toEqual([first.body.run_id, second.body.run_id]);
    expect(await ids("&status=ERROR")).toEqual([second.body.run_id]);
    expect(await ids("&status=PAUSED")).toEqual([]);
    const listed = await call("GET", `${RUNS}?session_id=${session_id}`);
    expect(listed.body).toEqual((await call("GET", `/sessions/${session_id}/runs`)).body.slice(0, 2));
  });

  it("does not find a session that is not there, or another agent's without runs of this one", async () => {
    const { body } = await call("POST", "/sessions", { agent_id: "operator" });
    for (const id of [newId(), body.session_id]) {
      const answer = await call("GET", `${RUNS}?session_id=${id}`);
      expect([answer.status, answer.body.detail]).toEqual([404, "Session not found"]);
    }
    expect((await call("GET", `/agents/operator/runs?session_id=${body.session_id}`)).body).toEqual([]);
  });

  it("needs the session's id", async () => {
    for (const path of [RUNS, `${RUNS}/some-run`]) {
      const answer = await call("GET", path);
      expect([answer.status, answer.body.detail]).toEqual([
        422,
        [{ type: "missing", loc: ["query", "session_id"], msg: "Field required", input: null }],
      ]);
    }
  });

  it("gives one run as it was answered, and says when there is none", async () => {
    const session_id = newId();
    const { body } = await run("hi", { session_id, user_id: "u" });
    const read = await call("GET", `${RUNS}/${body.run_id}?session_id=${session_id}`);
    expect([read.status, read.body]).toEqual([200, body]);
    const others = [
      `${RUNS}/${newId()}?session_id=${session_id}`,
      `${RUNS}/${body.run_id}?session_id=${newId()}`,
      `/agents/operator/runs/${body.run_id}?session_id=${session_id}`,
    ];
    for (const path of others) {
      const answer = await call("GET", path);
      expect([answer.status, answer.body.detail]).toEqual([404, "Run not found"]);
    }
  });

  it("shows a run that goes on, and one that waits", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("so far"), hold(point)]);
    const running = await openRun("first", { session_id });
    await running.until("RunContent");
    const waiting = await openRun("second", { session_id, session_state: { k: 1 } });
    const read = async ({ runId }: EventStream) =>
      (await call("GET", `${RUNS}/${runId}?session_id=${session_id}`)).body;
    expect(await read(running)).toMatchObject({ status: "RUNNING", input: { input_content: "first" }, ...MODEL });
    expect(await read(waiting)).toMatchObject({ status: "PENDING", input: { input_content: "second" }, messages: [] });
    expect(waiting.response.headers.get("X-Session-Cache")).toBeNull();
    point.release();
    await Promise.all([running.rest(), waiting.rest()]);
    expect((await read(waiting)).status).toBe("COMPLETED");
  });
});

describe("POST /agents/{agent_id}/runs/{run_id}/cancel", () => {
  it("cancels by the run's id alone, also a run that waits", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("x"), hold(point)]);
    const running = await openRun("first", { session_id });
    await running.until("RunContent");
    const waiting = await openRun("second", { session_id });
    for (const { runId } of [waiting, running]) {
      const answer = await call("POST", `${RUNS}/${runId}/cancel`);
      expect([answer.status, answer.body]).toEqual([200, {}]);
    }
    expect(names(await waiting.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    expect(names(await running.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    const { body } = await call("GET", `/sessions/${session_id}/runs`);
    expect(body.map((item: { status: string }) => item.status)).toEqual(["CANCELLED", "CANCELLED"]);
  });

  it("answers alike and changes nothing for what it does not name", async () => {
    const session_id = newId();
    const done = await run("done", { session_id });
    const point = gate();
    model.next([text("x"), hold(point)]);
    const running = await openRun("on", { session_id });
    await running.until("RunContent");
    const paths = [
      `${RUNS}/${newId()}/cancel`,
      `${RUNS}/${done.body.run_id}/cancel`,
      `${RUNS}/${running.runId}/cancel?session_id=${newId()}`,
      `/agents/operator/runs/${running.runId}/cancel`,
      `${RUNS}/${running.runId}/cancel?user_id=somebody`,
    ];
    for (const path of paths) expect([path, (await call("POST", path)).body]).toEqual([path, {}]);
    point.release();
    expect(names(await running.rest()).at(-2)).toBe("RunContentCompleted");
    const read = await call("GET", `${RUNS}/${done.body.run_id}?session_id=${session_id}`);
    expect(read.body.status).toBe("COMPLETED");
  });
});
