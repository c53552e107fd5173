import {
  type FinishReason,
  type Model,
  type ModelBurst,
  ModelError,
  type ModelRequest,
  NO_USAGE,
  type Usage,
} from "../domain/model.ts";
import { untilAborted, withTimeout } from "../lib/abort.ts";

/**
 * Why the provider did not answer. `rate_limited`: it had too much to do. `unavailable`: it was away or broke off.
 * `refused`: it does not take this request (its key, model or content), and will not take it when asked again.
 */
export type ModelFailure = "rate_limited" | "unavailable" | "refused";

/** An answer read to its end, or as far as it came. */
export interface ModelAnswer {
  text: string;
  /** Null when the answer did not end: the provider failed, or it was longer than anybody reads. */
  finishReason: FinishReason | null;
  /** The tokens and the cost that the provider told; `NO_USAGE` if the provider told none. */
  usage: Usage;
  failure: ModelFailure | null;
  /** The id of the model that was asked last. */
  model: string;
  /** The failure as a sentence that callers may read, in the provider's words if there were any; null without a failure. */
  said: string | null;
}

export interface AnswerBounds {
  timeoutMs: number;
  maxChars: number;
  /** Whoever does not wait any more aborts it. */
  signal?: AbortSignal;
}

/** Refusals that may be none a moment later: timeout, conflict, too early. */
const PASSING_STATUSES: readonly number[] = [408, 409, 425];

/**
 * Asks the model once and reads what it says, within bounds. If the model is away, the models behind it are asked, in the
 * same time. Does not reject.
 */
export async function modelAnswer(model: Model, request: ModelRequest, bounds: AnswerBounds): Promise<ModelAnswer> {
  const answer: ModelAnswer = {
    text: "",
    finishReason: null,
    usage: NO_USAGE,
    failure: null,
    model: model.id,
    said: null,
  };
  const stop = new AbortController();
  const signal = bounds.signal === undefined ? stop.signal : AbortSignal.any([bounds.signal, stop.signal]);
  try {
    const read = readFirst(answer, [model, ...(model.fallbacks ?? [])], (asked) =>
      readInto(answer, untilAborted(asked.stream(request, signal), signal), bounds.maxChars),
    );
    const timedOut = () => new ModelError("model_timeout", "The model did not answer in time.");
    await withTimeout(read, bounds.timeoutMs, timedOut);
    // Late chunks of a stream that was given up must not change what was answered.
    return { ...answer };
  } catch (error) {
    return { ...answer, finishReason: null, failure: failureOf(error), said: sayingOf(error) };
  } finally {
    stop.abort();
  }
}

/** Reads the first of the models that is not away. */
async function readFirst(
  answer: ModelAnswer,
  models: readonly Model[],
  read: (model: Model) => Promise<void>,
): Promise<void> {
  for (const [nth, model] of models.entries()) {
    answer.model = model.id;
    try {
      return await read(model);
    } catch (error) {
      const isAway = error instanceof ModelError && error.isAway && answer.text === "";
      if (!isAway || nth + 1 === models.length) throw error;
    }
  }
}

async function readInto(answer: ModelAnswer, bursts: AsyncIterable<ModelBurst>, maxChars: number): Promise<void> {
  for await (const burst of bursts) {
    for (const chunk of burst) {
      if (chunk.type === "text") {
        answer.text += chunk.delta;
      } else if (chunk.type === "usage") {
        answer.usage = chunk.usage;
      } else if (chunk.type === "finish") {
        answer.finishReason = chunk.reason;
        return;
      }
      if (answer.text.length > maxChars) {
        return;
      }
    }
  }
  answer.failure = "unavailable";
  answer.said = "The model's answer ended early.";
}

const sayingOf = (error: unknown): string =>
  error instanceof ModelError ? error.message : "The model could not be asked.";

function failureOf(error: unknown): ModelFailure {
  if (!(error instanceof ModelError)) {
    return "unavailable";
  }
  if (error.type === "model_rate_limit_error") {
    return "rate_limited";
  }
  const { status } = error;
  return status !== null && status >= 400 && status < 500 && !PASSING_STATUSES.includes(status)
    ? "refused"
    : "unavailable";
}
