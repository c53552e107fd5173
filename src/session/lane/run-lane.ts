import type { Message } from "../../domain/message.ts";
import type { Idempotency } from "../../domain/run.ts";
import type { Component } from "../../domain/team.ts";
import { newRun, type Run, type RunHead } from "../../engine/run/state.ts";
import { headFromRow } from "../../engine/run/stored-run.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { Occupancy, Placed } from "./admission.ts";
import { Alarm, watchExpiry } from "../recovery/alarm.ts";
import { cancelledRun, cancelPaused, storeCancelled } from "./cancelled-run.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { type DriveWith, driveToEnd } from "../drive/drive-to-end.ts";
import { Leftovers } from "../recovery/leftovers.ts";
import { LiveRun } from "../drive/live-run.ts";
import type { RunStart } from "../start/run-start.ts";
import { allMembers, RunTree } from "../drive/driven-tree.ts";
import type { SessionMemory } from "../row/memory.ts";
import { SessionRows } from "../row/rows.ts";
import { sessionStarted } from "../start/session-start.ts";
import { SessionSummaries } from "../row/summaries.ts";
import { startWaitingRun } from "./start-waiting.ts";

/** The session's top-level runs, one at a time: which one is active, and which wait. */
export class RunLane {
  readonly deps: SessionDependencies;
  readonly memory: SessionMemory;
  readonly leftovers: Leftovers;
  readonly rows: SessionRows;
  readonly summaries: SessionSummaries;
  /** Called when a run has completed and landed. */
  readonly #onCompleted: (component: Component) => void;
  #active: LiveRun | null = null;
  /** The active run once it is driven. */
  #tree: RunTree | null = null;
  #waiting: LiveRun[] = [];
  /** The start of a run that has waited, while D1 is asked. */
  #starting: Promise<void> = Promise.resolve();
  readonly alarm: Alarm;

  constructor(deps: SessionDependencies, memory: SessionMemory, onCompleted: (component: Component) => void) {
    this.deps = deps;
    this.memory = memory;
    this.alarm = new Alarm(deps.now, deps.setAlarm, deps.expiry);
    this.leftovers = new Leftovers(deps, memory, this.alarm, {
      onLanded: () => this.startNext(),
      onPaused: (run) => {
        if (run.end?.status === "PAUSED") {
          // It may go on by itself: then it is among those that wait.
          this.memory.forgetPending();
          watchExpiry(this.alarm, run);
        }
      },
    });
    this.#onCompleted = onCompleted;
    this.rows = new SessionRows(deps, memory, this.leftovers);
    this.summaries = new SessionSummaries(deps, this.rows);
  }

