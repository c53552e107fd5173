import type { Run } from "../../engine/run/state.ts";
import { Serial } from "../../lib/serial.ts";
import type { Alarm } from "./alarm.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { JournalEntry } from "./journal.ts";
import { land } from "./landing.ts";
import type { SessionMemory } from "../row/memory.ts";

/** How many runs of the list this one is in. */
function depth(entries: readonly [string, JournalEntry][], entry: JournalEntry): number {
  if (entry.phase !== "running") {
    // An accept that is taken back is nobody's member run.
    return Number.MAX_SAFE_INTEGER;
  }
  const { parentRunId } = entry.head;
  const parent = entries.find(([runId]) => runId === parentRunId);
  return parent === undefined ? 0 : 1 + depth(entries, parent[1]);
}

/** A D1 that does not even refuse costs every caller in line its whole patience: those right behind fail at once. */
const HANG_MS = 5_000;
const FAIL_FAST_MS = 2_000;

/**
 * The writes to the session's row, in line, and what stands before them: entries of the journal that belong to no run of
 * this object. Such a leftover, of a dead instance or of a write that D1 did not confirm, lands before anything else is
 * written for the session.
 */
export class Leftovers {
  readonly #deps: SessionDependencies;
  readonly #memory: SessionMemory;
  readonly #alarm: Alarm;
  /** Called when all have landed, after there were some. */
  readonly #onLanded: () => void;
  /** The entries of runs that live here. */
  readonly #ours = new Set<string>();
  readonly #writes = new Serial();
  readonly #onPaused: (run: Run) => void;
  #landing: Promise<boolean> | null = null;
  #hangsUntil = 0;

  constructor(
    deps: SessionDependencies,
    memory: SessionMemory,
    alarm: Alarm,
    { onLanded, onPaused }: { onLanded(): void; onPaused(run: Run): void },
  ) {
    this.#onPaused = onPaused;
    this.#deps = deps;
    this.#memory = memory;
    this.#alarm = alarm;
    this.#onLanded = onLanded;
  }

  /** Writes down what is about to be sent to D1 for a run, and sees to it that somebody wakes up if we do not. */
  note(runId: string, entry: JournalEntry): void {
    this.#ours.add(runId);
    this.#deps.journal.note(runId, entry);
    this.#alarm.watch();
  }

  /** What was noted is decided: there is nothing left to do about it. */
  forget(runId: string): void {
    this.#deps.journal.remove(runId);
    this.#ours.delete(runId);
  }

  forgetAll(): void {
    for (const runId of [...this.#deps.journal.entries().keys()]) {
      this.forget(runId);
    }
  }

  /** D1 did not say what became of what was noted: it is a leftover from now on. Nothing remembered is trusted. */
  abandon(runId: string): void {
    this.#ours.delete(runId);
    this.#memory.drop();
    this.#alarm.failed();
  }

  any(): boolean {
    return this.#entries().length > 0;
  }

  /**
   * Writes to the session's row, one at a time and behind every leftover: each is planned on what the one before it
   * left, and what is taken back never takes a later change with it. Null when D1 is away.
   */
  writeRow<T>(task: () => Promise<T>): Promise<T | null> {
    return this.#writes.run(async () => ((await this.#landAll()) ? task() : null));
  }

  /** Brings every leftover to D1; false when D1 is away. */
  land(): Promise<boolean> {
    if (!this.any()) {
      return Promise.resolve(true);
    }
    this.#landing ??= this.#writes
      .run(() => this.#landAll())
      .finally(() => {
        this.#landing = null;
      });
    return this.#landing;
  }

  async #landAll(): Promise<boolean> {
    const entries = this.#entries();
    if (entries.length === 0) {
      return true;
    }
    const { now } = this.#deps;
    if (now() < this.#hangsUntil) {
      return false;
    }
    const startedAt = now();
    const landing = { deps: this.#deps, row: () => this.#memory.row(), onPaused: this.#onPaused };
    for (const [runId, entry] of entries) {
      const landed = await land(landing, runId, entry);
      this.#memory.drop();
      if (!landed) {
        this.#hangsUntil = now() - startedAt >= HANG_MS ? now() + FAIL_FAST_MS : 0;
        this.#alarm.failed();
        return false;
      }
    }
    this.#alarm.recovered();
    this.#onLanded();
    return true;
  }

  /** Member runs land before the runs that they are in: those are closed by what became of their members. */
  #entries(): [string, JournalEntry][] {
    const entries = [...this.#deps.journal.entries()].filter(([runId]) => !this.#ours.has(runId));
    return entries.sort(([, one], [, other]) => depth(entries, other) - depth(entries, one));
  }
}
