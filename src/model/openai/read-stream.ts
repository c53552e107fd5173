import { APIError } from "openai";
import type { Stream } from "openai/streaming";
import { type ModelBurst, type ModelChunk, ModelError } from "../../domain/model.ts";
import { StallTimer } from "../../lib/stall-timer.ts";
import { modelTimeout } from "./provider-error.ts";
import { errorIn } from "./refusal/provider-failure.ts";

/** Reads the events of one answer in order, as one API sends them. */
export interface AnswerReader {
  /** Whether the end of the answer was seen: from then on it is whole, whatever happens to the connection. */
  readonly isWhole: boolean;
  /**
   * The failure that the provider reports within the answer, once the answer is over. The text is kept and the calls do not
   * run.
   */
  readonly failure?: ModelError | null;
  /** What one event of the stream says, or one answer that was not streamed. */
  read(event: unknown): ModelChunk[];
  /** What is told last, when no further event comes. */
  end(): ModelChunk[];
  /** The stream ended with `[DONE]`. Told only if the model's settings ask for it. */
  sawDone?(): void;
}

/** How long a whole answer waits for its usage when the server leaves the connection open. */
const TRAILER_MS = 5_000;

/**
 * The SDK ends a stream in silence when the stream is aborted or closed early: `reader` knows whether the answer is whole.
 */
export async function* readAnswer(
  stream: Stream<unknown>,
  response: Response,
  reader: AnswerReader,
  timeoutMs: number,
): AsyncGenerator<ModelBurst> {
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
      const failed = errorIn(next.value);
      if (failed !== undefined) throw new APIError(undefined, failed, undefined, undefined);
      const burst = reader.read(next.value);
      if (burst.length > 0) yield burst;
    }
  } catch (error) {
    throw stalled ? modelTimeout(timeoutMs) : error;
  } finally {
    timer.stop();
    stream.controller.abort();
  }
  // The SDK's own stream ends without a word when it is aborted.
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
  yield await response.json();
}
