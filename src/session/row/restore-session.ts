import { actInSession, auditEntry } from "../../domain/audit.ts";
import { databaseUnavailable, sessionNotFound } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { couldSee, type Principal } from "../../domain/principal.ts";
import { isRestorable } from "../../domain/retention.ts";
import type { Session, SessionType } from "../../domain/session.ts";
import { commit } from "../../store/commit.ts";
import { audited, restoreStatement } from "../../store/sessions/hiding.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Alarm } from "../recovery/alarm.ts";
import type { Leftovers } from "../recovery/leftovers.ts";
import type { SessionMemory } from "./memory.ts";

interface ReturningSession {
  deps: SessionDependencies;
  memory: SessionMemory;
  leftovers: Leftovers;
  alarm: Alarm;
}

/** Brings a deleted session back; answers it as it stands then. Called in line with arrivals, as a delete is. */
export async function restoreSession(
  { deps, memory, leftovers, alarm }: ReturningSession,
  principal: Principal,
  type: SessionType | null,
): Promise<Outcome<Session>> {
  const restored = await leftovers.writeRow(async (): Promise<Outcome<Session>> => {
    memory.drop();
    const row = await memory.row();
    if (row === null) {
      return fail(databaseUnavailable());
    }
    const session = row.value;
    if (session === null || !isRestorable(session) || !couldSee(principal, session)) {
      return fail(sessionNotFound());
    }
    if (type !== null && type !== session.sessionType) {
      return fail(sessionNotFound());
    }
    const hiding = { seen: session, fence: deps.newId(), nowMs: deps.now() };
    const act = actInSession(principal, session, { action: "session.restored", target: session.sessionId });
    const noted = act && auditEntry(act, deps.newId(), deps.now());
    const committed = await commit(deps.db, audited(deps.db, session, noted, [restoreStatement(deps.db, hiding)]));
    memory.drop();
    if (committed.kind !== "written" || !committed.changed.at(-1)) {
      return fail(databaseUnavailable());
    }
    const after = await memory.row();
    return after?.value == null ? fail(databaseUnavailable()) : ok(after.value);
  });
  if (restored?.ok) {
    // The object must ask D1 again which runs wait in the session, and when its requirements expire.
    memory.forgetPending();
    alarm.expireAt(deps.now());
  }
  return restored ?? fail(databaseUnavailable());
}
