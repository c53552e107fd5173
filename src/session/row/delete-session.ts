import { type Act, actInSession, auditEntry } from "../../domain/audit.ts";
import { databaseUnavailable } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { maySee, type Principal } from "../../domain/principal.ts";
import { isOverdue, isPurging, isToBePurged, type PurgeLimits, timeToLive } from "../../domain/retention.ts";
import { isHidden, type Session } from "../../domain/session.ts";
import { findComponent } from "../../domain/team.ts";
import { NO_HISTORY } from "../../engine/prompt/window.ts";
import { type Committed, commit, readOrNull, type Statement, whyNotWritten } from "../../store/commit.ts";
import {
  audited,
  beginPurgeStatements,
  hideInFullStatements,
  hideStatement,
  isSmall,
} from "../../store/sessions/hiding.ts";
import { deleteStatements } from "../../store/sessions/writes.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Alarm } from "../recovery/alarm.ts";
import { isNotLanded, type Leftovers, type NotLanded, whyNotLanded } from "../recovery/leftovers.ts";
import type { SessionMemory } from "./memory.ts";
import { purgeRows } from "./purge-session.ts";

// These functions are called in line with arrivals, so that no run is let in while its session is deleted.

/** A session that is deleted, with its lane of runs. */
interface GoingSession {
  deps: SessionDependencies;
  memory: SessionMemory;
  leftovers: Leftovers;
  alarm: Alarm;
  lane: ClosingLane;
}

/** What a delete asks of the session's lane of runs. */
interface ClosingLane {
  /** Whether a run is active in this object, or waits. */
  isBusy(): boolean;
  waitingIds(): string[];
  /** Takes up the waiting runs that the last load found. */
  takeUp(): void;
  /** Cancels the active run. */
  interrupt(): void;
  /** If D1 could not be told so, answers why. */
  cancel(runId: string): Promise<"cancelled" | NotLanded>;
  /** Ends all runs for their readers; nothing of them is written any more. */
  clear(): void;
}

/**
 * `left`: nothing was deleted. `going_on`: the session exists for nobody any more; the alarm removes the
 * rest of its rows.
 */
export type Removed = "left" | "hidden" | "going_on" | "purged";

/** What is to be done about a session, decided on its row. */
type Removal = "leave" | "hide" | "purge";

/** How often a delete is decided and written, if the row is not as it was remembered. */
const MAX_ATTEMPTS = 3;

export interface DeleteOptions {
  /** Whether it can be brought back. */
  undo: boolean;
}

/** Deletes the session; one that does not exist for the caller is left alone. */
export function deleteSession(
  going: GoingSession,
  principal: Principal,
  { undo }: DeleteOptions,
): Promise<Outcome<Removed>> {
  return remove(
    going,
    (session) => (maySee(principal, session) ? (undo ? "hide" : "purge") : "leave"),
    (session) => actInSession(principal, session, { action: "session.deleted", target: session.sessionId }),
  );
}

/** What the server asks for when the session's time may be over. */
export interface ExpireCall extends DeleteOptions {
  deploymentTtlSeconds: number | null;
}

/** Deletes the session if its time to live is over. A session in which a run is active or waits is left alone. */
export async function expireSession(
  going: GoingSession,
  { undo, deploymentTtlSeconds }: ExpireCall,
): Promise<Outcome<Removed>> {
  const { deps, memory, leftovers, lane } = going;
  if ((await leftovers.land()) === "away" || (await memory.load(NO_HISTORY, false)) === null) {
    return fail(databaseUnavailable());
  }
  lane.takeUp();
  if (lane.isBusy()) {
    return ok("left");
  }
  return remove(going, (session) => {
    const { sessionType, agentId, teamId } = session;
    const id = sessionType === "agent" ? agentId : teamId;
    const component =
      id === null || sessionType === "workflow" ? undefined : findComponent(deps, { type: sessionType, id });
    // A run whose result a full database has not taken yet has changed the session all the same.
    const changed = { ...session, updatedAt: Math.max(session.updatedAt, leftovers.newestStart()) };
    const isDue = isOverdue(changed, timeToLive(session, component, deploymentTtlSeconds), deps.now());
    return isDue && !isHidden(session) ? (undo ? "hide" : "purge") : "leave";
  });
}

/** Which session the server wants purged: one that was hidden long enough ago, or one of a user who is erased. */
export type PurgeCall = { limits: PurgeLimits } | { userId: string };

/** Removes the session for good, if the call means it. */
export function purgeSession(going: GoingSession, call: PurgeCall): Promise<Outcome<Removed>> {
  // An import may have written the session without its object, so what the object remembers may be wrong.
  going.memory.drop();
  return remove(going, (session) => {
    const isMeant = "limits" in call ? isToBePurged(session, call.limits) : session.userId === call.userId;
    return isMeant ? "purge" : "leave";
  });
}

