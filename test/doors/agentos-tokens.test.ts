import { exportJWK, exportSPKI } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import recorded from "../cases/agentos-auth.json";
import { type Claims, type KeyPair, keyPair, rawToken, secondsNow } from "../support/credentials.ts";
import { deployment } from "../support/deployment.ts";
import { DOORS_VARS, VERIFICATION_SECRET } from "../support/doors-deployment.ts";
import { scriptModel } from "../support/scripted-model.ts";

// What AgentOS says of a token is what this server says (case 30). Where it does not, the table says why.

scriptModel();

interface Recorded {
  name: string;
  app?: keyof typeof recorded.apps;
  request: {
    method: string;
    path: string;
    token?: TokenOf;
    headers?: Record<string, string>;
    cookies?: Record<string, string>;
    form?: Record<string, string>;
  };
  versions: Partial<Record<"both" | "2.9.0" | "3.1.10", { status: number; body?: { detail?: unknown } }>>;
}
interface TokenOf {
  sub?: string;
  scopes?: string[];
  claims?: Claims;
  without?: string[];
  alg?: string;
  key?: "own" | "other" | "public-pem";
  header?: Claims;
}

const STRICTER = "ours is stricter";
const TEXT = "one text for what Python words in many ways";
const NAMELESS = "a token without a user is refused on every route, whatever it may do";
const DEFAULT = "a token that says nothing of scopes has those of end users";
const NO_KEY = "a key that is not there is a signature that nobody can verify";
const missingUser = [403, "Authenticated request is missing a user identity"];
const noSignature = [401, "Invalid token: Signature verification failed"];
const HEADER_STRING = [401, "Invalid token: Invalid header string: Expecting value: line 1 column 1 (char 0)"];

/** What we answer otherwise, and why. */
const OTHERWISE: Record<string, [answer: unknown[], why: string]> = {
  "Bearer without a blank": [
    [401, "Authorization header missing"],
    "the platform drops a header's last blanks: this is `Bearer ` too",
  ],
  "key mode: Bearer with nothing behind it": [
    [401, "Invalid authentication token"],
    "the platform drops a header's last blanks: this is `Bearer` too",
  ],
  "the header part is no UTF-8": [HEADER_STRING, TEXT],
  "four parts": [HEADER_STRING, TEXT],
  "JWT and key: the key": [[200], "the key is taken beside tokens"],
  "no exp": [[401, 'Invalid token: Token is missing the "exp" claim'], STRICTER],
  "exp is a text of digits": [[401, "Invalid token: Expiration Time claim (exp) must be an integer."], STRICTER],
  "exp is true": [[401, "Invalid token: Expiration Time claim (exp) must be an integer."], "true is no time"],
  "JWKS: no kid": [[200], "the only key that fits verifies"],
  "JWKS: a kid that is not in the set": [noSignature, NO_KEY],
  "aud is there where none is expected": [
    [401, "Invalid token audience - token not valid for this AgentOS instance"],
    STRICTER,
  ],
  "iss is a list": [
    [401, 'Invalid token: Invalid issuer. Expected: https://idp/, got: ["https://idp/"]'],
    "a list is shown as JSON",
  ],
  "sub is __x": [[401, "Invalid token subject"], STRICTER],
  "sub is 200 letters": [[401, "Invalid token subject"], STRICTER],
  "sub is with a line break": [[401, "Invalid token subject"], STRICTER],
  "sub is empty": [missingUser, NAMELESS],
  "sub is null": [missingUser, NAMELESS],
  "no sub": [missingUser, NAMELESS],
  "no sub, an admin": [missingUser, NAMELESS],
  "no sub and no scope": [missingUser, NAMELESS],
  "no sub: config": [missingUser, NAMELESS],
  "no sub: a run": [missingUser, NAMELESS],
  "no claim scopes": [[200], DEFAULT],
  "a claim scope (a text) instead of scopes": [[200], DEFAULT],
  "open path /redoc without a token": [[401, "Authorization header missing"], "there is no such page here"],
};

let rsa: Record<"own" | "other", KeyPair>;
const deployments = new Map<string, ReturnType<typeof deployment>>();
beforeAll(async () => {
  rsa = { own: await keyPair("RS256", "k1"), other: await keyPair("RS256", "k1") };
});

/** The variables with which this server is configured as the AgentOS of a case. */
async function variablesOf(app: string): Promise<Record<string, string>> {
  const secret = { JWT_VERIFICATION_KEY: VERIFICATION_SECRET, JWT_ALGORITHM: "HS256" };
  const issuer = { JWT_ISSUER: "https://idp/", JWT_JWKS: JSON.stringify({ keys: [rsa.own.jwk] }) };
  const variables: Record<string, Record<string, string>> = {
    jwt: secret,
    "jwt-isolated": secret,
    "jwt-rs256": { JWT_VERIFICATION_KEY: await exportSPKI(rsa.own.publicKey), JWT_ALGORITHM: "RS256" },
    "jwt-jwks": issuer,
    "jwt-issuer": issuer,
    "jwt-audience": { ...secret, JWT_AUDIENCE: "my-api" },
    "jwt-audience-os-id": { ...secret, JWT_AUDIENCE: "os-1" },
    "jwt-and-key": { ...secret, OS_SECURITY_KEY: "the-key" },
    key: { OS_SECURITY_KEY: "the-key" },
    open: { MODE: "development" },
  };
  const unset = Object.fromEntries(Object.keys(DOORS_VARS).map((name) => [name, ""]));
  return { ...unset, ...variables[app] };
}

