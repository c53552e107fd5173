import type { RecordedFact, RunHead } from "../../engine/run/state.ts";
import type { Journal } from "../recovery/journal.ts";

/** What is lost at most of an answer when the object dies. */
const CHECKPOINT_MS = 500;

/**
 * Keeps the journal behind a run and its member runs by at most `CHECKPOINT_MS`. All of them are written at one instant,
 * so that none of them says something of another that is not written.
 */
export class Checkpoints {
  readonly #journal: Journal;
  #unwritten = new Map<RunHead, RecordedFact[]>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  add(head: RunHead, recorded: RecordedFact, atOnce: boolean): void {
    const facts = this.#unwritten.get(head) ?? [];
    facts.push(recorded);
    this.#unwritten.set(head, facts);
    if (atOnce) {
      this.write();
    } else {
      this.#timer ??= setTimeout(() => this.write(), CHECKPOINT_MS);
    }
  }

  write(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    for (const [{ runId, startedAt }, facts] of this.#unwritten) {
      // Of a run that has landed, or whose session is gone, there is nothing left to write down.
      if (this.#journal.entries().has(runId)) {
        this.#journal.append(runId, facts, startedAt);
      }
    }
    this.#unwritten = new Map();
  }
}
