import { APIError } from "openai";
import type { ModelBurst, ModelChunk, ModelError } from "../../domain/model.ts";
import { AnswerBody } from "./answer-body.ts";
import { answerEvents } from "./answer-events.ts";
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
  /** The stream ended with `[DONE]`. */
  sawDone?(): void;
}

/** How long a whole answer waits for its usage when the server leaves the connection open. */
const TRAILER_MS = 5_000;

/**
 * What is read together is told together, also where a failure follows it. When `signal` aborts the answer ends without a
 * word; `reader` knows whether it is whole.
 */
export async function* readAnswer(
  response: Response,
  reader: AnswerReader,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): AsyncGenerator<ModelBurst> {
  const body = new AnswerBody(response, { signal, timeoutMs });
  try {
    const events = answerEvents(response);
    const decoder = new TextDecoder();
    for (let isOver = false; !isOver; isOver ||= events.isDone) {
      const read = await body.read(reader.isWhole ? Math.min(timeoutMs, TRAILER_MS) : timeoutMs);
      if (read === "stopped") return;
      isOver = read === "ended";
      yield* burstsOf(
        read === "ended" ? events.end(decoder.decode()) : events.read(decoder.decode(read, { stream: true })),
        reader,
      );
    }
    if (events.isDone) reader.sawDone?.();
  } finally {
    body.stop();
  }
}

/** What the events say, as one burst; then what is wrong with the first one that is a failure, or no event. */
function* burstsOf(events: Iterable<unknown>, reader: AnswerReader): Generator<ModelBurst> {
  const burst: ModelChunk[] = [];
  try {
    for (const event of events) burst.push(...chunksOf(event, reader));
  } finally {
    if (burst.length > 0) yield burst;
  }
}

function chunksOf(event: unknown, reader: AnswerReader): ModelChunk[] {
  const failed = errorIn(event);
  if (failed !== undefined) throw new APIError(undefined, failed, undefined, undefined);
  return reader.read(event);
}
