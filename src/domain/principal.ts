import { isHidden, type Session } from "./session.ts";

/** The credential that a request shows: the security key, or none in development. Stored with idempotency keys. */
export type Credential = "security_key" | "development";

/**
 * Who is calling. Whoever holds the security key speaks for its users, so the server believes `userId`: with it only
 * that user's sessions exist for the caller, without it all sessions do.
 */
export interface Principal {
  /** `server`: no request is behind the call. Part of an idempotency key's scope. */
  caller: Credential | "server";
  userId: string | null;
}

/** The server itself, on behalf of a user; on behalf of nobody (null) it sees every session. */
export const serverFor = (userId: string | null) => ({ caller: "server", userId }) satisfies Principal;

/** The server, when no user is behind the call. */
export const SERVER = serverFor(null);

/** Whether the session exists for the principal. */
export function maySee(principal: Principal, session: Pick<Session, "userId" | "visibility">): boolean {
  return !isHidden(session) && couldSee(principal, session);
}

/** The principal, as whom only one owner's sessions exist; null if none of these exist for the principal. */
export function confinedTo(principal: Principal, owner: string): Principal | null {
  return ownsOrSpeaksForAll(principal, owner) ? { ...principal, userId: owner } : null;
}

/** Whether the session exists for the principal, or did before it was deleted. */
export function couldSee(principal: Principal, { userId }: Pick<Session, "userId">): boolean {
  return ownsOrSpeaksForAll(principal, userId);
}

/** Whether the principal may run in a session of this owner. A session without an owner is claimed by the first user who runs in it. */
export function mayRunIn(principal: Principal, owner: string | null): boolean {
  return owner === null || ownsOrSpeaksForAll(principal, owner);
}

function ownsOrSpeaksForAll(principal: Principal, owner: string | null): boolean {
  return principal.userId === null || principal.userId === owner;
}
