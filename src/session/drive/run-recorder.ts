import { applyFact } from "../../engine/run/apply-fact.ts";
import type { Run, RunFact } from "../../engine/run/state.ts";
import type { Checkpoints } from "./journal-writer.ts";

/**
 * Tools act on the world: that one was asked to, and what it answered, is written down at once. So is a change of the
 * state: D1 may have it from a caller already.
 */
const AT_ONCE = new Set<RunFact["type"]>([
  "tool_started",
  "tool_ended",
  "tool_resolved",
  "tool_paused",
  "member_started",
  "state_changed",
  "summary_started",
]);
/** Applied and written, but shown only by the caller, after D1 has them. */
const ENDS = new Set<RunFact["type"]>(["paused", "completed", "failed", "cancelled"]);

/** Takes a run's facts: applies them, has them written down, and shows readers what may be seen. */
export class RunRecorder {
  readonly run: Run;
  readonly #checkpoints: Checkpoints;
  readonly #now: () => number;
  readonly #onShown: (events: number) => void;
  #shown: number;

  /** `onShown` hears how many events more may be seen; 0 where something changed without one. */
  constructor(run: Run, checkpoints: Checkpoints, now: () => number, onShown: (events: number) => void) {
    this.run = run;
    this.#checkpoints = checkpoints;
    this.#now = now;
    this.#onShown = onShown;
    this.#shown = run.eventCount;
  }

  /** `isLast` when nothing follows that would have it written down. */
  record(fact: RunFact, isLast = false): void {
    // A clock that was set back must not give an event a time before the run's start.
    const recorded = { at: Math.max(0, this.#now() - this.run.head.startedAt), fact };
    applyFact(this.run, recorded);
    const isEnd = ENDS.has(fact.type);
    this.#checkpoints.add(this.run.head, recorded, isEnd || isLast || AT_ONCE.has(fact.type));
    if (!isEnd && this.run.end === null) {
      this.show();
    }
  }

  /** Shows all that the run has told. */
  show(): void {
    const events = this.run.eventCount - this.#shown;
    this.#shown = this.run.eventCount;
    this.#onShown(events);
  }
}
