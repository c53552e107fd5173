import { MAX_HISTORY_WINDOW_BYTES } from "../../domain/limits.ts";
import type { Message } from "../../domain/message.ts";
import type { RunRow, SessionCacheUse } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import type { Refusal } from "../../engine/prompt/refusal.ts";
import { type HistoryWindow, type WindowRun, withinWindow } from "../../engine/prompt/window.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { type KnownTexts, learnTexts } from "../../store/messages/system-texts.ts";
import { runsOfWindow, windowRunsQuery } from "../../store/messages/window.ts";
import { pendingQuery } from "../../store/runs/runs.ts";
import { sessionQuery, toSession } from "../../store/sessions/sessions.ts";
import type { LookAgain } from "./look-again.ts";

/** What a run needs to know of its session before it starts. */
export interface Loaded {
  /** Null when there is no such session. */
  session: Session | null;
  history: WindowRun[];
  cacheUse: SessionCacheUse;
}

/**
 * The session as its object remembers it: its row, and the newest runs that count for history. It is right as long as the
 * object makes every write and tells it here, and calls `drop` after a write that failed. A missing session is never
 * remembered as missing, because sessions are also created without their object.
 */
export class SessionMemory {
  readonly #db: Database;
  readonly #sessionId: string;
  #session: Session | null = null;
  #history: HistoryCache | null = null;
  /** By the source of the model. It stays when the rest is dropped: what a provider refuses does not change with D1. */
  readonly #refusals = new Map<string, Refusal>();
  /** What the session's system messages say, as far as this object has stored it. */
  readonly #texts = new Map<string, number>();
  /** Counts changes. A read that began before a change may hold old rows, and is not remembered. */
  #generation = 0;
  /** Counts how often the row was read or dropped. */
  #reads = 0;
  /** The waiting runs that a dead instance left in D1; read once, with the first load. */
  #pending: RunRow[] | null = null;
  #pendingRead = false;

  constructor(db: Database, sessionId: string) {
    this.#db = db;
    this.#sessionId = sessionId;
  }

  get session(): Session | null {
    return this.#session;
  }

  get texts(): KnownTexts {
    return this.#texts;
  }

