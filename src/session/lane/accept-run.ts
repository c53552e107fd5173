import { databaseFull, databaseUnavailable, runNotFound } from "../../domain/error.ts";
import type { Model } from "../../domain/model.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import type { OnBusy, RunRequest, RunRow, RunStatus, RunTimings } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import type { Component } from "../../domain/team.ts";
import { type Quota, usageKey } from "../../domain/usage.ts";
import { historyWindow } from "../../engine/prompt/window.ts";
import { seconds } from "../../engine/run/metrics.ts";
import { log } from "../../lib/log.ts";
import { type Committed, commit, violates } from "../../store/commit.ts";
import { type Acceptance, acceptedAt, acceptStatements } from "../../store/runs/writes.ts";
import type { StartedRun } from "../drive/drive-to-end.ts";
import { LiveRun } from "../drive/live-run.ts";
import { isNotLanded, whyNotLanded } from "../recovery/leftovers.ts";
import type { LookAgain } from "../row/look-again.ts";
import type { Loaded } from "../row/memory.ts";
import { castOf, type LoadedOrigin, loadOrigin } from "../start/run-origin.ts";
import { acceptedRow, planStart, type RunStart } from "../start/run-start.ts";
import type { Admission } from "./admission.ts";
import { beginRun } from "./begin-run.ts";
import { askEarly } from "./early-ask.ts";
import { runOfKey } from "./keyed-run.ts";
import { whyOverQuota } from "./over-quota.ts";
import type { LaneContext } from "./run-lane.ts";

export type AdmitContext = Pick<LaneContext, "deps" | "memory" | "leftovers" | "alarm" | "lane" | "pace">;

/** A run that arrives, with what the registry says of its agent or team. */
export interface Arrival {
  request: RunRequest;
  /** The status in which the caller's request found the run that this one is made from; null for a run of its own. */
  olderStatus: RunStatus | null;
  principal: Principal;
  /** Of a confined caller: what its user may use. */
  quota: Quota | null;
  onBusy: OnBusy;
  component: Component;
  model: Model;
  /** Milliseconds since the epoch. */
  arrivedAt: number;
}

/** The run that was let in, and is stored; or why none was. */
export type Admitted = Outcome<LiveRun> | LookAgain;

/** The session as an arrival was decided on it; `hydrateMs` is how long it took to load. */
interface Look {
  loaded: Loaded;
  hydrateMs: number;
}

/** Starts the run in a session that is free. */
export async function startNow(context: AdmitContext, arrival: Arrival, look: Look): Promise<Admitted> {
  const { deps, leftovers, lane } = context;
  const live = new LiveRun(acceptedRow(arrival.request, deps.sessionId, deps.newId()), arrival.arrivedAt);
  lane.occupy(live);
  try {
    return await startOccupying(context, arrival, live, look);
  } catch (error) {
    // This is a bug, or the object's own disk failed. The session must not stay busy with a run that nobody drives.
    leftovers.abandon(live.runId);
    live.cancel();
    lane.release(live);
    throw error;
  }
}

async function startOccupying(
  context: AdmitContext,
  arrival: Arrival,
  live: LiveRun,
  { loaded, hydrateMs }: Look,
): Promise<Admitted> {
  const { deps, leftovers, lane } = context;
  const { component, request } = arrival;
  const origin = await loadOrigin(deps, request.origin, historyWindow(component));
  if (origin === null || origin === "gone") {
    lane.release(live);
    return fail(origin === null ? databaseUnavailable() : runNotFound());
  }
  const acceptedFrom = deps.now();
  const queueMs = Math.max(0, acceptedFrom - arrival.arrivedAt - hydrateMs);
  const timings = { queue: seconds(queueMs), hydrate: seconds(hydrateMs) };
  const planned = { accepted: live.row, loaded, origin, timings, nowMs: acceptedFrom };
  const written = await leftovers.writeRow(() => acceptInLine(context, arrival, live, planned));
  if (isNotLanded(written) || written === "look_again") {
    lane.release(live);
    return written === "look_again" ? written : fail(whyNotLanded(written));
  }
  const { start, acceptance, committed, asked } = written;
  if (isStored(committed, acceptance)) {
    const accept = seconds(deps.now() - acceptedFrom);
    const history = origin.history ?? loaded.history;
    const drive = { component, ...asked, history, failure: null, continues: false };
    lane.drive(beginRun(context, live, { start, timings: { accept } }, drive));
    return ok(live);
  }
  // The model may have been asked already: nobody wants the answer.
  live.cancel();
  // This run must leave the lane before `notStored` looks there for the run that has the key: else it would find this one.
  lane.release(live);
  return notStored(context, arrival, acceptance, committed);
}

interface PlannedOn {
  accepted: RunRow;
  loaded: Loaded;
  origin: LoadedOrigin;
  timings: RunTimings;
  nowMs: number;
}

interface WrittenAccept {
  start: RunStart;
  acceptance: Acceptance;
  committed: Committed;
  /** The model that the run is driven with, which may have been asked already. */
  asked: Pick<StartedRun, "model" | "firstSentAt">;
}

