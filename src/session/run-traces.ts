import { isHidden } from "../domain/session.ts";
import { sleep } from "../lib/abort.ts";
import { errorFields, log } from "../lib/log.ts";
import type { LaneContext } from "./lane/run-lane.ts";

/**
 * How long an object that has nothing left to do waits before it clears away. A run that follows closely saves it the trouble:
 * what was left is deleted with its first write, and its alarm is set. A wait of two seconds would cost more than the rows do.
 */
const WAITS_MS = 250;

/** What runs leave in their object's storage when they are over: rows that nobody needs any more, and the alarm that watched. */
export class RunTraces {
  readonly #context: Pick<LaneContext, "deps" | "memory" | "alarm" | "lane">;
  #isClearing = false;

  constructor(context: Pick<LaneContext, "deps" | "memory" | "alarm" | "lane">) {
    this.#context = context;
  }

  /** To be called when a run is over, or was not let in. Nobody waits for this. */
  clearSoon(): void {
    const { deps, lane, alarm } = this.#context;
    if (this.#isClearing || lane.isBusy() || !alarm.isSet()) {
      return;
    }
    this.#isClearing = true;
    deps.background(
      sleep(WAITS_MS)
        .then(() => {
          this.#isClearing = false;
          this.#clear();
        })
        .catch((error: unknown) =>
          // The alarm is still set, and clears away what is left.
          log("error", "clear.failed_unexpectedly", { session_id: deps.sessionId, ...errorFields(error) }),
        ),
    );
  }

  /** Both writes are one transaction. If the object dies before, its alarm wakes it once in vain. */
  #clear(): void {
    this.#context.deps.journal.sweep();
    if (!this.#hasMoreToDo()) {
      this.#context.alarm.rest();
    }
  }

  /** Whether the alarm may have something to do for a run, or in D1. What is not known counts as something to do. */
  #hasMoreToDo(): boolean {
    const { deps, lane, memory } = this.#context;
    const { session } = memory;
    const isBusy = lane.isBusy() || deps.journal.entries().size > 0 || !memory.knowsWaiting;
    return isBusy || session === null || isHidden(session) || session.unindexedFrom !== null;
  }
}
