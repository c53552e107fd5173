import { databaseUnavailable, modelNotConfigured } from "../domain/error.ts";
import type { IfMatch } from "../domain/etag.ts";
import type { ItemResult } from "../domain/job.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import { maySee, type Principal } from "../domain/principal.ts";
import type { Session, SessionType } from "../domain/session.ts";
import { type Component, knownComponent } from "../domain/team.ts";
import type { Quota } from "../domain/usage.ts";
import { NO_HISTORY } from "../engine/prompt/window.ts";
import { errorFields, log } from "../lib/log.ts";
import { Serial } from "../lib/serial.ts";
import type { SessionDependencies } from "./dependencies.ts";
import { Readers } from "./drive/readers.ts";
import { runAnswer } from "./drive/run-answer.ts";
import { AcceptPace } from "./lane/accept-pace.ts";
import type { Arrival } from "./lane/accept-run.ts";
import { admit } from "./lane/admit.ts";
import { patchSession } from "./lane/patch-session.ts";
import { type LaneContext, RunLane } from "./lane/run-lane.ts";
import { type AnswerArrival, admitAnswers } from "./people/continue-run.ts";
import { expireRequirements } from "./people/expire-requirements.ts";
import { findToResume, resumeAnswer } from "./people/resume-run.ts";
import { Alarm, watchExpiry } from "./recovery/alarm.ts";
import { Leftovers, type NotLanded, whyNotLanded } from "./recovery/leftovers.ts";
import { changeForJob, type JobChange } from "./row/change-for-job.ts";
import {
  type DeleteOptions,
  deleteSession,
  type ExpireCall,
  expireSession,
  type PurgeCall,
  purgeSession,
  type Removed,
  tend,
} from "./row/delete-session.ts";
import { SessionIndexing } from "./row/index-session.ts";
import { SessionMemory } from "./row/memory.ts";
import type { JobNaming } from "./row/name-for-job.ts";
import type { RequestedPatch } from "./row/patch.ts";
import { restoreSession } from "./row/restore-session.ts";
import { SessionNames } from "./row/session-names.ts";
import { SessionRows } from "./row/session-rows.ts";
import { SessionSummaries } from "./row/summaries.ts";
import type { ContinueCall, ResumeAnswer, ResumeCall, RunAnswer, RunCall } from "./run-calls.ts";
import { RunTraces } from "./run-traces.ts";

/**
 * A session while its object lives. Nothing else writes the session's rows. Runs go through the lane, one at a time; all
 * other calls are done when they arrive. Knows no platform.
 */
export class LiveSession {
  readonly #deps: SessionDependencies;
  readonly #context: LaneContext;
  readonly #rows: SessionRows;
  readonly #names: SessionNames;
  readonly #indexing: SessionIndexing;
  /** Runs are let in one at a time, in the order in which they arrive. */
  readonly #arrivals = new Serial();
  readonly #readers = new Readers();
  readonly #traces: RunTraces;

