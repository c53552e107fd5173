import { ApiError, ConnectionError, refusalOf } from "./errors.ts";
import { orAborted, sleep, throwIfAborted } from "./waiting.ts";

/** A token as text, or what gives one: it is asked before each request, and once more where the server refuses its token. */
export type Token = string | (() => string | Promise<string>);

export interface ClientOptions {
  /** Where the server is, such as `https://sessions.example.com`. */
  baseUrl: string;
  token?: Token;
  /** The user that each call names, unless it names another one. */
  userId?: string;
  /** Sent with each call. */
  headers?: Record<string, string>;
  /** How long a call may take; of a stream, until it begins. A minute where it is left out, and Infinity for no limit. */
  timeoutMs?: number;
  /** In place of the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  headers?: Record<string, string> | undefined;
  timeoutMs?: number | undefined;
  /** Instead of the client's user; null names none. */
  userId?: string | null | undefined;
  /** Of runs, continues and jobs. Left out, one is made; with the same key the same request is not done twice. */
  idempotencyKey?: string | undefined;
}

/** What of a call's options its follow-up calls take: neither its signal nor its key. */
export const lasting = ({ headers, timeoutMs, userId }: CallOptions): CallOptions => ({ headers, timeoutMs, userId });

type QueryValue = string | number | boolean | readonly string[] | null | undefined;
export type Query = { readonly [name: string]: QueryValue };

export interface RequestOptions extends CallOptions {
  query?: object | undefined;
  /** Sent as JSON; a text or a Uint8Array is sent as it is, with the `Content-Type` that `headers` says. */
  body?: unknown;
  /** Sent once, whatever happens. */
  once?: boolean | undefined;
}

type Sendable = RequestOptions & { url: string };

/** What a request answers. */
export interface Answer<T> {
  data: T;
  /** Of a session: for `ifMatch`. */
  etag: string | null;
}

const TIMEOUT_MS = 60_000;
/** Timers fire at once for a longer time. */
const MAX_TIMER_MS = 2 ** 31;
const TRIES = 3;
const MAX_WAIT_MS = 10_000;
/** Failures that are over soon. */
const PASSING = [429, 502, 503, 504];
/** The routes at which a request with the same key is not done twice. */
const KEYED = /\/(runs|continue|sessions\/(names|bulk))(\?|$)/;

/** Paths that a URL keeps as they are. An id of two dots would ask for what stands above it, and `#` would cut the user off. */
const PATH = /^(\/(?!\.\.?([/?]|$)|\/)[^/?#\\]*)+(\?[^#]*)?$/;

/** Whether the same request may be answered in a moment. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionError || (error instanceof ApiError && PASSING.includes(error.status));

/** A wait that doubles with each try, with full jitter, so that many clients do not come back at once. */
export const backoffMs = (tries: number): number => Math.random() * Math.min(MAX_WAIT_MS, 250 * 2 ** tries);

/** How long to wait before the next try; null where none helps, or the server asks for a longer wait than is made here. */
function retryAfterMs(error: unknown, tried: number): number | null {
  if (!isPassing(error)) return null;
  const retryAfter = error instanceof ApiError ? error.retryAfter : null;
  if (retryAfter === null) return backoffMs(tried);
  return retryAfter * 1000 <= MAX_WAIT_MS ? retryAfter * 1000 : null;
}

/** Headers of several places, of which later ones count, however their names are written. */
function withLowerNames(...places: (Record<string, string> | undefined)[]): Record<string, string> {
  const all = places.flatMap((headers) => Object.entries(headers ?? {}));
  return Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), value]));
}

/** Sends requests: with the token and the user, again where that is safe, and with refusals as errors. */
export class Transport {
  readonly #options: ClientOptions;
  readonly #url: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#url = options.baseUrl.replace(/\/+$/, "");
  }

  /** The answer as JSON; `null` where it has no body. */
  json<T>(method: string, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
    return this.#tried(method, path, options, async (response) => {
      const text = await response.text();
      return { data: (text === "" ? null : JSON.parse(text)) as T, etag: response.headers.get("ETag") };
    });
  }

  /** The answer as it comes: who asks for it reads its body, and cancels that to leave. */
  open(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    return this.#tried(method, path, options, async (response) => response);
  }

  async #tried<T>(
    method: string,
    path: string,
    options: RequestOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const url = this.#urlOf(path, options);
    const isKeyed = method === "POST" && KEYED.test(path);
    const { body, headers: type } = bodyOf(options.body);
    const headers = withLowerNames(type, this.#options.headers, options.headers);
    if (isKeyed) headers["idempotency-key"] ??= options.idempotencyKey ?? crypto.randomUUID();
    const tries = options.once !== true && (isKeyed || method === "GET") ? TRIES : 1;
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#once(method, path, { ...options, headers, body, url }, read);
      } catch (error) {
        const retryMs = tried < tries ? retryAfterMs(error, tried) : null;
        if (retryMs === null) throw error;
        await sleep(retryMs, options.signal);
      }
    }
  }

  /** One attempt, which ends with its time at the latest, whatever does not answer: the token, the server, or the body. */
  async #once<T>(
    method: string,
    path: string,
    options: Sendable,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const { signal } = options;
    throwIfAborted(signal);
    const ending = new AbortController();
    // Of the two only the caller's signal ends a body that is read after this.
    const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
    const limit = options.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS;
    const late = () => ending.abort(new Error(`no answer within ${limit} ms`));
    const timer = limit < MAX_TIMER_MS ? setTimeout(late, limit) : undefined;
    try {
      return await orAborted(this.#asked(method, options, either).then(read), either);
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof ApiError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new ConnectionError(`${method} ${path}: ${why}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #asked(method: string, options: Sendable, signal: AbortSignal): Promise<Response> {
    const { token } = this.#options;
    const send = async () => {
      const shown = (typeof token === "function" ? await token() : token)?.trim();
      // The platform's own error would quote it.
      if (shown && /[^ -~]/.test(shown)) throw new Error("the token has characters that no header takes");
      const headers = { ...(shown && { authorization: `Bearer ${shown}` }), ...options.headers };
      const { fetch = globalThis.fetch } = this.#options;
      const body = options.body as BodyInit;
      // A redirect would take what is sent to another address. Workers know no "error" here.
      return fetch(options.url, { method, headers, body, signal, redirect: "manual" });
    };
    let response = await send();
    if (response.status === 401 && typeof token === "function") {
      await response.body?.cancel();
      response = await send();
    }
    if (response.ok) return response;
    throw await refusalOf(response);
  }

  #urlOf(path: string, { query = {}, userId = this.#options.userId }: RequestOptions): string {
    if (!PATH.test(path)) throw new RangeError(`No path: ${path}`);
    const all = Object.entries({ user_id: userId, ...query } as Query).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter((one) => one !== null && one !== undefined)
        .map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
    );
    const mark = path.includes("?") ? "&" : "?";
    return this.#url + path + (all.length === 0 ? "" : mark + all.join("&"));
  }
}

/** The body as it is sent. What has a tag is no value of JSON, such as a form: of those JSON would make `{}`. */
function bodyOf(body: unknown): { body?: unknown; headers?: Record<string, string> } {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return { body };
  if (Symbol.toStringTag in Object(body)) throw new TypeError("The body is no JSON.");
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}
