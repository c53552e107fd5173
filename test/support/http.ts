import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterAll, expect } from "vitest";
import worker from "../../src/index.ts";
import { track } from "./under-way.ts";

/** The server under test, over HTTP, as a client would reach it on its own machine. */
const BASE = "http://localhost:8787";

export interface SentEvent {
  id: number;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
  data: any;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
  body: any;
}

async function handle(request: Request): Promise<Response> {
  const context = createExecutionContext();
  const { waitUntil } = context;
  context.waitUntil = (work) => waitUntil.call(context, track("what a handler gave to waitUntil", work));
  return worker.fetch(request, env, context);
}
let reach = handle;

/**
 * Sends the requests of a test file through the platform's loopback, for files that are about the connection, such as
 * readers that leave. There each request costs more than the one before it: seconds after a few hundred. So all other
 * files call the handler directly.
 */
export function overConnection(): void {
  reach = (request) => exports.default.fetch(request);
  afterAll(() => {
    reach = handle;
  });
}

export const newId = (): string => crypto.randomUUID();

export function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const init: RequestInit = { method, headers };
  if (
    body instanceof FormData ||
    body instanceof URLSearchParams ||
    body instanceof Uint8Array ||
    typeof body === "string"
  ) {
    init.body = body;
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json", ...headers };
  }
  return reach(new Request(BASE + path, init));
}

export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  const response = await send(method, path, body, headers);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

export interface RunOptions {
  agent?: string;
  session_id?: string;
  user_id?: string;
  session_state?: unknown;
  on_busy?: string;
  key?: string;
}

/** A run that is not streamed. */
export function run(message: string, options: RunOptions = {}): Promise<Answer> {
  const { agent = "assistant", key, ...fields } = options;
  const headers: Record<string, string> = key === undefined ? {} : { "Idempotency-Key": key };
  return call("POST", `/agents/${agent}/runs`, { message, stream: false, ...fields }, headers);
}

/** Opens a streamed run; answers as soon as the headers are there. */
export async function openRun(
  message: string,
  options: RunOptions & { stream_events?: boolean } = {},
): Promise<EventStream> {
  const { agent = "assistant", key, ...fields } = options;
  const headers: Record<string, string> = key === undefined ? {} : { "Idempotency-Key": key };
  const response = await send("POST", `/agents/${agent}/runs`, { message, stream: true, ...fields }, headers);
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  return new EventStream(response);
}

/** Reads a stream of server-sent events one by one. */
export class EventStream {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #buffer = "";
  readonly comments: string[] = [];

  constructor(response: Response) {
    this.response = response;
    const { body } = response;
    if (body === null) throw new Error("The answer has no body.");
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  get runId(): string {
    return this.response.headers.get("X-Run-Id") ?? "";
  }

  /** The next event; null when the stream has ended. */
  async next(): Promise<SentEvent | null> {
    for (;;) {
      const end = this.#buffer.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        if (block.startsWith(":")) {
          this.comments.push(block);
          continue;
        }
        return parseBlock(block);
      }
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#buffer += value;
    }
  }

  /** Reads on to the first event of this name. */
  async until(name: string): Promise<SentEvent> {
    for (let event = await this.next(); event !== null; event = await this.next()) {
      if (event.event === name) return event;
    }
    throw new Error(`The stream ended without ${name}.`);
  }

  async rest(): Promise<SentEvent[]> {
    const events: SentEvent[] = [];
    for (let event = await this.next(); event !== null; event = await this.next()) events.push(event);
    return events;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

function parseBlock(block: string): SentEvent {
  const fields = Object.fromEntries(
    block.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
  );
  return { id: Number(fields.id), event: fields.event ?? "", data: JSON.parse(fields.data ?? "null") };
}

/** Runs and reads all events. */
export async function streamRun(message: string, options?: RunOptions): Promise<SentEvent[]> {
  return (await openRun(message, options)).rest();
}

export const names = (events: SentEvent[]): string[] => events.map((event) => event.event);
