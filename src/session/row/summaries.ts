import type { Agent } from "../../domain/agent.ts";
import { badRequest, preconditionFailed, sessionNotFound, summaryFailed } from "../../domain/error.ts";
import { type IfMatch, isMatched } from "../../domain/etag.ts";
import type { Message } from "../../domain/message.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { type Principal, SERVER } from "../../domain/principal.ts";
import type { Session, SessionSummary } from "../../domain/session.ts";
import type { SessionPatch } from "../../domain/session-fields.ts";
import type { Component } from "../../domain/team.ts";
import { payerOf } from "../../domain/usage.ts";
import { viewOf } from "../../domain/view.ts";
import type { SummaryWait } from "../../engine/drive/dependencies.ts";
import type { Run } from "../../engine/run/state.ts";
import { aborted, withTimeout } from "../../lib/abort.ts";
import { errorFields, log } from "../../lib/log.ts";
import { sameJson } from "../../lib/same-json.ts";
import { Serial } from "../../lib/serial.ts";
import { readOrNull } from "../../store/commit.ts";
import { completedRunsSince } from "../../store/messages/summary-messages.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { Meter } from "./meter.ts";
import { namingAgent } from "./names.ts";
import type { Plan, SessionRows } from "./session-rows.ts";
import { type OwnRun, type Walk, type WalkRequest, walkOn } from "./summary-walk.ts";
import { usedBeside } from "./used-beside.ts";

/** How long the making of one summary may take. */
const LIMIT_MS = 60_000;
/** How long a run waits for its summary. */
const RUN_WAITS_MS = 30_000;
/** How many runs are read for each one that must have completed. Others are member runs, or have failed. */
const RUNS_PER_COMPLETED = 80;

/**
 * Makes the session's summaries, one at a time: on request, out of band after a number of runs, or while a run waits for it.
 * A summary that a person writes meanwhile stays. No run fails because of a summary. A run waits for one only with `runWaits`.
 */
export class SessionSummaries {
  readonly #deps: SessionDependencies;
  readonly #rows: SessionRows;
  readonly #making = new Serial();
  /** Whether a summary out of band is planned and not begun. It will cover what a further one would cover. */
  #isNextPlanned = false;

  constructor(deps: SessionDependencies, rows: SessionRows) {
    this.#deps = deps;
    this.#rows = rows;
  }

  /** Brings the summary up to date. Answers the session as it stands after that. */
  make(principal: Principal, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    return this.#making.run(() => this.#make(principal, ifMatch, null, never));
  }

