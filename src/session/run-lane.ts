import type { Agent } from "../domain/agent.ts";
import type { Model } from "../domain/model.ts";
import type { Idempotency, RunError, RunRow } from "../domain/run.ts";
import type { Session } from "../domain/session.ts";
import { storedLog } from "../engine/event-log.ts";
import type { HistoryRun } from "../engine/history.ts";
import { applyFact, newRun, type RunHead } from "../engine/run-state.ts";
import { headFromRow } from "../engine/stored-run.ts";
import type { Serial } from "../lib/serial.ts";
import { commit } from "../store/commit.ts";
import { cancelWaiting } from "../store/run-writes.ts";
import type { Occupancy } from "./admission.ts";
import type { SessionDependencies } from "./dependencies.ts";
import { driveToEnd } from "./drive-to-end.ts";
import { nextAlarm, WATCHDOG_MS } from "./due.ts";
import type { JournalEntry } from "./journal.ts";
import { land } from "./landing.ts";
import { LiveRun } from "./live-run.ts";
import type { RunStart } from "./run-start.ts";
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

/**
 * The session's top-level runs, one at a time: which one is active, which wait, and which entries of the journal belong
 * to runs that live here. Every other entry is a leftover, of a dead instance or of a write that D1 did not confirm, and
 * lands before any further run starts.
 */
export class RunLane {
  readonly deps: SessionDependencies;
  readonly memory: SessionMemory;
  /** Writes to the session's row, one at a time: each is planned on what the one before it left. */
  readonly rowWrites: Serial;
  /** Called when a run has completed and landed. */
  readonly #onCompleted: (agent: Agent) => void;
  #active: LiveRun | null = null;
  #waiting: LiveRun[] = [];
  readonly #ours = new Set<string>();
  #landing: Promise<boolean> | null = null;
  #failures = 0;
  #alarmAt = 0;

  constructor(
    deps: SessionDependencies,
    memory: SessionMemory,
    rowWrites: Serial,
    onCompleted: (agent: Agent) => void,
  ) {
    this.deps = deps;
    this.memory = memory;
    this.rowWrites = rowWrites;
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

  /** Writes down what is about to be sent to D1 for a run, and sees to it that somebody wakes up if we do not. */
  note(runId: string, entry: JournalEntry): void {
    this.#ours.add(runId);
    this.deps.journal.note(runId, entry);
    this.#watch();
  }

  /** What was noted is decided: there is nothing left to do about it. */
  forget(runId: string): void {
    this.deps.journal.remove(runId);
    this.#ours.delete(runId);
  }

  /** D1 did not say what became of what was noted: it is a leftover from now on. Nothing remembered is trusted. */
  abandon(runId: string): void {
    this.#ours.delete(runId);
    this.memory.drop();
    this.#failed();
  }

  /** Starts driving a run whose start is in D1; does not wait for it. */
  begin(live: LiveRun, start: RunStart, timings: RunHead["timings"], drive: DriveWith): void {
    const head = { ...start.head, timings: { ...start.head.timings, ...timings } };
    this.note(live.runId, { phase: "running", head });
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
    this.#watch();
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
    if (this.#active !== null || this.#leftovers().length > 0) {
      return;
    }
    const live = this.#waiting.shift();
    if (live === undefined) {
      return;
    }
    this.occupy(live);
    this.deps.background(
      startWaitingRun(this, live).then((outcome) => {
        if (outcome === "started") {
          this.#failures = 0;
          return;
        }
        if (outcome === "gone" || live.gone) {
          this.showCancelled(live);
        } else {
          this.enqueue(live);
          this.#failed();
        }
        if (this.#active === live) {
          this.#active = null;
        }
        if (outcome === "gone") {
          this.startNext();
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
    const head = headFromRow(waiting.row);
    const at = this.deps.now();
    const events = storedLog(cancelledRun(head, at).log);
    const committed = await commit(this.deps.db, [cancelWaiting(this.deps.db, runId, events, at)]);
    if (committed.kind !== "written") {
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
    for (const runId of this.deps.journal.entries().keys()) {
      this.forget(runId);
    }
    this.memory.drop();
  }

  /** Brings every leftover to D1; false when D1 is away. */
  land(): Promise<boolean> {
    if (this.#leftovers().length === 0) {
      return Promise.resolve(true);
    }
    this.#landing ??= this.rowWrites
      .run(() => this.#landLeftovers())
      .finally(() => {
        this.#landing = null;
        this.startNext();
      });
    return this.#landing;
  }

  /** Sets the alarm for what is still to be watched or tried again. */
  rearm(): void {
    this.#alarmAt = 0;
    const liveRuns = this.#waiting.length + (this.#active === null ? 0 : 1);
    const at = nextAlarm({ liveRuns, failures: this.#failures }, this.deps.now());
    if (at !== null) {
      this.#setAlarm(at);
    }
  }

  /** Tells the readers of a run that never started, or of a session that is gone, that it is over. */
  showCancelled(live: LiveRun, at = this.deps.now()): void {
    if (live.stage !== "done") {
      live.publish(cancelledRun(headFromRow(live.row), at));
      live.finish();
    }
  }

  async #landLeftovers(): Promise<boolean> {
    const landing = {
      db: this.deps.db,
      journal: this.deps.journal,
      now: this.deps.now,
      newId: this.deps.newId,
      row: () => this.memory.row(),
    };
    for (const [runId, entry] of this.#leftovers()) {
      const landed = await land(landing, runId, entry);
      this.memory.drop();
      if (!landed) {
        this.#failed();
        return false;
      }
    }
    this.#failures = 0;
    return true;
  }

  #leftovers(): [string, JournalEntry][] {
    return [...this.deps.journal.entries()].filter(([runId]) => !this.#ours.has(runId));
  }

  #failed(): void {
    this.#failures += 1;
    this.rearm();
  }

  #watch(): void {
    if (this.#alarmAt <= this.deps.now()) {
      this.#setAlarm(this.deps.now() + WATCHDOG_MS);
    }
  }

  #setAlarm(at: number): void {
    this.#alarmAt = at;
    this.deps.setAlarm(at);
  }
}

/** What a start changes of the row; a name or state that was changed meanwhile stays. */
function sessionStarted(now: Session, started: Session): Session {
  const { userId, agentId, firstMessage, state, nextRunIndex, chatMessages } = started;
  return { ...now, userId, agentId, firstMessage, state, nextRunIndex, chatMessages };
}

function cancelledRun(head: RunHead, at: number) {
  const run = newRun(head);
  applyFact(run, { at: Math.max(0, at - head.startedAt), fact: { type: "cancelled" } });
  return run;
}
