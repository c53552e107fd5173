import type { Requirement, RequirementList, RunOutput, RunRequirement, WaitingRun } from "./api-types.ts";
import { AlreadyAnswered, ApiError } from "./errors.ts";
import type { AgentEvent } from "./events.ts";
import { GivenAnswers } from "./given-answers.ts";
import { type Ended, endOf, endOfStored } from "./run-end.ts";
import { type ComponentPath, type FirstRequest, type RunPlace, RunReader, runPath } from "./run-reader.ts";
import { type CallOptions, lasting, type Transport } from "./transport.ts";
import { orAborted, sleep } from "./waiting.ts";

const FIRST_POLL_MS = 500;
const LAST_POLL_MS = 5_000;

export interface AnswerOptions extends CallOptions {
  /** Who answers. Kept on the requirements; the caller where it is left out. */
  by?: string | undefined;
}

/** How a run stands that does not go on by itself. */
export interface RunEnd extends Ended {
  /** Begins to answer what it waits for. */
  answer(options?: AnswerOptions): Answers;
}

type RunSource = { component: ComponentPath; first: FirstRequest } | { place: RunPlace; after: number };

/**
 * A run, as its events come. Nothing is sent until it is read or started. To leave the loop, or to abort, ends the reading
 * only; `cancel` ends the run.
 */
export class RunStream implements AsyncIterable<AgentEvent> {
  readonly #transport: Transport;
  readonly #source: RunSource;
  readonly #options: CallOptions;
  readonly #reader: RunReader;
  #opened: Promise<RunPlace> | null = null;
  #isIterated = false;
  /** Whether the events are for who iterates. */
  #isHeld = false;
  /** Settles when nobody iterates any more, and for the loop that waits itself: with an event that the run stands with. */
  #iterated: Promise<void> = Promise.resolve();
  #result: Promise<RunEnd> | null = null;

  constructor(transport: Transport, source: RunSource, options: CallOptions) {
    this.#transport = transport;
    this.#source = source;
    this.#options = options;
    this.#reader = new RunReader(transport, source, options);
  }

  /** Sends the request now. What it failed with, whoever reads is told. */
  start(): this {
    this.#open().catch(() => {});
    return this;
  }

  /** The run's id, before its first event. */
  get runId(): Promise<string> {
    return this.#open().then(({ runId }) => runId);
  }

  /** The session's id, before the first event. */
  get sessionId(): Promise<string> {
    return this.#open().then(({ sessionId }) => sessionId);
  }

  /** How often the stream was connected again. */
  get reconnects(): number {
    return Math.max(0, this.#reader.connections - 1);
  }

  /** The index of the event that was read last; -1 before the first. With it, `attach` goes on behind it. */
  get lastEventIndex(): number {
    return this.#reader.lastEventIndex;
  }

  [Symbol.asyncIterator](): AsyncIterator<AgentEvent, undefined> {
    if (this.#isIterated || this.#result !== null) {
      throw new Error("This run is being read already: `attach` to it for another reader.");
    }
    this.#isIterated = true;
    this.#isHeld = true;
    let settle = () => {};
    this.#iterated = new Promise((resolve) => {
      settle = resolve;
    });
    const finish = () => {
      this.#isHeld = false;
      settle();
    };
    const over = () => {
      finish();
      return { done: true as const, value: undefined };
    };
    let isLeft = false;
    // A caller may ask for the next event before it has the one before.
    let turn: Promise<unknown> = Promise.resolve();
    const next = async (): Promise<IteratorResult<AgentEvent, undefined>> => {
      if (!isLeft) await this.#open();
      const event = isLeft ? null : await this.#reader.next();
      if (event === null) return over();
      if (this.#reader.isOver || this.#reader.isPaused) settle();
      return { done: false, value: event };
    };
    return {
      next: () => {
        const mine = turn.then(next).catch((error: unknown) => {
          finish();
          throw error;
        });
        turn = mine;
        return mine;
      },
      return: async () => {
        isLeft = true;
        this.#reader.close();
        return over();
      },
    };
  }