  /** To be called when a completed run is stored. Makes a summary out of band if one is due. */
  runCompleted(session: Session, component: Component): void {
    const every = summaryEvery(this.#policyOwner(session, component));
    const hasWaited = component.summaries?.runWaits === true;
    if (every === null || hasWaited || this.#isNextPlanned || !mayBeDue(session, every)) {
      return;
    }
    this.#isNextPlanned = true;
    const made = this.#making.run(async () => {
      this.#isNextPlanned = false;
      const isDue = await this.#isDue(component, 0);
      const outcome = isDue ? await this.#make(SERVER, null, null, never) : null;
      if (outcome?.ok === false) {
        log("warn", "summary.not_made", { session_id: this.#deps.sessionId, code: outcome.failure.code });
      }
    });
    this.#deps.background(
      made.catch((error: unknown) =>
        log("error", "summary.failed_unexpectedly", { session_id: this.#deps.sessionId, ...errorFields(error) }),
      ),
    );
  }

  /** What a top-level run is driven with that ends only when its summary is made; null for a run that does not wait. */
  waitOf(run: Run, input: readonly Message[], component: Component, signal: AbortSignal): SummaryWait | null {
    if (component.summaries?.runWaits !== true) {
      return null;
    }
    return {
      isDue: () => this.#isDue(component, 1).catch(() => false),
      make: () => this.#makeForRun(run, input, signal),
    };
  }

  /**
   * The agent or team whose settings of summaries apply: the session's own, if the deployment has it, else
   * the one that runs.
   */
  #policyOwner(session: Session, component: Component): Agent {
    return namingAgent(this.#deps, session) ?? component;
  }

  /** Whether enough runs have completed since the last summary. `completing` counts those that D1 does not know of yet. */
  async #isDue(component: Component, completing: number): Promise<boolean> {
    const found = await this.#rows.find(SERVER);
    const every = found.ok ? summaryEvery(this.#policyOwner(found.value, component)) : null;
    if (!found.ok || every === null || !mayBeDue(found.value, every)) {
      return false;
    }
    const { sessionId, summarizedThrough } = found.value;
    const looked = every * RUNS_PER_COMPLETED;
    const read =
      every <= completing
        ? { value: 0 }
        : await readOrNull(completedRunsSince(this.#deps.db, sessionId, summarizedThrough ?? -1, looked));
    return read !== null && read.value + completing >= every;
  }

  async #makeForRun(run: Run, input: readonly Message[], signal: AbortSignal): Promise<SessionSummary | null> {
    const stop = new AbortController();
    const own: OwnRun = { runIndex: run.head.runIndex ?? 0, messages: [...input, ...run.messages] };
    const either = AbortSignal.any([signal, stop.signal]);
    const made = this.#making.run(() => this.#make(SERVER, null, own, either));
    try {
      const timeout = () => new Error("the summary was not made in time");
      const outcome = await withTimeout(Promise.race([made, aborted(signal)]), RUN_WAITS_MS, timeout);
      return outcome !== "aborted" && outcome.ok ? outcome.value.summary : null;
    } catch (error) {
      log("warn", "summary.not_waited_for", { session_id: this.#deps.sessionId, ...errorFields(error) });
      return null;
    } finally {
      stop.abort();
    }
  }

  async #make(
    principal: Principal,
    ifMatch: IfMatch | null,
    own: OwnRun | null,
    signal: AbortSignal,
  ): Promise<Outcome<Session>> {
    const found = await this.#rows.findMatching(principal, ifMatch);
    if (!found.ok || signal.aborted) {
      return found.ok ? fail(summaryFailed()) : found;
    }
    const asked = found.value;
    const meter = new Meter(this.#deps.now());
    const walked = await this.#walk(asked, own, { view: viewOf(principal), signal, meter });
    const payer = principal === SERVER ? asked.userId : payerOf(principal, asked);
    const along = usedBeside(this.#deps, payer, meter.used);
    if (!walked.ok) {
      this.#rows.note(along);
      return walked;
    }
    const { text, through } = walked.value;
    if (text === null && through === asked.summarizedThrough) {
      return asked.summary === null ? fail(badRequest(NOTHING_SAID)) : ok(asked);
    }
    const plan: Plan = (session) => {
      if (session.createdAt !== asked.createdAt) {
        return fail(sessionNotFound());
      }
      return isMatched(ifMatch, session) ? ok(this.#patch(session, asked, walked.value)) : fail(preconditionFailed());
    };
    const written = await this.#rows.write(principal, plan, { along });
    return written.ok && written.value.summary === null ? fail(summaryFailed()) : written;
  }

  async #walk(
    asked: Session,
    own: OwnRun | null,
    { view, signal, meter }: Pick<WalkRequest, "view" | "signal"> & { meter: Meter },
  ): Promise<Outcome<Walk>> {
    const { db, models, settings } = this.#deps;
    const agent = namingAgent(this.#deps, asked);
    const chosen = models(agent?.summaries?.model ?? settings.summaryModel ?? agent?.model);
    const model = chosen === null ? null : meter.on(chosen);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), LIMIT_MS);
    try {
      return await walkOn(db, { session: asked, own, model, view, signal: AbortSignal.any([signal, limit.signal]) });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * What to write. Nothing if a person has written another summary since the model was asked, or an older
   * run has completed.
   */
  #patch(session: Session, asked: Session, { text, through, unsettled }: Walk): SessionPatch {
    const isAsAsked = session.summarizedThrough === asked.summarizedThrough && sameJson(session.summary, asked.summary);
    if (!isAsAsked) {
      return {};
    }
    const hasCompleted = session.completedRuns !== asked.completedRuns && unsettled !== null;
    return {
      // The run that completed meanwhile may be one that the walk passed over. Then the next summary has to read it.
      summarizedThrough: hasCompleted && through !== null ? Math.min(through, unsettled - 1) : through,
      ...(text !== null && { summary: { ...text, updated_at: naiveUtc(this.#deps.now()) } }),
    };
  }
}

const never = new AbortController().signal;

const NOTHING_SAID = "The session has no messages to summarize yet: no run of it has completed.";

/** ISO 8601 in UTC, without an offset: every version of Agno's Python client reads that. */
const naiveUtc = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 19);

/** After how many completed runs a session of the agent is summarized by itself; null is never. */
function summaryEvery(agent: Agent): number | null {
  const every = agent.summaries?.every ?? 0;
  return every > 0 ? every : null;
}

/** Whether this many runs can have completed since the last summary. Only runs that have a run index can. */
function mayBeDue({ nextRunIndex, summarizedThrough }: Session, every: number): boolean {
  return nextRunIndex - 1 - (summarizedThrough ?? -1) >= every;
}
