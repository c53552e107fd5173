import { describe, expect, it } from "vitest";
import { type Config, readConfig } from "../../src/env.ts";

/** The configuration hands bindings on, and uses none of them. */
const bindings = { DB: {}, SESSIONS: {}, JOBS: {} };

function settings(vars: Record<string, unknown>): Omit<Config, "db" | "sessions" | "jobs" | "providers"> {
  const read = readConfig({ ...bindings, ...vars });
  if (!read.ok) throw new Error(String(read.failure.detail));
  const { db: _db, sessions: _sessions, jobs: _jobs, providers: _providers, ...rest } = read.value;
  return rest;
}

const BAD = {
  MODE: "prod-secret",
  REQUIRE_USER: "yes",
  OPENAI_BASE_URL: "api.example.com",
  OPENAI_MODEL: 5,
  SESSION_TTL_SECONDS: "0",
  MODEL_TIMEOUT_MS: "0",
  CORS_ORIGINS: "nowhere",
};

/** What holds of the doors for end users where nothing is set. */
const NO_DOORS = {
  jwtIssuer: null,
  jwtJwksUrl: null,
  jwtJwks: null,
  jwtAudience: null,
  jwtAuthorizedParties: null,
  jwtVerificationKey: null,
  jwtAlgorithms: ["RS256", "ES256", "EdDSA"],
  jwtAlgorithm: "RS256",
  jwtUserIdClaim: "sub",
  jwtScopesClaim: "scopes",
  jwtSessionIdClaim: null,
  jwtToolClaims: [],
  jwtDefaultScopes: [
    "agents:read",
    "agents:run",
    "teams:read",
    "teams:run",
    "sessions:read",
    "sessions:write",
    "sessions:delete",
    "approvals:read",
  ],
  jwtAdminScope: "agent_os:admin",
  jwtLeewaySeconds: 10,
  jwtHeader: "Authorization",
  jwtCookie: null,
  clientTokenSecret: null,
  clientTokenSecretOld: null,
  securityKeyOld: null,
  userConcurrentRuns: 4,
  userRunsPerDay: 500,
  userTokensPerDay: 2_000_000,
  userMaxSessions: 0,
  authFailures: null,
  assets: null,
  requests: null,
  runStarts: null,
};

