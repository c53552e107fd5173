import type { JsonObject } from "./json.ts";
import type { Owner } from "./owner.ts";
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
  userId: Owner | null;
  /** To whom what it makes belongs; null: to nobody. */
  ownerId: Owner | null;
  /** Whether it may see only what is its own. It claims no session that belongs to nobody: that does not exist for it. */
  confined: boolean;
  scopes: HeldScopes;
}

/** Whether the id stands for a machine, or for AgentOS itself. No token of a human has it. */
export const isReservedUser = (userId: string): boolean => userId.startsWith("sa:") || userId.startsWith("__");

/** The name of who shows this credential. */
export const actorOf = ({ caller, subject }: Pick<Credential, "caller" | "subject">): string =>
  caller === "user" ? `user:${subject}` : caller;

/** The name of this user where it acts by itself: a machine's id is its name. */
export const actorNamed = (userId: string): string =>
  isReservedUser(userId) ? userId : actorOf({ caller: "user", subject: userId });

/** Who acts with this credential, where the request names this user. A confined caller is itself, whomever it names. */
export function principalOf(credential: Credential, named: string | null): Principal {
  const { caller, subject, scopes } = credential;
  const confinedTo = confinedUser(credential);
  const userId = ownerOf(confinedTo ?? named);
  const ownerId = userId ?? ownerOf(subject);
  return { caller, actor: actorOf(credential), userId, ownerId, confined: confinedTo !== null, scopes };
}

/** The user to whom the credential confines its bearer; null if it does not. */
export function confinedUser(credential: Credential): string | null {
  if (!isConfined(credential)) return null;
  // Without a user every session exists for a principal, so this one would be anything but confined.
  if (credential.subject === null) throw new Error("A confined credential has no subject.");
  return credential.subject;
}

/**
 * What tools are told of the token's claims in a run of this principal: nothing where the run is somebody else's. Else a tool
 * would take what is said of one person for what is said of the other.
 */
export const toldClaims = ({ claims, subject }: Credential, { ownerId }: Principal): JsonObject | null =>
  ownerId === subject ? claims : null;

const ownerOf = (user: string | null) => user as Owner | null;

/**
 * Whose an idempotency key is; the same key of another holder is another one. A user who may act for all users holds keys
 * under its own name beside that of the user whom it names. Else its key could answer with a run that this user asked for.
 */
export function keyHolder({ caller, actor, userId, confined }: Principal): { caller: string; userId: string } {
  return { caller: caller === "user" && !confined ? actor : caller, userId: userId ?? "" };
}

/** The server itself, on behalf of a user; on behalf of nobody (null) it sees every session. */
export const serverFor = (userId: Owner | null): Principal => ({
  caller: "server",
  actor: "server",
  userId,
  ownerId: userId,
  confined: userId !== null,
  scopes: "all",
});

/** The server, when no user is behind the call. */
export const SERVER = serverFor(null);

/** To whom something belongs that a file says is this user's. A confined principal brings in what is its own only. */
export function importedOwner({ userId, ownerId, confined }: Principal, said: string | null): Owner | null {
  return confined ? ownerId : (userId ?? ownerOf(said));
}

/**
 * To whom a run belongs that was asked for as this owner's, in this session. Who speaks for all and names no user owns
 * the sessions that it begins. In any other session its run belongs to nobody, so that it claims none.
 */
export function ownerOfRun(
  principal: Principal,
  asked: Owner | null,
  session: Pick<Session, "userId"> | null,
): Owner | null {
  const isGuest = principal.userId === null && session !== null && session.userId !== asked;
  return isGuest ? null : asked;
}

/** Whether the session exists for the principal. */
export function maySee(principal: Principal, session: Pick<Session, "userId" | "visibility">): boolean {
  return !isHidden(session) && couldSee(principal, session);
}

/** The principal, as whom only one owner's sessions exist; null if none of these exist for the principal. */
export function confinedTo(principal: Principal, owner: string): Principal | null {
  return ownsOrSpeaksForAll(principal, owner) ? { ...principal, userId: ownerOf(owner) } : null;
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
