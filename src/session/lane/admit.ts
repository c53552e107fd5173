import { historyRuns } from "../../domain/agent.ts";
import {
  badRequest,
  databaseUnavailable,
  type Failure,
  idempotencyConflict,
  payloadTooLarge,
  runNotFound,
  runNotLanded,
  sessionNotFound,
  sessionUnavailable,
} from "../../domain/error.ts";
import { KEPT_RUN_INDEXES, MAX_RUN_INDEX, MAX_STATE_BYTES } from "../../domain/limits.ts";
import type { Model } from "../../domain/model.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { mayRunIn, type Principal } from "../../domain/principal.ts";
import { whyNotIn } from "../../domain/retention.ts";
import type { Idempotency, OnBusy, RunRequest, RunRow, RunTimings } from "../../domain/run.ts";
import { isHidden, type Session } from "../../domain/session.ts";
import type { Component } from "../../domain/team.ts";
import { seconds } from "../../engine/run/metrics.ts";
import { log } from "../../lib/log.ts";
import { type Committed, commit, readOrNull, violates } from "../../store/commit.ts";
import { findByKey } from "../../store/runs/runs.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { type Acceptance, acceptedAt, acceptStatements } from "../../store/runs/writes.ts";
import { LiveRun, storedLive } from "../drive/live-run.ts";
import { decideOnLook, type LookAgain } from "../row/look-again.ts";
import type { Loaded } from "../row/memory.ts";
import { mayBegin, reservedSessionId } from "../start/keyed-session.ts";
import { castOf, type LoadedOrigin, loadOrigin } from "../start/run-origin.ts";
import { acceptedRow, planStart, type RunStart } from "../start/run-start.ts";
import { mergedState, stateBytes } from "../start/session-start.ts";
import { type Admission, decideAdmission } from "./admission.ts";
import { beginRun } from "./begin-run.ts";
import type { LaneContext } from "./run-lane.ts";

type AdmitContext = Pick<LaneContext, "deps" | "memory" | "leftovers" | "alarm" | "lane">;

/** A run that arrives, with what the registry says of its agent or team. */
export interface Arrival {
  request: RunRequest;
  principal: Principal;
  onBusy: OnBusy;
  component: Component;
  model: Model;
  /** Milliseconds since the epoch. */
  arrivedAt: number;
}

type Admitted = Outcome<LiveRun> | LookAgain;

/** The session as an arrival was decided on it; `hydrateMs` is how long it took to load. */
interface Look {
  loaded: Loaded;
  hydrateMs: number;
}

/**
 * Lets a run in: it starts, waits, is a run that was asked for before with the same idempotency key, or is refused. When
 * this returns a run it is stored in D1; when it returns a failure nothing of it is, or will be. To be called for one
 * arrival at a time, in the order of arrival.
 */
export async function admit(context: AdmitContext, arrival: Arrival): Promise<Outcome<LiveRun>> {
  if (!(await context.leftovers.land())) {
    return fail(runNotLanded());
  }
  return (await decideOnLook(context.memory, () => lookAndAdmit(context, arrival))) ?? fail(sessionUnavailable());
}

async function lookAndAdmit(context: AdmitContext, arrival: Arrival): Promise<Admitted> {
  const { deps, memory, lane } = context;
  const { component, request } = arrival;
  const { idempotency } = request;
  const live = idempotency === null ? null : lane.byKey(idempotency);
  if (live !== null && idempotency !== null && !(await isDeleted(memory))) {
    return sameRun(live, live.row.fieldsDigest, idempotency);
  }
  const lookedAt = deps.now();
  const loaded = await memory.load(historyRuns(component), component.cacheSession === false);
  if (loaded === null) {
    return fail(databaseUnavailable());
  }
  lane.takeUp();
  const closed = whyClosed(context, arrival.principal, loaded.session);
  if (closed !== null) {
    return fail(closed);
  }
  if (loaded.session === null && !(await mayBegin(deps.sessionId, idempotency))) {
    return fail(reservedSessionId(deps.sessionId));
  }
  return admitOnLook(context, arrival, loaded, lookedAt);
}

