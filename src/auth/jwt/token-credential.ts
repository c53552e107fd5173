import { type Failure, forbidden, invalidCredential } from "../../domain/error.ts";
import { idProblem } from "../../domain/id.ts";
import { isObject, type Json, type JsonObject } from "../../domain/json.ts";
import { MAX_TOOL_CLAIMS_BYTES } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { type Credential, isReservedUser, type UserLimits } from "../../domain/principal.ts";
import { heldScopes } from "../../domain/scope.ts";
import type { Config } from "../../env.ts";
import { readJson } from "../../lib/read-json.ts";
import { claimAt } from "./claim.ts";
import { invalidToken } from "./parsed-token.ts";

type CredentialSettings = Pick<
  Config,
  "jwtUserIdClaim" | "jwtScopesClaim" | "jwtSessionIdClaim" | "jwtToolClaims" | "jwtDefaultScopes" | "jwtAdminScope"
>;

/** Who shows a token with these claims, all of which are verified. `digest` is the SHA-256 of the token, in hex. */
export function tokenCredential(claims: JsonObject, config: CredentialSettings, digest: string): Outcome<Credential> {
  const subject = readSubject(claimAt(claims, config.jwtUserIdClaim));
  if (!subject.ok) return subject;
  const sessionId = readSessionId(config.jwtSessionIdClaim === null ? null : claimAt(claims, config.jwtSessionIdClaim));
  if (!sessionId.ok) return sessionId;
  const told = readToolClaims(claims, config.jwtToolClaims);
  if (!told.ok) return told;
  const limits = readLimits(claims.limits);
  if (!limits.ok) return limits;
  return ok({
    caller: "user",
    subject: subject.value,
    scopes: heldScopes(listedScopes(claimAt(claims, config.jwtScopesClaim), config), config.jwtAdminScope),
    expiresAt: expiryOf(claims),
    tokenId: tokenIdOf(claims, digest),
    actingAs: actingAsOf(claims),
    claims: told.value,
    sessionId: sessionId.value,
    limits: limits.value,
  });
}

/**
 * The user, by the rule of all ids, since users' ids stand in paths and rows. Names that stand for service accounts, and for
 * AgentOS itself, are nobody's. A token without a user is refused whatever it may do: it would see everybody's sessions.
 */
function readSubject(value: Json | undefined): Outcome<string> {
  if (value === undefined || value === null || value === "") {
    return fail(forbidden("Authenticated request is missing a user identity"));
  }
  if (typeof value !== "string") return fail(invalidToken("Subject must be a string"));
  return isReservedUser(value) || idProblem(value) !== null
    ? fail(invalidCredential("Invalid token subject"))
    : ok(value);
}

/** A claim that is there counts alone, whatever it is: what we cannot read allows nothing. */
function listedScopes(claim: Json | undefined, { jwtDefaultScopes }: CredentialSettings): readonly string[] {
  if (claim === undefined) return jwtDefaultScopes;
  if (typeof claim === "string") return claim.split(" ").filter((scope) => scope !== "");
  return Array.isArray(claim) && claim.every((scope) => typeof scope === "string") ? claim : [];
}

/** A claim that cannot be an id is refused. If it were passed over, its user could choose the session. */
function readSessionId(value: Json | undefined): Outcome<string | null> {
  if (value === undefined || value === null || value === "") return ok(null);
  return typeof value === "string" && idProblem(value) === null ? ok(value) : fail(invalidToken("Invalid session id"));
}

/** Those of the named claims that the token has, as tools are told them; null if it has none. */
function readToolClaims(claims: JsonObject, names: readonly string[]): Outcome<JsonObject | null> {
  const told = names.flatMap((name) => {
    const value = claimAt(claims, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  if (told.length === 0) return ok(null);
  const text = JSON.stringify(Object.fromEntries(told));
  const isLong = new TextEncoder().encode(text).byteLength > MAX_TOOL_CLAIMS_BYTES;
  const read = readJson(text);
  if (isLong || !read.ok)
    return fail(invalidToken(`The claims for tools are larger than ${MAX_TOOL_CLAIMS_BYTES} bytes, or too deep`));
  return ok(read.value as JsonObject);
}

const LIMITS = {
  concurrent_runs: "concurrentRuns",
  runs_per_day: "runsPerDay",
  tokens_per_day: "tokensPerDay",
  max_sessions: "maxSessions",
} as const satisfies Record<string, keyof UserLimits>;

/** How much the user may use, where a token says so. One that cannot be read is refused: it would else limit nothing. */
function readLimits(value: Json | undefined): Outcome<Partial<UserLimits> | null> {
  if (value === undefined || value === null) return ok(null);
  if (!isObject(value)) return fail(wrongLimits("must be an object"));
  const limits: Partial<UserLimits> = {};
  for (const [name, limit] of Object.entries(value)) {
    if (!isLimit(name)) return fail(wrongLimits(`may have ${Object.keys(LIMITS).join(", ")}`));
    if (!Number.isSafeInteger(limit) || Number(limit) < 0) return fail(wrongLimits(`${name} must be a whole number`));
    limits[LIMITS[name]] = Number(limit);
  }
  return ok(limits);
}

const isLimit = (name: string): name is keyof typeof LIMITS => Object.hasOwn(LIMITS, name);
const wrongLimits = (problem: string): Failure => invalidToken(`limits ${problem}`);

/** The last instant that a date can hold. A token may say any number. */
const LAST_INSTANT = 8_640_000_000_000_000;
const expiryOf = ({ exp }: JsonObject) => (typeof exp === "number" ? Math.min(exp * 1000, LAST_INSTANT) : null);

/** What logs show of the token. An id that is no plain text could be anything, so it is not taken into a log. */
function tokenIdOf({ jti }: JsonObject, digest: string): string {
  return typeof jti === "string" && /^[\w.:=+/-]{1,128}$/.test(jti) ? jti : digest.slice(0, 12);
}

/** RFC 8693: who acts as the user, such as a member of the staff. */
function actingAsOf({ act }: JsonObject): string | null {
  const actor = act === undefined ? undefined : claimAt({ act }, "/act/sub");
  return typeof actor === "string" ? actor.slice(0, 128) : null;
}
