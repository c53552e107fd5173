/** The answers of the real AgentOS that are kept in `test/cases/agentos-auth.json`, and this server configured as it was. */
import { exportJWK, exportSPKI } from "jose";
import recordedJson from "../cases/agentos-auth.json?raw";
import { type Claims, type KeyPair, keyPair, rawToken, secondsNow } from "./credentials.ts";
import { deployment } from "./deployment.ts";
import { DOORS_VARS, VERIFICATION_SECRET } from "./doors-deployment.ts";

/** What AgentOS answered: of a success only what tells whose it is. */
export interface RecordedAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
  body?: any;
  headers?: Record<string, string>;
  text?: string;
  /** Of a stream the first and the last one. */
  events?: string[];
}

export interface Recorded {
  name: string;
  /** How that AgentOS was configured: `jwt` unless said. */
  app?: string;
  /** What is there already. */
  given?: string;
  request: {
    method: string;
    path: string;
    token?: TokenOf;
    headers?: Record<string, string>;
    cookies?: Record<string, string>;
    form?: Record<string, string>;
    body?: unknown;
  };
  versions: Partial<Record<"both" | "2.9.0" | "3.1.10", RecordedAnswer>>;
}

export interface TokenOf {
  sub?: string;
  scopes?: string[];
  role?: string;
  claims?: Claims;
  without?: string[];
  alg?: string;
  key?: "own" | "other" | "public-pem";
  header?: Claims;
}

const recorded: { roles: Record<string, string[]>; cases: Record<string, Recorded[]> } = JSON.parse(recordedJson);

/** The cases of these groups. One that is not there fails, as a misspelt one would be no test. */
export const casesOf = (...groups: string[]): Recorded[] =>
  groups.flatMap((group) => {
    const cases = recorded.cases[group];
    if (cases === undefined) throw new Error(`There is no group "${group}".`);
    return cases;
  });

/** What both versions answered, or else the newer one that has what is asked for. */
export function answerOf({ name, versions }: Recorded): RecordedAnswer {
  const answer = versions.both ?? versions["3.1.10"] ?? versions["2.9.0"];
  if (answer === undefined) throw new Error(`${name} has no answer.`);
  return answer;
}

let pairs: Promise<Record<"own" | "other", KeyPair>> | undefined;
const rsaKeys = () => {
  pairs ??= Promise.all([keyPair("RS256", "k1"), keyPair("RS256", "k1")]).then(([own, other]) => ({ own, other }));
  return pairs;
};

/** The variables with which this server is configured as the AgentOS of a case. */
async function variablesOf(app: string): Promise<Record<string, string>> {
  const { own } = await rsaKeys();
  const secret = { JWT_VERIFICATION_KEY: VERIFICATION_SECRET, JWT_ALGORITHM: "HS256" };
  const issuer = { JWT_ISSUER: "https://idp/", JWT_JWKS: JSON.stringify({ keys: [own.jwk] }) };
  const variables: Record<string, Record<string, string>> = {
    jwt: secret,
    "jwt-isolated": secret,
    "jwt-roles": secret,
    "jwt-roles-audit": secret,
    "jwt-audit": secret,
    "jwt-rs256": { JWT_VERIFICATION_KEY: await exportSPKI(own.publicKey), JWT_ALGORITHM: "RS256" },
    "jwt-jwks": issuer,
    "jwt-issuer": issuer,
    "jwt-audience": { ...secret, JWT_AUDIENCE: "my-api" },
    "jwt-audience-os-id": { ...secret, JWT_AUDIENCE: "os-1" },
    "jwt-and-key": { ...secret, OS_SECURITY_KEY: "the-key" },
    key: { OS_SECURITY_KEY: "the-key" },
    open: { MODE: "development" },
  };
  const unset = Object.fromEntries(Object.keys(DOORS_VARS).map((name) => [name, ""]));
  // AgentOS has no quotas.
  return { ...unset, ...variables[app], USER_CONCURRENT_RUNS: "0", USER_RUNS_PER_DAY: "0" };
}

const deployments = new Map<string, ReturnType<typeof deployment>>();
/** This server, configured as the AgentOS of a case. */
export async function deploymentOf(app: string): Promise<ReturnType<typeof deployment>> {
  const known = deployments.get(app) ?? deployment(await variablesOf(app));
  deployments.set(app, known);
  return known;
}

const HASHES: Record<string, string> = { "256": "SHA-256", "384": "SHA-384", "512": "SHA-512" };

export async function signerOf(key: "own" | "other" | "public-pem", alg: string): Promise<CryptoKey> {
  const rsa = await rsaKeys();
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

/** The token that a case describes, for the AgentOS of that case. */
export async function tokenOf(of: TokenOf, app: string): Promise<string> {
  const isRsa = ["jwt-rs256", "jwt-jwks", "jwt-issuer"].includes(app);
  const alg = of.alg ?? (isRsa ? "RS256" : "HS256");
  const scopes = of.scopes ?? (of.role === undefined ? undefined : recorded.roles[of.role]);
  const claims: Claims = {
    sub: of.sub ?? "ada",
    iat: secondsNow(),
    exp: secondsNow() + 3600,
    // Here the set of keys is an issuer's, so its tokens name it.
    ...(app === "jwt-jwks" && { iss: "https://idp/" }),
    ...(scopes !== undefined && { scopes }),
    ...Object.fromEntries(Object.entries(of.claims ?? {}).map(([name, value]) => [name, claimOf(value)])),
  };
  for (const name of of.without ?? []) delete claims[name];
  const { other } = await rsaKeys();
  const header = { alg, typ: "JWT", ...of.header, ...(of.header?.jwk !== undefined && { jwk: other.jwk }) };
  return rawToken(header, JSON.stringify(claims), alg === "none" ? undefined : await signerOf(of.key ?? "own", alg));
}
