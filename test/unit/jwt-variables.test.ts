import { describe, expect, it } from "vitest";
import { type Config, readConfig } from "../../src/env.ts";

const bindings = { DB: {}, SESSIONS: {}, JOBS: {} };
const SECRET = "s3cret-".repeat(6);
const PEM = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----";
const PUBLIC_JWKS = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"pub1ic"}]}';
const IDP = { JWT_ISSUER: "https://idp.example.com/" };

function settings(vars: Record<string, unknown>): Config {
  const read = readConfig({ ...bindings, ...vars });
  if (!read.ok) throw new Error(String(read.failure.detail));
  return read.value;
}

function problem(vars: Record<string, unknown>): string {
  const read = readConfig({ ...bindings, ...vars });
  return read.ok ? "" : String(read.failure.detail);
}

describe("the variables of users' tokens", () => {
  it("are read: lists at commas, claims by name or pointer", () => {
    const vars = {
      ...IDP,
      JWT_AUDIENCE: "api, other api",
      JWT_AUTHORIZED_PARTIES: "https://app.example.com",
      JWT_ALGORITHMS: "ES256, EdDSA",
      JWT_USER_ID_CLAIM: "https://example.com/user",
      JWT_SCOPES_CLAIM: "/app_metadata/scopes",
      JWT_SESSION_ID_CLAIM: "session_id",
      JWT_TOOL_CLAIMS: "org_id,/plan/name",
      JWT_DEFAULT_SCOPES: "sessions:read agents:run",
      JWT_LEEWAY_SECONDS: "0",
      JWT_HEADER: "Cf-Access-Jwt-Assertion",
      JWT_COOKIE: "access_token",
    };
    expect(settings(vars)).toMatchObject({
      jwtIssuer: "https://idp.example.com/",
      jwtAudience: ["api", "other api"],
      jwtAuthorizedParties: ["https://app.example.com"],
      jwtAlgorithms: ["ES256", "EdDSA"],
      jwtUserIdClaim: "https://example.com/user",
      jwtScopesClaim: "/app_metadata/scopes",
      jwtSessionIdClaim: "session_id",
      jwtToolClaims: ["org_id", "/plan/name"],
      jwtDefaultScopes: ["sessions:read", "agents:run"],
      jwtLeewaySeconds: 0,
      jwtHeader: "Cf-Access-Jwt-Assertion",
      jwtCookie: "access_token",
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ["an https issuer", IDP],
    [
      "an issuer that is no URL, whose keys are elsewhere",
      { JWT_ISSUER: "idp", JWT_JWKS_URL: "https://idp.example.com/k" },
    ],
    ["an issuer that is no URL, whose keys are here", { JWT_ISSUER: "idp", JWT_JWKS: PUBLIC_JWKS }],
    ["an issuer on this machine, in development", { MODE: "development", JWT_ISSUER: "http://127.0.0.1:9000" }],
    ["a secret", { JWT_VERIFICATION_KEY: SECRET, JWT_ALGORITHM: "HS256" }],
    ["public keys", { JWT_VERIFICATION_KEY: `${PEM}\n${PEM}` }],
    [
      "secrets of their own",
      { JWT_VERIFICATION_KEY: SECRET, JWT_ALGORITHM: "HS256", CLIENT_TOKEN_SECRET: `${SECRET}2` },
    ],
  ])("may be %s", (_what, vars) => {
    expect(problem(vars)).toBe("");
  });

  // case 114, case 48
  it.each<[string, Record<string, unknown>]>([
    ["JWT_ISSUER", { JWT_ISSUER: "http://idp-s3cret.example.com" }],
    ["JWT_ISSUER", { JWT_ISSUER: "s3cret" }],
    ["JWT_ISSUER", { JWT_JWKS: PUBLIC_JWKS }],
    ["JWT_ISSUER", { JWT_JWKS_URL: "https://s3cret.example.com" }],
    ["JWT_ISSUER", { MODE: "development", JWT_ISSUER: "http://s3cret.example.com" }],
    ["JWT_JWKS_URL", { ...IDP, JWT_JWKS_URL: "s3cret" }],
    ["JWT_JWKS_URL", { ...IDP, JWT_JWKS_URL: "http://127.0.0.1/s3cret" }],
    ["JWT_JWKS_URL", { ...IDP, JWT_JWKS_URL: "https://user:s3cret@idp.example.com/keys" }],
    ["JWT_JWKS_URL", { ...IDP, JWT_JWKS_URL: "https://idp.example.com/keys", JWT_JWKS: PUBLIC_JWKS }],
    ["JWT_JWKS", { ...IDP, JWT_JWKS: "s3cret" }],
    ["JWT_JWKS", { ...IDP, JWT_JWKS: "null" }],
    ["JWT_JWKS", { ...IDP, JWT_JWKS: '{"keys":[]}' }],
    ["JWT_JWKS", { ...IDP, JWT_JWKS: '{"keys":["s3cret"]}' }],
    ["JWT_JWKS", { ...IDP, JWT_JWKS: '{"keys":[{"kty":"oct","k":"s3cret"}]}' }],
    ["JWT_JWKS", { ...IDP, JWT_JWKS: '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"a","d":"s3cret"}]}' }],
    ["JWT_AUDIENCE", { ...IDP, JWT_AUDIENCE: "," }],
    ["JWT_AUTHORIZED_PARTIES", { ...IDP, JWT_AUTHORIZED_PARTIES: " , " }],
    ["JWT_ALGORITHMS", { ...IDP, JWT_ALGORITHMS: "RS256,HS256" }],
    ["JWT_ALGORITHMS", { ...IDP, JWT_ALGORITHMS: "none" }],
    ["JWT_ALGORITHM", { JWT_ALGORITHM: "none", JWT_VERIFICATION_KEY: PEM }],
    ["JWT_ALGORITHM", { JWT_ALGORITHM: "HS512", JWT_VERIFICATION_KEY: SECRET }],
    ["JWT_VERIFICATION_KEY", { JWT_VERIFICATION_KEY: SECRET }],
    ["JWT_VERIFICATION_KEY", { JWT_VERIFICATION_KEY: PEM, JWT_ALGORITHM: "HS256" }],
    ["JWT_VERIFICATION_KEY", { JWT_VERIFICATION_KEY: "s3cret", JWT_ALGORITHM: "HS256" }],
    ["JWT_USER_ID_CLAIM", { ...IDP, JWT_USER_ID_CLAIM: "/user_metadata/s3cret" }],
    ["JWT_USER_ID_CLAIM", { ...IDP, JWT_USER_ID_CLAIM: "/s3cret~2" }],
    ["JWT_SCOPES_CLAIM", { ...IDP, JWT_SCOPES_CLAIM: "/unsafe_metadata/s3cret" }],
    ["JWT_SCOPES_CLAIM", { ...IDP, JWT_SCOPES_CLAIM: "user_metadata" }],
    ["JWT_SESSION_ID_CLAIM", { ...IDP, JWT_SESSION_ID_CLAIM: "/user_metadata/s3cret" }],
    ["JWT_TOOL_CLAIMS", { ...IDP, JWT_TOOL_CLAIMS: "," }],
    ["JWT_DEFAULT_SCOPES", { ...IDP, JWT_DEFAULT_SCOPES: "s3cret" }],
    ["JWT_ADMIN_SCOPE", { ...IDP, JWT_ADMIN_SCOPE: 7 }],
    ["JWT_LEEWAY_SECONDS", { ...IDP, JWT_LEEWAY_SECONDS: "301" }],
    ["JWT_HEADER", { ...IDP, JWT_HEADER: "s3cret header" }],
    ["JWT_COOKIE", { ...IDP, JWT_COOKIE: "s3cret;" }],
    ["CLIENT_TOKEN_SECRET", { CLIENT_TOKEN_SECRET: "s3cret" }],
    ["CLIENT_TOKEN_SECRET_OLD", { CLIENT_TOKEN_SECRET_OLD: "s3cret" }],
    ["CLIENT_TOKEN_SECRET", { CLIENT_TOKEN_SECRET: SECRET, OS_SECURITY_KEY: SECRET }],
    ["CLIENT_TOKEN_SECRET", { CLIENT_TOKEN_SECRET: SECRET, OS_SECURITY_KEY_OLD: SECRET }],
    ["CLIENT_TOKEN_SECRET", { CLIENT_TOKEN_SECRET: SECRET, JWT_VERIFICATION_KEY: SECRET, JWT_ALGORITHM: "HS256" }],
    [
      "CLIENT_TOKEN_SECRET_OLD",
      { CLIENT_TOKEN_SECRET_OLD: SECRET, JWT_VERIFICATION_KEY: SECRET, JWT_ALGORITHM: "HS256" },
    ],
    ["USER_CONCURRENT_RUNS", { USER_CONCURRENT_RUNS: "-1" }],
    ["USER_RUNS_PER_DAY", { USER_RUNS_PER_DAY: "s3cret" }],
    ["USER_TOKENS_PER_DAY", { USER_TOKENS_PER_DAY: "1.5" }],
    ["USER_MAX_SESSIONS", { USER_MAX_SESSIONS: "none" }],
    ["OS_SECURITY_KEY_OLD", { OS_SECURITY_KEY_OLD: 7 }],
  ])("are refused by name, and never shown: %s in %j", (name, vars) => {
    expect(problem(vars)).toMatch(new RegExp(`: ${name} must|: JWT_JWKS and ${name} must`));
    expect(problem(vars)).not.toContain("s3cret");
  });
});
