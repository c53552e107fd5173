import http, { type IncomingMessage } from "node:http";
import { performance } from "node:perf_hooks";

/** A run as its reader saw it, in milliseconds from the request. */
export interface TimedRun {
  /** When the first text had arrived, and the last. */
  firstMs: number;
  lastMs: number;
  totalMs: number;
  runId: string;
  /** `hit`, `miss` or `bypass`; "" where the answer does not say. */
  cache: string;
}

/** Connections are kept, and this costs the client less than `fetch`: what is timed should be the server. */
const agent = new http.Agent({ keepAlive: true });

/** Runs an agent and reads its stream to the end. Throws unless the run completed and was stored. */
export async function timedRun(url: string, sessionId: string, message: string, runs = "assistant"): Promise<TimedRun> {
  const body = JSON.stringify({ message, session_id: sessionId });
  const { response, text, ...times } = await timedPost(`${url}/agents/${runs}/runs`, body, "event: RunContent\n");
  const end = text.slice(text.lastIndexOf("event: "));
  if (!end.startsWith("event: RunCompleted\n") || end.includes('"persisted":false')) {
    throw new Error(`A run did not complete: ${text.slice(-500)}`);
  }
  return { ...times, runId: header(response, "x-run-id"), cache: header(response, "x-session-cache") };
}

/** The same model stream through a Worker that only relays it. */
export async function timedRelay(url: string, message: string): Promise<TimedRun> {
  const body = JSON.stringify({ model: "bench", stream: true, messages: [{ role: "user", content: message }] });
  const { response: _, text, ...times } = await timedPost(`${url}/floor/relay`, body, '"content":"');
  if (!text.endsWith("data: [DONE]\n\n")) {
    throw new Error(`The floor did not relay: ${text.slice(-500)}`);
  }
  return { ...times, runId: "", cache: "" };
}

/** Milliseconds until the whole answer of a GET is there. */
export async function timedGet(url: string): Promise<number> {
  const startedAt = performance.now();
  await getText(url);
  return performance.now() - startedAt;
}

export async function getJson<T>(url: string): Promise<T> {
  return JSON.parse(await getText(url)) as T;
}

async function getText(url: string): Promise<string> {
  const response = await send("GET", url);
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  if (response.statusCode !== 200) {
    throw new Error(`GET ${url} answered ${response.statusCode}: ${text.slice(0, 300)}`);
  }
  return text;
}

/** Posts JSON and reads the answer as it comes, noting when `mark` arrived first and last. */
async function timedPost(url: string, body: string, mark: string) {
  const startedAt = performance.now();
  const response = await send("POST", url, body);
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

function send(method: string, url: string, body = ""): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers =
      body === "" ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    http.request(url, { method, agent, headers }, resolve).on("error", reject).end(body);
  });
}

function header(response: IncomingMessage, name: string): string {
  const value = response.headers[name];
  return typeof value === "string" ? value : "";
}
