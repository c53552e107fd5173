import type { Run } from "../../engine/run/state.ts";
import { FIRST_REST_MS } from "./indexing-pace.ts";

/** The object wakes this often while a run lives in it, so that the runs of a dead instance are closed by then. */
const WATCHDOG_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** What there is to be woken for. */
interface Due {
  /** Runs that start, run, settle or wait in this instance. */
  liveRuns: number;
  /** How often D1 was away in a row while something waits to be written to it; 0 when nothing does. */
  failures: number;
  /** When the first open requirement expires, in milliseconds since the epoch; null when none does. */
  expiresAt: number | null;
  /** How long the next step of indexing has to wait; null when no messages are missing in the search index. */
  indexingInMs: number | null;
}

/** When the object's one alarm is due next; null when there is nothing to be woken for. */
function nextAlarm({ liveRuns, failures, expiresAt, indexingInMs }: Due, nowMs: number): number | null {
  if (failures > 0) {
    return nowMs + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
  }
  const watched = liveRuns > 0 ? nowMs + WATCHDOG_MS : null;
  const indexed = indexingInMs !== null ? nowMs + indexingInMs : null;
  const times = [watched, expiresAt, indexed].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** When the first open requirement of the session expires, kept in storage, so that the instant outlives the object. */
export interface ExpiryNote {
  get(): number | null;
  set(atMs: number | null): void;
}

/** Sets the alarm for the first instant at which an open requirement of the run expires, if one does. */
export function watchExpiry(alarm: Alarm, { end, requirements }: Run): void {
  const times = requirements.flatMap(({ status, expiresAt }) =>
    status === "open" && expiresAt !== null ? [expiresAt] : [],
  );
  if (end?.status === "PAUSED" && times.length > 0) {
    alarm.expireAt(Math.min(...times));
  }
}

/** The object's one alarm. It stays set while there is anything to be woken for, also if this instance dies, and never gives up. */
export class Alarm {
  readonly #now: () => number;
  readonly #set: (atMs: number | null) => void;
  readonly #expiry: ExpiryNote;
  /** How often D1 was away in a row. */
  #failures = 0;
  #isIndexing = false;
  #restMs = FIRST_REST_MS;
  #at = 0;

  constructor(now: () => number, set: (atMs: number | null) => void, expiry: ExpiryNote) {
    this.#now = now;
    this.#set = set;
    this.#expiry = expiry;
  }

  /**
   * To be called when a run lives here. Sets the alarm, unless it is set, so that the run is closed if this
   * instance dies.
   */
  watch(): void {
    if (this.#at <= this.#now()) {
      this.rearm(1);
    }
  }

  /** To be called when D1 was away. The alarm tries again, later each time. */
  failed(): void {
    this.#failures += 1;
    this.rearm(0);
  }

  /** Wakes the object again at once, because one go was not enough. */
  again(): void {
    this.#setAt(this.#now());
  }

  /** To be called when the object's storage was emptied, which takes the platform's alarm away too. */
  cleared(): void {
    this.#failures = 0;
    this.#at = 0;
  }

  /** To be called when D1 has taken all that was left to write. */
  recovered(): void {
    this.#failures = 0;
  }

  /** Notes that a requirement expires at this instant, unless one that expires earlier is noted. */
  expireAt(atMs: number): void {
    const known = this.#expiry.get();
    if (known === null || atMs < known) {
      this.#expiry.set(atMs);
    }
    if (this.#at <= this.#now() || atMs < this.#at) {
      this.#setAt(atMs);
    }
  }

  /** To be called when messages are missing in the search index. Sets the alarm for the next step of indexing. */
  index(): void {
    this.#isIndexing = true;
    const due = { liveRuns: 0, failures: this.#failures, expiresAt: null, indexingInMs: this.#restMs };
    const at = nextAlarm(due, this.#now());
    if (at !== null && (this.#at <= this.#now() || at < this.#at)) {
      this.#setAt(at);
    }
  }

  /** Notes how long indexing rests between two steps. */
  indexEvery(restMs: number): void {
    this.#restMs = restMs;
  }

  indexed(): void {
    this.#isIndexing = false;
  }

  isIndexing(): boolean {
    return this.#isIndexing;
  }

  /** Whether this instance has set the alarm. */
  isSet(): boolean {
    return this.#at > 0;
  }

  /**
   * To be called when no run lives here and nothing is left to write. What watched over runs is taken away: the alarm is set for
   * what else there is to wake for, or not at all.
   */
  rest(): void {
    if (!this.isSet() || this.#failures > 0 || this.#isIndexing) {
      return;
    }
    const at = this.#expiry.get();
    if (at === null) {
      this.#at = 0;
      this.#set(null);
    } else if (at !== this.#at) {
      this.#setAt(at);
    }
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

  /** Notes when the next requirement expires, as D1 says; null when none does. */
  nextExpiry(atMs: number | null): void {
    this.#expiry.set(atMs);
  }

  /** Sets the alarm for the first of all reasons to wake; does not set it when there is none. */
  rearm(liveRuns: number): void {
    this.#at = 0;
    const indexingInMs = this.#isIndexing ? this.#restMs : null;
    const due = { liveRuns, failures: this.#failures, expiresAt: this.#expiry.get(), indexingInMs };
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
