import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { call, names, newId, openRun, run, send, streamRun } from "../../support/http.ts";
import {
  chunk,
  finish,
  lastUser,
  never,
  raw,
  scriptModel,
  text,
  toolCall,
  until,
} from "../../support/scripted-model.ts";

const model = scriptModel();
const KB = 1024;
const MB = 1024 * KB;
const bytes = (value: string) => new TextEncoder().encode(value).length;

/** The session's newest run, as it is stored. */
async function stored(session_id: string) {
  const { body } = await call("GET", `/sessions/${session_id}/runs`);
  return body.at(-1);
}

describe("a tool's result", () => {
  const say = (result: unknown) =>
    defineTool({ name: "say", description: "Says it.", parameters: z.object({}), execute: () => result });

  it.each([
    ["text as it is", "plain", "plain"],
    ["an object as JSON", { a: [1] }, '{"a":[1]}'],
    ["nothing as null", undefined, "null"],
    ["a promise's value", Promise.resolve("later"), "later"],
    ["half a character as U+FFFD", "a\ud800b", "a\ufffdb"],
    ["NUL as it is", "a\0b", "a\0b"],
  ])("is shown to the model: %s", async (_rule, result, shown) => {
    const agent = testAgent({ tools: [say(result)] });
    model.next([toolCall("say", {})], "done");
    const session_id = newId();
    const { body } = await run("go", { agent, session_id });
    expect(body.tools).toMatchObject([{ result: shown, tool_call_error: false }]);
    expect(model.calls[1]?.request.messages.at(-1)).toMatchObject({ role: "tool", content: shown });
    expect((await stored(session_id)).tools).toEqual(body.tools);
  });

  it("is cut at 256 KB, between characters, and says so", async () => {
    const agent = testAgent({ tools: [say("é".repeat(200 * KB))] });
    model.next([toolCall("say", {})], "done");
    const session_id = newId();
    const { body } = await run("go", { agent, session_id });
    const { result } = body.tools[0];
    expect(result).toMatch(/^é+\n\[cut: .*256 KB\]$/);
    expect(bytes(result)).toBeLessThanOrEqual(256 * KB);
    expect(bytes(result)).toBeGreaterThan(256 * KB - 8);
    expect((await stored(session_id)).tools[0].result).toBe(result);
  });

  it("is what went wrong, when a tool is unknown, gets wrong arguments, or throws", async () => {
    const boom = defineTool({
      name: "boom",
      description: "Throws.",
      parameters: z.object({ how: z.enum(["sync", "async", "odd"]) }),
      execute: ({ how }) => {
        if (how === "async") return Promise.reject(new Error("later"));
        if (how === "odd") throw null;
        throw new Error("at once");
      },
    });
    const agent = testAgent({ tools: [boom] });
    const calls: [string, unknown, RegExp][] = [
      ["nothing", {}, /There is no tool named "nothing"/],
      ["boom", "{not json", /not a JSON object/],
      ["boom", "[1]", /not a JSON object/],
      ["boom", { how: "never" }, /do not fit.*how/s],
      ["boom", { how: "sync" }, /failed: at once/],
      ["boom", { how: "async" }, /failed: later/],
      ["boom", { how: "odd" }, /failed/],
    ];
    model.next(
      calls.map(([name, args]) => toolCall(name, args)),
      "I am sorry.",
    );
    const session_id = newId();
    const events = await streamRun("go", { agent, session_id });
    const failures = events.filter((event) => event.event === "ToolCallError");
    expect(failures.map(({ data }) => data.error)).toEqual(calls.map(([, , reason]) => expect.stringMatching(reason)));
    for (const { data } of failures) expect(data.tool).toMatchObject({ tool_call_error: true, result: data.error });
    // The calls of one answer run side by side, so all have started before the first one ends.
    expect(names(events).filter((name) => name.startsWith("ToolCall"))).toEqual([
      ...calls.map(() => "ToolCallStarted"),
      ...calls.flatMap(() => ["ToolCallCompleted", "ToolCallError"]),
    ]);
    expect(events.at(-1)?.data).toMatchObject({ event: "RunCompleted", content: "I am sorry.", finish_reason: "stop" });
    const sent = model.calls[1]?.request.messages ?? [];
    expect(sent.slice(-7).map(({ tool_call_id }) => tool_call_id)).toEqual(
      sent.at(-8)?.tool_calls?.map((made) => made.id),
    );
  });

  it("is a failure where it cannot be written as JSON", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const result of [circular, 1n, { toJSON: () => 1n }]) {
      const agent = testAgent({ tools: [say(result)] });
      model.next([toolCall("say", {})], "done");
      const { body } = await run("go", { agent });
      expect(body).toMatchObject({ status: "COMPLETED", tools: [{ tool_call_error: true }] });
    }
  });

  it("is given the arguments that its schema made, and the run that asks", async () => {
    const seen: unknown[] = [];
    const look = defineTool({
      name: "look",
      description: "Looks.",
      parameters: z.object({ times: z.coerce.number().default(7) }),
      execute: (args, { signal: _, updateState: _change, ...context }) => void seen.push(args, context),
    });
    const agent = testAgent({ tools: [look] });
    const session_id = newId();
    model.next([toolCall("look", "")], "done");
    const { body } = await run("go", { agent, session_id, user_id: "u1", session_state: { k: 1 } });
    const context = {
      sessionId: session_id,
      runId: body.run_id,
      agentId: agent,
      userId: "u1",
      claims: null,
      sessionState: { k: 1 },
    };
    expect(seen).toEqual([{ times: 7 }, context]);
  });
});

