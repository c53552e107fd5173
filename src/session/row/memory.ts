import { MAX_CACHE_BYTES } from "../../domain/limits.ts";
import type { RunRow, SessionCacheUse } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import type { HistoryRun } from "../../engine/prompt/history.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { runsOfWindow, windowRunsQuery } from "../../store/messages/messages.ts";
import { pendingQuery } from "../../store/runs/runs.ts";
import { sessionQuery, toSession } from "../../store/sessions/sessions.ts";
import { HistoryCache } from "./history-cache.ts";
import type { LookAgain } from "./look-again.ts";

/** What a run needs to know of its session before it starts. */
export interface Loaded {
  /** Null when there is no such session. */
  session: Session | null;
  history: HistoryRun[];
  cacheUse: SessionCacheUse;
}

/**
 * The session as its object remembers it: the row, and the newest runs that count. It is right as long as every write
 * goes through the object and reports here; whoever saw a write fail calls `drop`. A missing session is never
 * remembered, because sessions are also created without the object.
 */
export class SessionMemory {
  readonly #db: Database;
  readonly #sessionId: string;
  #session: Session | null = null;
  #history: HistoryCache | null = null;
  /** Moves with every change, so that a read that began before one does not bring old rows back. */
  #generation = 0;
  /** Moves whenever the row is read or dropped. */
  #reads = 0;
  /** The waiting runs of a dead instance; read once, with the first load. */
  #pending: RunRow[] | null = null;
  #pendingRead = false;

  constructor(db: Database, sessionId: string) {
    this.#db = db;
    this.#sessionId = sessionId;
  }

  get session(): Session | null {
    return this.#session;
  }

  /** Remembers what was just written of the row. */
  update(change: (session: Session) => Session): void {
    // A read that is under way may have seen the row before the write, or after: it is not to be remembered.
    this.#generation += 1;
    this.#session = this.#session === null ? null : change(this.#session);
  }

  /** The point before a write whose effect cannot be remembered twice: to be handed to `updateSince`. */
  mark(): number {
    return this.#reads;
  }

  /**
   * Remembers what was just written, unless the row was read or dropped while it was: what was read then may hold the
   * write already. Answers whether it was remembered.
   */
  updateSince(mark: number, change: (session: Session) => Session): boolean {
    if (mark !== this.#reads) {
      this.drop();
      return false;
    }
    this.update(change);
    return true;
  }

  /** Remembers a session that was just created with its first run: nothing came before it. */
  created(session: Session): void {
    this.#session = session;
    this.#history = new HistoryCache(MAX_CACHE_BYTES, [], true);
  }

  /** Remembers the run that completed last. */
  addRun(run: HistoryRun): void {
    this.#generation += 1;
    if (this.#history?.add(run) === false) {
      this.#history = null;
    }
  }

  /** Forgets the runs: one of them was changed, or one completed that is older than the newest. */
  dropHistory(): void {
    this.#history = null;
    this.#generation += 1;
  }

  /** There is a waiting run that nobody here knows of: the next load reads them again. */
  forgetPending(): void {
    this.#pendingRead = false;
  }

  drop(): void {
    this.#session = null;
    this.#history = null;
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
      // What was written while we read may be missing in what we read.
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
   * The row as it stands, for a plan that stands in line with all writes of it. What was looked at before is not enough: a
   * change that stood before the plan may have come behind the look. It must be the incarnation that was looked at:
   * else leftovers have landed since, and the runs that were read are not what they were.
   */
  async rowInLine({ fence }: Session): Promise<Session | "away" | LookAgain> {
    const row = await this.row();
    if (row === null) {
      return "away";
    }
    return row.value?.fence === fence ? row.value : "look_again";
  }

  /** The row and the newest `runs` runs; null when D1 is away. With `fresh` memory is not asked. */
  async load(runs: number, fresh: boolean): Promise<Loaded | null> {
    const remembered = this.#history?.window(runs) ?? null;
    if (!fresh && this.#session !== null && remembered !== null && this.#pendingRead) {
      return { session: this.#session, history: remembered, cacheUse: "hit" };
    }
    for (;;) {
      const generation = this.#generation;
      const read = await this.#read(runs);
      if (read === null) {
        return null;
      }
      // What was written while we read may be missing in what we read.
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
        this.#history = this.#session && cacheOf(history, runs);
      }
      return { session, history, cacheUse: fresh ? "bypass" : "miss" };
    }
  }

  async #read(runs: number): Promise<{ session: Session | null; history: HistoryRun[]; pending: RunRow[] } | null> {
    const read = await readOrNull(
      this.#db.batch([
        sessionQuery(this.#db, this.#sessionId),
        windowRunsQuery(this.#db, this.#sessionId, { lastNRuns: runs }),
        pendingQuery(this.#db, this.#sessionId),
      ]),
    );
    if (read === null) {
      return null;
    }
    const [[row], windowRows, pending] = read.value;
    return { session: row === undefined ? null : toSession(row), history: runsOfWindow(windowRows), pending };
  }

  /** The waiting runs that the first load found, once. */
  takePending(): RunRow[] {
    const pending = this.#pending ?? [];
    this.#pending = null;
    return pending;
  }
}

/** An import is written without the object: its session is not remembered before it is whole. */
const rememberable = (session: Session | null): Session | null =>
  session?.visibility === "importing" ? null : session;

/** Null while a run goes on: it stands in D1 without its answer, and is remembered when it has completed. */
function cacheOf(history: HistoryRun[], runs: number): HistoryCache | null {
  return history.some((run) => run.status === "RUNNING")
    ? null
    : new HistoryCache(MAX_CACHE_BYTES, history, history.length < runs);
}
