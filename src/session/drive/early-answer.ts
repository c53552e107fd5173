import type { Model, ModelBurst, ModelRequest } from "../../domain/model.ts";
import { sameJson } from "../../lib/same-json.ts";

type Digests = Pick<ModelRequest, "promptCacheKey" | "safetyIdentifier">;

/**
 * The answer to a run's first request, which is sent while D1 has not answered the run's accept. Until the run's drive takes
 * the answer, one request is sent, and one burst of what comes is read. All else waits, such as a try after a failure.
 */
export class EarlyAnswer {
  /** The model, as the drive is to ask it: the request that was sent is answered by what was asked for already. */
  readonly model: Model;
  readonly #asked: Model;
  readonly #request: Promise<ModelRequest>;
  readonly #first: Promise<IteratorResult<ModelBurst>>;
  readonly #upstream = new AbortController();
  readonly #taken = Promise.withResolvers<void>();
  #rest: AsyncIterator<ModelBurst> | null = null;
  #isTaken = false;

  /** Sends the request. When the signal aborts, it is aborted. */
  constructor(model: Model, request: ModelRequest, signal: AbortSignal, digests: () => Promise<Digests>) {
    this.#asked = model;
    this.model = { ...model, stream: (asked, signalOfAsk) => this.#stream(asked, signalOfAsk) };
    signal.addEventListener("abort", () => this.#drop(), { once: true });
    // Without digests nothing is awaited, so that the request goes before the accept.
    this.#request = Promise.resolve(request);
    if (model.takesDigests) {
      this.#request = digests().then((known) => ({ ...request, ...known }));
      this.#first = this.#request.then((whole) => this.#send(whole));
    } else {
      this.#first = this.#send(request);
    }
    // Nobody may ever take it.
    this.#first.catch(() => {});
  }

  #send(request: ModelRequest): Promise<IteratorResult<ModelBurst>> {
    let sent = 0;
    const beforeSending = async () => {
      sent += 1;
      if (sent > 1) await this.#taken.promise;
      this.#upstream.signal.throwIfAborted();
    };
    const bursts = this.#asked.stream({ ...request, beforeSending }, this.#upstream.signal);
    this.#rest = bursts[Symbol.asyncIterator]();
    return this.#rest.next();
  }

  async *#stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelBurst> {
    if (this.#isTaken) return yield* this.#asked.stream(request, signal);
    this.#isTaken = true;
    if (!sameJson(request, await this.#request)) {
      this.#drop();
      return yield* this.#asked.stream(request, signal);
    }
    const onAbort = () => this.#drop();
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) this.#drop();
    this.#taken.resolve();
    try {
      for (let next = await this.#first; next.done !== true; next = (await this.#rest?.next()) ?? END) yield next.value;
    } finally {
      signal.removeEventListener("abort", onAbort);
      // Not awaited, because a stuck source never answers it.
      Promise.resolve(this.#rest?.return?.()).catch(() => {});
    }
  }

  #drop(): void {
    this.#upstream.abort();
    this.#taken.resolve();
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
