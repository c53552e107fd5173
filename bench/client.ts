import { randomUUID } from "node:crypto";
import http, { type IncomingMessage } from "node:http";
import { performance } from "node:perf_hooks";

/** A run as its reader saw it. All times are milliseconds since the request. */
export interface TimedRun {
  /** When the first text arrived, and when the last did. */
  firstMs: number;
  lastMs: number;
  totalMs: number;
  runId: string;
  sessionId: string;
  /** `hit`, `miss` or `bypass`; "" if the answer has no such header. */
  cache: string;
}

/**
 * Keeps connections open. Node's `http` takes less of the client's time than `fetch`, and the server's time is to be
 * measured.
 */
const agent = new http.Agent({ keepAlive: true });

/** Headers beside those of the body, such as a credential. */
type Headers = Record<string, string>;

/**
 * Makes runs of an agent or a team, with these headers, and these fields beside the message. A run's stream is read to the end.
 * Throws unless the run has completed and is stored.
 */
export const timedRunWith =
  (headers: Headers, fields: object = {}) =>
  (url: string, sessionId: string, message: string, runs = "assistant"): Promise<TimedRun> => {
    const isTeam = runs === "support";
    const [path, prefix] = isTeam ? [`teams/${runs}`, "Team"] : [`agents/${runs}`, ""];
    const events = { first: `${prefix}RunContent`, ends: `${prefix}RunCompleted` };
    return timedStream(`${url}/${path}/runs`, { message, session_id: sessionId, ...fields }, events, headers);
  };

export const timedRun = timedRunWith({});

/** A run that a client of AI SDK's asks for. Throws unless it has completed and is stored. */
export async function timedChat(url: string, sessionId: string, message: string, agent: string): Promise<TimedRun> {
  const said = { id: randomUUID(), role: "user", parts: [{ type: "text", text: message }] };
  const body = JSON.stringify({ id: sessionId, messages: [said], trigger: "submit-message" });
  const { response, text, ...times } = await timedPost(`${url}/agents/${agent}/chat`, body, '"type":"text-delta"');
  const end = text.slice(text.lastIndexOf('data: {"type":"finish"'));
  if (!end.endsWith("data: [DONE]\n\n") || !end.includes('"COMPLETED"') || end.includes('"persisted":false')) {
    throw new Error(`A chat did not complete: ${text.slice(-500)}`);
  }
  return { ...times, runId: header(response, "x-run-id"), sessionId, cache: header(response, "x-session-cache") };
}

/** Runs an agent until it pauses and the pause is stored. Throws if it does not pause. */
export function timedPause(url: string, sessionId: string, message: string, agent: string): Promise<TimedRun> {
  const body = { message, session_id: sessionId };
  return timedStream(`${url}/agents/${agent}/runs`, body, { first: "RunPaused", ends: "RunPaused" });
}

/** Confirms the call that a run waits for, and reads the run to its end. */
export function timedContinue(url: string, sessionId: string, runId: string, agent: string): Promise<TimedRun> {
  const body = { session_id: sessionId, tools: [{ tool_call_id: "call_1", confirmed: true }] };
  const events = { first: "RunContent", ends: "RunCompleted" };
  return timedStream(`${url}/agents/${agent}/runs/${runId}/continue`, body, events);
}

/**
 * Reads the stream of a run, which must end with the event `ends`. The times are those of the first and last event `first`.
 */
async function timedStream(
  url: string,
  fields: object,
  { first, ends }: { first: string; ends: string },
  headers: Headers = {},
): Promise<TimedRun> {
  const { response, text, ...times } = await timedPost(url, JSON.stringify(fields), `event: ${first}\n`, headers);
  const end = text.slice(text.lastIndexOf("event: "));
  if (!end.startsWith(`event: ${ends}\n`) || end.includes('"persisted":false')) {
    throw new Error(`A run did not end with ${ends}: ${text.slice(-500)}`);
  }
  const [runId, sessionId] = [header(response, "x-run-id"), header(response, "x-session-id")];
  return { ...times, runId, sessionId, cache: header(response, "x-session-cache") };
}

/**
 * What came of a stream of events that is too long to be kept: when its first event came, and the last one that was waited
 * for.
 */
export interface TimedEvents {
  firstMs: number;
  lastMs: number;
  /** How many events with an index came until then. */
  events: number;
  runId: string;
}

