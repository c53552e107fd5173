/**
 * The model provider of the tests. It takes the place of `globalThis.fetch` for MODEL_BASE_URL and frames chat
 * completions and responses as OpenAI does, so the real client runs, also inside Durable Objects. Other URLs pass through.
 *
 * @example
 * const model = scriptModel(); // once per file, at top level or in a describe; every test starts with a fresh one
 *
 * model.next("Hello there"); // the next call answers this, word by word; lists of steps say more
 * model.next([toolCall("add", { a: 1, b: 2 })], "It is 3."); // two calls, in order of arrival
 * model.nextNames("Two Small Numbers"); // the next call that asks for a session's name; next() is never used up by those
 * model.nextSummaries(summary("So far")); // the next call that asks for a session's summary, likewise
 * model.respondWith((request, n) => (lastUser(request) === "hi" ? "Hello" : [cutOff()])); // all other calls
 * model.respondWith([fail(500)]); // a provider that stays broken: the client retries 429 and 5xx, each try is a call
 *
 * const point = gate();
 * model.next([text("Hel"), hold(point), text("lo")]);
 * await point.reached(); // the model is held here: act …
 * point.release(); // … and let it go on
 *
 * A list that ends without finish(), cutOff(), reset(), never(), fail() or respond() is finished for you: finish reason,
 * usage, [DONE]. Headers go out with the first output, so a leading hold(), pause() or never() delays the headers too;
 * open() sends them alone. A step is a function of the connection: `() => { … }` in a list runs code at that point.
 * The calls of a run that goes on after its test show among the next test's calls. `vi.restoreAllMocks()` takes the
 * provider away.
 */
import { afterEach, vi } from "vitest";
import { NAMING_MARKER, SUMMARY_MARKER } from "../../src/domain/model.ts";
import { Connection, type ModelCall, sleep, until } from "./model-connection.ts";
import { type ChatUsage, DEFAULT_USAGE } from "./openai/framing.ts";
import { asChatRequest, type ChatRequest } from "./openai/requests.ts";
import { trackUntil } from "./under-way.ts";

export { type ModelCall, until } from "./model-connection.ts";
export { type ChatUsage, DEFAULT_USAGE } from "./openai/framing.ts";
export type { ChatMessage, ChatRequest } from "./openai/requests.ts";

export const MODEL_BASE_URL = "http://model.test/v1";

/** Which API of OpenAI's is asked tells the path. Scripts are the same for both. */
const APIS = [
  { path: "/chat/completions", api: "chat" },
  { path: "/responses", api: "responses" },
] as const;

export type Step = (connection: Connection) => void | Promise<void>;
/** A string is said word by word. */
export type Script = string | Step[];
export type Responder = (request: ChatRequest, callNumber: number) => Script | Promise<Script>;

export interface ScriptedModel {
  calls: ModelCall[];
  /** The call with this number (from 1), once it has arrived. */
  call(number: number): Promise<ModelCall>;
  /** The calls with this text in some message, to tell apart runs that go on at the same time. */
  callsWith(text: string): ModelCall[];
  /** Scripts for the next calls, in order of arrival, but for names and summaries. They go before the responder. */
  next(...scripts: Script[]): void;
  /** The same for calls that ask for a summary. */
  nextSummaries(...scripts: Script[]): void;
  /** The same for calls that ask for a name. They come out of band, and must not take the script of a run's call. */
  nextNames(...scripts: Script[]): void;
  /** What every other call is answered with, until the test ends. */
  respondWith(responder: Responder | Script): void;
}

/** A point at which scripts are held until it is released; several calls may be held at one. */
export interface Gate {
  /** How many calls have come to this point. */
  arrivals: number;
  released: boolean;
  /** Settles when this many calls have come to this point. */
  reached(arrivals?: number): Promise<void>;
  release(): void;
}

export function gate(): Gate {
  const made: Gate = {
    arrivals: 0,
    released: false,
    reached: (arrivals = 1) => until(() => made.arrivals >= arrivals, "a call at the gate"),
    release: () => {
      made.released = true;
    },
  };
  return made;
}

