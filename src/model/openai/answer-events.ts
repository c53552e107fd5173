import { createParser } from "eventsource-parser";
import { APIError } from "openai";
import { isObject } from "../../domain/json.ts";
import { ModelError } from "../../domain/model.ts";

/** The JSON that an answer is made of. What it reads is lazy: text that is no JSON throws behind what stands before it. */
export interface AnswerEvents {
  /** The server has said that nothing follows: `[DONE]`. */
  readonly isDone: boolean;
  /** The events that are whole with this text. */
  read(text: string): Iterable<unknown>;
  /** The events that are whole because nothing follows this text. */
  end(text: string): Iterable<unknown>;
}

/**
 * What an event, or an answer that is not streamed, may hold. The last event of a response repeats all of it, with the
 * instructions and tools that were sent.
 */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

function tooLarge(): ModelError {
  return new ModelError("model_provider_error", "The model's provider sent more at once than an answer may hold.");
}

/** Which of both a server sent, although it was asked for a stream. */
export function answerEvents(response: Response): AnswerEvents {
  const type = response.headers.get("content-type") ?? "";
  if (type.includes("text/html")) {
    throw new ModelError(
      "model_provider_error",
      "The model's provider answered with a web page: is the base URL right?",
    );
  }
  return type.includes("application/json") ? new WholeAnswer() : new StreamedEvents();
}

/** The one event of a server that does not stream. */
class WholeAnswer implements AnswerEvents {
  readonly isDone = false;
  #text = "";

  read(text: string): Iterable<unknown> {
    this.#text += text;
    if (this.#text.length > MAX_EVENT_CHARS) throw tooLarge();
    return [];
  }

  end(text: string): Iterable<unknown> {
    this.read(text);
    return [JSON.parse(this.#text)];
  }
}

/** An event stream, in whatever way its lines end and wherever its reads cut it. */
class StreamedEvents implements AnswerEvents {
  isDone = false;
  #waiting: { name: string | undefined; data: string }[] = [];
  #isTooLarge = false;
  readonly #parser = createParser({
    maxBufferSize: MAX_EVENT_CHARS,
    onEvent: ({ event, data }) => this.#waiting.push({ name: event, data }),
    onError: ({ type }) => {
      this.#isTooLarge ||= type === "max-buffer-size-exceeded";
    },
  });

  *read(text: string): Generator<unknown> {
    this.#parser.feed(text);
    const events = this.#waiting;
    this.#waiting = [];
    for (const { name, data } of events) {
      if (data.startsWith("[DONE]")) {
        this.isDone = true;
        return;
      }
      // The standard has an event without data be none.
      if (data !== "") yield eventOf(JSON.parse(data), name);
    }
    if (this.#isTooLarge) throw tooLarge();
  }

  /** Some servers leave out the blank line, or the line's end, behind the last event. */
  end(text: string): Iterable<unknown> {
    return this.read(`${text}\n\n`);
  }
}

/** The event, unless it is an error: one that is called so, or one that says so beside anything else. */
function eventOf(event: unknown, name: string | undefined): unknown {
  const error = isObject(event) && event.error ? event.error : name === "error" ? event : undefined;
  if (error === undefined) return event;
  const said = typeof error === "object" && error !== null ? error : { message: String(error) };
  throw new APIError(undefined, said, undefined, undefined);
}
