import { type CryptoKey, importSPKI } from "jose";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { type Config, misconfigured } from "../../env.ts";
import { mustBePublicKeys } from "../../lib/jwt-variables.ts";

type KeySettings = Pick<Config, "jwtVerificationKey" | "jwtAlgorithm">;

/** The keys that verify tokens which are not the issuer's. A token is tried with each: they have no names. */
export type VerificationKeys = readonly CryptoKey[];

const PEM = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;
const MIN_RSA_BITS = 2048;

const known = new WeakMap<object, Outcome<VerificationKeys>>();

/** The keys of `JWT_VERIFICATION_KEY`, which are imported once; a failure that names the variable if one is none. */
export async function verificationKeys(config: KeySettings): Promise<Outcome<VerificationKeys>> {
  const imported = known.get(config) ?? (await importKeys(config));
  known.set(config, imported);
  return imported;
}

async function importKeys({ jwtVerificationKey, jwtAlgorithm }: KeySettings): Promise<Outcome<VerificationKeys>> {
  if (jwtVerificationKey === null) return ok([]);
  if (jwtAlgorithm === "HS256") return ok([await secretKey(jwtVerificationKey)]);
  // Where a variable cannot hold line breaks, people write them as `\n`.
  const text = jwtVerificationKey.replaceAll("\\n", "\n");
  const pems = text.match(PEM) ?? [];
  const isAll = text.replaceAll(PEM, "").trim() === "";
  try {
    const keys = await Promise.all(pems.map((pem) => importSPKI(pem, jwtAlgorithm)));
    if (isAll && keys.length > 0 && keys.every(isStrong)) return ok(keys);
  } catch {
    // What the platform says of a key is of no use to whoever set it: the sentence below says what it must be.
  }
  return fail(misconfigured([mustBePublicKeys(jwtAlgorithm)]));
}

const secretKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", new TextEncoder().encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "verify",
  ]);

const isStrong = ({ algorithm }: CryptoKey) =>
  !("modulusLength" in algorithm) || Number(algorithm.modulusLength) >= MIN_RSA_BITS;