/** Why this caller may not run in the session; null when that is allowed, or there is no session yet. */
function whyClosed(
  { deps, lane }: Pick<AdmitContext, "deps" | "lane">,
  principal: Principal,
  session: Session | null,
): Failure | null {
  if (session === null) {
    return null;
  }
  if (isHidden(session)) {
    return whyNotIn(session, principal, deps.settings.deleteUndoSeconds);
  }
  return mayRunIn(principal, session.userId ?? lane.claimant()) ? null : sessionNotFound();
}

async function admitOnLook(
  context: AdmitContext,
  arrival: Arrival,
  loaded: Loaded,
  lookedAt: number,
): Promise<Admitted> {
  const { deps, lane } = context;
  const { idempotency } = arrival.request;
  const tooMuch = whyTooMuch(arrival, loaded.session);
  const first = decideAdmission(lane.occupancy(), arrival.onBusy);
  // A key that was used before names its run, whatever the session is busy with: so it is looked up before this arrival is
  // refused, or interrupts another run. Otherwise the constraint in D1 tells, and a warm run reads nothing.
  const decides = tooMuch !== null || first.kind === "refuse" || (first.kind === "wait" && first.interrupts);
  if (idempotency !== null && decides) {
    const earlier = await runOfKey(context, idempotency);
    if (earlier !== null) {
      return earlier;
    }
  }
  if (tooMuch !== null) {
    return fail(tooMuch);
  }
  const admission = decideAdmission(lane.occupancy(), arrival.onBusy);
  switch (admission.kind) {
    case "refuse":
      return fail(admission.failure);
    case "start":
      // If a run ended while the key was looked up, what was loaded lacks it.
      return decides ? "look_again" : startNow(context, arrival, { loaded, hydrateMs: deps.now() - lookedAt });
    case "wait":
      return wait(context, arrival, loaded.session, admission);
  }
}

/** Why the session has no room for the run; null when it has. */
function whyTooMuch({ component, request }: Arrival, session: Session | null): Failure | null {
  const state = mergedState(session?.state ?? null, request.sessionState, component.sessionState ?? null);
  if (stateBytes(state) > MAX_STATE_BYTES) {
    return payloadTooLarge("session_state", MAX_STATE_BYTES);
  }
  return (session?.nextRunIndex ?? 0) > MAX_RUN_INDEX - KEPT_RUN_INDEXES
    ? badRequest("The session has had as many runs as a session may have. Go on in another one.")
    : null;
}

async function isDeleted(memory: AdmitContext["memory"]): Promise<boolean> {
  const row = await memory.row();
  return row?.value != null && isHidden(row.value);
}

