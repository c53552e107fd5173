import type { Run, RunFact } from "../engine/run-state.ts";
import { applyFact, type RecordedFact } from "../engine/run-state.ts";
import type { Journal } from "./journal.ts";
import type { LiveRun } from "./live-run.ts";

/** What is lost at most of an answer when the object dies. */
const CHECKPOINT_MS = 500;

/** Tools act on the world: that one was asked to, and what it answered, is written down at once. */
const AT_ONCE = new Set<RunFact["type"]>(["tool_started", "tool_ended", "tool_skipped"]);

/**
 * Takes a run's facts: applies them, keeps the journal behind them by at most `CHECKPOINT_MS`, and shows readers what
 * may be seen. The end is applied and written, but shown only by the caller, after D1 has it.
 */
export class RunRecorder {
  readonly #live: LiveRun;
  readonly #run: Run;
  readonly #journal: Journal;
  readonly #now: () => number;
  #unwritten: RecordedFact[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(live: LiveRun, run: Run, journal: Journal, now: () => number) {
    this.#live = live;
    this.#run = run;
    this.#journal = journal;
    this.#now = now;
  }

  record(fact: RunFact): void {
    // A clock that was set back must not give an event a time before the run's start.
    const recorded = { at: Math.max(0, this.#now() - this.#run.head.startedAt), fact };
    applyFact(this.#run, recorded);
    this.#unwritten.push(recorded);
    if (this.#run.end !== null || AT_ONCE.has(fact.type)) {
      this.checkpoint();
    } else {
      this.#timer ??= setTimeout(() => this.checkpoint(), CHECKPOINT_MS);
    }
    if (this.#run.end === null) {
      this.#live.publish(this.#run);
    }
  }

  /** Writes down what is not written yet, unless the run's journal is no longer ours to write. */
  checkpoint(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    if (!this.#live.gone) {
      this.#journal.append(this.#run.head.runId, this.#unwritten);
    }
    this.#unwritten = [];
  }
}
