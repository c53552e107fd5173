import { isHidden, type Session } from "./session.ts";

/**
 * Who is calling. Whoever holds the security key speaks for its users, so `userId` is believed: with it only that
 * user's sessions exist, without it all of them do.
 */
export interface Principal {
  /** The credential that was shown; part of an idempotency key's scope. */
  caller: "security_key" | "development";
  userId: string | null;
}

/** The server itself, on behalf of a user, or of nobody: then it sees every session. */
export const serverFor = (userId: string | null): Principal => ({ caller: "development", userId });

/** Who the server is when nobody asked. */
export const SERVER: Principal = serverFor(null);

/** Whether the session exists for the principal. */
export function maySee(principal: Principal, session: Pick<Session, "userId" | "visibility">): boolean {
  return !isHidden(session) && couldSee(principal, session);
}

/** Whether the session exists for the principal, or did before it was deleted. */
export function couldSee(principal: Principal, { userId }: Pick<Session, "userId">): boolean {
  return ownsOrSpeaksForAll(principal, userId);
}

/** Whether the principal may run in a session of this owner: an unowned session is claimed by its first user. */
export function mayRunIn(principal: Principal, owner: string | null): boolean {
  return owner === null || ownsOrSpeaksForAll(principal, owner);
}

function ownsOrSpeaksForAll(principal: Principal, owner: string | null): boolean {
  return principal.userId === null || principal.userId === owner;
}
