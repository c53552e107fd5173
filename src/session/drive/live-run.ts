import type { Message } from "../../domain/message.ts";
import type { Idempotency, RunRow } from "../../domain/run.ts";
import { refOf } from "../../domain/team.ts";
import type { Run } from "../../engine/run/state.ts";

/** How far a run has come in this object. `done` is also where a run is that was cancelled before it started. */
export type LiveStage = "waiting" | "starting" | "running" | "settling" | "done";

/**
 * A run while its session's object knows it: what is stored of the request, what it has produced, how much of that
 * readers may see, and who waits for more. It knows of its readers only that they want to be told.
 */
export class LiveRun {
  /** The row as it was accepted: the request, and the place in the queue. */
  row: RunRow;
  stage: LiveStage = "waiting";
  /** Null until the run starts. */
  run: Run | null = null;
  /** The messages that it started with. */
  input: Message[] = [];
  /** How many entries of the run's log readers may see; the end is shown only when it is written down. */
  published = 0;
  /** False when the run's end is in the journal but has not reached D1. */
  persisted = true;
  /** Set when the session was deleted under the run: nothing of it is written any more. */
  gone = false;
  /** How long the settle took, once it is over. */
  settleMs = 0;
  readonly acceptedAt: number;
  readonly #abort = new AbortController();
  readonly #watchers = new Set<() => void>();
  readonly #done = Promise.withResolvers<void>();

  constructor(row: RunRow, acceptedAt: number) {
    this.row = row;
    this.acceptedAt = acceptedAt;
  }

  get runId(): string {
    return this.row.runId;
  }

  get componentType(): "agent" | "team" {
    return refOf(this.row).type;
  }

  /** Whether an idempotency key names it. */
  isNamedBy({ caller, userId, agentId, key }: Idempotency): boolean {
    const { idempotencyCaller, idempotencyUser, idempotencyAgent, idempotencyKey } = this.row;
    const isOfCaller = idempotencyCaller === caller && idempotencyUser === userId;
    return isOfCaller && idempotencyAgent === agentId && idempotencyKey === key;
  }

  /** Whether the last thing told is a delta behind another one: more of them may come at any moment. */
  get isFlowing(): boolean {
    return this.stage === "running" && this.run !== null && endsInDeltas(this.run);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Asks the run to end as cancelled; it does so at its next step. */
  cancel(): void {
    this.#abort.abort();
  }

  /** Shows readers everything told so far. */
  publish(run: Run): void {
    this.run = run;
    this.published = run.log.length;
    this.#wake();
  }

  finish(): void {
    this.stage = "done";
    this.#wake();
    this.#done.resolve();
  }

  /** Calls back at every change, until the function that is returned is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** Resolves when the run has settled here, or was cancelled. */
  done(): Promise<void> {
    return this.#done.promise;
  }

  #wake(): void {
    for (const onChange of this.#watchers) {
      onChange();
    }
  }
}

function endsInDeltas({ log, members }: Run): boolean {
  const last = log.at(-1);
  const member = last?.kind === "member_told" ? members[last.member] : undefined;
  return last?.kind === "deltas" ? last.deltas.length > 1 : member !== undefined && endsInDeltas(member);
}
