import { type Failure, sessionDeleted, sessionNotFound } from "./error.ts";
import { couldSee, type Principal } from "./principal.ts";
import type { Session } from "./session.ts";
import type { Component } from "./team.ts";

/**
 * `hiddenAt` of a session whose purge has begun. The session cannot be restored. Sessions are purged in the order of
 * `hiddenAt`, and no instant is lower, so this session is the next one.
 */
export const PURGE_BEGUN = 0;

/** An import that has not ended after this time never will. */
export const IMPORT_ABANDONED_MS = 60 * 60 * 1000;

/**
 * How many seconds the session is kept after its last change; null is for ever. The session itself says so, else its
 * agent or team, else the deployment.
 */
export function timeToLive(
  session: Pick<Session, "ttlSeconds">,
  component: Pick<Component, "sessionTtlSeconds"> | undefined,
  deploymentSeconds: number | null,
): number | null {
  return session.ttlSeconds ?? component?.sessionTtlSeconds ?? deploymentSeconds;
}

/** Whether the principal may have a session, which says this of its time to live, say that instead. */
export function mayKeep(
  { confined }: Pick<Principal, "confined">,
  own: { before: number | null; after: number | null },
  component: Pick<Component, "sessionTtlSeconds"> | undefined,
  deploymentSeconds: number | null,
): boolean {
  const kept = (ttlSeconds: number | null) =>
    timeToLive({ ttlSeconds }, component, deploymentSeconds) ?? Number.POSITIVE_INFINITY;
  return !confined || kept(own.after) <= kept(own.before);
}

/** Whether the session's time is over. A pin, an archive, or a run that waits for people does not make it longer. */
export function isOverdue(session: Pick<Session, "updatedAt">, ttlSeconds: number | null, nowMs: number): boolean {
  return ttlSeconds !== null && session.updatedAt + ttlSeconds * 1000 <= nowMs;
}

/** Whether the session was deleted and can be restored. */
export function isRestorable({ visibility, hiddenAt }: Pick<Session, "visibility" | "hiddenAt">): boolean {
  return visibility === "deleted" && hiddenAt !== null && hiddenAt !== PURGE_BEGUN;
}

/** Whether the session's rows are being removed. */
export function isPurging({ visibility, hiddenAt }: Pick<Session, "visibility" | "hiddenAt">): boolean {
  return visibility === "deleted" && hiddenAt === PURGE_BEGUN;
}

/** Which hidden sessions are purged: those that were hidden at these instants, or before. */
export interface PurgeLimits {
  deleted: number;
  importing: number;
}

export function purgeLimits(undoSeconds: number, nowMs: number): PurgeLimits {
  return { deleted: nowMs - undoSeconds * 1000, importing: nowMs - IMPORT_ABANDONED_MS };
}

/** Whether the session is to be purged: the time to restore it is over, or its import was abandoned. */
export function isToBePurged(
  { visibility, hiddenAt }: Pick<Session, "visibility" | "hiddenAt">,
  limits: PurgeLimits,
): boolean {
  return (
    (visibility === "deleted" || visibility === "importing") && hiddenAt !== null && hiddenAt <= limits[visibility]
  );
}

/** Why nothing runs in a hidden session. Only callers who could see the session learn that it was deleted. */
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