/**
 * Reads events until `upTo` arrives, which is an event's name or a number of events. Without `upTo` it reads to the end.
 * What comes after is read as well, and `rest` settles when all of it has come.
 */
export async function timedEvents(
  url: string,
  fields: object,
  upTo: string | number = "",
): Promise<TimedEvents & { rest: Promise<void> }> {
  const startedAt = performance.now();
  const response = await send("POST", url, JSON.stringify(fields));
  const runId = header(response, "x-run-id");
  const seen = { firstMs: Number.NaN, lastMs: Number.NaN, events: 0, runId };
  const there = Promise.withResolvers<void>();
  const elapsed = () => performance.now() - startedAt;
  /** Counts the events that begin in these lines. Returns true once the one that is waited for has come. */
  const count = (lines: readonly string[]): boolean => {
    const ids = lines.filter((line) => line.startsWith("id: ")).length;
    if (seen.events === 0 && ids > 0) seen.firstMs = elapsed();
    seen.events += ids;
    return typeof upTo === "number" ? seen.events >= upTo : upTo !== "" && lines.includes(`event: ${upTo}`);
  };
  const read = async () => {
    // A line may begin in one chunk and end in the next.
    let line = "";
    let isThere = false;
    for await (const chunk of response.setEncoding("utf8")) {
      if (isThere) continue;
      const lines = (line + chunk).split("\n");
      line = lines.pop() ?? "";
      isThere = count(lines);
      if (!isThere) continue;
      seen.lastMs = elapsed();
      there.resolve();
    }
    if (isThere) return;
    if (upTo !== "") throw new Error(`${url} answered ${response.statusCode}, ${seen.events} events only.`);
    seen.lastMs = elapsed();
    there.resolve();
  };
  const rest = read();
  rest.catch(there.reject);
  await there.promise;
  return { ...seen, rest };
}

/** Times the same model stream through a Worker that only relays it. */
export async function timedRelay(url: string, message: string): Promise<TimedRun> {
  const body = JSON.stringify({ model: "bench", stream: true, messages: [{ role: "user", content: message }] });
  const { response: _, text, ...times } = await timedPost(`${url}/floor/relay`, body, '"content":"');
  if (!text.endsWith("data: [DONE]\n\n")) {
    throw new Error(`The floor did not relay: ${text.slice(-500)}`);
  }
  return { ...times, runId: "", sessionId: "", cache: "" };
}

/** Milliseconds until the whole answer has arrived. */
export async function timedCall(url: string, method = "GET"): Promise<number> {
  const startedAt = performance.now();
  await callText(url, method);
  return performance.now() - startedAt;
}

export async function callJson<T>(url: string, method = "GET"): Promise<T> {
  return JSON.parse(await callText(url, method)) as T;
}

export async function postJson<T>(url: string, body: unknown): Promise<T> {
  return JSON.parse(await callText(url, "POST", JSON.stringify(body))) as T;
}

async function callText(url: string, method: string, body?: string): Promise<string> {
  const response = await send(method, url, body);
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  if (response.statusCode !== 200 && response.statusCode !== 202) {
    throw new Error(`${method} ${url} answered ${response.statusCode}: ${text.slice(0, 300)}`);
  }
  return text;
}

/** Posts JSON and reads the answer as it comes. Notes when `mark` arrived for the first time and for the last time. */
async function timedPost(url: string, body: string, mark: string, headers: Headers = {}) {
  const startedAt = performance.now();
  const response = await send("POST", url, body, headers);
  let text = "";
  let firstMs = Number.NaN;
  let lastMs = Number.NaN;
  let seen = 0;
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    const found = text.lastIndexOf(mark);
    if (found >= seen) {
      lastMs = performance.now() - startedAt;
      firstMs = Number.isNaN(firstMs) ? lastMs : firstMs;
      seen = found + mark.length;
    }
  }
  const totalMs = performance.now() - startedAt;
  if (Number.isNaN(firstMs)) {
    throw new Error(`POST ${url} answered ${response.statusCode}: ${text.slice(0, 500)}`);
  }
  return { response, text, firstMs, lastMs, totalMs };
}

function send(method: string, url: string, body = "", headers: Headers = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const ofBody = body === "" ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    http
      .request(url, { method, agent, headers: { ...ofBody, ...headers } }, resolve)
      .on("error", reject)
      .end(body);
  });
}

function header(response: IncomingMessage, name: string): string {
  const value = response.headers[name];
  return typeof value === "string" ? value : "";
}
