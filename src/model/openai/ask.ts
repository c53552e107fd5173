import type OpenAI from "openai";
import { APIError } from "openai";
import type { APIPromise } from "openai/core/api-promise";
import type { Stream } from "openai/streaming";
import type { JsonObject } from "../../domain/json.ts";
import type { Model, ModelChunk, ModelError, ModelRequest } from "../../domain/model.ts";
import { type ModelApi, sourceOf } from "../../domain/model-choice.ts";
import { log } from "../../lib/log.ts";
import { createClient, OPENAI_BASE_URL, type OpenAiOptions, secretsOf } from "./client.ts";
import { hasSeenDone } from "./done-mark.ts";
import { promptTexts, toModelError } from "./provider-error.ts";
import { type AnswerReader, readAnswer } from "./read-stream.ts";
import { foundBefore, remember } from "./refusal/memory.ts";
import { type FilledField, type Finding, filledFields, findOut, withFindings } from "./refusal/parameters.ts";
import { providerFailure } from "./refusal/provider-failure.ts";

/** What one API of OpenAI's does in its own way: how a request is sent, and how its answer is read. */
export interface OpenAiApi {
  api: ModelApi;
  /** The class of model as AgentOS shows it. */
  name: string;
  /** The whole body, with every parameter that is wished. What the server does not take is taken out of it afterwards. */
  toBody(request: ModelRequest, fields: readonly FilledField[]): JsonObject;
  send(
    client: OpenAI,
    body: JsonObject,
    options: { signal: AbortSignal; maxRetries: number },
  ): APIPromise<Stream<unknown>>;
  newReader(request: ModelRequest): AnswerReader;
}

/** So many things may be found out within one request; a server that refuses more is a server that takes nothing. */
const MAX_FINDINGS = 8;

/**
 * A model behind an API of OpenAI or of a compatible server. The stream's last chunks are the usage, if the server tells
 * it, and `finish`, if the end of the answer was seen. When `signal` aborts it ends, without throwing.
 */
export function modelBehind({ api, name, toBody, send, newReader }: OpenAiApi, options: OpenAiOptions): Model {
  const client = createClient(options);
  const secrets = secretsOf(options);
  const { id } = options.settings;
  const source = sourceOf(api, options.baseUrl || OPENAI_BASE_URL, id);

  async function* ask(body: JsonObject, asking: Asking, reader: AnswerReader): AsyncGenerator<ModelChunk> {
    const { data, response } = await send(client, body, asking).withResponse();
    yield* readAnswer(data, response, reader, options.timeoutMs);
    if (hasSeenDone(response)) reader.sawDone?.();
  }

  /** Returns the provider's refusal, where it said nothing before it. Any other failure is thrown. */
  async function* askOnce(asked: Asked, asking: Asking): AsyncGenerator<ModelChunk, APIError | null> {
    let hasBegun = false;
    try {
      for await (const chunk of ask(asked.body, asking, asked.reader)) {
        if (!hasBegun) asked.onBegin();
        hasBegun = true;
        yield chunk;
      }
      return null;
    } catch (error) {
      const isRefusal = error instanceof APIError && !hasBegun && !asked.reader.isWhole && !asking.signal.aborted;
      if (!isRefusal) throw error;
      return error;
    }
  }

  /**
   * Asks with all parameters, and again without one that the provider refuses before it says anything. What was found
   * out is remembered once the provider answers: only then was it the reason.
   */
  async function* askFindingOut(request: ModelRequest, asking: Asking, answer: Answer): AsyncGenerator<ModelChunk> {
    let found = foundBefore(source);
    for (let tries = 0; ; tries += 1) {
      const body = withFindings(toBody(request, filledFields(found)), found);
      const onBegin = () => tries > 0 && remember(source, found);
      const refusal = yield* askOnce({ body, reader: answer.reader, onBegin }, asking);
      if (refusal === null) return;
      const finding = tries < MAX_FINDINGS ? findOut(providerFailure(refusal), body, found) : null;
      if (finding === null) throw refusal;
      log("warn", "model.request_refused", { model: id, ...told(finding) });
      found = [...found, finding];
      answer.reader = newReader(request);
    }
  }

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    if (signal.aborted) return;
    const answer: Answer = { reader: newReader(request) };
    let broken: ModelError | null = null;
    try {
      yield* askFindingOut(request, { signal, maxRetries: request.maxRetries ?? options.maxRetries }, answer);
    } catch (error) {
      const { reader } = answer;
      // A whole answer stays whole when its connection breaks. One that has failed says more in the error behind it.
      if (!reader.isWhole || (reader.failure && error instanceof APIError)) {
        broken = toModelError(error, options.timeoutMs, { secrets, prompt: promptTexts(request) });
      }
    }
    if (signal.aborted) return;
    yield* answer.reader.end();
    const failure = broken ?? answer.reader.failure ?? null;
    if (failure !== null) throw failure;
  }

  return { id, name, provider: "OpenAI", source, stream };
}

interface Asked {
  body: JsonObject;
  reader: AnswerReader;
  /** Called with the first chunk. */
  onBegin(): void;
}

interface Asking {
  signal: AbortSignal;
  maxRetries: number;
}

/** The reader of the try that is under way: what a refused try has read counts for nothing. */
interface Answer {
  reader: AnswerReader;
}

/** Names only: a value may be what a deployer, or a user, wrote. */
function told(finding: Finding) {
  switch (finding.kind) {
    case "left_out":
      return { left_out: finding.parameter };
    case "renamed":
      return { renamed: finding.parameter, to: finding.to };
    case "filled":
      return { filled: finding.field };
  }
}
