import OpenAI from "openai";
import type { ModelRequest } from "../../domain/model.ts";
import type { ModelSettings } from "../../domain/model-choice.ts";
import { joinBytes } from "../../lib/join-bytes.ts";
import { readableBody } from "./refusal/provider-failure.ts";

export interface OpenAiOptions {
  settings: ModelSettings;
  /** What events and runs call the provider. Left out, it is `OpenAI`. */
  provider?: string;
  /** May be left out with a base URL: many local servers want no key. */
  apiKey?: string | null | undefined;
  /** Any OpenAI-compatible server; OpenAI itself when left out. */
  baseUrl?: string | null | undefined;
  /** For the start of an answer, each try by itself, and for every silence after it. */
  timeoutMs: number;
  /** More tries after 429, 5xx, a timeout or a failed connection, as long as no answer has begun. */
  maxRetries: number;
}

export const OPENAI_BASE_URL = "https://api.openai.com/v1";
/** Servers quote the request that they refuse; what is longer would fill the memory that all sessions of an isolate share. */
const MAX_FAILURE_BYTES = 4 * 1024 * 1024;
/** The SDK demands a key. This one is sent to servers that want none. */
const PLACEHOLDER_KEY = "no-key";

/**
 * All options are given here, so that the SDK takes nothing from the process's environment, in which Workers show their
 * variables too. The SDK still reads `OPENAI_CUSTOM_HEADERS`; that cannot be turned off.
 */
export function createClient(options: OpenAiOptions): OpenAI {
  return new OpenAI({
    apiKey: options.apiKey || PLACEHOLDER_KEY,
    baseURL: options.baseUrl || OPENAI_BASE_URL,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    timeout: options.timeoutMs,
    maxRetries: options.maxRetries,
    // Its log would hold what a provider sent.
    logLevel: "off",
    fetch: fetchAnswer,
  });
}

type Held = Pick<ModelRequest, "beforeSending">;

/** How a request is sent. The SDK hands on what it does not know. */
export type FetchOptions = NonNullable<OpenAI.RequestOptions["fetchOptions"]> & Held;

/** Looks `fetch` up when it is called: a client lives longer than a test's replacement of it. */
async function fetchAnswer(input: string | URL | Request, sent?: RequestInit & Held): Promise<Response> {
  const { beforeSending, ...init } = sent ?? {};
  if (beforeSending !== undefined) await beforeSending();
  // A redirect is not followed, because fetch would send the key and the conversation to the new address.
  const response = await globalThis.fetch(input, { ...init, redirect: "manual" });
  if (response.ok) return response;
  if (response.status >= 300 && response.status < 400) return redirected(response);
  // The SDK's timeout ends when this function returns. So the error's body is read here; otherwise one that never ends would
  // block the run.
  const body = readableBody(await failureText(response));
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  return new Response(body === "" ? null : body, { status: response.status, headers });
}

async function failureText({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    size += piece.byteLength;
    // Leaving the loop cancels the rest.
    if (size >= MAX_FAILURE_BYTES) break;
  }
  return new TextDecoder().decode(joinBytes(pieces, size));
}

function redirected({ status, body }: Response): Response {
  void body?.cancel();
  return Response.json({ error: { message: "It redirects, which is not followed. Check the base URL." } }, { status });
}

/** What a provider may echo of the options and nobody may see: the key, and the credentials in the base URL. */
export function secretsOf({ apiKey, baseUrl }: OpenAiOptions): string[] {
  const url = baseUrl ? URL.parse(baseUrl) : null;
  const inUrl = url ? [url.username, url.password, ...url.searchParams.values()] : [];
  return [apiKey ?? "", ...inUrl, ...inUrl.map(decoded)].filter((secret) => secret !== "");
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
