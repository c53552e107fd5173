/**
 * Credentials that tests show: tokens signed with real keys.
 *
 * @example
 * await call("GET", "/sessions", undefined, bearer(await tokenFor("ada"))); // a user with the default scopes
 * await tokenFor("ada", { scopes: ["sessions:read"], exp: 1 }); // other claims; undefined leaves one out
 *
 * const issuer = scriptIssuer(); // once per file: the identity provider of JWT_ISSUER, whose keys `fetch` answers
 * await issuer.tokenFor("ada"); // RS256; issuer.add("k2", "ES256") makes another key
 */
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";
import { afterAll, beforeEach } from "vitest";
import { ISSUER, OS_SECURITY_KEY, VERIFICATION_SECRET } from "./doors-deployment.ts";

export type Claims = Record<string, unknown>;

export const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
/** The deployment's security key. */
export const key = bearer(OS_SECURITY_KEY);

const bytes = (text: string) => new TextEncoder().encode(text);
export const secondsNow = () => Math.floor(Date.now() / 1000);

/** Signs any claims. Claims that are undefined are left out. */
export function sign(
  claims: Claims,
  signer: CryptoKey | Uint8Array = bytes(VERIFICATION_SECRET),
  header: JWTHeaderParameters = { alg: "HS256", typ: "JWT" },
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader(header).sign(signer);
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
/** One part of a JWT. */
export const part = (text: string): string => base64url(bytes(text));

/** A token as no library would make it: any header, any payload. Without a key it has no signature. */
export async function rawToken(header: Claims, payload: string, key?: CryptoKey): Promise<string> {
  const signed = `${part(JSON.stringify(header))}.${part(payload)}`;
  if (key === undefined) return `${signed}.`;
  const signature = await crypto.subtle.sign({ name: key.algorithm.name, saltLength: 32 }, key, bytes(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

const userClaims = (user: string, claims: Claims): Claims => ({
  sub: user,
  iat: secondsNow(),
  exp: secondsNow() + 3600,
  ...claims,
});

/** A token of this user that JWT_VERIFICATION_KEY verifies, as a backend of one's own signs it. */
export const tokenFor = (user: string, claims: Claims = {}): Promise<string> => sign(userClaims(user, claims));

export interface KeyPair {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

/** A new pair of keys, and the public one as a JWKS lists it. */
export async function keyPair(alg: string, kid: string): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** A token that this pair signs. */
export const signWith = ({ alg, kid, privateKey }: KeyPair, claims: Claims, header: Claims = {}): Promise<string> =>
  sign(claims, privateKey, { alg, kid, typ: "JWT", ...header });

/** Answers a read of the keys: what the set is now, or whatever a test makes of it. */
export type JwksAnswer = (init: RequestInit | undefined) => Response | Promise<Response>;

export interface ScriptedIssuer {
  issuer: string;
  /** The keys that the set lists now. */
  keys: KeyPair[];
  /** Every read of the set, with what was asked of Cloudflare's cache. */
  reads: { url: string; init: RequestInit | undefined }[];
  /** Makes a key and lists it. */
  add(kid: string, alg?: string): Promise<KeyPair>;
  /** What the next reads are answered with; undefined: the set. */
  answer: JwksAnswer | undefined;
  claimsOf(user: string, claims?: Claims): Claims;
  /** A token that the newest key signs. */
  tokenFor(user: string, claims?: Claims): Promise<string>;
}

/** Files share a Worker, which keeps the keys that it has read: so the first key of all files is the same. */
const shared = globalThis as { firstIssuerKey?: KeyPair };
async function firstKey(): Promise<KeyPair> {
  shared.firstIssuerKey ??= await keyPair("RS256", "k1");
  return shared.firstIssuerKey;
}

/** An identity provider at this URL; called at top level or in a describe. Each test begins with one RS256 key. */
export function scriptIssuer(issuer: string = ISSUER, jwksUrl = `${issuer}/.well-known/jwks.json`): ScriptedIssuer {
  const made: ScriptedIssuer = {
    issuer,
    keys: [],
    reads: [],
    answer: undefined,
    async add(kid, alg = "RS256") {
      const pair = await keyPair(alg, kid);
      made.keys.push(pair);
      return pair;
    },
    claimsOf: (user, claims = {}) => userClaims(user, { iss: issuer, ...claims }),
    async tokenFor(user, claims = {}) {
      const newest = made.keys.at(-1);
      if (newest === undefined) throw new Error("The issuer has no key.");
      return signWith(newest, made.claimsOf(user, claims));
    },
  };
  const realFetch = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (url !== jwksUrl) return realFetch(input, init);
    made.reads.push({ url, init });
    return (made.answer ?? (() => Response.json({ keys: made.keys.map(({ jwk }) => jwk) })))(init);
  };
  beforeEach(async () => {
    Object.assign(made, { keys: [await firstKey()], reads: [], answer: undefined });
  });
  afterAll(() => {
    globalThis.fetch = realFetch;
  });
  return made;
}
