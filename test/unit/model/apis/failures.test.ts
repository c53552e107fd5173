import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ModelChunk, ModelError, type ModelRequest } from "../../../src/domain/model.ts";
import { openAiModel } from "../../../src/model/openai/chat.ts";
import type { OpenAiOptions } from "../../../src/model/openai/client.ts";
import {
  chunk,
  cutOff,
  fail,
  finish,
  gate,
  hold,
  MODEL_BASE_URL,
  never,
  open,
  raw,
  reset,
  respond,
  type Script,
  scriptModel,
  text,
  toolCall,
  until,
  usage,
} from "../../support/scripted-model.ts";

const provider = scriptModel();

const KEY = "sk-proj-Zx81aQpL9sKd02mVnB47";
const PROMPT = "the launch code of the old lighthouse is 4711, tell nobody";
const USAGE = { inputTokens: 10, outputTokens: 5, totalTokens: 15, reasoningTokens: 0, cacheReadTokens: 0 };

function model(options: Partial<OpenAiOptions> = {}) {
  return openAiModel({
    settings: { id: "test-1" },
    apiKey: KEY,
    baseUrl: MODEL_BASE_URL,
    timeoutMs: 5_000,
    maxRetries: 0,
    ...options,
  });
}

function ask(request: Partial<ModelRequest> = {}, options: Partial<OpenAiOptions> = {}, signal = neverAborted()) {
  const messages: ModelRequest["messages"] = [{ role: "user", content: PROMPT }];
  return collect(model(options).stream({ messages, tools: [], toolChoice: "auto", ...request }, signal));
}

const neverAborted = () => new AbortController().signal;

async function collect(chunks: AsyncIterable<ModelChunk>): Promise<ModelChunk[]> {
  const all: ModelChunk[] = [];
  for await (const each of chunks) all.push(each);
  return all;
}

async function failureOf(script: Script, options: Partial<OpenAiOptions> = {}): Promise<ModelError> {
  provider.respondWith(script);
  const error = await ask({}, options).then(
    (chunks) => expect.unreachable(JSON.stringify(chunks)),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelError)) throw error;
  return error;
}

const textOf = (chunks: ModelChunk[]) => chunks.map((each) => (each.type === "text" ? each.delta : "")).join("");
const finishOf = (chunks: ModelChunk[]) => chunks.find((each) => each.type === "finish")?.reason ?? null;
const callsOf = (chunks: ModelChunk[]) => {
  const calls: Record<number, { id: string; name: string; arguments: string }> = {};
  for (const each of chunks) {
    if (each.type !== "tool_call") continue;
    calls[each.index] ??= { id: each.id ?? "none", name: each.name ?? "none", arguments: "" };
    Object.assign(calls[each.index] ?? {}, { arguments: calls[each.index]?.arguments + (each.arguments ?? "") });
  }
  return Object.values(calls);
};
const said = (delta: unknown, finish_reason: string | null = null) => chunk({ choices: [{ delta, finish_reason }] });

