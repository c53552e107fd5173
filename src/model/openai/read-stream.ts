import { APIError } from "openai";
import type { ModelBurst, ModelChunk, ModelError } from "../../domain/model.ts";
import { AnswerBody } from "./answer-body.ts";
import { type AnswerEvents, answerEvents } from "./answer-events.ts";
import { Gathered } from "./gathering.ts";
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
  /** The stream ended with `[DONE]`. */
  sawDone?(): void;
}

/** How long a whole answer waits for its usage when the server leaves the connection open. */
const TRAILER_MS = 5_000;

/**
 * What comes fast is told together, and what came before a failure is told before it. When `signal` aborts the answer ends
 * without a word; `reader` knows whether it is whole.
 */
export async function* readAnswer(
  response: Response,
  reader: AnswerReader,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): AsyncGenerator<ModelBurst> {
  const body = new AnswerBody(response, signal);
  const gathered = new Gathered();
  try {
    const into: Into = { events: answerEvents(response), decoder: new TextDecoder(), reader, gathered };
    for (let isOver = false; !isOver; ) {
      const limitMs = reader.isWhole ? Math.min(timeoutMs, TRAILER_MS) : timeoutMs;
      const read = await body.read(Math.min(limitMs, gathered.waitMs(Date.now())));
      if (read === "stopped") return;
      if (read === "late" && gathered.isEmpty) throw modelTimeout(timeoutMs);
      isOver = take(read, into);
      if (gathered.waitMs(Date.now()) === 0) yield gathered.take(Date.now());
    }
    if (into.events.isDone) reader.sawDone?.();
  } catch (error) {
    if (!gathered.isEmpty) yield gathered.take(Date.now());
    throw error;
  } finally {
    body.stop();
  }
}

/** What a read goes through. */
interface Into {
  decoder: TextDecoder;
  events: AnswerEvents;
  reader: AnswerReader;
  gathered: Gathered;
}

/** Gathers what a read says. Answers whether it was the last one; throws what is wrong with it. */
function take(read: Uint8Array | "ended" | "late", { decoder, events, reader, gathered }: Into): boolean {
  const now = Date.now();
  for (const event of eventsIn(read, decoder, events)) {
    const failed = errorIn(event);
    if (failed !== undefined) throw new APIError(undefined, failed, undefined, undefined);
    gathered.add(reader.read(event), now);
  }
  const isOver = read === "ended" || events.isDone;
  if (isOver || reader.isWhole) gathered.hurry();
  return isOver;
}

/** The events that are whole with what was read. */
function eventsIn(read: Uint8Array | "ended" | "late", decoder: TextDecoder, events: AnswerEvents): Iterable<unknown> {
  if (read === "late") return [];
  return read === "ended" ? events.end(decoder.decode()) : events.read(decoder.decode(read, { stream: true }));
}
