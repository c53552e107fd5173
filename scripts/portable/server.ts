import { setTimeout as sleep } from "node:timers/promises";

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
  url: string;
  /** Told why there is a wait. */
  waits(why: string, seconds: number): void;
}

export const DEFAULT_URL = "http://127.0.0.1:8787";

/** The server at this URL; `show` is told of waits. */
export const serverAt = (url: string, show: (line: string) => void): Server => ({
  url: url.replace(/\/+$/, ""),
  waits: (why, seconds) => show(`${why} Trying again in ${seconds} s.`),
});

/**
 * Sends a request until the server answers it with what is no failure of its own: what is 429 or 5xx, or never answered,
 * is tried again. `read` takes the answer's body; where that breaks off the request is sent again too.
 */
export async function ask<T>(
  { url, waits }: Server,
  path: string,
  init: RequestInit,
  read: (response: Response, heard: () => void) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const asked = await once(url + path, init, read);
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

async function once<T>(
  url: string,
  init: RequestInit,
  read: (response: Response, heard: () => void) => Promise<T>,
): Promise<Asked<T>> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error("nothing came any more")), SILENCE_MS);
  const headers = new Headers(init.headers);
  const key = process.env.OS_SECURITY_KEY;
  if (key) headers.set("Authorization", `Bearer ${key}`);
  try {
    const response = await fetch(url, { ...init, headers, signal: silence.signal });
    if (response.ok) return { value: await read(response, () => void timer.refresh()) };
    const { status } = response;
    const retryAfter = Number(response.headers.get("Retry-After")) || 0;
    return { problem: `The server answered ${status}: ${sentence(await response.text())}`, status, retryAfter };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : null;
    const why = cause ?? (error instanceof Error ? error.message : String(error));
    return { problem: `The server cannot be reached: ${why}.`, status: null, retryAfter: 0 };
  } finally {
    clearTimeout(timer);
  }
}

/** What an error's body says. */
function sentence(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail))
      return detail.map((one: { loc?: unknown[]; msg?: string }) => `${one.loc?.join(".")}: ${one.msg}`).join("; ");
  } catch {
    // What is not JSON comes from something in between.
  }
  return text.slice(0, 300);
}
