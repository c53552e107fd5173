import { type Failure, sessionDeleted, sessionNotFound } from "./error.ts";
import { couldSee, type Principal } from "./principal.ts";
import type { Session } from "./session.ts";
import type { Component } from "./team.ts";

/** `hiddenAt` of a session whose purge has begun: it cannot be brought back, and is the first that the purge looks for. */
export const PURGE_BEGUN = 0;

/** An import that has not ended after this long never will. */
export const IMPORT_ABANDONED_MS = 60 * 60 * 1000;

/** How long the session is kept after its last change, in seconds: as it says, else its agent or team, else the deployment; null is for ever. */
export function timeToLive(
  session: Pick<Session, "ttlSeconds">,
  component: Pick<Component, "sessionTtlSeconds"> | undefined,
  deploymentSeconds: number | null,
): number | null {
  return session.ttlSeconds ?? component?.sessionTtlSeconds ?? deploymentSeconds;
}

/** Whether the session's time is over. Neither a pin nor an archive nor a run that waits for people keeps it longer. */
export function isOverdue(session: Pick<Session, "updatedAt">, ttlSeconds: number | null, nowMs: number): boolean {
  return ttlSeconds !== null && session.updatedAt + ttlSeconds * 1000 <= nowMs;
}

/** Whether the session was deleted and can be brought back. */
export function isRestorable({ visibility, hiddenAt }: Pick<Session, "visibility" | "hiddenAt">): boolean {
  return visibility === "deleted" && hiddenAt !== null && hiddenAt !== PURGE_BEGUN;
}

/** Whether the session's rows are being removed. */
export function isPurging({ visibility, hiddenAt }: Pick<Session, "visibility" | "hiddenAt">): boolean {
  return visibility === "deleted" && hiddenAt === PURGE_BEGUN;
}

/** Of which time on hidden sessions are purged: those that were hidden at this instant, or before. */
export interface PurgeLimits {
  deleted: number;
  importing: number;
}

export function purgeLimits(undoSeconds: number, nowMs: number): PurgeLimits {
  return { deleted: nowMs - undoSeconds * 1000, importing: nowMs - IMPORT_ABANDONED_MS };
}

/** Whether nobody can want the session back any more. */
export function isToBePurged(
  { visibility, hiddenAt }: Pick<Session, "visibility" | "hiddenAt">,
  limits: PurgeLimits,
): boolean {
  return (
    (visibility === "deleted" || visibility === "importing") && hiddenAt !== null && hiddenAt <= limits[visibility]
  );
}

/** Why nothing runs in a session that is hidden: only who could see it is told. */
export function whyNotIn(
  session: Pick<Session, "sessionId" | "userId" | "visibility" | "hiddenAt">,
  principal: Principal,
  undoSeconds: number,
): Failure {
  if (session.visibility !== "deleted" || !couldSee(principal, session)) {
    return sessionNotFound();
  }
  const until = isRestorable(session) ? (session.hiddenAt ?? 0) + undoSeconds * 1000 : null;
  return sessionDeleted(session.sessionId, until === null ? null : new Date(until).toISOString());
}