async function deploymentOf(app: string): Promise<ReturnType<typeof deployment>> {
  const known = deployments.get(app) ?? deployment(await variablesOf(app));
  deployments.set(app, known);
  return known;
}

const HASHES: Record<string, string> = { "256": "SHA-256", "384": "SHA-384", "512": "SHA-512" };

async function signerOf(key: "own" | "other" | "public-pem", alg: string): Promise<CryptoKey> {
  const hash = HASHES[alg.slice(2)] ?? "SHA-256";
  if (alg.startsWith("HS")) {
    const secrets = {
      own: VERIFICATION_SECRET,
      other: "another-".repeat(8),
      "public-pem": await exportSPKI(rsa.own.publicKey),
    };
    return crypto.subtle.importKey("raw", new TextEncoder().encode(secrets[key]), { name: "HMAC", hash }, false, [
      "sign",
    ]);
  }
  const name = alg.startsWith("PS") ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const { alg: _alg, ...jwk } = await exportJWK(rsa[key === "other" ? "other" : "own"].privateKey);
  return crypto.subtle.importKey("jwk", jwk as JsonWebKey, { name, hash }, false, ["sign"]);
}

/** `now-11` is 11 seconds ago. */
const claimOf = (value: unknown) =>
  typeof value === "string" && /^now[+-]\d+$/.test(value) ? secondsNow() + Number(value.slice(3)) : value;

async function tokenOf(of: TokenOf, app: string): Promise<string> {
  const isRsa = ["jwt-rs256", "jwt-jwks", "jwt-issuer"].includes(app);
  const alg = of.alg ?? (isRsa ? "RS256" : "HS256");
  const claims: Claims = {
    sub: of.sub ?? "ada",
    iat: secondsNow(),
    exp: secondsNow() + 3600,
    // Here the set of keys is an issuer's, so its tokens name it.
    ...(app === "jwt-jwks" && { iss: "https://idp/" }),
    ...(of.scopes !== undefined && { scopes: of.scopes }),
    ...Object.fromEntries(Object.entries(of.claims ?? {}).map(([name, value]) => [name, claimOf(value)])),
  };
  for (const name of of.without ?? []) delete claims[name];
  const header = { alg, typ: "JWT", ...of.header, ...(of.header?.jwk !== undefined && { jwk: rsa.other.jwk }) };
  return rawToken(header, JSON.stringify(claims), alg === "none" ? undefined : await signerOf(of.key ?? "own", alg));
}

const MADE: Record<string, string> = {
  "the payload is no JSON, signed well": "no json",
  "the payload is a list, signed well": "[1]",
  "the payload is a text, signed well": '"x"',
};

async function answerTo({ name, app = "jwt", request }: Recorded): Promise<unknown[]> {
  const token = await tokenOf(request.token ?? { scopes: ["sessions:read"] }, app);
  const [head, payload] = token.split(".");
  const tampered = `${head}.${btoa('{"sub":"root","exp":9999999999}').replaceAll("=", "")}.${token.split(".")[2]}`;
  const made = await rawToken({ alg: "HS256" }, MADE[name] ?? "{}", await signerOf("own", "HS256"));
  const filled = (text: string) =>
    text
      .replace("{token}", token)
      .replace("{tampered}", tampered)
      .replace("{cut}", `${head}.${payload}.`)
      .replace("{made}", made)
      .replace("{agent_id}", "assistant");
  const headers = new Headers(
    request.token === undefined || request.headers !== undefined ? {} : { Authorization: `Bearer ${token}` },
  );
  if (request.cookies !== undefined || request.path.includes("{token}")) headers.delete("Authorization");
  for (const [header, value] of Object.entries(request.headers ?? {})) headers.set(header, filled(value));
  for (const [cookie, value] of Object.entries(request.cookies ?? {}))
    headers.set("Cookie", `${cookie}=${filled(value)}`);
  const send = await deploymentOf(app);
  const form = request.form === undefined ? undefined : new URLSearchParams(request.form);
  const response = await send(request.method, filled(request.path), headers, form);
  if (response.ok) return [response.status];
  return [response.status, (await response.json<{ detail: unknown }>()).detail];
}

const cases = [...recorded.cases.token, ...recorded.cases.open] as unknown as Recorded[];

function expectedOf({ name, versions }: Recorded): unknown[] {
  const answer = versions.both ?? versions["3.1.10"];
  if (answer === undefined) throw new Error(`${name} has no answer.`);
  return OTHERWISE[name]?.[0] ?? (answer.status < 300 ? [answer.status] : [answer.status, answer.body?.detail]);
}

describe("tokens, as AgentOS answers them", () => {
  it.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    expect(await answerTo(one)).toEqual(expectedOf(one));
  });

  it("has no deviation in its table that is none", () => {
    const stale = Object.keys(OTHERWISE).filter((name) => {
      const one = cases.find((found) => found.name === name);
      const answer = one?.versions.both ?? one?.versions["3.1.10"];
      const theirs = [answer?.status, ...(answer?.body?.detail === undefined ? [] : [answer.body.detail])];
      return JSON.stringify(theirs) === JSON.stringify(OTHERWISE[name]?.[0]);
    });
    expect(stale).toEqual([]);
  });
});
