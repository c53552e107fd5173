import { tooManyStreams } from "../../domain/error.ts";
import { MAX_READERS, MAX_SESSION_READERS } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import { type View, viewOf } from "../../domain/view.ts";
import type { ReadMode } from "../run-calls.ts";

/** Who reads a run's events, and what it is shown of them. */
export interface Reader {
  view: View;
  /** Frees the place. To be called once it has left, or has all events. */
  leave(): void;
}

/**
 * Who reads which run of the session. Each reader of a stored run holds a copy of the run, so a confined user has few
 * places at a run, and not many more at all runs together; others have no bound.
 */
export class Readers {
  readonly #ofRuns = new Places(MAX_READERS);
  readonly #ofSession = new Places(MAX_SESSION_READERS);

  /** Fails if the user has no place left at this run, or in the session. */
  admit(principal: Principal, runId: string): Outcome<Reader> {
    const view = viewOf(principal);
    // A Worker of an older deployment says neither: it knows no confined callers.
    if (principal.confined !== true) {
      return ok({ view, leave: () => {} });
    }
    const atRun = JSON.stringify([runId, principal.userId]);
    const inSession = JSON.stringify(principal.userId);
    if (this.#ofRuns.isFull(atRun)) {
      return fail(tooManyStreams("run"));
    }
    if (this.#ofSession.isFull(inSession)) {
      return fail(tooManyStreams("session"));
    }
    this.#ofRuns.take(atRun);
    this.#ofSession.take(inSession);
    let isThere = true;
    const leave = () => {
      if (isThere) {
        isThere = false;
        this.#ofRuns.free(atRun);
        this.#ofSession.free(inSession);
      }
    };
    return ok({ view, leave });
  }

  /**
   * Lets in whoever will read this run. A stream's reader gets its place first: a caller who was refused behind the store would
   * have begun a run, or answered, and could not ask again. A start that repeats its key reads another run, and moves there.
   */
  async withPlace<T>(
    { principal, read }: { principal: Principal; read: ReadMode },
    runId: string,
    answer: (place: (runId: string) => Outcome<Reader>) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const placed = read.kind === "stream" ? this.admit(principal, runId) : null;
    if (placed?.ok === false) {
      return placed;
    }
    const leave = () => placed?.value.leave();
    let isRead = false;
    try {
      const answered = await answer((readRunId) => {
        if (placed !== null && readRunId === runId) {
          return placed;
        }
        leave();
        return this.admit(principal, readRunId);
      });
      isRead = answered.ok;
      return answered;
    } finally {
      if (!isRead) {
        leave();
      }
    }
  }
}

/** So many places for each key. */
class Places {
  readonly #taken = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  isFull(key: string): boolean {
    return (this.#taken.get(key) ?? 0) >= this.#most;
  }

  take(key: string): void {
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
  }

  free(key: string): void {
    const left = (this.#taken.get(key) ?? 0) - 1;
    if (left > 0) {
      this.#taken.set(key, left);
    } else {
      this.#taken.delete(key);
    }
  }
}