describe("a run stops", () => {
  it("when the model still wants tools after the last round", async () => {
    model.respondWith([text("again "), toolCall("add", { a: 1, b: 1 })]);
    const session_id = newId();
    const { body } = await run("go on", { session_id, agent: "operator" });
    expect(body).toMatchObject({ status: "COMPLETED", finish_reason: "tool_rounds", content: "again ".repeat(11) });
    expect(model.calls).toHaveLength(11);
    expect(model.calls.map(({ request }) => request.tool_choice)).toEqual([...Array(10).fill("auto"), "none"]);
    expect(body.tools).toHaveLength(11);
    expect(body.tools.at(-1)).toMatchObject({ tool_call_error: true, result: expect.stringContaining("Not run") });
    // Every call has an answer, so that the session's next prompt is valid.
    model.respondWith("fine");
    await run("and now", { session_id, agent: "operator" });
    const prompt = model.calls[11]?.request.messages ?? [];
    const asked = prompt.flatMap((message) => message.tool_calls?.map((made) => made.id) ?? []);
    expect(prompt.flatMap((message) => message.tool_call_id ?? [])).toEqual(asked);
    expect(asked).toHaveLength(11);
  });

  it("at 1 MB of text, counted as stored, with finish reason length", async () => {
    model.respondWith([text(...Array(40).fill("ü".repeat(16 * KB))), never()]);
    const session_id = newId();
    const { body } = await run("talk without end", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", finish_reason: "length" });
    expect(bytes(body.content)).toBeLessThanOrEqual(MB);
    expect(bytes(body.content)).toBeGreaterThan(0.95 * MB);
    expect((await stored(session_id)).content).toBe(body.content);
    const [asked] = model.callsWith("talk without end");
    await until(() => asked?.aborted === true, "the model to be stopped");
  });

  it("at 1 MB of tool arguments and results", async () => {
    const big = defineTool({
      name: "big",
      description: "Big.",
      parameters: z.object({ pad: z.string().optional() }),
      execute: () => "r".repeat(200 * KB),
    });
    const agent = testAgent({ tools: [big] });
    model.respondWith([toolCall("big", {})]);
    const session_id = newId();
    const { body } = await run("go", { session_id, agent });
    expect(body).toMatchObject({ status: "COMPLETED", finish_reason: "length" });
    const produced = body.tools.reduce((sum: number, tool: { result: string }) => sum + bytes(tool.result), 0);
    expect(produced).toBeLessThanOrEqual(MB);
    expect(body.tools.at(-1).result).toMatch(/output limit/);
    model.respondWith([
      chunk({
        choices: [
          {
            delta: {
              tool_calls: [{ index: 0, id: "c", function: { name: "big", arguments: `{"pad":"${"x".repeat(MB)}"}` } }],
            },
          },
        ],
      }),
    ]);
    const args = await run("go", { session_id: newId(), agent });
    expect(args.body).toMatchObject({ status: "COMPLETED", finish_reason: "length", tools: [] });
  });

  it("at 256 KB of events", async () => {
    const delta = `data: ${JSON.stringify({ choices: [{ delta: { content: "ten letter" } }] })}\n\n`;
    model.respondWith(Array.from({ length: 95 }, () => raw(delta.repeat(1000))));
    const session_id = newId();
    const { body } = await run("go", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", finish_reason: "length" });
    expect(body.content.length).toBeGreaterThan(800_000);
    expect(body.content.length).toBeLessThan(900_000);
    const kept = await stored(session_id);
    expect(kept).toMatchObject({ content: body.content, status: "COMPLETED" });
    expect(kept.events.at(-1)).toMatchObject({ event: "RunCompleted", finish_reason: "length" });
  }, 60_000);

  it("with every call answered, however many the model makes at once", async () => {
    model.next(
      Array.from({ length: 1_200 }, (_, nth) => toolCall("add", { a: nth, b: 1 })),
      "done",
    );
    const session_id = newId();
    const { body } = await run("add a lot", { session_id, agent: "operator" });
    expect(body).toMatchObject({ status: "COMPLETED", content: "done", finish_reason: "stop" });
    expect(body.tools).toHaveLength(1_200);
    expect((await stored(session_id)).tools.at(-1)).toMatchObject({ tool_args: { a: 1_199, b: 1 }, result: "1200" });
  }, 30_000);

  it("for the reason that the model gives", async () => {
    for (const reason of ["length", "content_filter", "stop"]) {
      model.next([text("as far as this"), finish(reason)]);
      const { body } = await run("go");
      expect(body).toMatchObject({ status: "COMPLETED", finish_reason: reason, content: "as far as this" });
    }
  });

  it("without running the tools of an answer that was cut off", async () => {
    model.next([toolCall("add", '{"a":1'), finish("length")]);
    const { body } = await run("go", { agent: "operator" });
    expect(body).toMatchObject({ status: "COMPLETED", finish_reason: "length", tools: [], content: "" });
  });
});

describe("the text of a run", () => {
  it("may be empty", async () => {
    const session_id = newId();
    model.next([]);
    const events = await streamRun("say nothing", { session_id });
    expect(names(events)).toEqual([
      "RunStarted",
      "ModelRequestStarted",
      "ModelRequestCompleted",
      "RunContentCompleted",
      "RunCompleted",
    ]);
    expect(events.at(-1)?.data).toMatchObject({ content: "", finish_reason: "stop" });
    expect(await stored(session_id)).toMatchObject({ status: "COMPLETED", content: "" });
    model.next("fine");
    expect((await run("and now", { session_id })).body.status).toBe("COMPLETED");
  });

  it.each([
    ["NUL", "a\0b"],
    ["control characters", "\u0001\u001b[31m\u007f"],
    ["line breaks of every kind", "a\r\nb\rc\nd\u0085e\u2028f\u2029g\u000bh"],
    ["emoji of many parts", "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 é e\u0301"],
    ["what looks like framing", 'data: {"event":"RunError"}\n\nevent: x\n\n: {'],
    ["quotes and braces", '{"a":"\\"}'],
  ])("is kept to the letter, said and heard: %s", async (_kind, said) => {
    const session_id = newId();
    model.respondWith((request) => [text(lastUser(request))]);
    const stream = await openRun(said, { session_id });
    const events = await stream.rest();
    expect(events.find((event) => event.event === "RunContent")?.data.content).toBe(said);
    expect(events.at(-1)?.data.content).toBe(said);
    const kept = await stored(session_id);
    expect([kept.run_input, kept.content]).toEqual([said, said]);
    const history = await call("GET", `/sessions/${session_id}/chat-history`);
    expect(history.body.data.map((message: { content: string }) => message.content)).toEqual([said, said]);
    const form = await call("POST", "/agents/assistant/runs", new URLSearchParams({ message: said, stream: "false" }));
    expect(form.body.content).toBe(said);
  });

  it("has U+FFFD for half a character", async () => {
    const session_id = newId();
    model.next([chunk({ choices: [{ delta: { content: "x\ud83dy" } }] })]);
    const answer = await send(
      "POST",
      "/agents/assistant/runs",
      `{"message":"\\ud800hi","stream":false,"session_id":"${session_id}"}`,
    );
    expect(await answer.json()).toMatchObject({ content: "x\ufffdy", input: { input_content: "\ufffdhi" } });
    expect(await stored(session_id)).toMatchObject({ content: "x\ufffdy", run_input: "\ufffdhi" });
  });

  it("is whole where a character comes in two halves", async () => {
    const session_id = newId();
    const pieces = ["a\ud83d", "\ude00b\ud83d", "\ude01"];
    model.next(pieces.map((content) => chunk({ choices: [{ delta: { content } }] })));
    const events = await streamRun("hi", { session_id });
    const deltas = events.filter((event) => event.event === "RunContent").map((event) => event.data.content);
    expect(deltas.join("")).toBe("a😀b😁");
    for (const delta of deltas) expect(delta.isWellFormed()).toBe(true);
    expect(await stored(session_id)).toMatchObject({ content: "a😀b😁" });
  });
});

describe("line breaks of other kinds", () => {
  it("keeps an event on one line, also where line breaks are other than LF and CR", async () => {
    // Python's `splitlines`, which httpx reads streams with, breaks a line at each of these.
    model.respondWith((request) => [text(lastUser(request))]);
    const answer = await send("POST", "/agents/assistant/runs", { message: "a\u0085b\u2028c\u2029d\u001ce" });
    const raw = await answer.text();
    expect(raw).not.toMatch(/[\u000b\u000c\u001c-\u001e\u0085\u2028\u2029]/);
    const [, last] = /event: RunCompleted\ndata: (.*)\n\n/.exec(raw) ?? [];
    expect(JSON.parse(last ?? "null")).toMatchObject({ content: "a\u0085b\u2028c\u2029d\u001ce" });
  });
});
