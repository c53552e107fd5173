import type { Message } from "../../domain/message.ts";
import type { Idempotency, RunRow } from "../../domain/run.ts";
import { refOf } from "../../domain/team.ts";
import { runAtPause } from "../../engine/run/at-pause.ts";
import type { Run } from "../../engine/run/state.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import type { StoredTree } from "../../store/runs/stored-tree.ts";
import type { LiveState, StateChange } from "./live-state.ts";

/** How far a run has come in this object. `done` includes a run that was cancelled before it started. */
export type LiveStage = "waiting" | "starting" | "running" | "settling" | "done";

/**
 * A top-level run while its session's object knows it: what is stored of the request, what it has produced, how much of
 * that readers may see, and who is to be told when there is more.
 */
export class LiveRun {
  /** The row as it was accepted: the request, and the place in the queue. */
  row: RunRow;
  stage: LiveStage = "waiting";
  /** Null until the run starts. */
  run: Run | null = null;
  /** The messages that it started with. */
  input: Message[] = [];
  /** The session's state while the run is driven; null before. */
  state: LiveState | null = null;
  /** How many entries of the run's log readers may see. Its end is shown only when D1 or the journal has it. */
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

  /** Whether the run was asked for with this idempotency key. */
  isNamedBy({ caller, userId, agentId, key }: Idempotency): boolean {
    const { idempotencyCaller, idempotencyUser, idempotencyAgent, idempotencyKey } = this.row;
    const isOfCaller = idempotencyCaller === caller && idempotencyUser === userId;
    return isOfCaller && idempotencyAgent === agentId && idempotencyKey === key;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Asks the run to end as cancelled; it does so at its next step. */
  cancel(): void {
    this.#abort.abort();
  }

  /** Applies a change of the session's state that D1 has, while the run may still be stored with it. */
  applyState(change: StateChange): void {
    // A run that did not change the state does not write it when it settles, and ends with the state that it knew.
    if (this.stage !== "settling" || this.run?.isStateChanged === true) {
      this.state?.apply(change);
    }
  }

  /** Shows readers everything told so far. */
  publish(run: Run): void {
    this.run = run;
    this.published = run.log.length;
    this.#wake();
  }

  /** The run is over for its readers: streams end, and callers that wait get the run. */
  finish(): void {
    this.stage = "done";
    this.#wake();
    this.#done.resolve();
  }

  /** Calls `onChange` at every change, until the returned function is called. */
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

/**
 * A stored run in the form in which readers get live ones: published, and over. With `untilEntry` it is shown as it was when
 * its log had that many entries; the last of them must be a pause or the end.
 */
export function storedLive(tree: StoredTree, untilEntry?: number): LiveRun {
  const live = new LiveRun(tree.row, tree.row.createdAt);
  live.input = tree.messages.slice(0, tree.row.inputMessages);
  const run = runTree(tree, tree.members, tree.requirements);
  live.publish(untilEntry === undefined ? run : runAtPause(run, untilEntry));
  live.finish();
  return live;
}