  /** Remembers which texts were just stored with a run's first messages. */
  stored(run: RunRow, input: readonly Message[]): void {
    // A session that is not remembered may be gone by now, and its texts with it.
    if (this.#session !== null) learnTexts(this.#texts, run, input);
  }

  /** Remembers what was just written of the row. */
  update(change: (session: Session) => Session): void {
    // A read that is under way may have seen the row before the write or after it, so it must not be remembered.
    this.#generation += 1;
    this.#session = this.#session === null ? null : change(this.#session);
  }

  /**
   * Take this before a write and pass it to `updateSince`, which then knows whether the row was read or dropped in between.
   */
  mark(): number {
    return this.#reads;
  }

  /**
   * Remembers what was just written. If the row was read or dropped since `mark`, it is dropped instead: the row that was read
   * may have the write already.
   */
  updateSince(mark: number, change: (session: Session) => Session): void {
    if (mark !== this.#reads) {
      this.drop();
      return;
    }
    this.update(change);
  }

  /** What the provider of this model refused of the history. */
  refusal(source: string): Refusal | null {
    return this.#refusals.get(source) ?? null;
  }

  refuse(source: string, refusal: Refusal): void {
    this.#refusals.set(source, refusal);
  }

  /** Remembers a session that was just created with its first run, so it has no history. */
  created(session: Session): void {
    this.#refusals.clear();
    this.#texts.clear();
    this.#session = session;
    this.#history = HistoryCache.empty();
  }

  /** Remembers the run that completed last. */
  addRun(run: WindowRun): void {
    this.#generation += 1;
    if (this.#history?.add(run) === false) {
      this.#history = null;
    }
  }

  /** Forgets the runs: to be called when one of them changed, or when a run completed that is older than the newest. */
  dropHistory(): void {
    this.#history = null;
    this.#generation += 1;
  }

  /** Has the next load read the waiting runs again, because D1 may have one that this instance does not know of. */
  forgetPending(): void {
    this.#pendingRead = false;
  }

  drop(): void {
    this.#session = null;
    this.#history = null;
    this.#texts.clear();
    this.#generation += 1;
    this.#reads += 1;
  }

  /** The row, from memory or D1; `{ value: null }` when there is no such session, null when D1 is away. */
  async row(): Promise<{ value: Session | null } | null> {
    while (this.#session === null) {
      const generation = this.#generation;
      const read = await readOrNull(sessionQuery(this.#db, this.#sessionId).execute());
      if (read === null) {
        return null;
      }
      // Something written meanwhile may be missing in what was read.
      if (generation === this.#generation) {
        const [row] = read.value;
        const session = row === undefined ? null : toSession(row);
        this.#session = rememberable(session);
        this.#reads += 1;
        return { value: session };
      }
    }
    return { value: this.#session };
  }

  /**
   * The row as it stands, for a write that is planned in line. `looked` is the row as the caller read it out of line; a write
   * in line may have changed the row since. If the fence is another one, leftovers have landed since. Then runs that the
   * caller read have changed too, and it has to look again.
   */
  async rowInLine(looked: Session): Promise<Session | "away" | LookAgain> {
    const row = await this.row();
    if (row === null) {
      return "away";
    }
    return row.value?.fence === looked.fence ? row.value : "look_again";
  }

  /** The row and the runs of the window; null when D1 is away. With `fresh` they are read from D1 in any case. */
  async load(window: HistoryWindow, fresh: boolean): Promise<Loaded | null> {
    const remembered = this.#history?.window(window) ?? null;
    if (!fresh && this.#session !== null && remembered !== null && this.#pendingRead) {
      return { session: this.#session, history: remembered, cacheUse: "hit" };
    }
    for (;;) {
      const generation = this.#generation;
      const read = await this.#read(window);
      if (read === null) {
        return null;
      }
      // Something written meanwhile may be missing in what was read.
      if (generation !== this.#generation) {
        continue;
      }
      const { session, history, pending } = read;
      if (!this.#pendingRead) {
        this.#pendingRead = true;
        this.#pending = pending;
      }
      this.#session = rememberable(session);
      this.#reads += 1;
      if (!fresh) {
        this.#history = this.#session && HistoryCache.ofRead(history, window);
      }
      return { session, history, cacheUse: fresh ? "bypass" : "miss" };
    }
  }

  async #read(
    window: HistoryWindow,
  ): Promise<{ session: Session | null; history: WindowRun[]; pending: RunRow[] } | null> {
    const read = await readOrNull(
      this.#db.batch([
        sessionQuery(this.#db, this.#sessionId),
        windowRunsQuery(this.#db, this.#sessionId, window),
        pendingQuery(this.#db, { sessionId: this.#sessionId, principal: null }),
      ]),
    );
    if (read === null) {
      return null;
    }
    const [[row], windowRows, pending] = read.value;
    return { session: row === undefined ? null : toSession(row), history: runsOfWindow(windowRows), pending };
  }

  /** Whether each run that waits in D1 has been taken from here. */
  get knowsWaiting(): boolean {
    return this.#pendingRead && this.#pending === null;
  }

  /** The waiting runs that the first load found, once. */
  takePending(): RunRow[] {
    const pending = this.#pending ?? [];
    this.#pending = null;
    return pending;
  }
}

/** A session is not remembered while it is imported, because an import changes it without its object. */
const rememberable = (session: Session | null): Session | null =>
  session?.visibility === "importing" ? null : session;

/**
 * The newest whole runs of a session that count for history: as much as any window sends. A run too large for every window
 * is kept with its tool results cut, because that is how it is sent while it is the newest.
 */
class HistoryCache {
  /** Oldest first. */
  #runs: WindowRun[];
  /**
   * The held runs answer every window of at most this many bytes, even one that allows more runs, because the next older run
   * would not fit.
   */
  #knownBytes: number;

  private constructor(runs: WindowRun[], knownBytes: number) {
    this.#runs = runs;
    this.#knownBytes = knownBytes;
  }

  static empty(): HistoryCache {
    return new HistoryCache([], Number.POSITIVE_INFINITY);
  }

  /**
   * A cache made from the runs that D1 answered for a window. Null if a run is still RUNNING, because `add` would not
   * replace it once it has its answer.
   */
  static ofRead(runs: WindowRun[], { lastNRuns, maxBytes }: HistoryWindow): HistoryCache | null {
    return runs.some(({ isRunning }) => isRunning)
      ? null
      : new HistoryCache([...runs], runs.length < lastNRuns ? maxBytes : 0);
  }

  /**
   * Adds the run that completed last; the oldest ones make room. False if newer runs are held, because the
   * run had paused.
   */
  add(run: WindowRun): boolean {
    const newest = this.#runs.at(-1)?.runIndex ?? -1;
    if (newest >= run.runIndex) {
      // A read may have found the run settled already. Then it is held.
      return newest === run.runIndex;
    }
    const known = [...this.#runs, run];
    this.#runs = withinWindow(known, { lastNRuns: known.length, maxBytes: MAX_HISTORY_WINDOW_BYTES });
    if (this.#runs.length < known.length) {
      this.#knownBytes = MAX_HISTORY_WINDOW_BYTES;
    }
    return true;
  }

  /** The runs of a window; null if some of the runs that it needs are not held. */
  window(window: HistoryWindow): WindowRun[] | null {
    const { lastNRuns, maxBytes } = window;
    const found = withinWindow(this.#runs, window);
    // A run that is held cut is sent so only if it is the newest, and too large for this window as a whole.
    const isWhole = found.every((run) => !run.isCut || (found.length === 1 && run.bytes > maxBytes));
    const isEnough = found.length >= lastNRuns || found.length < this.#runs.length || maxBytes <= this.#knownBytes;
    return isWhole && isEnough ? found : null;
  }
}
