import { mayNotKeepLonger, payloadTooLarge } from "../../domain/error.ts";
import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import { mayKeep } from "../../domain/retention.ts";
import type { Session } from "../../domain/session.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { StateChange } from "../drive/live-state.ts";
import { manualChange, namingAgent } from "../row/names.ts";
import { patchedState, planPatch, type RequestedPatch } from "../row/patch.ts";
import type { Plan, SessionRows } from "../row/session-rows.ts";
import type { LaneContext } from "./run-lane.ts";

/** A session that a caller changes, with the run whose tools see its state. */
export interface ChangedSession extends Pick<LaneContext, "deps" | "lane"> {
  rows: SessionRows;
}

/** Changes the session as a caller asks; answers it as it stands then. */
export async function patchSession(
  changed: ChangedSession,
  principal: Principal,
  requested: RequestedPatch,
): Promise<Outcome<Session>> {
  const { deps, rows } = changed;
  const found = await rows.findMatching(principal, requested.ifMatch);
  if (!found.ok) {
    return found;
  }
  const name = requested.name === undefined ? ok(undefined) : await manualChange(deps, found.value, requested.name);
  if (!name.ok) {
    return name;
  }
  const plan: Plan = (session) =>
    mayBeKept(deps, principal, session, requested)
      ? planPatch(session, requested, name.value, deps.now())
      : fail(mayNotKeepLonger());
  return requested.state === undefined
    ? rows.write(principal, plan)
    : patchState(changed, principal, plan, (state) => patchedState(state, requested));
}

/** Whether the caller may have the session kept as long as it asks. */
function mayBeKept(
  deps: SessionDependencies,
  principal: Principal,
  session: Session,
  { ttlSeconds }: RequestedPatch,
): boolean {
  if (ttlSeconds === undefined) {
    return true;
  }
  const own = { before: session.ttlSeconds, after: ttlSeconds };
  return mayKeep(principal, own, namingAgent(deps, session), deps.settings.sessionTtlSeconds);
}

/** Changes the state, also for the tools of an active run. What these changed before stays, but for what the patch sets. */
async function patchState(
  { rows, lane }: ChangedSession,
  principal: Principal,
  plan: Plan,
  change: StateChange,
): Promise<Outcome<Session>> {
  const fitting: Plan = (session) => {
    const planned = plan(session);
    const fits = !planned.ok || lane.active?.state?.expect(change) !== false;
    return fits ? planned : fail(payloadTooLarge("session_state", MAX_STATE_BYTES));
  };
  const written = await rows.write(principal, fitting, { onWritten: () => lane.active?.applyState(change) });
  lane.active?.state?.forget(change);
  return written;
}
