import type { JsonObject } from "../../domain/json.ts";
import type { RunError } from "../../domain/run.ts";
import { applyFact } from "../../engine/run/apply-fact.ts";
import { type Facts, factsOf, type Run, type RunFact } from "../../engine/run/state.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { JournalWriter } from "./journal-writer.ts";

/**
 * Facts that are journaled at once. Tools act on the world, so their calls and results must not be lost. A change of the
 * state may be in D1 already, from a caller. A run stays with the model that answered it, after a death too.
 */
const AT_ONCE = new Set<RunFact["type"]>([
  "tool_started",
  "tool_ended",
  "tool_resolved",
  "tool_paused",
  "member_started",
  "state_changed",
  "summary_started",
  "model_changed",
]);
/** Facts that are applied and journaled at once. Readers see them only when `show` is called, once D1 has them. */
const ENDS = new Set<RunFact["type"]>(["paused", "completed", "failed", "cancelled"]);

/** Takes a run's facts: applies them, has them journaled, and shows readers what may be seen. */
export class RunRecorder {
  readonly run: Run;
  readonly #writer: JournalWriter;
  readonly #now: () => number;
  readonly #onShown: (events: number) => void;
  #shown: number;

  /** `onShown` is called with the number of further events that may be seen: 0 if something changed that is no event. */
  constructor(run: Run, writer: JournalWriter, now: () => number, onShown: (events: number) => void) {
    this.run = run;
    this.#writer = writer;
    this.#now = now;
    this.#onShown = onShown;
    this.#shown = run.eventCount;
  }

  /** With `isLast` the fact is journaled at once, because no other fact may follow with which it would be written. */
  record(told: Facts, isLast = false): void {
    // A clock that was set back must not give an event a time before the run's start.
    const at = Math.max(0, this.#now() - this.run.head.startedAt);
    let before: RunFact["type"] | null = null;
    for (const fact of factsOf(told)) {
      // A team is told of what its member says apart from what it thinks: each has a room of its own.
      if (before !== null && before !== fact.type) this.#showIfGoingOn();
      before = fact.type;
      const recorded = { at, fact };
      applyFact(this.run, recorded);
      this.#writer.add(this.run.head, recorded, isLast || ENDS.has(fact.type) || AT_ONCE.has(fact.type));
    }
    if (before !== null) this.#showIfGoingOn();
  }

  /** Records what a drive yields; a drive that throws, or stops without an end, fails its run. Does not reject. */
  async recordAll(drive: AsyncIterable<Facts>): Promise<void> {
    let isEnded = false;
    try {
      for await (const told of drive) {
        this.record(told);
        isEnded = this.run.end !== null;
      }
    } catch (error) {
      log("error", "run.failed_unexpectedly", { run_id: this.run.head.runId, ...errorFields(error) });
    }
    if (!isEnded) {
      const message = "The run failed because of an internal error.";
      this.record({ type: "failed", error: { type: "internal", message } });
    }
  }

  /** The end of a run is shown by who has stored it. */
  #showIfGoingOn(): void {
    if (this.run.end === null) this.show();
  }

  /** Shows readers all that the run has told. */
  show(): void {
    const events = this.run.eventCount - this.#shown;
    this.#shown = this.run.eventCount;
    this.#onShown(events);
  }
}

/** The facts of a run that fails before it asks its model; `state` is the session's, given for a run that was paused. */
export async function* failAtOnce(error: RunError, state: JsonObject | null): AsyncGenerator<Facts> {
  yield state === null ? { type: "run_started" } : { type: "run_continued", state };
  yield { type: "failed", error };
}
