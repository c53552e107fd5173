import { ApiError, ConnectionError } from "../../packages/client/src/index.ts";

/** How often the server is asked for what is new, while all is well. */
export const POLL_MS = 10_000;
const MAX_POLL_MS = 120_000;

/** How long to wait after a round of questions, some of which may have failed. */
export const nextPauseMs = (pauseMs: number, failures: readonly unknown[]): number =>
  failures.some(isOverburdened) ? Math.min(MAX_POLL_MS, 2 * pauseMs) : POLL_MS;

/** Whether asking less often helps the server, or asking at once helps nobody. */
const isOverburdened = (error: unknown) =>
  error instanceof ConnectionError || (error instanceof ApiError && (error.status === 429 || error.status >= 500));

/** What is asked in each round. It may fail: the clock is told so by the rejection. */
export type PollTask = () => Promise<unknown>;

/** Asks again and again while somebody looks: one timer for the whole page, so that all of it slows down together. */
export class PollClock {
  readonly #tasks = new Set<PollTask>();
  readonly #isShown: () => boolean;
  readonly #onFailure: (error: unknown) => void;
  #pauseMs = POLL_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #isWanted = false;

  constructor(isShown: () => boolean, onFailure: (error: unknown) => void) {
    this.#isShown = isShown;
    this.#onFailure = onFailure;
  }

  /** Asks this in each round, from the next one on. Answers what ends it. */
  every(task: PollTask): () => void {
    this.#tasks.add(task);
    if (this.#tasks.size === 1) this.#wait();
    return () => {
      this.#tasks.delete(task);
      if (this.#tasks.size === 0) clearTimeout(this.#timer);
    };
  }

  /** Asks at once: the page is shown again, or has done something that others show. A round that is under way is followed by another. */
  async now(): Promise<void> {
    if (this.#isAsking) {
      this.#isWanted = true;
      return;
    }
    clearTimeout(this.#timer);
    if (!this.#isShown()) return;
    this.#isAsking = true;
    this.#isWanted = false;
    const rounds = await Promise.allSettled([...this.#tasks].map(async (task) => task()));
    this.#isAsking = false;
    const failures = rounds.flatMap((round) => (round.status === "rejected" ? [round.reason as unknown] : []));
    for (const error of failures) this.#onFailure(error);
    this.#pauseMs = nextPauseMs(this.#pauseMs, failures);
    if (this.#isWanted && failures.length === 0) return this.now();
    this.#wait();
  }

  /** The page is shown no more: nobody is to be asked. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#tasks.size > 0) this.#timer = setTimeout(() => void this.now(), this.#pauseMs);
  }
}
