import {
  badRequest,
  databaseUnavailable,
  type Failure,
  payloadTooLarge,
  sessionNotFound,
  sessionUnavailable,
} from "../../domain/error.ts";
import { KEPT_RUN_INDEXES, MAX_RUN_INDEX, MAX_STATE_BYTES } from "../../domain/limits.ts";
import { fail, type Outcome } from "../../domain/outcome.ts";
import { mayRunIn, ownerOfRun, type Principal } from "../../domain/principal.ts";
import { whyNotIn } from "../../domain/retention.ts";
import { isHidden, type Session } from "../../domain/session.ts";
import { historyWindow } from "../../engine/prompt/window.ts";
import type { LiveRun } from "../drive/live-run.ts";
import { whyNoRunYet } from "../recovery/leftovers.ts";
import { decideOnLook } from "../row/look-again.ts";
import type { Loaded } from "../row/memory.ts";
import { mayBegin, reservedSessionId } from "../start/keyed-session.ts";
import { mergedState, stateBytes } from "../start/session-start.ts";
import { type AdmitContext, type Admitted, type Arrival, startNow, wait } from "./accept-run.ts";
import { decideAdmission } from "./admission.ts";
import { whyNotAgain } from "./answered-again.ts";
import { runOfKey, sameRun } from "./keyed-run.ts";

/**
 * Lets a run in: it starts, waits, or is refused. If an earlier run has the same idempotency key, that run is returned. A
 * run that is returned is in D1; with a failure nothing is stored, nor will be. To be called for one arrival at a time, in
 * the order of arrival.
 */
export async function admit(context: AdmitContext, arrival: Arrival): Promise<Outcome<LiveRun>> {
  const landed = await context.leftovers.land();
  if (landed !== "landed") {
    return fail(whyNoRunYet(landed));
  }
  return (await decideOnLook(context.memory, () => lookAndAdmit(context, arrival))) ?? fail(sessionUnavailable());
}

async function lookAndAdmit(context: AdmitContext, arrival: Arrival): Promise<Admitted> {
  const { deps, memory, lane } = context;
  const { component, request } = arrival;
  const { idempotency } = request;
  const live = idempotency === null ? null : lane.byKey(idempotency);
  if (live !== null && idempotency !== null && !(await isDeleted(memory))) {
    return sameRun(live, idempotency);
  }
  const lookedAt = deps.now();
  const loaded = await memory.load(historyWindow(component), component.cacheSession === false);
  if (loaded === null) {
    return fail(databaseUnavailable());
  }
  lane.takeUp();
  const closed = whyClosed(context, arrival.principal, loaded.session);
  // To whom the session does not exist is told the same whether or not it is there: its id would say that a key was used.
  const isThere = loaded.session !== null && closed?.code !== "session_not_found";
  if (!isThere && !(await mayBegin(deps.sessionId, idempotency))) {
    return fail(reservedSessionId(deps.sessionId));
  }
  if (closed !== null) {
    return fail(closed);
  }
  const userId = ownerOfRun(arrival.principal, request.userId, loaded.session);
  // A guest's run belongs to nobody, so it has nobody's claims either.
  const claims = userId === null ? null : request.claims;
  return admitOnLook(context, { ...arrival, request: { ...request, userId, claims } }, loaded, lookedAt);
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
  // The claimant's run may be cancelled before it starts. Then the confined caller's own run would claim the session.
  const owner = principal.confined ? session.userId : (session.userId ?? lane.claimant());
  return mayRunIn(principal, owner) ? null : sessionNotFound();
}

async function admitOnLook(
  context: AdmitContext,
  arrival: Arrival,
  loaded: Loaded,
  lookedAt: number,
): Promise<Admitted> {
  const { deps, lane } = context;
  const { idempotency } = arrival.request;
  const first = decideAdmission(lane.occupancy(), arrival.onBusy);
  const obstacle = whyTooMuch(arrival, loaded.session) ?? (await whyNotAgain(context, arrival));
  // A caller who repeats a key gets the key's run, even if the session is busy. So the key is looked up before this arrival
  // is refused, or interrupts another run. Otherwise the key is not looked up first. D1 refuses the accept if the key is
  // taken, so a run of a session that is in memory needs no read.
  const decides = obstacle !== null || first.kind === "refuse" || (first.kind === "wait" && first.interrupts);
  if (idempotency !== null && decides) {
    const earlier = await runOfKey(context, idempotency);
    if (earlier !== null) {
      return earlier;
    }
  }
  if (obstacle !== null) {
    return fail(obstacle);
  }
  const admission = decideAdmission(lane.occupancy(), arrival.onBusy);
  switch (admission.kind) {
    case "refuse":
      return fail(admission.failure);
    case "start":
      // A run may have ended while the key, or the older run, was looked up. Then the loaded history lacks it.
      return first.kind === "start"
        ? startNow(context, arrival, { loaded, hydrateMs: deps.now() - lookedAt })
        : "look_again";
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
