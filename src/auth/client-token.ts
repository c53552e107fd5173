import { compactVerify, SignJWT } from "jose";
import { isObject, type JsonObject } from "../domain/json.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Credential } from "../domain/principal.ts";
import type { Config } from "../env.ts";
import { sha256Hex } from "../lib/digest.ts";
import type { CheckContext, Form } from "./form.ts";
import { invalidToken, parseToken } from "./jwt/parsed-token.ts";
import { wrongClaim, wrongIssuer } from "./jwt/token-claims.ts";
import { tokenCredential } from "./jwt/token-credential.ts";

// Tokens that this server makes for the users of a backend, and checks again: a prefix, and a JWT that one secret signs.

const PREFIX = "es_ct_";
const ISSUER = "edge-sessions";
const ALGORITHM = "HS256";

export interface NewClientToken {
  userId: string;
  scopes: readonly string[];
  limits: JsonObject | null;
  /** What tools are told. */
  claims: JsonObject | null;
  /** Epoch seconds. */
  expiresAt: number;
  tokenId: string;
}

export async function signClientToken(secret: string, osId: string, token: NewClientToken): Promise<string> {
  const { userId, scopes, limits, claims, expiresAt, tokenId } = token;
  const jwt = await new SignJWT({
    scopes: [...scopes],
    ...(limits !== null && { limits }),
    ...(claims !== null && { claims }),
  })
    .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
    .setIssuer(ISSUER)
    .setAudience(osId)
    .setSubject(userId)
    .setExpirationTime(expiresAt)
    .setJti(tokenId)
    .sign(bytes(secret));
  return PREFIX + jwt;
}

/** A token of ours. A JWT without the prefix is never checked as one. */
export const CLIENT_TOKEN: Form = {
  isIn: () => true,
  fits: (text) => text.startsWith(PREFIX),
  check: verifyClientToken,
};

async function verifyClientToken(text: string, { config, now }: CheckContext): Promise<Outcome<Credential>> {
  const token = parseToken(text.slice(PREFIX.length));
  if (!token.ok) return token;
  if (token.value.algorithm !== ALGORITHM) return fail(invalidToken("The specified alg value is not allowed"));
  if (!(await isOurs(token.value.text, config))) return fail(invalidToken("Signature verification failed"));
  const { claims } = token.value;
  return claims.ok ? credentialOf(claims.value, config, { now: now(), digest: await sha256Hex(text) }) : claims;
}

/** Whether one of the secrets signed it: the old one counts while tokens are out that it signed. */
async function isOurs(jwt: string, { clientTokenSecret, clientTokenSecretOld }: Config): Promise<boolean> {
  for (const secret of [clientTokenSecret, clientTokenSecretOld]) {
    if (secret !== null && (await isSignedWith(secret, jwt))) return true;
  }
  return false;
}

async function isSignedWith(secret: string, jwt: string): Promise<boolean> {
  try {
    await compactVerify(jwt, bytes(secret), { algorithms: [ALGORITHM] });
    return true;
  } catch {
    // Whatever is wrong with it, it is not signed.
    return false;
  }
}

/** A client token is made for this deployment alone, ends when it says, and says all that it allows. */
function credentialOf(
  claims: JsonObject,
  { osId, jwtAdminScope }: Config,
  { now, digest }: { now: number; digest: string },
): Outcome<Credential> {
  if (claims.iss !== ISSUER) return fail(wrongIssuer(ISSUER, claims.iss));
  const checked = { osId, jwtAudience: [osId], jwtAuthorizedParties: null, jwtLeewaySeconds: 0 };
  const wrong = wrongClaim(claims, checked, now);
  if (wrong !== null) return fail(wrong);
  const settings = {
    jwtUserIdClaim: "sub",
    jwtScopesClaim: "scopes",
    jwtSessionIdClaim: null,
    jwtToolClaims: [],
    jwtDefaultScopes: [],
    jwtAdminScope,
  };
  const credential = tokenCredential(claims, settings, digest);
  if (!credential.ok) return credential;
  return ok({ ...credential.value, claims: isObject(claims.claims) ? claims.claims : null });
}

const bytes = (secret: string) => new TextEncoder().encode(secret);
