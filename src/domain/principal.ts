import type { JsonObject } from "./json.ts";
import { type HeldScopes, holds } from "./scope.ts";
import { isHidden, type Session } from "./session.ts";

/**
 * The kind of caller, which keeps the idempotency keys of different callers apart. It is stored with them. `user` is the
 * bearer of a JWT or a client token, `sa:…` a service account, `development` a request without a credential on a
 * developer's machine, `server` no request at all.
 */
export type Caller = "security_key" | "development" | "server" | "user" | `sa:${string}`;

/** How much a user may use, where their token says so; what it leaves out, the deployment's settings say. */
export interface UserLimits {
  concurrentRuns: number;
  runsPerDay: number;
  tokensPerDay: number;
  maxSessions: number;
}

/** What a request has shown: who it is, and what it may do. */
export interface Credential {
  caller: Caller;
  /** The user, or `sa:<name>`; null for the security key and in development, which are nobody. */
  subject: string | null;
  scopes: HeldScopes;
  /** Milliseconds since the epoch; null if it does not expire. */
  expiresAt: number | null;
  /** What a log may show of a token: its `jti`, or the first 12 hex digits of its SHA-256. Null where no token was shown. */
  tokenId: string | null;
  /** The `act.sub` of a token whose bearer acts as the user. */
  actingAs: string | null;
  /** The claims that tools are told. */
  claims: JsonObject | null;
  /** The session that all runs of the token belong to. */
  sessionId: string | null;
  limits: Partial<UserLimits> | null;
}

/** A credential that is no token: the security key, or none in development. */
export const unlimited = (caller: "security_key" | "development"): Credential => ({
  caller,
  subject: null,
  scopes: "all",
  expiresAt: null,
  tokenId: null,
  actingAs: null,
  claims: null,
  sessionId: null,
  limits: null,
});

/** Whether the caller is kept to what is its own: it may neither name another user nor speak for all. */
export const isConfined = ({ scopes }: Pick<Credential, "scopes">): boolean => !holds(scopes, "users:act");

/** Who acts, and whose sessions exist for it. Plain data: it crosses to the session's object. */
export interface Principal {
  caller: Caller;
  /** Who acts, as logs, the audit and answers name it: `user:ada`, `sa:billing`, `security_key`, `development`, `server`. */
  actor: string;
  /** Only this user's sessions exist for the principal; null: all do. */
  userId: string | null;
  /** To whom what it makes belongs; null: to nobody. */
  ownerId: string | null;
  /** Whether it may see only what is its own. It claims no session that belongs to nobody: that does not exist for it. */
  confined: boolean;
  scopes: HeldScopes;
}

/** The name of who shows this credential. */
export const actorOf = ({ caller, subject }: Pick<Credential, "caller" | "subject">): string =>
  caller === "user" ? `user:${subject}` : caller;

/** Who acts with this credential, where the request names this user. A confined caller is itself, whomever it names. */
export function principalOf(credential: Credential, named: string | null): Principal {
  const { caller, subject, scopes } = credential;
  const confined = isConfined(credential);
  const userId = confined ? subject : named;
  return { caller, actor: actorOf(credential), userId, ownerId: userId ?? subject, confined, scopes };
}

/** The server itself, on behalf of a user; on behalf of nobody (null) it sees every session. */
export const serverFor = (userId: string | null): Principal => ({
  caller: "server",
  actor: "server",
  userId,
  ownerId: userId,
  confined: userId !== null,
  scopes: "all",
});

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

/**
 * Whether the principal may run in a session of this owner. A session without an owner is claimed by the first user who
 * runs in it; a confined principal claims none, because its history may be anybody's.
 */
export function mayRunIn(principal: Principal, owner: string | null): boolean {
  return (owner === null && !principal.confined) || ownsOrSpeaksForAll(principal, owner);
}

function ownsOrSpeaksForAll(principal: Principal, owner: string | null): boolean {
  return principal.userId === null || principal.userId === owner;
}
