import { ApiError, ConnectionError } from "./errors.ts";
import { type AgentEvent, kindOf } from "./events.ts";
import { SentEvents } from "./sent-events.ts";
import { backoffMs, type CallOptions, isPassing, type RequestOptions, type Transport } from "./transport.ts";
import { orAborted, sleep, throwIfAborted } from "./waiting.ts";

/** How often in a row a stream is asked for without one new event. */
const TRIES = 5;
/** The longest wait that a server may ask for between two tries. */
const MAX_RETRY_AFTER_S = 60;

/** An agent or a team, as paths name it: `/agents/assistant`. */
export type ComponentPath = string;

/** A run that there is. */
export interface RunPlace {
  component: ComponentPath;
  runId: string;
  sessionId: string;
}

export const runPath = ({ component, runId }: RunPlace): string => `${component}/runs/${encodeURIComponent(runId)}`;

/** The request that a stream begins with. */
export interface FirstRequest {
  path: string;
  body: object;
  key: string;
  /** Makes of a refusal what the caller is told. */
  explained?: (error: unknown) => Promise<unknown>;
}

/**
 * Reads a run's events, each once and in order, over as many connections as it takes. Whoever holds it reads by `next`, one
 * call at a time; after `close` it goes on where it was.
 */
export class RunReader {
  readonly #transport: Transport;
  readonly #component: ComponentPath;
  readonly #first: FirstRequest | null;
  readonly #options: CallOptions;
  #events: SentEvents | null = null;
  /** Whether the open connection answers the first request, and thus ends where that ends. */
  #isFirstAnswer = false;
  #hasEvents = false;
  #failures = 0;
  /** Counts the closings: what was begun before one must not go on behind it. */
  #closings = 0;
  /** Whether nothing comes behind the last event. */
  isOver = false;
  place: RunPlace | null;
  lastEventIndex: number;
  connections = 0;
  /** The run's own events that were read last, the last one at the end: they say how it stands. */
  last: AgentEvent[] = [];

  constructor(
    transport: Transport,
    from: { component: ComponentPath; first: FirstRequest } | { place: RunPlace; after: number },
    options: CallOptions,
  ) {
    this.#transport = transport;
    this.#options = options;
    this.#first = "first" in from ? from.first : null;
    this.place = "first" in from ? null : from.place;
    this.#component = "first" in from ? from.component : from.place.component;
    this.lastEventIndex = "first" in from ? -1 : from.after;
  }

  /** Sends the first request, unless it has been sent. */
  async open(): Promise<RunPlace> {
    if (this.place !== null) return this.place;
    const closings = this.#closings;
    const events = await this.#post();
    if (this.#closings === closings) this.#events = events;
    else events.close();
    if (this.place === null) throw new Error("The answer has no X-Run-Id.");
    return this.place;
  }

  /** The next event; null when there is none any more, or when the reader is closed meanwhile. To be opened first. */
  async next(): Promise<AgentEvent | null> {
    const closings = this.#closings;
    const isClosed = () => this.#closings !== closings;
    while (!this.isOver && !isClosed()) {
      const event = await this.#step(isClosed);
      if (event !== null && !isClosed()) return event;
    }
    return null;
  }

  /** Leaves the connection. The run goes on. */
  close(): void {
    this.#closings += 1;
    this.#leave();
  }

  #leave(): void {
    this.#events?.close();
    this.#events = null;
  }

  /** Whether the run's last event is a pause. In a replay that may be over. */
  get isPaused(): boolean {
    const end = this.last.at(-1);
    return end !== undefined && kindOf(end) === "RunPaused";
  }