export const isNaming = (request: ChatRequest): boolean =>
  request.messages.some((message) => message.role === "system" && message.content?.includes(NAMING_MARKER));
export const isSummarizing = (request: ChatRequest): boolean =>
  request.messages.some((message) => message.role === "system" && message.content?.startsWith(SUMMARY_MARKER));
/** A summary as a model answers it. */
export const summary = (text: string, topics: unknown = ["topic"]): Step[] => [
  (connection) => connection.delta({ content: JSON.stringify({ summary: text, topics }) }),
];
export const lastUser = (request: ChatRequest): string =>
  request.messages.findLast((message) => message.role === "user")?.content ?? "";

/** How long what a request tells the model is: texts, tools, and calls of tools. Nothing of it may be other than ASCII. */
export function askedBytes({ messages, tools = [] }: ChatRequest): number {
  const told = tools.map(({ function: { name, description, parameters } }) => ({ name, description, parameters }));
  const calls = messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ function: called }) => called));
  const texts = [...messages.map(({ content }) => content ?? ""), ...calls.flatMap((one) => [one.name, one.arguments])];
  return texts.join("").length + (told.length > 0 ? JSON.stringify(told).length : 0);
}

export const text = (...deltas: string[]): Step => {
  return (connection) => deltas.forEach((content) => void connection.delta({ content }));
};
/** What the model thinks, as DeepSeek and Kimi stream it. They want it back, so it is provider data as well. */
export const thinks = (...deltas: string[]): Step => {
  return (connection) => deltas.forEach((reasoning_content) => void connection.delta({ reasoning_content }));
};
/** Any member of a delta beside its text, such as `reasoning_details`: provider data. */
export const beside = (members: Record<string, unknown>): Step => {
  return (connection) => connection.delta(members);
};
/** One call of a tool, in fragments; `args` is sent as JSON, or as it is when it is a string. */
export const toolCall = (name: string, args: unknown, options: { id?: string; index?: number } = {}): Step => {
  return (connection) => connection.toolCall(name, typeof args === "string" ? args : JSON.stringify(args), options);
};
/** Sets the usage that the answer reports; comes before `finish`. Null reports none, as some compatible servers do. */
export const usage = (value: Partial<ChatUsage> | null): Step => {
  return (connection) => {
    connection.usage = value && { ...DEFAULT_USAGE, ...value };
  };
};
/** Ends the answer properly: the reason, the usage, [DONE]. */
export const finish = (reason: string): Step => {
  return (connection) => connection.finish(reason);
};
/** Says why the answer is over, and leaves the connection open. */
export const ends = (reason: string): Step => {
  return (connection) => connection.reason(reason);
};
/** Stays at this point until the gate is released. */
export const hold = (point: Gate): Step => {
  return (connection) => {
    point.arrivals += 1;
    return connection.idle(() => point.released);
  };
};
export const pause = (ms: number): Step => {
  return (connection) => Promise.race([sleep(ms), connection.idle(() => false)]);
};
/** Sends the headers and an empty first event. */
export const open = (): Step => (connection) => connection.delta({ content: "" });
/** Never goes on; before any output, never answers at all. */
export const never = (): Step => (connection) => connection.idle(() => false);
/** Closes the connection in order, without finish reason and [DONE]. */
export const cutOff = (): Step => (connection) => connection.close();
/** Breaks the connection once the client has read what was sent; before any output, the request itself fails. */
export const reset = (): Step => async (connection) => {
  await connection.taken();
  connection.break(new TypeError("Network connection lost."));
};
/** Sends any JSON as one event of the stream, as it is. */
export const chunk = (body: unknown): Step => {
  return (connection) => connection.send(`data: ${JSON.stringify(body)}\n\n`);
};
/** Sends any JSON as one event of the Responses API, with the event's name before it. */
export const event = (body: { type: string; [member: string]: unknown }): Step => {
  return (connection) => connection.send(`event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`);
};
/** Sends any bytes into the stream, as they are. */
export const raw = (bytes: string): Step => {
  return (connection) => connection.send(bytes);
};
/** Answers with one whole body instead of a stream: a text as it is, anything else as JSON. */
export const respond = (status: number, body: unknown, headers: Record<string, string> = {}): Step => {
  return (connection) => connection.respond(status, body, headers);
};
/** Answers with this status and OpenAI's error body. A client that retries is told to do so at once. */
export const fail = (status: number, message = `scripted failure ${status}`, headers: Record<string, string> = {}) =>
  respond(
    status,
    { error: { message, type: "scripted_error", param: null, code: null } },
    { "retry-after-ms": "1", ...headers },
  );