  constructor(deps: SessionDependencies) {
    const memory = new SessionMemory(deps.db, deps.sessionId);
    const alarm = new Alarm(deps.now, deps.setAlarm, deps.expiry);
    const leftovers = new Leftovers(deps, memory, alarm, {
      onLanded: () => {
        deps.journal.sweep();
        lane.startNext();
      },
      onRunLanded: (run) => {
        if (run.end?.status === "PAUSED") {
          // If nobody has to be asked, the run continues by itself: the next load must find it among the waiting runs.
          memory.forgetPending();
          watchExpiry(alarm, run);
        }
      },
    });
    const rows = new SessionRows(deps, memory, leftovers);
    const context = { deps, memory, leftovers, alarm, summaries: new SessionSummaries(deps, rows) };
    const lane = new RunLane(context, (completed) => {
      this.#traces.clearSoon();
      if (completed !== null) {
        deps.background(
          this.#afterCompletion(completed).catch((error: unknown) =>
            log("error", "completion.failed_unexpectedly", { session_id: deps.sessionId, ...errorFields(error) }),
          ),
        );
      }
    });
    this.#traces = new RunTraces({ ...context, lane });
    this.#deps = deps;
    this.#context = { ...context, lane, pace: new AcceptPace() };
    this.#rows = rows;
    this.#names = new SessionNames(deps, rows);
    this.#indexing = new SessionIndexing(deps, memory, leftovers, alarm);
  }

  // The methods that answer an `Outcome` are the object's remote calls: remote-calls.ts lists them.

  /** Lets a run in. The run is stored when this answers, and goes on whether or not anybody reads it. */
  async startRun({ read, ...call }: RunCall): Promise<Outcome<RunAnswer>> {
    const arrivedAt = this.#deps.now();
    const found = knownComponent(this.#deps, call.request.component);
    if (!found.ok) {
      return found;
    }
    const component = found.value;
    const model = this.#deps.models(component.model);
    if (model === null) {
      return fail(modelNotConfigured());
    }
    const arrival: Arrival = { ...call, quota: call.quota ?? null, component, model, arrivedAt };
    return this.#readers.withPlace({ ...call, read }, call.request.runId, async (place) => {
      const admitted = await this.#arrivals.run(() => admit(this.#context, arrival));
      if (!admitted.ok) {
        this.#traces.clearSoon();
        return admitted;
      }
      const live = admitted.value;
      return runAnswer(live, { read, place, waitingBefore: this.#context.lane.waitingBefore(live) });
    });
  }

  /** Takes answers to what a paused run waits for. */
  async continueRun({ read, ...call }: ContinueCall): Promise<Outcome<RunAnswer>> {
    const arrival: AnswerArrival = { ...call, quota: call.quota ?? null, arrivedAt: this.#deps.now() };
    return this.#readers.withPlace({ ...call, read }, call.runId, async (place) => {
      const continued = await this.#arrivals.run(() => admitAnswers(this.#context, arrival));
      this.#traces.clearSoon();
      if (!continued.ok) {
        return continued;
      }
      const { live, fromEntry } = continued.value;
      return runAnswer(live, { read, place, waitingBefore: this.#context.lane.waitingBefore(live), fromEntry });
    });
  }

  /** Finds a run to read its events again. */
  async resumeRun({ lastEventIndex, format = "agentos", ...request }: ResumeCall): Promise<Outcome<ResumeAnswer>> {
    const found = await findToResume(this.#context, request);
    if (!found.ok) {
      return found;
    }
    const placed = this.#readers.admit(request.principal, request.runId);
    return placed.ok ? ok(resumeAnswer(found.value, placed.value, { lastEventIndex, format })) : placed;
  }

  /** Cancels a waiting, active or paused run. A run that is unknown, settled or somebody else's stays as it is. */
  async cancelRun(principal: Principal, runId: string): Promise<Outcome<null>> {
    const { lane, leftovers } = this.#context;
    const woken = lane.find(runId) === null ? await this.#wake() : "awake";
    const row = await this.#context.memory.row();
    if (woken === "away" || row === null) {
      return fail(databaseUnavailable());
    }
    if (row.value === null || !maySee(principal, row.value)) {
      return ok(null);
    }
    // Of a run whose end or pause a full database has not taken it cannot be said what a cancel would change.
    const cancelled = woken === "full" && leftovers.has(runId) ? "full" : await lane.cancel(runId);
    this.#traces.clearSoon();
    return cancelled === "cancelled" ? ok(null) : fail(whyNotLanded(cancelled));
  }

  /** Changes the session as a caller asks; answers it as it stands then. */
  patchSession(principal: Principal, requested: RequestedPatch): Promise<Outcome<Session>> {
    return patchSession({ ...this.#context, rows: this.#rows }, principal, requested);
  }

  /** Has the model name the session; a name that somebody gives meanwhile stays. Answers the session as it is then. */
  generateName(principal: Principal, fallback: string | null, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    return this.#names.generate(principal, fallback, ifMatch);
  }

  /** Names the session for a job. */
  async nameForJob(naming: JobNaming): Promise<Outcome<ItemResult>> {
    return ok(await this.#names.forJob(naming));
  }

  /** Changes the session as a job asks. */
  async changeForJob(change: JobChange): Promise<Outcome<ItemResult>> {
    return ok(await changeForJob(this.#deps, this.#rows, change));
  }

  /** Has the model bring the session's summary up to date; one that a person writes meanwhile stays. */
  summarizeSession(principal: Principal, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    return this.#context.summaries.make(principal, ifMatch);
  }

  /** Deletes the session with everything in it; one that does not exist for the caller is left alone. */
  deleteSession(principal: Principal, options: DeleteOptions): Promise<Outcome<null>> {
    return this.#arrivals.run(async () => {
      const removed = await deleteSession(this.#context, principal, options);
      return removed.ok ? ok(null) : removed;
    });
  }

  /** Brings a deleted session back. A Worker of an older deployment sends no quota. */
  restoreSession(
    principal: Principal,
    type: SessionType | null,
    quota: Quota | null = null,
  ): Promise<Outcome<Session>> {
    return this.#arrivals.run(() => restoreSession(this.#context, { principal, type, quota }));
  }

  /** Deletes the session if its time is over. */
  expireSession(call: ExpireCall): Promise<Outcome<Removed>> {
    return this.#arrivals.run(() => expireSession(this.#context, call));
  }

  /** Removes a session for good that is hidden, or whose owner is erased. */
  purgeSession(call: PurgeCall): Promise<Outcome<Removed>> {
    return this.#arrivals.run(() => purgeSession(this.#context, call));
  }

  /**
   * Does what is left to do: lands what D1 has not, and takes up waiting runs. `full`: results wait that a full database does not
   * take, and with them all runs that wait.
   */
  #wake(): Promise<"awake" | NotLanded> {
    return this.#arrivals.run(async () => {
      const landed = await this.#context.leftovers.land();
      if (landed === "away") {
        return landed;
      }
      const loaded = await this.#context.memory.load(NO_HISTORY, false);
      if (loaded === null) {
        this.#context.alarm.failed();
      }
      if (loaded?.session != null && loaded.session.unindexedFrom !== null) {
        this.#context.alarm.index();
      }
      this.#context.lane.takeUp();
      if (loaded === null) {
        return "away";
      }
      return landed === "full" ? landed : "awake";
    });
  }

  /** The object's alarm. It is set again while there is anything to be woken for. */
  async alarm(): Promise<void> {
    const isAwake = (await this.#wake()) === "awake";
    const isDone = isAwake && (await this.#arrivals.run(() => expireRequirements(this.#context)));
    const isIndexed = isDone && (await this.#indexing.step());
    this.#rearm(isIndexed);
    if (isAwake) {
      await this.#arrivals.run(() => tend(this.#context));
    }
    this.#rest();
  }

  /** Sets the alarm for what is to be watched or tried again. `isAwake` says that D1 answered everything. */
  #rearm(isAwake: boolean): void {
    const { alarm, lane, leftovers } = this.#context;
    if (isAwake && lane.waitingIds().length === 0 && !leftovers.any()) {
      alarm.recovered();
    }
    alarm.rearm(lane.size());
  }

  /**
   * Empties the object's storage if it was woken and has nothing more to be woken for: an object that is not used any more shall
   * not keep even empty tables.
   */
  #rest(): void {
    const isQuiet = !this.#context.lane.isBusy() && this.#context.alarm.isQuiet();
    if (isQuiet && this.#deps.journal.entries().size === 0) {
      this.#deps.forgetStorage();
    } else {
      this.#deps.journal.sweep();
    }
  }

  /**
   * Sets the alarm for a session that was made without its object, by a fork or an import: to index it, and to expire requirements.
   * It is indexed in so many steps at most; null: until all is.
   */
  async index(steps: number | null = null): Promise<Outcome<null>> {
    this.#context.alarm.expireAt(this.#deps.now());
    this.#indexing.begin(steps);
    return ok(null);
  }

  async #afterCompletion(component: Component): Promise<void> {
    // Memory may have been dropped while the run was settled.
    const row = await this.#context.memory.row();
    if (row?.value == null) {
      return;
    }
    this.#context.summaries.runCompleted(row.value, component);
    await this.#names.runCompleted(row.value, component);
  }
}
