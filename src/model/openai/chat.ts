import OpenAI, { APIError } from "openai";
import type { Stream } from "openai/streaming";
import { isObject } from "../../domain/json.ts";
import { type Model, type ModelChunk, ModelError, type ModelRequest } from "../../domain/model.ts";
import { StallTimer } from "../../lib/stall-timer.ts";
import { AnswerReader, toWireRequest, type WireOptions } from "./chat-wire.ts";
import { type Confidential, modelTimeout, promptTexts, toModelError } from "./provider-error.ts";
import { isKnownToRefuse, mayRefuseSchema, modelKey, rememberRefusal } from "./schema-refusal.ts";

export interface OpenAiOptions {
  /** The model's id at the provider. */
  id: string;
  /** May be left out with a base URL: many local servers want no key. */
  apiKey?: string | null | undefined;
  /** Any OpenAI-compatible server; OpenAI itself when left out. */
  baseUrl?: string | null | undefined;
  /** For the start of an answer, each try by itself, and for every silence after it. */
  timeoutMs: number;
  /** More tries after 429, 5xx, a timeout or a failed connection, as long as no answer has begun. */
  maxRetries: number;
}

const OPENAI_BASE_URL = "https://api.openai.com/v1";
/** The client sends no request without a key. */
const PLACEHOLDER_KEY = "no-key";
/** How long a whole answer waits for its usage when the server leaves the connection open. */
const TRAILER_MS = 5_000;

/**
 * A model behind the Chat Completions API of OpenAI or a compatible server. The stream's last chunks are the usage, if
 * the server tells it, and `finish`, if a finish reason was seen. When `signal` aborts it ends, without throwing.
 */
export function openAiModel(options: OpenAiOptions): Model {
  const client = createClient(options);
  const wire: WireOptions = {
    model: options.id,
    maxTokensField: isOpenAi(options.baseUrl) ? "max_completion_tokens" : "max_tokens",
  };
  const secrets = secretsOf(options);

  const schemaKey = modelKey(options.baseUrl || OPENAI_BASE_URL, options.id);

  async function* ask(request: ModelRequest, signal: AbortSignal, reader: AnswerReader): AsyncGenerator<ModelChunk> {
    const { maxRetries = options.maxRetries } = request;
    const create = client.chat.completions.create(toWireRequest(request, wire), { signal, maxRetries });
    const { data, response } = await create.withResponse();
    yield* readAnswer(data, response, reader, options.timeoutMs);
  }

  /** Asks with the schema, and once more without it where the provider refuses that before it says anything. */
  async function* askWithSchema(request: ModelRequest, signal: AbortSignal, reader: AnswerReader) {
    let hasBegun = false;
    try {
      for await (const chunk of ask(request, signal, reader)) {
        hasBegun = true;
        yield chunk;
      }
    } catch (error) {
      if (hasBegun || signal.aborted || !mayRefuseSchema(error)) throw error;
      yield* ask(withoutSchema(request), signal, reader);
      // The schema was the reason only if the provider answers without it.
      if (reader.isWhole) rememberRefusal(schemaKey);
    }
  }

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    if (signal.aborted) return;
    // Unique in the conversation, which grows with every answer.
    const reader = new AnswerReader(`call_${request.messages.length}`);
    const isKnown = request.answerSchema === undefined || isKnownToRefuse(schemaKey);
    try {
      yield* isKnown ? ask(withoutSchema(request), signal, reader) : askWithSchema(request, signal, reader);
    } catch (error) {
      if (!signal.aborted && !reader.isWhole) {
        const confidential: Confidential = { secrets, prompt: promptTexts(request) };
        throw toModelError(error, options.timeoutMs, confidential);
      }
    }
    if (!signal.aborted) yield* reader.end();
  }

  return { id: options.id, name: "OpenAIChat", provider: "OpenAI", source: `chat ${schemaKey}`, stream };
}

function withoutSchema({ answerSchema: _schema, ...request }: ModelRequest): ModelRequest {
  return request;
}

/**
 * Everything is given here, so that the client takes nothing from the process's environment, where Workers show their
 * variables too. Only OPENAI_CUSTOM_HEADERS it reads in any case.
 */
function createClient(options: OpenAiOptions): OpenAI {
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

/** Looks `fetch` up when it is called: a client lives longer than a test's replacement of it. */
async function fetchAnswer(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await globalThis.fetch(input, init);
  if (response.ok) return response;
  // The client's timeout covers this function only: an error whose body never ends would hold it for good.
  const body = await response.text();
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  return new Response(body === "" ? null : body, { status: response.status, headers });
}

/** The client ends a stream in silence when it is aborted or closed early: `reader` knows whether the answer is whole. */
async function* readAnswer(
  stream: Stream<unknown>,
  response: Response,
  reader: AnswerReader,
  timeoutMs: number,
): AsyncGenerator<ModelChunk> {
  const events = eventsOf(stream, response);
  let stalled = false;
  const timer = new StallTimer(() => {
    stalled = true;
    stream.controller.abort();
  });
  try {
    for (;;) {
      timer.restart(reader.isWhole ? Math.min(timeoutMs, TRAILER_MS) : timeoutMs);
      const next = await events.next();
      timer.pause();
      if (next.done) break;
      yield* reader.read(next.value);
    }
  } catch (error) {
    throw stalled ? modelTimeout(timeoutMs) : error;
  } finally {
    timer.stop();
    stream.controller.abort();
  }
  // The client's own stream ends without a word when it is aborted.
  if (stalled) throw modelTimeout(timeoutMs);
}

function eventsOf(stream: Stream<unknown>, response: Response): AsyncIterator<unknown> {
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("text/html")) {
    stream.controller.abort();
    const message = "The model's provider answered with a web page: is the base URL right?";
    throw new ModelError("model_provider_error", message);
  }
  return type.includes("application/json") ? wholeAnswer(response) : stream[Symbol.asyncIterator]();
}

/** The one event of a server that does not stream, although it was asked to. */
async function* wholeAnswer(response: Response): AsyncGenerator<unknown> {
  const answer: unknown = await response.json();
  if (isObject(answer) && answer.error) throw new APIError(undefined, answer.error, undefined, undefined);
  yield answer;
}

function isOpenAi(baseUrl: OpenAiOptions["baseUrl"]): boolean {
  return !baseUrl || /(^|\.)openai\.(azure\.)?com$/.test(URL.parse(baseUrl)?.hostname ?? "");
}

function secretsOf({ apiKey, baseUrl }: OpenAiOptions): string[] {
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
