import type { Owner } from "../../domain/owner.ts";
import type { Idempotency } from "../../domain/run.ts";
import type { Component } from "../../domain/team.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { SessionContext } from "../context.ts";
import { driveToEnd, type StartedRun } from "../drive/drive-to-end.ts";
import { LiveRun } from "../drive/live-run.ts";
import type { NotLanded } from "../recovery/leftovers.ts";
import type { AcceptPace } from "./accept-pace.ts";
import type { Occupancy, Placed } from "./admission.ts";
import { cancelPaused, showCancelled, storeCancelled } from "./cancelled-run.ts";
import { startWaitingRun } from "./start-waiting.ts";

/** The session with its lane, for what stands above the lane. Whoever is handed it says by `Pick` what is used. */
export interface LaneContext extends SessionContext {
  lane: RunLane;
  pace: AcceptPace;
}

/** The session's top-level runs, one at a time: which run is active, which wait, in what order, and which is next. */
export class RunLane {
  readonly #context: SessionContext;
  /** Called when a run is over here: with its component if it has completed and landed, else with null. */
  readonly #onOver: (completed: Component | null) => void;
  #active: LiveRun | null = null;
  #waiting: LiveRun[] = [];
  /** Resolves when D1 has answered the start of a run that waited. */
  #starting: Promise<void> = Promise.resolve();

  constructor(context: SessionContext, onOver: (completed: Component | null) => void) {
    this.#context = context;
    this.#onOver = onOver;
  }

  /** The run that is starting, running or settling. */
  get active(): LiveRun | null {
    return this.#active;
  }

  occupancy(): Occupancy {
    const placed = ({ row: { runId, position } }: LiveRun): Placed => ({ runId, position });
    return { active: this.#active && placed(this.#active), waiting: this.#waiting.map(placed) };
  }

  /** How many runs are active or wait. */
  size(): number {
    return this.#live().length;
  }

  /** Whether a run is active in this object, or waits. */
  isBusy(): boolean {
    return this.size() > 0;
  }

  waitingIds(): string[] {
    return this.#waiting.map(({ runId }) => runId);
  }

  /** The run, if it is active or waits here. */
  find(runId: string): LiveRun | null {
    return this.#live().find((live) => live.runId === runId) ?? null;
  }

  /** How many runs go before this one. */
  waitingBefore(live: LiveRun): number {
    const at = this.#waiting.indexOf(live);
    return at < 0 ? 0 : at + (this.#active === null ? 0 : 1);
  }

  /** The user who will own a session that has no owner, once the runs that were let in have started. */
  claimant(): Owner | null {
    return this.#live().find((live) => live.row.userId !== null)?.row.userId ?? null;
  }

  /** The run of this object that was asked for with an idempotency key. */
  byKey(idempotency: Idempotency): LiveRun | null {
    return this.#live().find((live) => live.isNamedBy(idempotency)) ?? null;
  }

  /** The run of this object that answers the given one again. */
  answering(runId: string): LiveRun | null {
    const answers = ({ row: { origin } }: LiveRun) => origin?.type === "regenerated" && origin.runId === runId;
    return this.#live().find(answers) ?? null;
  }

  /** Makes the run the active one. To be called before anything is awaited, so that the next arrival finds the session busy. */
  occupy(live: LiveRun): void {
    live.stage = "starting";
    this.#active = live;
  }

  /** Lets go of the run, if it is the active one, and starts the next run. */
  release(live: LiveRun): void {
    if (this.#active === live) {
      this.#active = null;
    }
    this.startNext();
  }

  /** Drives a run whose start is in D1; does not wait for it. */
  drive(started: StartedRun): void {
    const { live, top } = started.tree;
    this.#context.deps.background(
      driveToEnd(this.#context, started).then((completed) => {
        this.release(live);
        this.#onOver(completed ? top.component : null);
      }),
    );
  }

  /** Puts a stored run among the waiting ones, by its position. */
  enqueue(live: LiveRun): void {
    live.stage = "waiting";
    this.#waiting.push(live);
    this.#waiting.sort((a, b) => a.row.position - b.row.position);
    this.#context.alarm.watch();
  }

  /** Cancels the active run, for a run that goes before all others. */
  interrupt(): void {
    this.#active?.cancel();
  }

