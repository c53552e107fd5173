import { type CryptoKey, compactVerify } from "jose";
import type { Failure } from "../../domain/error.ts";
import { fail, type Outcome } from "../../domain/outcome.ts";
import type { Credential } from "../../domain/principal.ts";
import type { Config } from "../../env.ts";
import { sha256Hex } from "../../lib/digest.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { CheckContext } from "../form.ts";
import { issuerKey } from "../issuer/issuer-key.ts";
import { invalidToken, type ParsedToken, parseToken } from "./parsed-token.ts";
import { wrongClaim, wrongIssuer } from "./token-claims.ts";
import { tokenCredential } from "./token-credential.ts";
import { verificationKeys } from "./verification-keys.ts";

/** Verifies a JWT and reads who shows it. What cannot be read to its end, such as a claim too deep to be told, is no token. */
export async function verifyToken(text: string, context: CheckContext): Promise<Outcome<Credential>> {
  try {
    return await readToken(text, context);
  } catch (error) {
    log("error", "token.unread", errorFields(error));
    return fail(signatureRefused());
  }
}

async function readToken(text: string, context: CheckContext): Promise<Outcome<Credential>> {
  const { config } = context;
  const token = parseToken(text);
  if (!token.ok) return token;
  const refused = await wrongSignature(token.value, context);
  if (refused !== null) return fail(refused);
  const { claims } = token.value;
  if (!claims.ok) return claims;
  const wrong = wrongClaim(claims.value, config, context.now());
  return wrong === null ? tokenCredential(claims.value, config, await sha256Hex(text)) : fail(wrong);
}

/** Why the signature does not hold; null if it does. Whose key verifies it, only the token's issuer says. */
function wrongSignature(token: ParsedToken, context: CheckContext): Promise<Failure | null> {
  const { config } = context;
  const iss = token.claims.ok ? token.claims.value.iss : undefined;
  if (config.jwtIssuer !== null && iss === config.jwtIssuer) return wrongForIssuer(token, context);
  if (config.jwtVerificationKey !== null) return wrongForOwnKeys(token, config);
  return Promise.resolve(wrongIssuer(config.jwtIssuer ?? "", iss));
}

async function wrongForIssuer(
  { text, header, algorithm }: ParsedToken,
  context: CheckContext,
): Promise<Failure | null> {
  const { jwtAlgorithms } = context.config;
  if (!jwtAlgorithms.includes(algorithm)) return algorithmRefused();
  const key = await issuerKey(header, context);
  if (!key.ok) return key.failure;
  return key.value !== null && (await isSignedBy(text, key.value, jwtAlgorithms)) ? null : signatureRefused();
}

async function wrongForOwnKeys(token: ParsedToken, config: Config): Promise<Failure | null> {
  if (token.algorithm !== config.jwtAlgorithm) return algorithmRefused();
  const keys = await verificationKeys(config);
  if (!keys.ok) return keys.failure;
  for (const key of keys.value) {
    if (await isSignedBy(token.text, key, [config.jwtAlgorithm])) return null;
  }
  return signatureRefused();
}

const algorithmRefused = () => invalidToken("The specified alg value is not allowed");
const signatureRefused = () => invalidToken("Signature verification failed");

async function isSignedBy(text: string, key: CryptoKey, algorithms: string[]): Promise<boolean> {
  try {
    await compactVerify(text, key, { algorithms });
    return true;
  } catch {
    // Whatever is wrong with the token or the key, the token is not verified.
    return false;
  }
}
