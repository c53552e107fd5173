import type { Agent } from "../domain/agent.ts";
import type { Model } from "../domain/model.ts";
import type { Idempotency, RunError, RunRow } from "../domain/run.ts";
import type { HistoryRun } from "../engine/history.ts";
import { newRun, type RunHead } from "../engine/run-state.ts";
import { headFromRow } from "../engine/stored-run.ts";
import { errorFields, log } from "../lib/log.ts";
import type { Occupancy } from "./admission.ts";
import { Alarm } from "./alarm.ts";
import { cancelledRun, storeCancelled } from "./cancelled-run.ts";
import type { SessionDependencies } from "./dependencies.ts";
import { driveToEnd } from "./drive-to-end.ts";
import { Leftovers } from "./leftovers.ts";
import { LiveRun } from "./live-run.ts";
import { type RunStart, sessionStarted } from "./run-start.ts";
import type { SessionMemory } from "./session-memory.ts";
import { startWaitingRun } from "./start-waiting.ts";

/** What a run is driven with, once it has started. */
export interface DriveWith {
  agent: Agent;
  model: Model;
  history: HistoryRun[];
  /** Set when the run is to fail before it asks the model. */
  failure: RunError | null;
}

/** The session's top-level runs, one at a time: which one is active, and which wait. */
export class RunLane {
  readonly deps: SessionDependencies;
  readonly memory: SessionMemory;
  readonly leftovers: Leftovers;
  /** Called when a run has completed and landed. */
  readonly #onCompleted: (agent: Agent) => void;
  #active: LiveRun | null = null;
  #waiting: LiveRun[] = [];
  readonly #alarm: Alarm;

  constructor(deps: SessionDependencies, memory: SessionMemory, onCompleted: (agent: Agent) => void) {
    this.deps = deps;
    this.memory = memory;
    this.#alarm = new Alarm(deps.now, deps.setAlarm);
    this.leftovers = new Leftovers(deps, memory, this.#alarm, () => this.startNext());
    this.#onCompleted = onCompleted;
  }

  occupancy(): Occupancy {
    return {
      activeRunId: this.#active?.runId ?? null,
      waiting: this.#waiting.map(({ row }) => ({ runId: row.runId, position: row.position })),
    };
  }

  /** Whether the run is active or waits here. */
  has(runId: string): boolean {
    return this.#active?.runId === runId || this.#waiting.some((live) => live.runId === runId);
  }

  /** The user that a session without owner belongs to once the runs that were let in have started. */
  claimant(): string | null {
    const runs = [this.#active, ...this.#waiting].filter((live) => live !== null);
    return runs.find((live) => live.row.userId !== null)?.row.userId ?? null;
  }

  /** The run of this object that an idempotency key names. */
  byKey(idempotency: Idempotency): LiveRun | null {
    const named = ({ row }: LiveRun) =>
      row.idempotencyKey === idempotency.key &&
      row.idempotencyCaller === idempotency.caller &&
      row.idempotencyUser === idempotency.userId &&
      row.idempotencyAgent === idempotency.agentId;
    return [this.#active, ...this.#waiting].find((live) => live !== null && named(live)) ?? null;
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
    this.leftovers.note(live.runId, { phase: "running", head });
    this.memory.update((session) => sessionStarted(session, start.session));
    if (start.isNewSession) {
      this.memory.created(start.session);
    }
    live.row = start.row;
    live.input = start.input;
    live.stage = "running";
    live.run = newRun(head);
    this.deps.background(
      driveToEnd(this, live, live.run, start.input, drive).then((completed) => {
        this.release(live);
        if (completed) {
          this.#onCompleted(drive.agent);
        }
      }),
    );
  }

  /** Puts a stored run among the waiting ones, by its position. */
  enqueue(live: LiveRun): void {
    live.stage = "waiting";
    this.#waiting.push(live);
    this.#waiting.sort((a, b) => a.row.position - b.row.position);
    this.#alarm.watch();
  }

  /** Cancels the active run, for one that goes before all others. */
  interrupt(): void {
    this.#active?.cancel();
  }

  /** Takes up the waiting runs that a dead instance left in D1. */
  adopt(rows: readonly RunRow[]): void {
    const known = new Set(this.occupancy().waiting.map((run) => run.runId));
    for (const row of rows) {
      if (!known.has(row.runId) && this.#active?.runId !== row.runId) {
        this.enqueue(new LiveRun(row, row.createdAt));
      }
    }
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
    this.deps.background(
      started.then((outcome) => {
        if (outcome === "started") {
          this.#alarm.recovered();
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
          this.#alarm.failed();
        }
      }),
    );
  }

  /** Cancels a run of this object; false when D1 could not be told that a waiting one is cancelled. */
  async cancel(runId: string): Promise<boolean> {
    const waiting = this.#waiting.find((live) => live.runId === runId);
    if (waiting === undefined) {
      if (this.#active?.runId === runId) {
        this.#active.cancel();
      }
      return true;
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
    this.leftovers.forgetAll();
    this.memory.drop();
  }

  /** Sets the alarm for what is still to be watched or tried again; `isAwake` when D1 answered all that was asked. */
  rearm(isAwake: boolean): void {
    if (isAwake && this.#waiting.length === 0 && !this.leftovers.any()) {
      this.#alarm.recovered();
    }
    this.#alarm.rearm(this.#waiting.length + (this.#active === null ? 0 : 1));
  }

  /** D1 did not tell what there is to do: asks it again later. */
  retryLater(): void {
    this.#alarm.failed();
  }

  /** Tells the readers of a run that never started, or of a session that is gone, that it is over. */
  showCancelled(live: LiveRun, at = this.deps.now()): void {
    if (live.stage !== "done") {
      live.publish(cancelledRun(headFromRow(live.row), at));
      live.finish();
    }
  }
}
