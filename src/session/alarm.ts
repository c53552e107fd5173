import { nextAlarm, WATCHDOG_MS } from "./due.ts";

/** The object's one alarm: set while there is anything to be woken for, so that somebody wakes up if we do not. */
export class Alarm {
  readonly #now: () => number;
  readonly #set: (atMs: number) => void;
  /** How often D1 was away in a row. */
  #failures = 0;
  #at = 0;

  constructor(now: () => number, set: (atMs: number) => void) {
    this.#now = now;
    this.#set = set;
  }

  /** Sees to it that a live run is looked after. */
  watch(): void {
    if (this.#at <= this.#now()) {
      this.#setAt(this.#now() + WATCHDOG_MS);
    }
  }

  /** D1 was away: tries again, later each time. */
  failed(): void {
    this.#failures += 1;
    this.rearm(0);
  }

  recovered(): void {
    this.#failures = 0;
  }

  /** Sets the alarm for what is still to be watched or tried again, if anything is. */
  rearm(liveRuns: number): void {
    this.#at = 0;
    const at = nextAlarm({ liveRuns, failures: this.#failures }, this.#now());
    if (at !== null) {
      this.#setAt(at);
    }
  }

  #setAt(at: number): void {
    this.#at = at;
    this.#set(at);
  }
}