  occupancy(): Occupancy {
    const placed = ({ row: { runId, position } }: LiveRun): Placed => ({ runId, position });
    return { active: this.#active && placed(this.#active), waiting: this.#waiting.map(placed) };
  }

  /** Whether a run is active in this object, or waits. */
  isBusy(): boolean {
    return this.#active !== null || this.#waiting.length > 0;
  }

  waitingIds(): string[] {
    return this.#waiting.map(({ runId }) => runId);
  }

  /** The run when it is active or waits here. */
  find(runId: string): LiveRun | null {
    return [this.#active, ...this.#waiting].find((live) => live?.runId === runId) ?? null;
  }

  /** How many runs go before this one. */
  waitingBefore(live: LiveRun): number {
    const at = this.#waiting.indexOf(live);
    return at < 0 ? 0 : at + (this.#active === null ? 0 : 1);
  }

  /** The active run with the member runs in it, while it is driven. */
  get tree(): RunTree | null {
    return this.#tree;
  }

  /** The user that a session without owner belongs to once the runs that were let in have started. */
  claimant(): string | null {
    const runs = [this.#active, ...this.#waiting].filter((live) => live !== null);
    return runs.find((live) => live.row.userId !== null)?.row.userId ?? null;
  }

  /** The run of this object that an idempotency key names. */
  byKey(idempotency: Idempotency): LiveRun | null {
    return [this.#active, ...this.#waiting].find((live) => live?.isNamedBy(idempotency)) ?? null;
  }

  /** Makes the run the active one, before anything is awaited: whatever arrives from now on finds the session busy. */
  occupy(live: LiveRun): void {
    live.stage = "starting";
    this.#active = live;
  }

  /** Makes the session free again, of this run, and lets the next one start. */
  release(live: LiveRun): void {
    if (this.#active === live) {
      this.#active = null;
    }
    this.startNext();
  }

  /** Starts driving a run whose start is in D1; does not wait for it. */
  begin(live: LiveRun, start: RunStart, timings: RunHead["timings"], drive: DriveWith): void {
    const head = { ...start.head, timings: { ...start.head.timings, ...timings } };
    this.leftovers.note(live.runId, { phase: "running", head, continues: false });
    this.memory.update((session) => sessionStarted(session, start.session));
    if (start.session.unindexedFrom !== null) {
      this.alarm.index();
    }
    if (start.isNewSession) {
      this.memory.created(start.session);
    }
    live.row = start.row;
    live.input = start.input;
    live.run = newRun(head);
    const top = { run: live.run, component: drive.component, input: start.input };
    this.#drive(live, new RunTree(this, live, top), drive);
  }

  /** Goes on driving a paused run whose start anew is in D1; does not wait for it. */
  resumeDrive(live: LiveRun, run: Run, inputs: ReadonlyMap<string, readonly Message[]>, drive: DriveWith): void {
    for (const { head, end } of [run, ...allMembers(run)]) {
      if (end === null) {
        this.leftovers.note(head.runId, { phase: "running", head, continues: true });
      }
    }
    live.run = run;
    const top = { run, component: drive.component, input: live.input };
    this.#drive(live, new RunTree(this, live, top, inputs), drive);
  }

  #drive(live: LiveRun, tree: RunTree, drive: DriveWith): void {
    live.stage = "running";
    this.#tree = tree;
    this.deps.background(
      driveToEnd(tree, drive).then((completed) => {
        if (this.#tree === tree) {
          this.#tree = null;
        }
        this.release(live);
        if (completed) {
          this.#onCompleted(drive.component);
        }
      }),
    );
  }

  /** Puts a stored run among the waiting ones, by its position. */
  enqueue(live: LiveRun): void {
    live.stage = "waiting";
    this.#waiting.push(live);
    this.#waiting.sort((a, b) => a.row.position - b.row.position);
    this.alarm.watch();
  }

  /** Cancels the active run, for one that goes before all others. */
  interrupt(): void {
    this.#active?.cancel();
  }

  /** Takes up the waiting runs that a dead instance left in D1, as the last load found them, and starts the next one. */
  takeUp(): void {
    for (const row of this.memory.takePending()) {
      if (this.find(row.runId) === null) {
        this.enqueue(new LiveRun(row, row.createdAt));
      }
    }
    this.startNext();
  }

  /** Starts the first waiting run when the session is free; what fails is tried again by the alarm. */
  startNext(): void {
    if (this.#active !== null || this.leftovers.any()) {
      return;
    }
    const live = this.#waiting.shift();
    if (live === undefined) {
      return;
    }
    this.occupy(live);
    const started = startWaitingRun(this, live).catch((error: unknown) => {
      log("error", "start.failed_unexpectedly", { run_id: live.runId, ...errorFields(error) });
      return "away" as const;
    });
    this.#starting = started.then((outcome) => {
      if (outcome === "started") {
        this.alarm.recovered();
        return;
      }
      if (this.#active === live) {
        this.#active = null;
      }
      if (outcome === "gone" || live.gone) {
        this.showCancelled(live);
        this.startNext();
      } else {
        this.enqueue(live);
        this.alarm.failed();
      }
    });
    this.deps.background(this.#starting);
  }

  /** Cancels a run of this object, or one that is paused; false when D1 could not be told so. */
  async cancel(runId: string): Promise<boolean> {
    const active = this.#active;
    if (active?.runId === runId) {
      active.cancel();
      if (active.stage === "starting") {
        await this.#starting;
        // It runs, and ends; or it waits again, and would go on with the next object.
        return this.#active === active || this.cancel(runId);
      }
      if (active.stage !== "settling" || active.run?.end?.status !== "PAUSED") {
        return true;
      }
      // It is too late for an end, whatever D1 says to that; a pause is none.
      await active.done();
      return active.run?.end?.status !== "PAUSED" || this.#cancelPaused(runId, null);
    }
    const waiting = this.#waiting.find((live) => live.runId === runId);
    if (waiting === undefined || waiting.row.status === "PAUSED") {
      return this.#cancelPaused(runId, waiting ?? null);
    }
    const at = this.deps.now();
    if (!(await storeCancelled(this.deps.db, this.leftovers, waiting.row, at))) {
      return false;
    }
    if (this.#active === waiting) {
      // It started while D1 was asked.
      waiting.cancel();
    } else {
      this.#waiting = this.#waiting.filter((live) => live !== waiting);
      this.showCancelled(waiting, at);
    }
    return true;
  }

  async #cancelPaused(runId: string, waiting: LiveRun | null): Promise<boolean> {
    const cancelled = await cancelPaused(this.deps, this.leftovers, runId);
    if (waiting !== null && this.#active === waiting) {
      // It goes on meanwhile: before the cancel, or its start was void.
      waiting.cancel();
    }
    if (cancelled.kind !== "cancelled") {
      return cancelled.kind === "not_paused";
    }
    if (waiting !== null) {
      this.#waiting = this.#waiting.filter((live) => live !== waiting);
      // A reader that came while it waited holds on to the run that it was shown.
      waiting.run ??= cancelled.run;
      this.showCancelled(waiting, cancelled.at);
    }
    return true;
  }

  /** The session was deleted: its runs end as cancelled for their readers, and nothing of them is written any more. */
  clear(): void {
    const runs = [...(this.#active === null ? [] : [this.#active]), ...this.#waiting];
    this.#active = null;
    this.#waiting = [];
    for (const live of runs) {
      live.gone = true;
      if (live.stage === "waiting") {
        this.showCancelled(live);
      } else {
        live.cancel();
      }
    }
  }

  /** Sets the alarm for what is still to be watched or tried again; `isAwake` when D1 answered all that was asked. */
  rearm(isAwake: boolean): void {
    if (isAwake && this.#waiting.length === 0 && !this.leftovers.any()) {
      this.alarm.recovered();
    }
    this.alarm.rearm(this.#waiting.length + (this.#active === null ? 0 : 1));
  }

  /** Tells the readers of a run that never started, or of a session that is gone, that it is over. */
  showCancelled(live: LiveRun, at = this.deps.now()): void {
    if (live.stage !== "done") {
      live.publish(cancelledRun(live.run ?? newRun(headFromRow(live.row)), at));
      live.finish();
    }
  }
}
