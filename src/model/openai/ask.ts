import type OpenAI from "openai";
import type { APIPromise } from "openai/core/api-promise";
import type { Stream } from "openai/streaming";
import type { Model, ModelChunk, ModelRequest } from "../../domain/model.ts";
import type { ModelApi } from "../../domain/model-choice.ts";
import { createClient, OPENAI_BASE_URL, type OpenAiOptions, secretsOf } from "./client.ts";
import { type Confidential, promptTexts, toModelError } from "./provider-error.ts";
import { type AnswerReader, readAnswer } from "./read-stream.ts";
import { isKnownToRefuse, mayRefuseSchema, modelKey, rememberRefusal } from "./schema-refusal.ts";

/** What one API of OpenAI's does in its own way: how a request is sent, and how its answer is read. */
export interface OpenAiApi {
  api: ModelApi;
  /** The class of model as AgentOS shows it. */
  name: string;
  send(
    client: OpenAI,
    request: ModelRequest,
    options: { signal: AbortSignal; maxRetries: number },
  ): APIPromise<Stream<unknown>>;
  newReader(request: ModelRequest): AnswerReader;
}

/**
 * A model behind an API of OpenAI or of a compatible server. The stream's last chunks are the usage, if the server tells
 * it, and `finish`, if the end of the answer was seen. When `signal` aborts it ends, without throwing.
 */
export function modelBehind({ api, name, send, newReader }: OpenAiApi, options: OpenAiOptions): Model {
  const client = createClient(options);
  const secrets = secretsOf(options);
  const schemaKey = modelKey(options.baseUrl || OPENAI_BASE_URL, options.id);

  async function* ask(request: ModelRequest, signal: AbortSignal, reader: AnswerReader): AsyncGenerator<ModelChunk> {
    const { maxRetries = options.maxRetries } = request;
    const { data, response } = await send(client, request, { signal, maxRetries }).withResponse();
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
    const reader = newReader(request);
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

  return { id: options.id, name, provider: "OpenAI", source: `${api} ${schemaKey}`, stream };
}

function withoutSchema({ answerSchema: _schema, ...request }: ModelRequest): ModelRequest {
  return request;
}