async function startNow(context: AdmitContext, arrival: Arrival, look: Look): Promise<Admitted> {
  const { deps, leftovers, lane } = context;
  const live = new LiveRun(acceptedRow(arrival.request, deps.sessionId, deps.newId()), arrival.arrivedAt);
  lane.occupy(live);
  try {
    return await startOccupying(context, arrival, live, look);
  } catch (error) {
    // A bug, or a failure of the object's own disk: the session must not stay busy with a run that nobody drives.
    leftovers.abandon(live.runId);
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
  const { component, model, request } = arrival;
  const origin = await loadOrigin(deps, request.origin, historyRuns(component));
  if (origin === null || origin === "gone") {
    lane.release(live);
    return fail(origin === null ? databaseUnavailable() : runNotFound());
  }
  const acceptedFrom = deps.now();
  const queueMs = Math.max(0, acceptedFrom - arrival.arrivedAt - hydrateMs);
  const timings = { queue: seconds(queueMs), hydrate: seconds(hydrateMs) };
  const planned = { accepted: live.row, loaded, origin, timings, nowMs: acceptedFrom };
  const written = await leftovers.writeRow(() => acceptInLine(context, arrival, planned));
  if (written === null || written === "away" || written === "look_again") {
    lane.release(live);
    return written === "look_again" ? written : fail(written === null ? runNotLanded() : databaseUnavailable());
  }
  const { start, acceptance, committed } = written;
  if (isStored(committed, acceptance)) {
    const accept = seconds(deps.now() - acceptedFrom);
    const history = origin.history ?? loaded.history;
    const drive = { component, model, history, failure: null, continues: false };
    lane.drive(beginRun(context, live, { start, timings: { accept } }, drive));
    return ok(live);
  }
  // Before the run that has the key is looked for: this run names the same key, and would be found as that one.
  lane.release(live);
  return notStored(context, arrival, live.runId, committed);
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
}

/** Plans the start on the row as it stands, and writes it. To be called in line with other writes of the row. */
async function acceptInLine(
  { deps, memory, leftovers }: Pick<AdmitContext, "deps" | "memory" | "leftovers">,
  { component, model }: Arrival,
  { accepted, loaded, origin, timings, nowMs }: PlannedOn,
): Promise<WrittenAccept | "away" | LookAgain> {
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
    start: { input: start.input, changes: start.changes },
  };
  const { runId } = accepted;
  leftovers.note(runId, { phase: "accepting", note: start.withdrawal });
  const committed = await commit(deps.db, acceptStatements(deps.db, acceptance));
  if (committed.kind === "unknown") {
    // Before the next write in line is planned, so that the next write goes behind the withdrawal.
    leftovers.abandon(runId);
  }
  return { start, acceptance, committed };
}

async function wait(
  context: AdmitContext,
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
  const acceptance: Acceptance = { run: row, sessionFence: session.fence, newSession: null, start: null };
  const note = { runId, sessionId, sessionFence: session.fence, runIndex: null, startedSession: false, previous: null };
  leftovers.note(runId, { phase: "accepting", note });
  const committed = await commit(deps.db, acceptStatements(deps.db, acceptance));
  if (committed.kind === "unknown") {
    leftovers.abandon(runId);
  }
  if (!isStored(committed, acceptance)) {
    return notStored(context, arrival, runId, committed);
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
  context: AdmitContext,
  { request: { idempotency } }: Arrival,
  runId: string,
  committed: Committed,
): Promise<Admitted> {
  const { deps, leftovers } = context;
  if (committed.kind === "unknown") {
    // Withdrawn now if D1 is back already, else before any other run starts, or by the alarm.
    deps.background(leftovers.land().then(() => {}));
    return fail(databaseUnavailable());
  }
  leftovers.forget(runId);
  if (violates(committed, "idempotency_key") && idempotency !== null) {
    return (await runOfKey(context, idempotency)) ?? "look_again";
  }
  if (committed.kind === "refused" && !violates(committed, "run_index")) {
    log("error", "accept.refused", { run_id: runId, reason: committed.constraint });
  }
  return "look_again";
}

/** The run that was stored under the key, live or as it settled; null when there is none. */
async function runOfKey(
  { deps, lane }: Pick<AdmitContext, "deps" | "lane">,
  idempotency: Idempotency,
): Promise<Outcome<LiveRun> | null> {
  const read = await readOrNull(findByKey(deps.db, idempotency));
  if (read === null) {
    return fail(databaseUnavailable());
  }
  if (read.value === null) {
    return null;
  }
  const { runId, sessionId, fieldsDigest } = read.value;
  const live = lane.byKey(idempotency);
  if (live !== null || fieldsDigest !== idempotency.fieldsDigest) {
    return live === null ? fail(idempotencyConflict(runId)) : sameRun(live, live.row.fieldsDigest, idempotency);
  }
  const stored = await readOrNull(findRunTree(deps.db, sessionId, runId));
  if (stored?.value == null) {
    return stored === null ? fail(databaseUnavailable()) : null;
  }
  return ok(storedLive(stored.value));
}

function sameRun(live: LiveRun, fieldsDigest: string, idempotency: Idempotency): Outcome<LiveRun> {
  return fieldsDigest === idempotency.fieldsDigest ? ok(live) : fail(idempotencyConflict(live.runId));
}
