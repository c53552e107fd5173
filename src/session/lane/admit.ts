import { historyRuns } from "../../domain/agent.ts";
import {
  badRequest,
  databaseUnavailable,
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
import type { Idempotency, OnBusy, RunRequest } from "../../domain/run.ts";
import { isHidden } from "../../domain/session.ts";
import type { Component } from "../../domain/team.ts";
import { seconds } from "../../engine/run/metrics.ts";
import { log } from "../../lib/log.ts";
import { type Committed, commit, readOrNull, violates } from "../../store/commit.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { type Acceptance, acceptedAt, acceptStatements } from "../../store/runs/writes.ts";
import { findByKey } from "../../store/runs/runs.ts";
import { type Admission, decideAdmission } from "./admission.ts";
import { mayBegin, reservedSessionId } from "../start/keyed-session.ts";
import { LiveRun } from "../drive/live-run.ts";
import { decideOnLook, type LookAgain } from "../row/look-again.ts";
import type { RunLane } from "./run-lane.ts";
import { castOf, loadOrigin } from "../start/run-origin.ts";
import { acceptedRow, planStart, type RunStart } from "../start/run-start.ts";
import type { Loaded } from "../row/memory.ts";
import { mergedState } from "../start/session-start.ts";
import { stateBytes } from "./start-waiting.ts";
import { storedLive } from "../people/stored-live.ts";

/** A run that arrives, with what the registry says of its agent. */
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

/**
 * Lets a run in: it starts, waits, is one that was asked for before (with the same idempotency key), or is refused. When
 * this returns a run it is stored in D1; when it returns a failure nothing of it is, or will be. To be called for one
 * arrival at a time, in the order of arrival.
 */
export async function admit(lane: RunLane, arrival: Arrival): Promise<Outcome<LiveRun>> {
  if (!(await lane.leftovers.land())) {
    return fail(runNotLanded());
  }
  return (await decideOnLook(lane.memory, () => lookAndAdmit(lane, arrival))) ?? fail(sessionUnavailable());
}

async function lookAndAdmit(lane: RunLane, arrival: Arrival): Promise<Admitted> {
  const { component, request, principal } = arrival;
  const live = request.idempotency === null ? null : lane.byKey(request.idempotency);
  if (live !== null && request.idempotency !== null && !(await isDeleted(lane))) {
    return sameRun(live, live.row.fieldsDigest, request.idempotency);
  }
  const lookedAt = lane.deps.now();
  const loaded = await lane.memory.load(historyRuns(component), component.cacheSession === false);
  if (loaded === null) {
    return fail(databaseUnavailable());
  }
  lane.takeUp();
  if (loaded.session !== null && isHidden(loaded.session)) {
    return fail(whyNotIn(loaded.session, principal, lane.deps.settings.deleteUndoSeconds));
  }
  if (loaded.session !== null && !mayRunIn(principal, loaded.session.userId ?? lane.claimant())) {
    return fail(sessionNotFound());
  }
  if (loaded.session === null && !(await mayBegin(lane.deps.sessionId, request.idempotency))) {
    return fail(reservedSessionId(lane.deps.sessionId));
  }
  const state = mergedState(loaded.session?.state ?? null, request.sessionState, component.sessionState ?? null);
  const isTooLarge = stateBytes(state) > MAX_STATE_BYTES;
  // A key that was used names its run, whatever the session is busy with; where nothing is refused or interrupted the
  // constraint in D1 tells, and a warm run reads nothing.
  const first = decideAdmission(lane.occupancy(), arrival.onBusy);
  const isFull = (loaded.session?.nextRunIndex ?? 0) > MAX_RUN_INDEX - KEPT_RUN_INDEXES;
  const decides = isTooLarge || isFull || first.kind === "refuse" || (first.kind === "wait" && first.interrupts);
  if (request.idempotency !== null && decides) {
    const earlier = await runOfKey(lane, request.idempotency);
    if (earlier !== null) {
      return earlier;
    }
  }
  if (isTooLarge) {
    return fail(payloadTooLarge("session_state", MAX_STATE_BYTES));
  }
  if (isFull) {
    return fail(badRequest("The session has had as many runs as a session may have. Go on in another one."));
  }
  const admission = decideAdmission(lane.occupancy(), arrival.onBusy);
  switch (admission.kind) {
    case "refuse":
      return fail(admission.failure);
    case "start":
      // A run that ended while the key was looked up is not in what was loaded.
      return decides ? "look_again" : startNow(lane, arrival, loaded, lane.deps.now() - lookedAt);
    case "wait":
      return wait(lane, arrival, loaded, admission);
  }
}

async function isDeleted(lane: RunLane): Promise<boolean> {
  const row = await lane.memory.row();
  return row?.value != null && isHidden(row.value);
}

async function startNow(lane: RunLane, arrival: Arrival, loaded: Loaded, hydrateMs: number): Promise<Admitted> {
  const { deps } = lane;
  const live = new LiveRun(acceptedRow(arrival.request, deps.sessionId, deps.newId()), arrival.arrivedAt);
  lane.occupy(live);
  try {
    return await startOccupying(lane, arrival, loaded, live, hydrateMs);
  } catch (error) {
    // A bug or the object's own disk: the session must not stay busy with a run that nobody drives.
    lane.leftovers.abandon(live.runId);
    lane.release(live);
    throw error;
  }
}

async function startOccupying(
  lane: RunLane,
  arrival: Arrival,
  loaded: Loaded,
  live: LiveRun,
  hydrateMs: number,
): Promise<Admitted> {
  const { deps, memory } = lane;
  const { component, model, request } = arrival;
  const origin = await loadOrigin(deps, request.origin, historyRuns(component));
  if (origin === null || origin === "gone") {
    lane.release(live);
    return fail(origin === null ? databaseUnavailable() : runNotFound());
  }
  const acceptedFrom = deps.now();
  const queueMs = Math.max(0, acceptedFrom - arrival.arrivedAt - hydrateMs);
  const written = await lane.leftovers.writeRow(async () => {
    const session = loaded.session && (await memory.rowInLine(loaded.session));
    if (session === "away" || session === "look_again") {
      return session;
    }
    const planned: RunStart = planStart({
      accepted: live.row,
      session,
      cast: castOf(deps, component),
      model,
      prefix: origin.prefix,
      memberSlots: deps.settings.maxMemberRuns,
      cacheUse: loaded.cacheUse,
      timings: { queue: seconds(queueMs), hydrate: seconds(hydrateMs) },
      nowMs: acceptedFrom,
      newId: deps.newId,
    });
    const accepted: Acceptance = {
      run: planned.row,
      sessionFence: planned.session.fence,
      newSession: planned.isNewSession ? planned.session : null,
      start: { input: planned.input, changes: planned.changes },
    };
    lane.leftovers.note(live.runId, { phase: "accepting", note: planned.withdrawal });
    const committed = await commit(deps.db, acceptStatements(deps.db, accepted));
    if (committed.kind === "unknown") {
      // Before the next write in line is planned: it goes behind the withdrawal.
      lane.leftovers.abandon(live.runId);
    }
    return { start: planned, acceptance: accepted, committed };
  });
  if (written === null || written === "away" || written === "look_again") {
    lane.release(live);
    return written === "look_again" ? written : fail(written === null ? runNotLanded() : databaseUnavailable());
  }
  const { start, acceptance, committed } = written;
  if (isStored(committed, acceptance)) {
    const accept = seconds(deps.now() - acceptedFrom);
    const history = origin.history ?? loaded.history;
    lane.begin(live, start, { accept }, { component, model, history, failure: null, continues: false });
    return ok(live);
  }
  // Before anybody looks for the run that has the key: this one names the same and is none.
  lane.release(live);
  return notStored(lane, arrival, live.runId, committed);
}

async function wait(
  lane: RunLane,
  arrival: Arrival,
  { session }: Loaded,
  { position, interrupts }: Extract<Admission, { kind: "wait" }>,
): Promise<Admitted> {
  const { deps } = lane;
  if (session === null) {
    return "look_again";
  }
  const row = { ...acceptedRow(arrival.request, deps.sessionId, deps.newId()), waiting: true, position };
  const { runId, sessionId } = row;
  const acceptance: Acceptance = { run: row, sessionFence: session.fence, newSession: null, start: null };
  const note = { runId, sessionId, sessionFence: session.fence, runIndex: null, startedSession: false, previous: null };
  lane.leftovers.note(runId, { phase: "accepting", note });
  const committed = await commit(deps.db, acceptStatements(deps.db, acceptance));
  if (committed.kind === "unknown") {
    lane.leftovers.abandon(runId);
  }
  if (!isStored(committed, acceptance)) {
    return notStored(lane, arrival, runId, committed);
  }
  lane.leftovers.forget(runId);
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
async function notStored(lane: RunLane, arrival: Arrival, runId: string, committed: Committed): Promise<Admitted> {
  if (committed.kind === "unknown") {
    // Withdrawn now if D1 is back already, else before any other run starts, or by the alarm.
    lane.deps.background(lane.leftovers.land().then(() => {}));
    return fail(databaseUnavailable());
  }
  lane.leftovers.forget(runId);
  if (violates(committed, "idempotency_key") && arrival.request.idempotency !== null) {
    return (await runOfKey(lane, arrival.request.idempotency)) ?? "look_again";
  }
  if (committed.kind === "refused" && !violates(committed, "run_index")) {
    log("error", "accept.refused", { run_id: runId, reason: committed.constraint });
  }
  return "look_again";
}

/** The run that was stored under the key, live or as it settled; null when there is none. */
async function runOfKey(lane: RunLane, idempotency: Idempotency): Promise<Outcome<LiveRun> | null> {
  const read = await readOrNull(findByKey(lane.deps.db, idempotency));
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
  const stored = await readOrNull(findRunTree(lane.deps.db, sessionId, runId));
  if (stored?.value == null) {
    return stored === null ? fail(databaseUnavailable()) : null;
  }
  return ok(storedLive(stored.value));
}

function sameRun(live: LiveRun, fieldsDigest: string, idempotency: Idempotency): Outcome<LiveRun> {
  return fieldsDigest === idempotency.fieldsDigest ? ok(live) : fail(idempotencyConflict(live.runId));
}