/** Plans the start on the row as it stands, and writes it. To be called in line with other writes of the row. */
async function acceptInLine(
  context: Pick<AdmitContext, "deps" | "memory" | "leftovers" | "pace">,
  arrival: Arrival,
  live: LiveRun,
  { accepted, loaded, origin, timings, nowMs }: PlannedOn,
): Promise<WrittenAccept | "away" | LookAgain> {
  const { deps, memory, leftovers } = context;
  const { component, model, quota } = arrival;
  const isRemembered = memory.session !== null;
  const session = loaded.session && (await memory.rowInLine(loaded.session));
  if (session === "away" || session === "look_again") {
    return session;
  }
  const start = planStart({
    accepted,
    session,
    cast: castOf(deps, component),
    model,
    prefix: origin.prefix,
    memberSlots: deps.settings.maxMemberRuns,
    cacheUse: loaded.cacheUse,
    timings,
    nowMs,
    newId: deps.newId,
  });
  const acceptance: Acceptance = {
    run: start.row,
    sessionFence: start.session.fence,
    newSession: start.isNewSession ? start.session : null,
    start: { input: start.input, changes: start.changes, known: memory.texts },
    quota,
    nowMs,
  };
  const { runId } = accepted;
  // Behind the note, the platform would hold the request until the note is on the disk.
  const asked = await askEarly(context, arrival, live, { start, loaded, isRemembered });
  leftovers.note(runId, { phase: "accepting", note: start.withdrawal });
  const committed = await commitAccept(context, acceptance);
  if (committed.kind === "unknown") {
    // This must happen within the line, so that the next write in line waits until the accept is withdrawn.
    leftovers.abandon(runId);
  }
  return { start, acceptance, committed, asked };
}

async function commitAccept(
  { deps, pace }: Pick<AdmitContext, "deps" | "pace">,
  acceptance: Acceptance,
): Promise<Committed> {
  const sentAt = deps.now();
  const committed = await commit(deps.db, acceptStatements(deps.db, acceptance));
  pace.answered(isStored(committed, acceptance), { sentAt, answeredAt: deps.now() });
  return committed;
}

/** Stores the run among those that wait. */
export async function wait(
  context: Pick<AdmitContext, "deps" | "leftovers" | "lane" | "pace">,
  arrival: Arrival,
  session: Session | null,
  { position, interrupts }: Extract<Admission, { kind: "wait" }>,
): Promise<Admitted> {
  const { deps, leftovers, lane } = context;
  if (session === null) {
    return "look_again";
  }
  const row = { ...acceptedRow(arrival.request, deps.sessionId, deps.newId()), waiting: true, position };
  const { runId, sessionId } = row;
  const { quota } = arrival;
  const sessionFence = session.fence;
  const acceptance = { run: row, sessionFence, newSession: null, start: null, quota, nowMs: deps.now() };
  const usage = usageKey(row, []);
  const note = { runId, sessionId, sessionFence, runIndex: null, startedSession: false, previous: null, usage };
  leftovers.note(runId, { phase: "accepting", note });
  const committed = await commitAccept(context, acceptance);
  if (committed.kind === "unknown") {
    leftovers.abandon(runId);
  }
  if (!isStored(committed, acceptance)) {
    return notStored(context, arrival, acceptance, committed);
  }
  leftovers.forget(runId);
  const live = new LiveRun(row, arrival.arrivedAt);
  lane.enqueue(live);
  if (interrupts) {
    lane.interrupt();
  }
  lane.startNext();
  return ok(live);
}

function isStored(committed: Committed, acceptance: Acceptance): boolean {
  return committed.kind === "written" && (committed.changed[acceptedAt(acceptance)] ?? 0) > 0;
}

/** Why a run was not stored, and what its caller gets for it. */
async function notStored(
  context: Pick<AdmitContext, "deps" | "leftovers" | "lane">,
  { request: { idempotency } }: Arrival,
  { run: { runId }, quota, newSession }: Acceptance,
  committed: Committed,
): Promise<Admitted> {
  const { deps, leftovers } = context;
  if (committed.kind === "unknown") {
    // The accept is withdrawn now if D1 is back already, else before another run starts, or by the alarm.
    deps.background(leftovers.land().then(() => {}));
    return fail(databaseUnavailable());
  }
  leftovers.forget(runId);
  const isLimited = committed.kind === "written" && quota !== null;
  const isFull = committed.kind === "full";
  if (idempotency !== null && (isLimited || isFull || violates(committed, "idempotency_key"))) {
    // A key that is repeated gets its run, also where its user may start no further one, or the database has no room for it.
    const earlier = await runOfKey(context, idempotency);
    if (earlier !== null) {
      return earlier;
    }
  }
  if (isFull) {
    return fail(databaseFull());
  }
  if (isLimited) {
    return (await whyOverQuota(deps, quota, { newSession: newSession !== null })) ?? "look_again";
  }
  if (committed.kind === "refused" && !violates(committed, "run_index")) {
    log("error", "accept.refused", { run_id: runId, reason: committed.constraint });
  }
  return "look_again";
}