/** Does what a delete has left to do. The object's alarm calls it once all leftovers have landed. */
export async function tend(going: GoingSession): Promise<void> {
  const { deps, memory, lane } = going;
  const { session } = memory;
  if (session === null) {
    const row = await memory.row();
    if (row !== null && row.value === null && !lane.isBusy() && deps.journal.entries().size === 0) {
      forget(going);
    }
  } else if (isPurging(session)) {
    await purge(going, session);
  } else if (session.visibility === "deleted") {
    await closeLane(lane);
  }
}

/** `actOf` is what the audit gets of it, in the batch that does it. */
async function remove(
  going: GoingSession,
  decide: (session: Session) => Removal,
  actOf: (session: Session) => Act | null = () => null,
): Promise<Outcome<Removed>> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const removed = await going.leftovers.writeRowInFull(() => removeOnce(going, decide, actOf));
    if (isNotLanded(removed)) {
      return fail(whyNotLanded(removed));
    }
    if (removed !== "changed_since") {
      return removed.ok ? ok(await finish(going, removed.value)) : removed;
    }
    going.memory.drop();
  }
  return fail(databaseUnavailable());
}

async function removeOnce(
  going: GoingSession,
  decide: (session: Session) => Removal,
  actOf: (session: Session) => Act | null,
): Promise<Outcome<Removed> | "changed_since"> {
  const { deps, memory } = going;
  const row = await memory.row();
  if (row === null) {
    return fail(databaseUnavailable());
  }
  const session = row.value;
  if (session === null) {
    // An earlier delete may have done it, and D1's answer was lost. Its readers are still to be told.
    forget(going);
    return ok("purged");
  }
  const removal = decide(session);
  if (removal === "leave") {
    return ok("left");
  }
  if (removal === "purge" && isPurging(session)) {
    return ok("going_on");
  }
  const small = removal === "purge" ? await readOrNull(isSmall(deps.db, session)) : { value: true };
  if (small === null) {
    return fail(databaseUnavailable());
  }
  const committed = await writeRemoval(going, session, { removal, isSmall: small.value, act: actOf(session) });
  memory.drop();
  if (committed.kind !== "written") {
    // The session may be hidden now. Then the alarm has to cancel what runs in it.
    if (committed.kind !== "full") {
      going.alarm.failed();
    }
    return fail(whyNotWritten(committed));
  }
  if (!committed.changed.at(-1)) {
    return "changed_since";
  }
  if (removal === "hide") {
    going.lane.interrupt();
    return ok("hidden");
  }
  forget(going);
  return ok(small.value ? "purged" : "going_on");
}

/** Hides the session, purges it, or begins the purge of a large one. */
async function writeRemoval(
  { deps: { db, newId, now } }: Pick<GoingSession, "deps">,
  session: Session,
  { removal, isSmall, act }: { removal: "hide" | "purge"; isSmall: boolean; act: Act | null },
): Promise<Committed> {
  const hiding = { seen: session, fence: newId(), nowMs: now() };
  const noted = act && auditEntry(act, newId(), now());
  const write = (statements: [Statement, ...Statement[]]) => commit(db, audited(db, session, noted, statements));
  if (removal === "purge") {
    return write(isSmall ? deleteStatements(db, session, now()) : beginPurgeStatements(db, hiding));
  }
  const hidden = await write([hideStatement(db, hiding)]);
  return hidden.kind === "full" ? write(hideInFullStatements(db, hiding)) : hidden;
}

/** What follows the write. It is not in line with writes of the row. */
async function finish(going: GoingSession, removed: Removed): Promise<Removed> {
  switch (removed) {
    case "left":
    case "purged":
      return removed;
    case "hidden":
      await closeLane(going.lane);
      return removed;
    case "going_on": {
      going.alarm.watch();
      const row = await going.memory.row();
      if (row?.value == null || !isPurging(row.value)) {
        going.alarm.failed();
        return removed;
      }
      return purge(going, row.value);
    }
  }
}

async function purge(going: GoingSession, session: Session): Promise<"going_on" | "purged"> {
  const purged = await purgeRows(going.deps, going.alarm, session);
  if (purged === "purged") {
    forget(going);
  }
  return purged;
}

/** Ends the runs of a session that is gone, and forgets it. The platform forgets an object that has no storage. */
function forget({ deps, memory, leftovers, alarm, lane }: GoingSession): void {
  lane.clear();
  leftovers.forgetAll();
  memory.drop();
  deps.forgetStorage();
  alarm.cleared();
}

/**
 * Cancels the runs that are active or wait in a deleted session. A waiting run whose cancel D1 does not take is cancelled when
 * it would start. A run that waits for people stays paused.
 */
async function closeLane(lane: ClosingLane): Promise<void> {
  lane.interrupt();
  for (const runId of lane.waitingIds()) {
    if ((await lane.cancel(runId)) !== "cancelled") {
      return;
    }
  }
}
