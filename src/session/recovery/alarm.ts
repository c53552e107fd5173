import type { Run } from "../../engine/run/state.ts";
import { nextAlarm } from "./due.ts";

/** When the first open requirement of the session expires, kept where it outlives the object. */
export interface ExpiryNote {
  get(): number | null;
  set(atMs: number | null): void;
}

/** Sees to it that the object wakes when a requirement of a paused run expires. */
export function watchExpiry(alarm: Alarm, { end, requirements }: Run): void {
  const times = requirements.flatMap(({ status, expiresAt }) =>
    status === "open" && expiresAt !== null ? [expiresAt] : [],
  );
  if (end?.status === "PAUSED" && times.length > 0) {
    alarm.expireAt(Math.min(...times));
  }
}

/** The object's one alarm: set while there is anything to be woken for, so that somebody wakes up if we do not. */
export class Alarm {
  readonly #now: () => number;
  readonly #set: (atMs: number) => void;
  readonly #expiry: ExpiryNote;
  /** How often D1 was away in a row. */
  #failures = 0;
  #isIndexing = false;
  #at = 0;

  constructor(now: () => number, set: (atMs: number) => void, expiry: ExpiryNote) {
    this.#now = now;
    this.#set = set;
    this.#expiry = expiry;
  }

  /** Sees to it that a live run is looked after. */
  watch(): void {
    if (this.#at <= this.#now()) {
      this.rearm(1);
    }
  }

  /** D1 was away: tries again, later each time. */
  failed(): void {
    this.#failures += 1;
    this.rearm(0);
  }

  /** There is more to do than one go may take. */
  again(): void {
    this.#setAt(this.#now());
  }

  /** What the object kept is gone, and the alarm with it. */
  cleared(): void {
    this.#failures = 0;
    this.#at = 0;
  }

  recovered(): void {
    this.#failures = 0;
  }

  /** A requirement expires at this instant; whatever expires before it is not forgotten. */
  expireAt(atMs: number): void {
    const known = this.#expiry.get();
    if (known === null || atMs < known) {
      this.#expiry.set(atMs);
    }
    if (this.#at <= this.#now() || atMs < this.#at) {
      this.#setAt(atMs);
    }
  }

  /** The search index has to be brought to where the session is, step by step. */
  index(): void {
    this.#isIndexing = true;
    const at = nextAlarm({ liveRuns: 0, failures: this.#failures, expiresAt: null, isIndexing: true }, this.#now());
    if (at !== null && (this.#at <= this.#now() || at < this.#at)) {
      this.#setAt(at);
    }
  }

  indexed(): void {
    this.#isIndexing = false;
  }

  isIndexing(): boolean {
    return this.#isIndexing;
  }

  /** Whether there is nothing to wake for. */
  isQuiet(): boolean {
    return this.#at === 0 && this.#failures === 0 && !this.#isIndexing && this.#expiry.get() === null;
  }

  /** Whether a requirement has expired by now. */
  hasExpired(): boolean {
    const at = this.#expiry.get();
    return at !== null && at <= this.#now();
  }

  /** What expires next, as D1 says. */
  nextExpiry(atMs: number | null): void {
    this.#expiry.set(atMs);
  }

  /** Sets the alarm for what is still to be watched, tried again or expired, if anything is. */
  rearm(liveRuns: number): void {
    this.#at = 0;
    const due = { liveRuns, failures: this.#failures, expiresAt: this.#expiry.get(), isIndexing: this.#isIndexing };
    const at = nextAlarm(due, this.#now());
    if (at !== null) {
      this.#setAt(at);
    }
  }

  #setAt(at: number): void {
    this.#at = at;
    this.#set(at);
  }
}
