import type { RecordedFact, RunHead } from "../../engine/run/state.ts";
import type { Journal } from "../recovery/journal.ts";

/** How much of an answer is lost at most when the object dies. */
const MAX_LAG_MS = 500;

/**
 * Keeps the journal at most `MAX_LAG_MS` behind a run and its member runs. The facts of all these runs are written together:
 * else a team's log could name events of a member run that are not in the journal.
 */
export class JournalWriter {
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
      this.#write();
    } else {
      this.#timer ??= setTimeout(() => this.#write(), MAX_LAG_MS);
    }
  }

  #write(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
    for (const [{ runId, startedAt }, facts] of this.#unwritten) {
      // A run without an entry has landed, or its session is gone: nothing of it is to be journaled any more.
      if (this.#journal.entries().has(runId)) {
        this.#journal.append(runId, facts, startedAt);
      }
    }
    this.#unwritten = new Map();
  }
}