describe("the configuration", () => {
  it("has a default for everything but secrets", () => {
    expect(settings({})).toEqual({
      mode: "deployment",
      securityKey: null,
      requireUser: false,
      openAiApiKey: null,
      openAiBaseUrl: null,
      openAiApi: null,
      openAiModel: "gpt-5-mini",
      modelTimeoutMs: 120_000,
      modelMaxRetries: 2,
      namingModel: null,
      namingReasoningEffort: null,
      nameUnnamedAfterSeconds: null,
      summaryModel: null,
      sessionTtlSeconds: null,
      deleteUndoSeconds: 0,
      sweepAfterMs: 60_000,
      toolTimeoutMs: 60_000,
      maxToolRounds: 10,
      maxTeamDepth: 3,
      maxMemberRuns: 16,
      ...NO_DOORS,
      corsOrigins: [],
      osId: "edge-sessions",
      osName: "Edge Sessions",
    });
  });

  it("takes every variable, numbers as text or as numbers", () => {
    const vars = {
      MODE: "development",
      OS_SECURITY_KEY: "key\n",
      REQUIRE_USER: "true",
      OPENAI_API_KEY: "sk-1",
      OPENAI_BASE_URL: "http://127.0.0.1:9911/v1",
      OPENAI_API: "responses",
      OPENAI_MODEL: "m",
      NAMING_MODEL: "n",
      NAMING_REASONING_EFFORT: "minimal",
      NAME_UNNAMED_AFTER_SECONDS: "0",
      SUMMARY_MODEL: "s",
      SESSION_TTL_SECONDS: "86400",
      DELETE_UNDO_SECONDS: 3600,
      SWEEP_AFTER_MS: "5000",
      MODEL_TIMEOUT_MS: "5000",
      MODEL_MAX_RETRIES: 0,
      TOOL_TIMEOUT_MS: "1",
      MAX_TOOL_ROUNDS: 3,
      MAX_TEAM_DEPTH: "2",
      MAX_MEMBER_RUNS: 64,
      CORS_ORIGINS: "https://A.example.com/, http://localhost:5173,,*,tauri://localhost",
      OS_ID: "mine",
      OS_NAME: "My OS",
    };
    expect(settings(vars)).toEqual({
      mode: "development",
      securityKey: "key",
      requireUser: true,
      openAiApiKey: "sk-1",
      openAiBaseUrl: "http://127.0.0.1:9911/v1",
      openAiApi: "responses",
      openAiModel: "m",
      modelTimeoutMs: 5000,
      modelMaxRetries: 0,
      namingModel: "n",
      namingReasoningEffort: "minimal",
      nameUnnamedAfterSeconds: 0,
      summaryModel: "s",
      sessionTtlSeconds: 86_400,
      deleteUndoSeconds: 3600,
      sweepAfterMs: 5000,
      toolTimeoutMs: 1,
      maxToolRounds: 3,
      maxTeamDepth: 2,
      maxMemberRuns: 64,
      ...NO_DOORS,
      corsOrigins: ["https://a.example.com", "http://localhost:5173", "tauri://localhost"],
      osId: "mine",
      osName: "My OS",
    });
  });

  it("counts empty text as unset", () => {
    const empty = { MODE: "", OS_SECURITY_KEY: " ", OPENAI_MODEL: "", MAX_TOOL_ROUNDS: "", CORS_ORIGINS: "" };
    expect(settings(empty)).toEqual(settings({}));
  });

  it.each([
    ["MODE", "production"],
    ["OPENAI_BASE_URL", "api.example.com/v1"],
    ["OPENAI_BASE_URL", "file:///etc/passwd"],
    ["SWEEP_AFTER_MS", "4999"],
    ["MODEL_TIMEOUT_MS", "0"],
    ["MODEL_TIMEOUT_MS", "2m"],
    ["MODEL_MAX_RETRIES", "-1"],
    ["MAX_TOOL_ROUNDS", 1.5],
    ["MAX_TEAM_DEPTH", "11"],
    ["MAX_MEMBER_RUNS", 0],
    ["CORS_ORIGINS", "https://ok.example.com, not an origin"],
    ["OPENAI_API", "completions"],
    ["OPENAI_MODEL", { id: "m" }],
    ["DB", undefined],
  ])("refuses a bad %s by name: %j", (name, value) => {
    const read = readConfig({ ...bindings, [name]: value });
    expect(read.ok ? "" : read.failure.detail).toContain(name);
  });

  it("says of all bad variables at once what they must be, and what none of them holds", () => {
    const read = readConfig({ ...bindings, DB: undefined, ...BAD });
    expect(read.ok ? "" : read.failure.detail).toBe(
      "The server is not configured correctly: DB must be bound (wrangler.toml). MODE must be `development` or unset. " +
        "REQUIRE_USER must be `true` or `false`. OPENAI_BASE_URL must be an http or https URL. OPENAI_MODEL must be text. " +
        "SESSION_TTL_SECONDS must be a whole number of seconds from 1 to 3155760000. " +
        "MODEL_TIMEOUT_MS must be a whole number from 1 to 900000. " +
        "CORS_ORIGINS must be origins such as https://app.example.com, separated by commas.",
    );
  });

  it("is read once for an environment", () => {
    const environment = { ...bindings };
    expect(readConfig(environment)).toBe(readConfig(environment));
  });

  it("has the keys of providers, and names the secrets that are missing or the server's own, never a value", () => {
    const baseUrl = "https://mistral.test/v1";
    const providers = [
      { name: "Mistral", baseUrl, secret: "MISTRAL_API_KEY" },
      { name: "Local", baseUrl: "http://127.0.0.1:11434/v1" },
    ];
    const read = readConfig({ ...bindings, MISTRAL_API_KEY: " key\n", OTHER: "other" }, providers);
    expect(read.ok && read.value.providers).toEqual([
      { ...providers[0], apiKey: "key" },
      { ...providers[1], apiKey: null },
    ]);
    expect(readConfig({ ...bindings, MISTRAL_API_KEY: "" }, providers)).toMatchObject({
      failure: {
        detail:
          "The server is not configured correctly: MISTRAL_API_KEY must be set: it is the key of provider 'Mistral'.",
      },
    });
    const own = [{ name: "Mistral", baseUrl, secret: "OS_SECURITY_KEY" }];
    expect(readConfig({ ...bindings, OS_SECURITY_KEY: "k-1" }, own)).toMatchObject({
      failure: {
        detail:
          "The server is not configured correctly: OS_SECURITY_KEY is a setting of the server: provider 'Mistral' must name another secret.",
      },
    });
  });
});