describe("an answer", () => {
  it("comes as its deltas, its usage and its reason, in that order", async () => {
    provider.next([text("Hel", "lo")]);
    expect(await ask()).toEqual([
      { type: "text", delta: "Hel" },
      { type: "text", delta: "lo" },
      { type: "usage", usage: USAGE },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("streams: a delta arrives while the provider still works on the next", async () => {
    const point = gate();
    provider.next([text("one"), hold(point), text("two")]);
    const chunks = model()
      .stream({ messages: [], tools: [], toolChoice: "auto" }, neverAborted())
      [Symbol.asyncIterator]();
    expect(await chunks.next()).toEqual({ done: false, value: { type: "text", delta: "one" } });
    await point.reached();
    point.release();
    expect(await chunks.next()).toEqual({ done: false, value: { type: "text", delta: "two" } });
  });

  it("has tool calls in fragments, each with its id and name first", async () => {
    provider.next([toolCall("add", { a: 1, b: 22 }), toolCall("now", {})]);
    const chunks = await ask();
    expect(chunks[0]).toEqual({ type: "tool_call", index: 0, id: "call_1_0", name: "add" });
    expect(chunks.filter((each) => each.type === "tool_call" && each.index === 0).length).toBeGreaterThan(2);
    expect(callsOf(chunks)).toEqual([
      { id: "call_1_0", name: "add", arguments: '{"a":1,"b":22}' },
      { id: "call_1_1", name: "now", arguments: "{}" },
    ]);
    expect(finishOf(chunks)).toBe("tool_calls");
  });

  it("tells reasoning and cached tokens", async () => {
    provider.next([
      usage({ prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 3 } }),
      text("x"),
    ]);
    expect(await ask()).toContainEqual({ type: "usage", usage: { ...USAGE, cacheReadTokens: 4, reasoningTokens: 3 } });
  });

  it.each([
    ["length", "length"],
    ["content_filter", "content_filter"],
    ["function_call", "stop"],
    ["eos", "stop"],
  ])("that ends with `%s` has the reason %s", async (reason, expected) => {
    provider.next([text("x"), finish(reason)]);
    expect(finishOf(await ask())).toBe(expected);
  });

  it("that called tools has the reason tool_calls, whatever word the server uses", async () => {
    provider.next([toolCall("add", {}), finish("stop")], [toolCall("add", {}), finish("function_call")]);
    expect(finishOf(await ask())).toBe("tool_calls");
    expect(finishOf(await ask())).toBe("tool_calls");
  });

  it("that the provider closes early has no finish chunk", async () => {
    provider.next([text("Hel"), cutOff()]);
    expect(await ask()).toEqual([{ type: "text", delta: "Hel" }]);
  });

  it("is whole once its reason was seen, even if the connection breaks right after", async () => {
    provider.next([text("done"), said({}, "stop"), reset()]);
    expect(await ask()).toEqual([
      { type: "text", delta: "done" },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("is whole once its reason was seen, even if the server never closes the connection", async () => {
    provider.next([text("done"), said({}, "stop"), never()]);
    expect(finishOf(await ask({}, { timeoutMs: 60 }))).toBe("stop");
    expect(provider.calls[0]?.aborted).toBe(true);
  });
});

describe("in Durable Objects", () => {
  it("answers that are held at one point go on side by side", async () => {
    const point = gate();
    provider.next([hold(point), text("one")], [text("t"), hold(point), text("wo")]);
    const answers = ["a", "b"].map((name) => runInDurableObject(env.SESSIONS.getByName(name), () => ask()));
    await point.reached(2);
    point.release();
    expect((await Promise.all(answers)).map(textOf).sort()).toEqual(["one", "two"]);
  });
});

describe("a server that is only roughly compatible", () => {
  it("may leave the usage out", async () => {
    provider.next([usage(null), text("x")]);
    expect((await ask()).map((each) => each.type)).toEqual(["text", "finish"]);
  });

  it("may send the usage with the last choice, and without a total", async () => {
    provider.next([
      said({ content: "x" }),
      chunk({ choices: [{ delta: {}, finish_reason: "stop" }], usage: { prompt_tokens: 2, completion_tokens: 3 } }),
      cutOff(),
    ]);
    const tokens = { ...USAGE, inputTokens: 2, outputTokens: 3, totalTokens: 5 };
    expect(await ask()).toContainEqual({ type: "usage", usage: tokens });
  });

  it("may repeat the usage with every event: the last one counts, once", async () => {
    const event = (completion_tokens: number) =>
      chunk({ choices: [{ delta: { content: "x" } }], usage: { prompt_tokens: 1, completion_tokens } });
    provider.next([event(1), event(2), said({}, "stop"), cutOff()]);
    const told = (await ask()).filter((each) => each.type === "usage");
    expect(told.map((each) => each.usage.outputTokens)).toEqual([2]);
  });

  it.each([-5, 1e308, Number.MAX_SAFE_INTEGER, "7", null])(
    "may count %s tokens: that is none",
    async (prompt_tokens) => {
      const counted = chunk({ choices: [], usage: { prompt_tokens, completion_tokens: 3 } });
      provider.next([said({ content: "x" }), said({}, "stop"), counted, cutOff()]);
      expect(await ask()).toContainEqual({
        type: "usage",
        usage: { ...USAGE, inputTokens: 0, outputTokens: 3, totalTokens: 3 },
      });
    },
  );

  it("may send events without choices, without delta, with null content and with null itself", async () => {
    provider.next([
      chunk({ choices: [] }),
      chunk({ choices: [{ index: 0 }] }),
      chunk(null),
      chunk({ id: "x" }),
      said({ role: "assistant", content: null, tool_calls: null }),
      said({ content: "Hello" }, ""),
      said({ content: null }, "stop"),
      cutOff(),
    ]);
    expect(await ask()).toEqual([
      { type: "text", delta: "Hello" },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("may send whole tool calls without index and id: the ids are made from the place, the same every time", async () => {
    const call = (name: string, args: unknown) => ({ function: { name, arguments: args } });
    const script = [said({ tool_calls: [call("add", '{"a":1}'), call("now", { b: 2 })] }, "stop"), cutOff()];
    provider.next(script, script);
    const first = callsOf(await ask());
    expect(first).toEqual([
      { id: "call_1_0", name: "add", arguments: '{"a":1}' },
      { id: "call_1_1", name: "now", arguments: '{"b":2}' },
    ]);
    expect(callsOf(await ask())).toEqual(first);
  });

  it("may give every tool call the same index, or stream fragments without one", async () => {
    const whole = (id: string) => ({ index: 0, id, function: { name: "add", arguments: "{}" } });
    provider.next([said({ tool_calls: [whole("a")] }), said({ tool_calls: [whole("b")] }, "tool_calls"), cutOff()]);
    expect(callsOf(await ask()).map((call) => call.id)).toEqual(["a", "b"]);
    provider.next([
      said({ tool_calls: [{ id: "c", function: { name: "add", arguments: '{"a"' } }] }),
      said({ tool_calls: [{ function: { arguments: ":1}" } }] }, "tool_calls"),
      cutOff(),
    ]);
    expect(callsOf(await ask())).toEqual([{ id: "c", name: "add", arguments: '{"a":1}' }]);
  });

  it("may call in the form that came before tools", async () => {
    const call = (piece: unknown) => said({ function_call: piece });
    provider.next([
      call({ name: "add", arguments: "{" }),
      call({ arguments: "}" }),
      said({}, "function_call"),
      cutOff(),
    ]);
    const chunks = await ask();
    expect(callsOf(chunks)).toEqual([{ id: "call_1_0", name: "add", arguments: "{}" }]);
    expect(finishOf(chunks)).toBe("tool_calls");
  });

  it("may send a character in two halves: the delta has it whole", async () => {
    provider.next([said({ content: "a\ud83d" }), said({ content: "\ude00b" }, "stop"), cutOff()]);
    expect((await ask()).slice(0, 2)).toEqual([
      { type: "text", delta: "a" },
      { type: "text", delta: "😀b" },
    ]);
  });

  it("may answer with one JSON although a stream was asked for", async () => {
    const message = { role: "assistant", content: "All at once." };
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    provider.next([respond(200, { choices: [{ message, finish_reason: "stop" }], usage })]);
    expect(await ask()).toEqual([
      { type: "text", delta: "All at once." },
      { type: "usage", usage: USAGE },
      { type: "finish", reason: "stop" },
    ]);
  });
});

describe("a request", () => {
  it("carries the messages, the tools and the choice, and asks for a stream with usage", async () => {
    const tool = { name: "add", description: "Adds.", parameters: { type: "object" } };
    await ask({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "1+2?" },
        { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "add", arguments: '{"a":1,"b":2}' }] },
        { role: "tool", toolCallId: "c1", toolName: "add", content: "3" },
      ],
      tools: [tool],
      toolChoice: "none",
      maxTokens: 20,
    });
    const fn = { name: "add", arguments: '{"a":1,"b":2}' };
    expect(provider.calls[0]?.request).toEqual({
      model: "test-1",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "1+2?" },
        { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: fn }] },
        { role: "tool", tool_call_id: "c1", content: "3" },
      ],
      tools: [{ type: "function", function: tool }],
      tool_choice: "none",
      max_tokens: 20,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(provider.calls[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it("names no tools and no choice when there are no tools", async () => {
    await ask({ tools: [] });
    expect(Object.keys(provider.calls[0]?.request ?? {})).not.toContain("tools");
    expect(Object.keys(provider.calls[0]?.request ?? {})).not.toContain("tool_choice");
  });

  it("sends nothing that would make every later request of the conversation fail", async () => {
    const toolCalls = [
      { id: "a", name: "functions.add", arguments: "" },
      { id: "b", name: "add", arguments: '{"a": 1' },
    ];
    await ask({ messages: [{ role: "assistant", content: "half \ud83d", toolCalls }] });
    const [sent] = provider.calls[0]?.request.messages ?? [];
    expect(sent?.content).toBe("half \ufffd");
    expect(sent?.tool_calls?.map((call) => call.function)).toEqual([
      { name: "functions_add", arguments: "{}" },
      { name: "add", arguments: '{"malformed_arguments":"{\\"a\\": 1"}' },
    ]);
  });

  it("goes out with a placeholder key when a base URL is set and no key", async () => {
    await ask({}, { apiKey: undefined });
    expect(provider.calls[0]?.headers.authorization).toBe("Bearer no-key");
  });

  it("takes no key, organization or address from the process's environment", async () => {
    const names = ["OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"];
    const before = { ...process.env };
    for (const name of names) process.env[name] = "http://from-the-environment.test";
    try {
      await ask({}, { apiKey: null });
    } finally {
      for (const name of names) delete process.env[name];
      Object.assign(process.env, before);
    }
    expect(JSON.stringify(provider.calls[0]?.headers)).not.toContain("from-the-environment");
  });
});

describe("a failure of the provider", () => {
  it("is a rate limit for 429, with the provider's words", async () => {
    const error = await failureOf([fail(429, "Rate limit reached for requests")]);
    expect(error).toMatchObject({
      type: "model_rate_limit_error",
      message: "The model's provider answered 429: Rate limit reached for requests",
    });
  });

  it("is a provider error for any other status", async () => {
    const error = await failureOf([fail(500, "The server had an error")]);
    expect(error).toMatchObject({
      type: "model_provider_error",
      message: "The model's provider answered 500: The server had an error",
    });
    expect((await failureOf([fail(404, "The model `test-1` does not exist")])).message).toBe(
      "The model's provider answered 404: The model `test-1` does not exist",
    );
  });

  it.each([
    ["a text", "model not loaded", "model not loaded"],
    ["FastAPI's detail", { detail: "Not authenticated" }, "Not authenticated"],
    ["a message at the top", { message: "Unauthorized" }, "Unauthorized"],
    ["an error that is a text", { error: "no such model" }, "no such model"],
  ])("is understood when its body is %s", async (_, body, expected) => {
    expect((await failureOf([respond(400, body)])).message).toBe(`The model's provider answered 400: ${expected}`);
  });

  it("says the status alone when there are no words, and little of a long text", async () => {
    expect((await failureOf([respond(503, {})])).message).toBe("The model's provider answered 503.");
    const long = await failureOf([fail(400, "a ".repeat(5_000))]);
    expect(long.message.length).toBeLessThan(350);
    expect(long.message.endsWith("…")).toBe(true);
  });

  it("is tried again, as often as configured, before any answer has begun", async () => {
    provider.next([fail(429)], [reset()], "Third time lucky");
    expect(textOf(await ask({}, { maxRetries: 2 }))).toBe("Third time lucky");
    expect(provider.calls.length).toBe(3);
    provider.respondWith([fail(500)]);
    await expect(ask({}, { maxRetries: 1 })).rejects.toMatchObject({ type: "model_provider_error" });
    expect(provider.calls.length).toBe(5);
  });

  it("inside a stream keeps what came before, and is not tried again", async () => {
    provider.next([text("Hel"), reset()]);
    const seen: ModelChunk[] = [];
    const reading = (async () => {
      const request: ModelRequest = { messages: [], tools: [], toolChoice: "auto" };
      for await (const each of model({ maxRetries: 2 }).stream(request, neverAborted())) seen.push(each);
    })();
    await expect(reading).rejects.toMatchObject({
      type: "model_provider_error",
      message: "The connection to the model's provider broke off.",
    });
    expect(seen).toEqual([{ type: "text", delta: "Hel" }]);
    expect(provider.calls.length).toBe(1);
  });

  it("is found in an error object of the stream, and in one that comes alone", async () => {
    const inStream = await failureOf([text("x"), chunk({ error: { message: "Overloaded", code: "overloaded" } })]);
    expect(inStream).toMatchObject({
      type: "model_provider_error",
      message: "The model's provider reported an error: Overloaded",
    });
    const limited = await failureOf([text("x"), chunk({ error: { message: "Slow down", code: 429 } })]);
    expect(limited.type).toBe("model_rate_limit_error");
    const alone = await failureOf([respond(200, { error: { message: "Overloaded" } })]);
    expect(alone.message).toBe("The model's provider reported an error: Overloaded");
  });

  it("is JSON that cannot be read, a lost connection, or a web page", async () => {
    expect((await failureOf([text("x"), raw("data: {not json\n\n")])).message).toContain("not valid JSON");
    expect((await failureOf([reset()])).message).toBe("The model's provider could not be reached.");
    const page = await failureOf([respond(502, "", { "content-type": "text/html" })]);
    expect(page).toMatchObject({ type: "model_provider_error" });
    const wrongUrl = await failureOf([respond(200, "<html></html>", { "content-type": "text/html" })]);
    expect(wrongUrl.message).toContain("is the base URL right?");
  });
});

describe("the message of a failure", () => {
  it.each([
    ["the key", `Incorrect API key provided: ${KEY}.`],
    ["a part of the key", "Incorrect API key provided: sk-proj-Zx81************B47. Find yours at example.com"],
    ["the end of the key", "No access for the key that ends in mVnB47"],
    ["a header", `Bad header Authorization: Bearer ${KEY}`],
    ["another key", "Upstream refused gsk_1a2b3c4d5e6f7g8h9i0j and eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0"],
    ["an address with credentials", "Cannot reach https://admin:hunter2@proxy.test/v1?api_key=hunter2"],
  ])("never holds %s", async (_, words) => {
    const { message } = await failureOf([fail(401, words)]);
    expect(message).toMatch(/^The model's provider answered 401: .*\*\*\*/);
    expect(message).not.toMatch(/Zx81|B47|1a2b|eyJ|hunter2/);
  });

  it("never holds the prompt, quoted whole, in part, or as JSON", async () => {
    const quoted = [`Bad request: ${PROMPT}`, `Bad request: ${PROMPT.slice(4, 50)}…`, JSON.stringify({ PROMPT })];
    for (const words of quoted) {
      expect((await failureOf([fail(400, words)])).message).not.toMatch(/launch|lighthouse|4711/);
    }
  });

  it("never holds the credentials of the base URL", async () => {
    const baseUrl = "http://user:hunter22@model.test/v1";
    const { message } = await failureOf([fail(502, `no route to ${baseUrl} with hunter22`)], { baseUrl });
    expect(message).toContain("no route to");
    expect(message).not.toContain("hunter22");
  });

  it("is one line without markup and control characters, and keeps what helps", async () => {
    const words =
      "<b>The model</b>\n\u202e`meta-llama/Llama-3.3-70B-Instruct`\u0007 does not exist: see gpt-4o-mini-2024-07-18";
    expect((await failureOf([fail(404, words)])).message).toBe(
      "The model's provider answered 404: The model `meta-llama/Llama-3.3-70B-Instruct` does not exist: see gpt-4o-mini-2024-07-18",
    );
  });
});

describe("time", () => {
  it.each([
    ["that never answers", [never()]],
    ["that sends its headers and then nothing", [open(), never()]],
    ["that falls silent in the middle", [text("Hel"), never()]],
  ])("is up for a provider %s, and the request to it is aborted", async (_, script) => {
    const error = await failureOf(script, { timeoutMs: 60 });
    expect(error).toMatchObject({
      type: "model_timeout",
      message: "The model's provider did not answer within 0.06 seconds.",
    });
    expect(provider.calls[0]).toMatchObject({ aborted: true, ended: true });
  });

  it("is not up while chunks keep coming, however long the answer takes", async () => {
    const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 40));
    provider.next([text("a"), wait, text("b"), wait, text("c"), wait, text("d")]);
    expect(textOf(await ask({}, { timeoutMs: 100 }))).toBe("abcd");
  });

  it("is not up for a reader that is slow", async () => {
    provider.next([text("a", "b")]);
    const request: ModelRequest = { messages: [], tools: [], toolChoice: "auto" };
    for await (const _ of model({ timeoutMs: 30 }).stream(request, neverAborted())) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(provider.calls.length).toBe(1);
  });
});

describe("an aborted signal", () => {
  it.each([
    ["before any answer", [hold(gate())]],
    ["in the middle of one", [text("Hel"), hold(gate())]],
  ])("ends the stream at once and in silence, %s", async (_, script) => {
    provider.next(script);
    const controller = new AbortController();
    const reading = ask({}, { maxRetries: 2 }, controller.signal);
    const call = await provider.call(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect(finishOf(await reading)).toBeNull();
    await until(() => call.aborted);
    expect(provider.calls.length).toBe(1);
  });

  it("ends the wait between two tries", async () => {
    provider.respondWith([fail(500, "later", { "retry-after-ms": "30000" })]);
    const controller = new AbortController();
    const reading = ask({}, { maxRetries: 2 }, controller.signal);
    await until(() => provider.calls[0]?.ended === true);
    controller.abort();
    expect(await reading).toEqual([]);
  });

  it("asks nothing when it was aborted before", async () => {
    expect(await ask({}, {}, AbortSignal.abort())).toEqual([]);
    expect(provider.calls).toEqual([]);
  });

  it("is not needed to stop the provider: leaving the loop is enough", async () => {
    provider.next([text("a"), hold(gate())]);
    const request: ModelRequest = { messages: [], tools: [], toolChoice: "auto" };
    for await (const _ of model().stream(request, neverAborted())) break;
    await until(() => provider.calls[0]?.aborted === true);
  });
});