  /** Takes up the waiting runs that a dead instance left in D1, as the last load found them, and starts the next one. */
  takeUp(): void {
    for (const row of this.#context.memory.takePending()) {
      if (this.find(row.runId) === null) {
        this.enqueue(new LiveRun(row, row.createdAt));
      }
    }
    this.startNext();
  }

  /** Starts the first waiting run when the session is free. If D1 does not take the start, the alarm tries again. */
  startNext(): void {
    if (this.#active !== null || this.#context.leftovers.any()) {
      return;
    }
    const live = this.#waiting.shift();
    if (live === undefined) {
      return;
    }
    this.occupy(live);
    this.#starting = this.#start(live);
    this.#context.deps.background(this.#starting);
  }

  async #start(live: LiveRun): Promise<void> {
    const { alarm } = this.#context;
    const outcome = await startWaitingRun(this.#context, live).catch((error: unknown) => {
      log("error", "start.failed_unexpectedly", { run_id: live.runId, ...errorFields(error) });
      return "away" as const;
    });
    if (outcome !== "away" && outcome !== "gone") {
      this.drive(outcome);
      alarm.recovered();
      return;
    }
    if (this.#active === live) {
      this.#active = null;
    }
    if (outcome === "gone" || live.gone) {
      this.#showCancelled(live);
      this.startNext();
    } else {
      this.enqueue(live);
      alarm.failed();
    }
  }

  /** Cancels a run of this object, or one that is paused; if D1 could not be told so, answers why. */
  async cancel(runId: string): Promise<"cancelled" | NotLanded> {
    const active = this.#active;
    if (active?.runId === runId) {
      return this.#cancelActive(active);
    }
    const waiting = this.#waiting.find((live) => live.runId === runId);
    if (waiting === undefined || waiting.row.status === "PAUSED") {
      return this.#cancelPaused(runId, waiting ?? null);
    }
    const at = this.#context.deps.now();
    const stored = await storeCancelled(this.#context, waiting.row, at);
    if (stored !== "cancelled") {
      return stored;
    }
    if (this.#active === waiting) {
      // The run started while the cancel was being written.
      waiting.cancel();
    } else {
      this.#removeWaiting(waiting);
      showCancelled(waiting, at);
    }
    return "cancelled";
  }

  async #cancelActive(active: LiveRun): Promise<"cancelled" | NotLanded> {
    const { runId } = active;
    active.cancel();
    if (active.stage === "starting") {
      await this.#starting;
      // If the start was taken, the run goes on and ends as cancelled. Else it waits again, and must be cancelled in D1: else
      // the next object would start it.
      return this.#active === active ? "cancelled" : this.cancel(runId);
    }
    if (active.stage !== "settling" || active.run?.end?.status !== "PAUSED") {
      return "cancelled";
    }
    // The run is being stored as paused. It is cancelled once that is done. A run that is being stored as ended stays so.
    await active.done();
    return active.run?.end?.status === "PAUSED" ? this.#cancelPaused(runId, null) : "cancelled";
  }

  async #cancelPaused(runId: string, waiting: LiveRun | null): Promise<"cancelled" | NotLanded> {
    const cancelled = await cancelPaused(this.#context, runId);
    if (waiting !== null && this.#active === waiting) {
      // The run began to continue while the cancel was being written. Its drive is cancelled in any case.
      waiting.cancel();
    }
    if (cancelled.kind !== "cancelled") {
      return cancelled.kind === "not_paused" ? "cancelled" : cancelled.kind;
    }
    if (waiting !== null) {
      this.#removeWaiting(waiting);
      // A reader that came while the run waited holds `waiting.run`. It is kept, so that this reader sees the end.
      waiting.run ??= cancelled.run;
      showCancelled(waiting, cancelled.at);
    }
    return "cancelled";
  }

  /** Ends all runs as cancelled for their readers, since the session is gone. Nothing of them is written any more. */
  clear(): void {
    const runs = this.#live();
    this.#active = null;
    this.#waiting = [];
    for (const live of runs) {
      live.gone = true;
      if (live.stage === "waiting") {
        this.#showCancelled(live);
      } else {
        live.cancel();
      }
    }
  }

  #showCancelled(live: LiveRun): void {
    showCancelled(live, this.#context.deps.now());
  }

  #removeWaiting(waiting: LiveRun): void {
    this.#waiting = this.#waiting.filter((live) => live !== waiting);
  }

  /** The active run and those that wait, in order. */
  #live(): LiveRun[] {
    return this.#active === null ? [...this.#waiting] : [this.#active, ...this.#waiting];
  }
}
