import { actInSession, auditEntry } from "../../domain/audit.ts";
import { databaseUnavailable, sessionNotFound } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { couldSee, type Principal } from "../../domain/principal.ts";
import { isRestorable } from "../../domain/retention.ts";
import type { Session, SessionType } from "../../domain/session.ts";
import { type Quota, whyNoneBack } from "../../domain/usage.ts";
import { commit, readOrNull, whyNotWritten } from "../../store/commit.ts";
import { audited, restoreStatement } from "../../store/sessions/hiding.ts";
import { countSessionsUpTo } from "../../store/usage/guard.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Alarm } from "../recovery/alarm.ts";
import { isNotLanded, type Leftovers, whyNotLanded } from "../recovery/leftovers.ts";
import type { SessionMemory } from "./memory.ts";

interface ReturningSession {
  deps: SessionDependencies;
  memory: SessionMemory;
  leftovers: Leftovers;
  alarm: Alarm;
}

/** What a caller asks for who brings a session back. */
export interface Restore {
  principal: Principal;
  /** Null: of any type. */
  type: SessionType | null;
  /** Of a confined caller: what its user may use. Deleted sessions do not count, so one that comes back is one more. */
  quota: Quota | null;
}

/** Brings a deleted session back; answers it as it stands then. Called in line with arrivals, as a delete is. */
export async function restoreSession(
  { deps, memory, leftovers, alarm }: ReturningSession,
  { principal, type, quota }: Restore,
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
    const committed = await commit(
      deps.db,
      audited(deps.db, session, noted, [restoreStatement(deps.db, hiding, quota)]),
    );
    memory.drop();
    if (committed.kind !== "written") {
      return fail(whyNotWritten(committed));
    }
    if (!committed.changed.at(-1)) {
      return whyNotRestored(deps, quota);
    }
    const after = await memory.row();
    return after?.value == null ? fail(databaseUnavailable()) : ok(after.value);
  });
  if (isNotLanded(restored)) {
    return fail(whyNotLanded(restored));
  }
  if (restored.ok) {
    // The object must ask D1 again which runs wait in the session, and when its requirements expire.
    memory.forgetPending();
    alarm.expireAt(deps.now());
  }
  return restored;
}

/** Why a batch that D1 has written restored nothing: the user has as many sessions as they may, or the row has changed since. */
async function whyNotRestored(
  { db, now }: Pick<SessionDependencies, "db" | "now">,
  quota: Quota | null,
): Promise<Outcome<never>> {
  const read = quota && (await readOrNull(countSessionsUpTo(db, quota)));
  return fail((quota && read && whyNoneBack(read.value.there, quota.limits, now())) ?? databaseUnavailable());
}
