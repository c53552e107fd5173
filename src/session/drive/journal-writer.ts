import type { RecordedFact, RunHead } from "../../engine/run/state.ts";
import type { Journal } from "../recovery/journal.ts";

/** The first checkpoints are due when a drive has gone on for this long: what a short answer has said is soon kept. */
const FIRST_CHECKPOINTS_MS = [500, 1_000];
/** How much of an answer is lost at most when the object dies. */
const MAX_LAG_MS = 2_000;

/**
 * How long a fact may wait that comes when its drive has gone on for `sinceMs`, and all before it is written. A clock that was
 * set back makes no fact wait longer.
 */
export function checkpointIn(sinceMs: number): number {
  const goneOnMs = Math.max(0, sinceMs);
  const next = FIRST_CHECKPOINTS_MS.find((at) => at > goneOnMs);
  return next === undefined ? MAX_LAG_MS : next - goneOnMs;
}

/**
 * Keeps the journal at most `MAX_LAG_MS` behind a run and its member runs. The facts of all these runs are written together:
 * else a team's log could name events of a member run that are not in the journal. A fact that is written at once takes those
 * before it along, and does not begin the schedule anew: each round of tools would cost two checkpoints more.
 */
export class JournalWriter {
  readonly #journal: Journal;
  #unwritten = new Map<RunHead, RecordedFact[]>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** When the first fact of this drive was recorded, in milliseconds since the epoch. */
  #beganAt: number | null = null;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  add(head: RunHead, recorded: RecordedFact, atOnce: boolean): void {
    const facts = this.#unwritten.get(head) ?? [];
    facts.push(recorded);
    this.#unwritten.set(head, facts);
    const now = head.startedAt + recorded.at;
    this.#beganAt ??= now;
    if (atOnce) {
      this.#write();
    } else {
      this.#timer ??= setTimeout(() => this.#write(), checkpointIn(now - this.#beganAt));
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
