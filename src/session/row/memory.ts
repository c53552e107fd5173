import { MAX_CACHE_BYTES } from "../../domain/limits.ts";
import type { RunRow, SessionCacheUse } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import type { HistoryRun } from "../../engine/prompt/history.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { runsOfWindow, windowRunsQuery } from "../../store/messages/messages.ts";
import { pendingQuery } from "../../store/runs/runs.ts";
import { sessionQuery, toSession } from "../../store/sessions/sessions.ts";
import type { LookAgain } from "./look-again.ts";

/** What a run needs to know of its session before it starts. */
export interface Loaded {
  /** Null when there is no such session. */
  session: Session | null;
  history: HistoryRun[];
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

  /** Remembers what was just written of the row. */
  update(change: (session: Session) => Session): void {
    // A read that is under way may have seen the row before the write or after it, so it must not be remembered.
    this.#generation += 1;
    this.#session = this.#session === null ? null : change(this.#session);
  }

  /** To be taken before a write, for `updateSince`: by it, that sees whether the row was read meanwhile. */
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

  /** Remembers a session that was just created with its first run, so it has no history. */
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

  /** The row and the newest `runs` runs; null when D1 is away. With `fresh` they are read from D1 in any case. */
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

/** A session is not remembered while it is imported, because an import changes it without its object. */
const rememberable = (session: Session | null): Session | null =>
  session?.visibility === "importing" ? null : session;

/**
 * Null if a run is RUNNING. The cache would hold it without its answer, and `addRun` would not replace it
 * once it completed.
 */
function cacheOf(history: HistoryRun[], runs: number): HistoryCache | null {
  return history.some((run) => run.status === "RUNNING")
    ? null
    : new HistoryCache(MAX_CACHE_BYTES, history, history.length < runs);
}

/** About what a message takes beside its text. */
const MESSAGE_OVERHEAD_BYTES = 200;

/** The newest whole runs of a session that count for history, up to a number of bytes. */
class HistoryCache {
  readonly #maxBytes: number;
  /** Oldest first. */
  #runs: { run: HistoryRun; bytes: number }[] = [];
  #bytes = 0;
  /** Whether the session has no older run that counts for history. */
  #complete: boolean;

  constructor(maxBytes: number, runs: readonly HistoryRun[], complete: boolean) {
    this.#maxBytes = maxBytes;
    this.#complete = complete;
    for (const run of runs) {
      this.add(run);
    }
  }

  /**
   * Adds the run that completed last; the oldest ones make room. False if newer runs are held, because the
   * run had paused.
   */
  add(run: HistoryRun): boolean {
    const newest = this.#runs.at(-1)?.run.runIndex ?? -1;
    if (newest >= run.runIndex) {
      // A read may have found the run settled already. Then it is held.
      return newest === run.runIndex;
    }
    const bytes = runBytes(run);
    this.#runs.push({ run, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#runs.shift()?.bytes ?? 0;
      this.#complete = false;
    }
    return true;
  }

  /** The newest `count` runs, oldest first; null where not all of them are held. */
  window(count: number): HistoryRun[] | null {
    if (count <= 0) {
      return [];
    }
    if (this.#runs.length < count && !this.#complete) {
      return null;
    }
    return this.#runs.slice(-count).map(({ run }) => run);
  }
}

function runBytes(run: HistoryRun): number {
  let bytes = 0;
  for (const message of run.messages) {
    bytes += utf8Bytes(message.content) + MESSAGE_OVERHEAD_BYTES;
    if (message.role === "assistant" && message.toolCalls.length > 0) {
      bytes += utf8Bytes(JSON.stringify(message.toolCalls));
    } else if (message.role === "tool") {
      bytes += utf8Bytes(JSON.stringify(message.toolArgs));
    }
  }
  return bytes;
}