  /** Null where it has to be called again, or all is read. */
  async #step(isClosed: () => boolean): Promise<AgentEvent | null> {
    const { signal } = this.#options;
    let failure: unknown;
    try {
      const events = this.#events ?? (await this.#connect());
      if (isClosed()) events?.close();
      if (events === null || isClosed()) return null;
      this.#events = events;
      const data = await orAborted(events.next(), signal);
      if (data !== null) return this.#taken(data as AgentEvent);
    } catch (error) {
      failure = error;
    }
    if (isClosed()) return null;
    this.#leave();
    if (failure === undefined) await this.#ended();
    else await this.#failed(failure);
    return null;
  }

  /** The next connection; null if there is nothing more to read. As long as no event has come, the first request is sent again. */
  #connect(): Promise<SentEvents | null> {
    return this.#hasEvents || this.#first === null ? this.#resume() : this.#post();
  }

  async #post(): Promise<SentEvents> {
    this.connections += 1;
    const { path, body, key, explained } = this.#first as FirstRequest;
    const options = { ...this.#options, body: { ...body, stream: true }, idempotencyKey: key };
    const response = await this.#transport.open("POST", path, options).catch(async (error: unknown) => {
      throw (await explained?.(error)) ?? error;
    });
    const [runId, sessionId] = ["X-Run-Id", "X-Session-Id"].map((name) => response.headers.get(name));
    // An id with other characters than a header takes is escaped as in a URL.
    if (runId && sessionId) {
      this.place = {
        component: this.#component,
        runId: decodeURIComponent(runId),
        sessionId: decodeURIComponent(sessionId),
      };
    }
    this.#isFirstAnswer = true;
    return eventsOf(response);
  }

  async #resume(): Promise<SentEvents | null> {
    this.connections += 1;
    const place = this.place as RunPlace;
    const options: RequestOptions = {
      ...this.#options,
      headers: { ...this.#options.headers, "Last-Event-ID": String(this.lastEventIndex) },
      body: { session_id: place.sessionId },
      once: true,
    };
    const response = await this.#transport.open("POST", `${runPath(place)}/resume`, options);
    this.#isFirstAnswer = false;
    if (response.status !== 204) return eventsOf(response);
    this.isOver = true;
    return null;
  }

  /** The event, if it is new. */
  #taken(event: AgentEvent): AgentEvent | null {
    if (typeof event.event_index !== "number") {
      // The events without an index are about the stream. One of them says that there is no such run.
      const { error } = event as unknown as { error?: string };
      if (error === undefined) return null;
      throw new ApiError({ status: 404, code: "run_not_found", detail: error });
    }
    if (event.event_index <= this.lastEventIndex) return null;
    this.lastEventIndex = event.event_index;
    this.#hasEvents = true;
    this.#failures = 0;
    if (event.run_id === this.place?.runId) {
      this.last = [...this.last.slice(-1), event];
      if (["RunCompleted", "RunError"].includes(kindOf(event))) {
        this.isOver = true;
        this.#leave();
      }
    }
    return event;
  }

  /** The connection has ended, and the run has not. */
  async #ended(): Promise<void> {
    const { isPaused } = this;
    if (isPaused && this.#isFirstAnswer) this.isOver = true;
    // A replay has pauses in it that are over: only the server knows whether this one is.
    else if (isPaused) this.#counted(null);
    else await this.#failed(new Error("the stream ended before the run"));
  }

  async #failed(error: unknown): Promise<void> {
    throwIfAborted(this.#options.signal);
    // A RangeError is about the path, which is the same in the next try.
    if (error instanceof RangeError || (error instanceof ApiError && !isPassing(error))) throw error;
    this.#counted(error);
    const retryAfter = error instanceof ApiError ? error.retryAfter : null;
    const retryMs =
      retryAfter === null ? backoffMs(this.#failures - 1) : Math.min(retryAfter, MAX_RETRY_AFTER_S) * 1000;
    await sleep(retryMs, this.#options.signal);
  }

  #counted(cause: unknown): void {
    this.#failures += 1;
    if (this.#failures <= TRIES) return;
    const { lastEventIndex } = this;
    // Whoever tries once more has all tries again.
    this.#failures = 0;
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    throw new ConnectionError(`The run's stream broke off, and ${TRIES} tries brought nothing${why}`, {
      cause,
      lastEventIndex,
    });
  }
}

function eventsOf({ body }: Response): SentEvents {
  if (body === null) throw new ConnectionError("The answer has no body.");
  return new SentEvents(body);
}
