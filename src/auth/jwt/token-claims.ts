import { type Failure, invalidCredential } from "../../domain/error.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Config } from "../../env.ts";
import { invalidToken } from "./parsed-token.ts";

type ClaimSettings = Pick<Config, "jwtLeewaySeconds" | "jwtAudience" | "jwtAuthorizedParties" | "osId">;

/** Why the claims of a verified token do not hold now, in PyJWT's order; null if they do. `now` is in milliseconds. */
export function wrongClaim(claims: JsonObject, config: ClaimSettings, now: number): Failure | null {
  return (
    wrongTime(claims, config.jwtLeewaySeconds, now / 1000) ??
    wrongAudience(claims, config) ??
    wrongParty(claims, config)
  );
}

function wrongTime({ exp, nbf, iat }: JsonObject, leeway: number, now: number): Failure | null {
  if (exp === undefined) return invalidToken('Token is missing the "exp" claim');
  return (
    wrongStart(iat, "Issued At claim (iat)", now + leeway) ??
    wrongStart(nbf, "Not Before claim (nbf)", now + leeway) ??
    wrongEnd(exp, now - leeway)
  );
}

function wrongStart(value: Json | undefined, name: string, latest: number): Failure | null {
  if (value === undefined) return null;
  if (typeof value !== "number") return invalidToken(`${name} must be an integer.`);
  return value > latest ? invalidToken(`The token is not yet valid ${name.slice(name.indexOf("("))}`) : null;
}

/** `1e999` is infinite: such a token would never end. */
function wrongEnd(exp: Json, earliest: number): Failure | null {
  if (typeof exp !== "number") return invalidToken("Expiration Time claim (exp) must be an integer.");
  return Number.isFinite(exp) && exp > earliest ? null : invalidCredential("Token has expired");
}

/** Without a setting a token may leave its audience out: some providers write none. It must not be meant for another. */
function wrongAudience({ aud }: JsonObject, { jwtAudience, osId }: ClaimSettings): Failure | null {
  if (aud === undefined || aud === null) {
    return jwtAudience === null ? null : invalidToken(missing("aud", "Audience"));
  }
  const expected = jwtAudience ?? [osId];
  const named = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => typeof one === "string" && expected.includes(one))
    ? null
    : invalidCredential("Invalid token audience - token not valid for this AgentOS instance");
}

/** Another application of the same provider has tokens for the same users. */
function wrongParty({ azp }: JsonObject, { jwtAuthorizedParties }: ClaimSettings): Failure | null {
  if (jwtAuthorizedParties === null || azp === undefined) return null;
  return typeof azp === "string" && jwtAuthorizedParties.includes(azp)
    ? null
    : invalidToken("Invalid authorized party");
}

/** Why a token that no key is there for is refused: its issuer is another one. */
export function wrongIssuer(expected: string, iss: Json | undefined): Failure {
  if (iss === undefined) return invalidToken(missing("iss", "Issuer"));
  const got = typeof iss === "string" ? iss.slice(0, 200) : JSON.stringify(iss).slice(0, 200);
  return invalidToken(`Invalid issuer. Expected: ${expected}, got: ${got}`);
}

const missing = (claim: string, what: string) =>
  `Token is missing the "${claim}" claim. ${what} verification requires this claim to be present in the token.`;