async function play(connection: Connection, answer: () => Script | Promise<Script>): Promise<void> {
  try {
    const script = await answer();
    const steps = typeof script === "string" ? [text(...(script.match(/\s*\S+|\s+$/g) ?? []))] : script;
    for (const step of steps) {
      if (connection.call.ended) return;
      await step(connection);
    }
    if (!connection.call.ended) connection.finish();
  } catch (error) {
    connection.respond(400, { error: { message: `The test's script failed: ${String(error)}` } });
  }
}

const echo: Responder = (request) => {
  if (isSummarizing(request)) return summary("Scripted summary");
  return isNaming(request) ? "Scripted Session Name" : `echo: ${lastUser(request)}`;
};

/** Installs the provider for a test file; `responder` answers what no test scripts (default: echoes the last message). */
export function scriptModel(responder: Responder | Script = echo): ScriptedModel {
  const asResponder = (given: Responder | Script): Responder => (typeof given === "function" ? given : () => given);
  let current = asResponder(responder);
  let scripts: Script[] = [];
  let nameScripts: Script[] = [];
  let summaryScripts: Script[] = [];
  let test = 0;

  const model: ScriptedModel = {
    calls: [],
    call: async (number) => {
      await until(() => model.calls.length >= number, `model call ${number}`);
      return model.calls[number - 1] as ModelCall;
    },
    callsWith: (part) =>
      model.calls.filter(({ request }) => request.messages.some((message) => message.content?.includes(part))),
    next: (...more) => void scripts.push(...more),
    nextSummaries: (...more) => void summaryScripts.push(...more),
    nextNames: (...more) => void nameScripts.push(...more),
    respondWith: (given) => {
      current = asResponder(given);
    },
  };

  const realFetch = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    // The platform, too, leaves out a user and a password that stand in a URL.
    const url = (input instanceof Request ? input.url : String(input)).replace(/\/\/[^/@]*@/, "//");
    if (!url.startsWith(`${MODEL_BASE_URL}/`)) return realFetch(input, init);
    const api = APIS.find(({ path }) => url.endsWith(path))?.api;
    if (api === undefined) return Response.json({ error: { message: url } }, { status: 404 });
    init?.signal?.throwIfAborted();
    const sent = new Request(input, init);
    const body = JSON.parse(await sent.text()) as Record<string, unknown>;
    const request = api === "chat" ? (body as unknown as ChatRequest) : asChatRequest(body);
    const headers = Object.fromEntries(sent.headers);
    const number = model.calls.length + 1;
    const call: ModelCall = { number, api, request, body, headers, aborted: false, ended: false };
    model.calls.push(call);
    trackUntil(`call ${call.number} of the model: ${lastUser(request).slice(0, 100)}`, () => call.ended);
    const arrivedIn = test;
    const connection = new Connection(call, () => test !== arrivedIn, init?.signal);
    const own = isNaming(request) ? nameScripts : isSummarizing(request) ? summaryScripts : scripts;
    const script = own.shift();
    void play(connection, () => script ?? current(request, call.number));
    return connection.response;
  });

  afterEach(() => {
    test += 1;
    model.calls = [];
    scripts = [];
    nameScripts = [];
    summaryScripts = [];
    current = asResponder(responder);
  });
  return model;
}