  /**
   * How the run stands in the end, once it is completed, paused or cancelled. Reads what nobody iterates; with `poll` it
   * keeps no connection open, and asks from time to time. Rejects with RunFailed for a run that failed. A loop may wait for
   * it once it has the event that the run stands with: before, it would wait for itself.
   */
  result({ poll = false }: { poll?: boolean } = {}): Promise<RunEnd> {
    this.#result ??= (poll ? this.#polled() : this.#read()).catch((error: unknown) => {
      this.#result = null;
      throw error;
    });
    return this.#result;
  }

  /** Ends the run. Its readers then come to its end. A run that is over stays as it is. */
  async cancel(options: CallOptions = {}): Promise<void> {
    if (this.#isUnsent) {
      throw new Error("This run has not been started.");
    }
    const place = await this.#open();
    const query = { session_id: place.sessionId };
    const asked = { ...lasting(this.#options), ...options, query };
    await this.#transport.json("POST", `${runPath(place)}/cancel`, asked);
  }

  get #isUnsent(): boolean {
    return this.#opened === null && this.#reader.place === null;
  }

  #open(): Promise<RunPlace> {
    return this.#opened ?? this.#opening(this.#reader.open());
  }

  #opening(work: Promise<RunPlace>): Promise<RunPlace> {
    this.#opened = work.catch((error: unknown) => {
      // Whoever asks again tries again.
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  async #read(): Promise<RunEnd> {
    await orAborted(this.#iterated, this.#options.signal);
    await this.#open();
    // A pause in a loop that goes on. What comes behind it is for the loop, so the server is asked how the run stands.
    const isAsked = this.#isHeld && !this.#reader.isOver;
    // The next pause has another result.
    if (isAsked) this.#result = null;
    while (!isAsked && (await this.#reader.next()) !== null);
    const ended = isAsked ? null : endOf(this.#reader.last);
    return this.#withAnswer(ended ?? (await this.#poll(false)));
  }

  async #polled(): Promise<RunEnd> {
    const isContinue = "first" in this.#source && this.#source.first.path.endsWith("/continue");
    await (this.#isUnsent && !isContinue ? this.#opening(this.#inBackground()) : this.#open());
    this.#reader.close();
    return this.#withAnswer(await this.#poll(isContinue));
  }

  /** Starts the run without a stream. */
  async #inBackground(): Promise<RunPlace> {
    const { component, first } = this.#source as { component: ComponentPath; first: FirstRequest };
    const body = { ...first.body, stream: false, background: true };
    const options = { ...this.#options, body, idempotencyKey: first.key };
    const { data } = await this.#transport.json<WaitingRun>("POST", first.path, options);
    this.#reader.place = { component, runId: data.run_id, sessionId: data.session_id };
    return this.#reader.place;
  }

  /** Asks until the run stands. One that was answered is PAUSED until its turn comes, and then nothing of it is open. */
  async #poll(isAnswered: boolean): Promise<Ended> {
    const place = await this.#open();
    const options = { ...this.#options, query: { session_id: place.sessionId } };
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(waitMs * 1.5, LAST_POLL_MS)) {
      const { data } = await this.#transport.json<RunOutput>("GET", runPath(place), options);
      const ended = endOfStored(data);
      const isAboutToGoOn = isAnswered && ended?.status === "PAUSED" && ended.requirements.length === 0;
      if (ended !== null && !isAboutToGoOn) return ended;
      await sleep(waitMs, this.#options.signal);
    }
  }

  async #withAnswer(ended: Ended): Promise<RunEnd> {
    const place = await this.#open();
    const answer = (options: AnswerOptions = {}) =>
      new Answers(this.#transport, place, ended.requirements, { ...lasting(this.#options), ...options });
    return { ...ended, answer };
  }
}

/** Answers to what a run waits for. Nothing is sent before `send`, which goes on with the run. */
export class Answers extends GivenAnswers {
  readonly #transport: Transport;
  readonly #place: RunPlace;
  readonly #options: AnswerOptions;
  readonly #key: string;

  constructor(transport: Transport, place: RunPlace, open: readonly { id: string }[], options: AnswerOptions) {
    super(open);
    this.#transport = transport;
    this.#place = place;
    this.#options = options;
    this.#key = options.idempotencyKey ?? crypto.randomUUID();
  }

  /** Goes on with the run. What was not answered stays open. Sent twice, it is the same continue. */
  send(): RunStream {
    const { component, sessionId } = this.#place;
    const given = this.sealed();
    const first = {
      path: `${runPath(this.#place)}/continue`,
      body: { session_id: sessionId, answered_by: this.#options.by, requirements: [...given.values()] },
      key: this.#key,
      explained: (error: unknown) => this.#explained(error, given),
    };
    return new RunStream(this.#transport, { component, first }, this.#options);
  }

  /** A refusal because somebody else was faster, with who and what; any other error as it is. */
  async #explained(error: unknown, given: ReadonlyMap<string, object>): Promise<unknown> {
    if (!(error instanceof ApiError) || error.status !== 409) return error;
    const closed = await this.#answered().catch(() => []);
    const others = closed.filter(({ id, answered_at: at }) => given.has(id) && at != null);
    return others.length === 0 ? error : new AlreadyAnswered(error, others);
  }

  /** What was answered before. A paused run shows only what is open, so that is looked up among all runs' requirements. */
  async #answered(): Promise<(RunRequirement | Requirement)[]> {
    const ask = async <T>(path: string, query: object) =>
      (await this.#transport.json<T>("GET", path, { ...this.#options, query })).data;
    const run = await ask<RunOutput>(runPath(this.#place), { session_id: this.#place.sessionId });
    if (run.status !== "PAUSED") return run.requirements ?? [];
    return (await ask<RequirementList>("/requirements", { status: "answered", limit: 100 })).data;
  }
}
