import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, ConnectionError, EdgeSessions, type RequestOptions } from "../../packages/client/src/index.ts";

/** A request that failed for good. Shown as a sentence. */
export class Refused extends Error {
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** Waits between attempts, in seconds: four minutes in all, which a deploy or a restart does not take. */
const WAITS_S = [1, 2, 5, 10, 20, 30, 60, 60, 60];
/** A server that sends nothing for so long is taken for gone. */
const SILENCE_MS = 10 * 60_000;

export interface Server {
  client: EdgeSessions;
  /** Told why there is a wait. */
  waits(why: string, seconds: number): void;
}

export const DEFAULT_URL = "http://127.0.0.1:8787";

/** A client of the server at this URL, with the key that the environment has. */
export function clientAt(url: string): EdgeSessions {
  const key = process.env.OS_SECURITY_KEY;
  return new EdgeSessions({ baseUrl: url, ...(key && { token: key }) });
}

/** The server at this URL; `show` is told of waits. */
export const serverAt = (url: string, show: (line: string) => void): Server => ({
  client: clientAt(url),
  waits: (why, seconds) => show(`${why} Trying again in ${seconds} s.`),
});

interface Request<T> extends Pick<RequestOptions, "query" | "body" | "headers"> {
  method: "GET" | "POST";
  path: string;
  /** Takes the answer's body, and tells whenever something of it came. */
  read: (response: Response, heard: () => void) => Promise<T>;
}

/**
 * Sends a request until the server answers it with what is no failure of its own: what is 429 or 5xx, or never answered,
 * is tried again. `read` takes the answer's body; where that breaks off the request is sent again too.
 */
export async function ask<T>({ client, waits }: Server, request: Request<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const asked = await once(client, request);
    if ("value" in asked) return asked.value;
    const { problem, status, retryAfter } = asked;
    const isOurs = status !== null && status < 500 && status !== 429;
    const wait = WAITS_S[attempt];
    if (isOurs || wait === undefined) throw new Refused(problem, status);
    const seconds = Math.max(wait, Math.min(retryAfter, 300));
    waits(problem, seconds);
    await sleep(seconds * 1000);
  }
}

type Asked<T> = { value: T } | { problem: string; status: number | null; retryAfter: number };

async function once<T>(client: EdgeSessions, { method, path, read, ...options }: Request<T>): Promise<Asked<T>> {
  const silence = new AbortController();
  const { signal } = silence;
  const timer = setTimeout(() => silence.abort(new Error("nothing came any more")), SILENCE_MS);
  try {
    const response = await client.open(method, path, { ...options, once: true, timeoutMs: SILENCE_MS, signal });
    // A body that is being read can only be ended from the other side of a pipe.
    const body = response.body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal }) ?? null;
    return { value: await read(new Response(body), () => void timer.refresh()) };
  } catch (error) {
    if (error instanceof ApiError) {
      const { status, detail, retryAfter } = error;
      return { problem: `The server answered ${status}: ${detail}`, status, retryAfter: retryAfter ?? 0 };
    }
    return { problem: `The server cannot be reached: ${reasonOf(error)}.`, status: null, retryAfter: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** A failure of a request, as a sentence for who typed the command. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return `The server answered ${error.message}`;
  return error instanceof ConnectionError ? `The server cannot be reached: ${reasonOf(error)}.` : reasonOf(error);
}

/** What is behind a failure, such as `connect ECONNREFUSED 127.0.0.1:8787`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
