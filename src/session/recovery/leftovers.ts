import { databaseFull, databaseUnavailable, type Failure, runNotLanded } from "../../domain/error.ts";
import type { Session } from "../../domain/session.ts";
import type { Run } from "../../engine/run/state.ts";
import { Serial } from "../../lib/serial.ts";
import type { Alarm } from "./alarm.ts";
import type { JournalEntry } from "./journal.ts";
import { type Landed, type LandingDependencies, land } from "./landing.ts";

/** The part of the session's memory that leftovers use: the row that a run settles in, and `drop`, for what may be wrong. */
interface RememberedRow {
  /** Null when D1 is away. */
  row(): Promise<{ value: Session | null } | null>;
  drop(): void;
}

interface LandingCallbacks {
  /** Called when the last leftover has landed. */
  onLanded(): void;
  /** Called when a top-level run has landed, paused or ended. */
  onRunLanded(run: Run): void;
}

/** How deep a run stands in its tree: 0 for a top-level run. Deeper entries land first. */
function depth(entries: readonly [string, JournalEntry][], entry: JournalEntry): number {
  if (entry.phase !== "running") {
    // This entry takes something back, such as the accept of a member run. It must land before the team run does.
    return Number.MAX_SAFE_INTEGER;
  }
  const { parentRunId } = entry.head;
  const parent = entries.find(([runId]) => runId === parentRunId);
  return parent === undefined ? 0 : 1 + depth(entries, parent[1]);
}

/** Why nothing was written: the leftovers that go before it have not landed, since D1 is away or full. */
export type NotLanded = Exclude<Landed, "landed">;

export const isNotLanded = (written: unknown): written is NotLanded => written === "away" || written === "full";

/** What a caller is told whose write has to wait for leftovers. */
export const whyNotLanded = (notLanded: NotLanded): Failure =>
  notLanded === "full" ? databaseFull() : databaseUnavailable();

/** What a caller is told whose run has to wait for leftovers. */
export const whyNoRunYet = (notLanded: NotLanded): Failure => (notLanded === "full" ? databaseFull() : runNotLanded());

/** A write that took this long without an answer means that D1 hangs. */
const HANG_MS = 5_000;
/** For this long after a hang, callers in line fail at once: otherwise each one would wait for all its attempts in turn. */
const FAIL_FAST_MS = 2_000;

/**
 * The writes to the session's row, in line, and the leftovers that go before them: entries of the journal that belong to
 * no run of this object. A leftover comes from an instance that died, or from a write that D1 did not confirm. It lands
 * before anything else is written for the session.
 */
export class Leftovers {
  readonly #deps: LandingDependencies;
  readonly #memory: RememberedRow;
  readonly #alarm: Alarm;
  readonly #callbacks: LandingCallbacks;
  /** The runs of this object that have an entry: those are no leftovers. */
  readonly #ours = new Set<string>();
  readonly #writes = new Serial();
  #landing: Promise<Landed> | null = null;
  #hangsUntil = 0;

  constructor(deps: LandingDependencies, memory: RememberedRow, alarm: Alarm, callbacks: LandingCallbacks) {
    this.#deps = deps;
    this.#memory = memory;
    this.#alarm = alarm;
    this.#callbacks = callbacks;
  }

  /** Journals what is about to be sent to D1 for a run, and sets the alarm, so that it lands even if this instance dies. */
  note(runId: string, entry: JournalEntry): void {
    this.#ours.add(runId);
    this.#deps.journal.note(runId, entry);
    this.#alarm.watch();
  }

  /** Removes an entry whose write D1 has answered: there is nothing left to do about it. */
  forget(runId: string): void {
    this.#deps.journal.remove(runId);
    this.#ours.delete(runId);
  }

  forgetAll(): void {
    for (const runId of [...this.#deps.journal.entries().keys()]) {
      this.forget(runId);
    }
  }

  /** Makes an entry a leftover: D1 did not say what became of its write. What is remembered may be wrong, and is dropped. */
  abandon(runId: string): void {
    this.#ours.delete(runId);
    this.#memory.drop();
    this.#alarm.failed();
  }

  any(): boolean {
    return this.#entries().length > 0;
  }

  /** Whether what this run did waits to be written to D1. */
  has(runId: string): boolean {
    return this.#entries().some(([id]) => id === runId);
  }

  /** When the newest of the runs began whose results wait to be written; 0 if none does. */
  newestStart(): number {
    const starts = this.#entries().map(([, entry]) => (entry.phase === "running" ? entry.head.startedAt : 0));
    return Math.max(0, ...starts);
  }

  /**
   * Writes to the session's row, one at a time and behind every leftover, so that each write is planned on the row that
   * the one before it left, and landing a leftover never undoes a later change.
   */
  writeRow<T>(task: () => Promise<T>): Promise<T | NotLanded> {
    return this.#writes.run(async () => {
      const landed = await this.#landAll();
      return landed === "landed" ? task() : landed;
    });
  }

  /**
   * As `writeRow`, for what makes room or ends something: it does not wait for results that a full database does not take. A
   * result takes nothing back when it lands, and in a session that is gone it changes nothing.
   */
  writeRowInFull<T>(task: () => Promise<T>): Promise<T | NotLanded> {
    return this.#writes.run(async () => {
      const landed = await this.#landAll();
      const isResults = this.#entries().every(([, { phase }]) => phase === "running");
      return landed === "landed" || (landed === "full" && isResults) ? task() : landed;
    });
  }

  /** Brings every leftover to D1. */
  land(): Promise<Landed> {
    if (!this.any()) {
      return Promise.resolve("landed");
    }
    this.#landing ??= this.#writes
      .run(() => this.#landAll())
      .finally(() => {
        this.#landing = null;
      });
    return this.#landing;
  }

  async #landAll(): Promise<Landed> {
    const entries = this.#entries();
    if (entries.length === 0) {
      return "landed";
    }
    const { now } = this.#deps;
    if (now() < this.#hangsUntil) {
      return "away";
    }
    const startedAt = now();
    const { onRunLanded } = this.#callbacks;
    const landing = { deps: this.#deps, row: () => this.#memory.row(), onRunLanded };
    for (const [runId, entry] of entries) {
      const landed = await land(landing, runId, entry);
      this.#memory.drop();
      if (landed !== "landed") {
        this.#hangsUntil = now() - startedAt >= HANG_MS ? now() + FAIL_FAST_MS : 0;
        this.#alarm.failed();
        return landed;
      }
    }
    this.#alarm.recovered();
    this.#callbacks.onLanded();
    return "landed";
  }

  /** The leftovers, member runs before the runs that they are in: how a member run ended is part of its team's run. */
  #entries(): [string, JournalEntry][] {
    const entries = [...this.#deps.journal.entries()].filter(([runId]) => !this.#ours.has(runId));
    return entries.sort(([, one], [, other]) => depth(entries, other) - depth(entries, one));
  }
}
