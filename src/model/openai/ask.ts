import type OpenAI from "openai";
import { APIError } from "openai";
import type { APIPromise } from "openai/core/api-promise";
import type { JsonObject } from "../../domain/json.ts";
import type { Model, ModelBurst, ModelError, ModelRequest } from "../../domain/model.ts";
import { DEFAULT_PROVIDER, type ModelApi, sourceOf } from "../../domain/model-choice.ts";
import { log } from "../../lib/log.ts";
import { createClient, OPENAI_BASE_URL, type FetchOptions, type OpenAiOptions, secretsOf } from "./client.ts";
import { promptTexts, toModelError } from "./provider-error.ts";
import { type AnswerReader, readAnswer } from "./read-stream.ts";
import { foundBefore, remember } from "./refusal/memory.ts";
import { type FilledField, type Finding, filledFields, findOut, withFindings } from "./refusal/parameters.ts";
import { providerFailure } from "./refusal/provider-failure.ts";
import { serverAt } from "./request-parts.ts";

/** What one API of OpenAI's does in its own way: how a request is sent, and how its answer is read. */
export interface OpenAiApi {
  api: ModelApi;
  /** The class of model as AgentOS shows it. */
  name: string;
  /** The whole body, with every parameter that is wished. What the server does not take is taken out of it afterwards. */
  toBody(request: ModelRequest, fields: readonly FilledField[]): JsonObject;
  send(client: OpenAI, body: JsonObject, options: Asking): APIPromise<unknown>;
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
  const baseUrl = options.baseUrl || OPENAI_BASE_URL;
  const source = sourceOf(api, baseUrl, id);

  function attemptWith(request: ModelRequest, found: readonly Finding[], tries: number): Attempt {
    const body = withFindings(toBody(request, filledFields(found)), found);
    return { found, tries, body, reader: newReader(request) };
  }

  /** The next attempt, if something is found out. Else the refusal is the failure. */
  function afterRefusal(refusal: APIError, { found, tries, body }: Attempt, request: ModelRequest): Attempt {
    const finding = tries < MAX_FINDINGS ? findOut(providerFailure(refusal), body, found) : null;
    if (finding === null) throw refusal;
    log("warn", "model.request_refused", { model: id, ...told(finding) });
    return attemptWith(request, [...found, finding], tries + 1);
  }

  /** Returns the provider's refusal, if the provider said nothing before it. Any other failure is thrown. */
  async function* ask(
    { body, reader, found, tries }: Attempt,
    how: Asking,
  ): AsyncGenerator<ModelBurst, APIError | null> {
    let hasBegun = false;
    try {
      // The package's own reader would hand on one event at a time, through many promises each.
      const response = await send(client, body, how).asResponse();
      const { timeoutMs } = options;
      for await (const burst of readAnswer(response, reader, { signal: how.signal, timeoutMs })) {
        // Only now is it known that what was left out was the reason.
        if (!hasBegun && tries > 0) remember(source, found);
        hasBegun = true;
        yield burst;
      }
      return null;
    } catch (error) {
      const isRefusal = error instanceof APIError && !hasBegun && !reader.isWhole && !how.signal.aborted;
      if (!isRefusal) throw error;
      return error;
    }
  }

  /**
   * Null for a whole answer, which stays whole when its connection breaks. If the provider reported a failure within the
   * answer, the error that follows says more, so that error counts.
   */
  function failureOf(error: unknown, reader: AnswerReader, request: ModelRequest): ModelError | null {
    if (reader.isWhole && !(reader.failure && error instanceof APIError)) return null;
    return toModelError(error, options.timeoutMs, { secrets, prompt: promptTexts(request) });
  }

  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelBurst> {
    if (signal.aborted) return;
    const { maxRetries = options.maxRetries, beforeSending } = request;
    const how: Asking = { signal, maxRetries, ...(beforeSending && { fetchOptions: { beforeSending } }) };
    let attempt = attemptWith(request, foundBefore(source), 0);
    let broken: ModelError | null = null;
    try {
      for (let refusal = yield* ask(attempt, how); refusal !== null; refusal = yield* ask(attempt, how)) {
        attempt = afterRefusal(refusal, attempt, request);
      }
    } catch (error) {
      broken = failureOf(error, attempt.reader, request);
    }
    if (signal.aborted) return;
    const last = attempt.reader.end();
    if (last.length > 0) yield last;
    const failure = broken ?? attempt.reader.failure ?? null;
    if (failure !== null) throw failure;
  }

  const takesDigests = serverAt(baseUrl) === "openai";
  return { id, name, provider: options.provider ?? DEFAULT_PROVIDER, source, takesDigests, stream };
}

interface Asking {
  signal: AbortSignal;
  maxRetries: number;
  fetchOptions?: FetchOptions;
}

/**
 * One request, with everything that was found out before. What the reader of a refused request has read counts for nothing.
 */
interface Attempt {
  found: readonly Finding[];
  /** How many attempts were refused before. */
  tries: number;
  body: JsonObject;
  reader: AnswerReader;
}

/** Names only: a value may be what a deployer, or a user, wrote. */
function told(finding: Finding) {
  switch (finding.kind) {
    case "left_out":
      return { left_out: finding.parameter };
    case "renamed":
      return { renamed: finding.parameter, to: finding.to };
    case "loosened":
      return { loosened: "tools" };
    case "filled":
      return { filled: finding.field };
  }
}
