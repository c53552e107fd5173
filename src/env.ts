import type { Failure } from "./domain/error.ts";
import { MAX_TTL_SECONDS } from "./domain/limits.ts";
import { type KeyedProvider, MODEL_APIS, type ModelApi, type ModelProvider } from "./domain/model-choice.ts";
import { fail, type Outcome, ok } from "./domain/outcome.ts";
import { ADMIN_SCOPE, DEFAULT_SCOPES } from "./domain/scope.ts";
import { type Registry, teamDepth } from "./domain/team.ts";
import { CLAIM, HEADER_NAME, ISSUER_ALGORITHMS, JWKS, JWT_ALGORITHM, jwtProblems } from "./lib/jwt-variables.ts";
import {
  BOOLEAN,
  type Format,
  HTTP_URL,
  ORIGINS,
  oneOf,
  SIGNING_SECRET,
  seconds,
  TEXT,
  TEXTS,
  wholeNumber,
  words,
} from "./lib/variable-formats.ts";

/** A variable of the environment. */
interface Variable<N extends string = string, T = unknown> extends Format<T> {
  kind: "variable";
  name: N;
  /** What holds if the variable is unset. */
  fallback: T;
}

/** Something that `wrangler.toml` binds. It has no fallback. */
interface Binding<N extends string = string, T = unknown> extends Format<T> {
  kind: "binding";
  name: N;
}

interface OptionalBinding<N extends string = string, T = unknown> extends Binding<N, T> {
  fallback: null;
}

const variable = <const N extends string, T>(name: N, format: Format<T>, fallback: NoInfer<T>): Variable<N, T> => ({
  kind: "variable",
  name,
  ...format,
  fallback,
});

/** A variable that may stay unset: the setting is null then. */
const optional = <const N extends string, T>(name: N, format: Format<T>): Variable<N, T | null> =>
  variable<N, T | null>(name, format, null);

const binding = <const N extends keyof Env>(name: N): Binding<N, Env[N]> => ({
  kind: "binding",
  name,
  read: (value) => value as Env[N],
  expected: "bound (wrangler.toml)",
});

/** A binding that a deployment may do without: the setting is null then. */
const optionalBinding = <const N extends keyof Env>(name: N): OptionalBinding<N, Env[N] | null> => ({
  kind: "binding",
  name,
  read: (value) => value as Env[N],
  expected: "bound (wrangler.toml)",
  fallback: null,
});

const MODE: Format<"development" | "deployment"> = {
  read: (value) => (value === "development" ? value : undefined),
  expected: "`development` or unset",
};

const SCOPE_WORDS = words("scopes such as `sessions:read`, separated by spaces", (word) => word.includes(":"));

/** The platform ends a run after 15 minutes, so no single wait in it can be longer. */
const MAX_TIMEOUT_MS = 15 * 60_000;

/**
 * Every setting and binding, once: its name in `Config`, its name in the environment, what it may hold, and what holds if it
 * is unset. `Config`, `readConfig` and what `npm start` hands to the Worker follow from this. A test compares the variables
 * with the table in README.md and with `.dev.vars.example`.
 */
export const SETTINGS = {
  db: binding("DB"),
  sessions: binding("SESSIONS"),
  /** The Queue that slices of jobs are sent to. */
  jobs: binding("JOBS"),
  /** The files of the inbox's page. Null: the deployment has left them out. */
  assets: optionalBinding("ASSETS"),
  /** `npm start` sets `development`: then no key is needed, and the offline model answers if no other is set. */
  mode: variable("MODE", MODE, "deployment"),
  /** Null: anyone may call in development, nobody in a deployment. */
  securityKey: optional("OS_SECURITY_KEY", TEXT),
  /** Whether every request that reads or changes sessions has to name its user. */
  requireUser: variable("REQUIRE_USER", BOOLEAN, false),
  openAiApiKey: optional("OPENAI_API_KEY", TEXT),
  openAiBaseUrl: optional("OPENAI_BASE_URL", HTTP_URL),
  /** The API of models that name none; null: `responses` if no base URL is set, and `chat` if one is. */
  openAiApi: optional("OPENAI_API", oneOf<ModelApi>(MODEL_APIS)),
  /** The model of agents that name none. */
  openAiModel: variable("OPENAI_MODEL", TEXT, "gpt-5-mini"),
  /** The model that names sessions; null: the agent's own. */
  namingModel: optional("NAMING_MODEL", TEXT),
  /** Sent with naming requests only if it is set. */
  namingReasoningEffort: optional("NAMING_REASONING_EFFORT", TEXT),
  /** The age from which the cron trigger names sessions that have no name; null: never. */
  nameUnnamedAfterSeconds: optional("NAME_UNNAMED_AFTER_SECONDS", seconds(0, MAX_TTL_SECONDS)),
  /** The model that summarizes sessions; null: the agent's own. */
  summaryModel: optional("SUMMARY_MODEL", TEXT),
  /** How long a session is kept after its last change if neither the session nor its agent says; null: for ever. */
  sessionTtlSeconds: optional("SESSION_TTL_SECONDS", seconds(1, MAX_TTL_SECONDS)),
  /** How long a deleted session can be brought back; 0: it is purged at once. */
  deleteUndoSeconds: variable("DELETE_UNDO_SECONDS", wholeNumber(0, MAX_TTL_SECONDS), 0),
  /** After how long a sweep sends an item of a job again whose worker has not touched it, so that another worker claims it. */
  sweepAfterMs: variable("SWEEP_AFTER_MS", wholeNumber(5_000, 600_000), 60_000),
  /** The longest wait for the start of a model's answer, and between its pieces. */
  modelTimeoutMs: variable("MODEL_TIMEOUT_MS", wholeNumber(1, MAX_TIMEOUT_MS), 120_000),
  modelMaxRetries: variable("MODEL_MAX_RETRIES", wholeNumber(0, 10), 2),
  /** The longest that one call of a tool may take. */
  toolTimeoutMs: variable("TOOL_TIMEOUT_MS", wholeNumber(1, MAX_TIMEOUT_MS), 60_000),
  /** How often a run may go back to the model with the results of tools. */
  maxToolRounds: variable("MAX_TOOL_ROUNDS", wholeNumber(1, 1_000), 10),
  /** How many levels of teams may stand in one another. */
  maxTeamDepth: variable("MAX_TEAM_DEPTH", wholeNumber(1, 10), 3),
  /** How many member runs one run of a team may start, over all its levels. */
  maxMemberRuns: variable("MAX_MEMBER_RUNS", wholeNumber(1, 64), 16),
  /** The exact `iss` of end users' tokens. Set, it lets them in; null: no token of an identity provider is taken. */
  jwtIssuer: optional("JWT_ISSUER", TEXT),
  /** Where the issuer's keys are; null: at `/.well-known/jwks.json` below it. */
  jwtJwksUrl: optional("JWT_JWKS_URL", HTTP_URL),
  /** The issuer's keys themselves, as the text of a JWKS, instead of a URL. */
  jwtJwks: optional("JWT_JWKS", JWKS),
  /** One of these must be in `aud`; null: `aud` may be missing, and else must hold `OS_ID`. */
  jwtAudience: optional("JWT_AUDIENCE", TEXTS),
  /** Who a token's `azp` may be; null: anybody. */
  jwtAuthorizedParties: optional("JWT_AUTHORIZED_PARTIES", TEXTS),
  /** Public keys (PEM) or, for HS256, the secret of tokens that are not the issuer's. */
  jwtVerificationKey: optional("JWT_VERIFICATION_KEY", TEXT),
  jwtAlgorithms: variable("JWT_ALGORITHMS", ISSUER_ALGORITHMS, ["RS256", "ES256", "EdDSA"]),
  /** The algorithm of `JWT_VERIFICATION_KEY`. */
  jwtAlgorithm: variable("JWT_ALGORITHM", JWT_ALGORITHM, "RS256"),
  /** A claim's name, or from `/` on a JSON Pointer. */
  jwtUserIdClaim: variable("JWT_USER_ID_CLAIM", CLAIM, "sub"),
  jwtScopesClaim: variable("JWT_SCOPES_CLAIM", CLAIM, "scopes"),
  /** The claim whose value is the session of all runs of the token; null: a token says nothing of sessions. */
  jwtSessionIdClaim: optional("JWT_SESSION_ID_CLAIM", CLAIM),
  /** The claims that tools are told. */
  jwtToolClaims: variable("JWT_TOOL_CLAIMS", TEXTS, []),
  /** What tokens may do that have no claim of scopes. */
  jwtDefaultScopes: variable("JWT_DEFAULT_SCOPES", SCOPE_WORDS, [...DEFAULT_SCOPES]),
  jwtAdminScope: variable("JWT_ADMIN_SCOPE", TEXT, ADMIN_SCOPE),
  /** By how much clocks may differ. */
  jwtLeewaySeconds: variable("JWT_LEEWAY_SECONDS", seconds(0, 300), 10),
  /** The header that tokens stand in. */
  jwtHeader: variable("JWT_HEADER", HEADER_NAME, "Authorization"),
  /** The cookie that tokens may stand in; null: none. */
  jwtCookie: optional("JWT_COOKIE", HEADER_NAME),
  /** Signs client tokens; null: none are made or taken. Never made of `OS_SECURITY_KEY`, which could then be guessed. */
  clientTokenSecret: optional("CLIENT_TOKEN_SECRET", SIGNING_SECRET),
  /** Verifies client tokens that were signed before the secret changed. */
  clientTokenSecretOld: optional("CLIENT_TOKEN_SECRET_OLD", SIGNING_SECRET),
  /** The key of before, which is taken as well while callers move to the new one. */
  securityKeyOld: optional("OS_SECURITY_KEY_OLD", TEXT),
  /** How much an end user may use; 0: without limit. A token may say otherwise. */
  userConcurrentRuns: variable("USER_CONCURRENT_RUNS", wholeNumber(0, 1_000_000), 4),
  userRunsPerDay: variable("USER_RUNS_PER_DAY", wholeNumber(0, 1_000_000_000), 500),
  userTokensPerDay: variable("USER_TOKENS_PER_DAY", wholeNumber(0, 1_000_000_000_000), 2_000_000),
  userMaxSessions: variable("USER_MAX_SESSIONS", wholeNumber(0, 1_000_000_000), 0),
  /** Brakes: of wrong credentials by address, of requests and of runs by user. Null: there is no such brake. */
  authFailures: optionalBinding("AUTH_FAILURES"),
  requests: optionalBinding("REQUESTS"),
  runStarts: optionalBinding("RUN_STARTS"),
  /** Origins whose pages may call. `*` is never among them. */
  corsOrigins: variable("CORS_ORIGINS", ORIGINS, []),
  osId: variable("OS_ID", TEXT, "edge-sessions"),
  osName: variable("OS_NAME", TEXT, "Edge Sessions"),
};

type Settings = typeof SETTINGS;
type Setting = Variable | Binding | OptionalBinding;

/** The settings and bindings of a deployment. Code outside this file knows nothing else of the environment. */
export type Config = {
  [K in keyof Settings]: Settings[K] extends Format<infer T> ? T : never;
} & {
  /** The servers that models may name beside the deployment's own one, each with the key of its secret. */
  providers: readonly KeyedProvider[];
};

/** The names of all variables; bindings are not among them. */
export type VariableName = Extract<Settings[keyof Settings], { kind: "variable" }>["name"];

/** An empty variable counts as unset: a shell or a dashboard takes a variable away in that way. */
function present(value: unknown): unknown {
  if (typeof value !== "string") return value ?? undefined;
  return value.trim() === "" ? undefined : value.trim();
}

/** The value of a setting; undefined if the environment holds none that it takes. */
function settingValue(setting: Setting, env: object): unknown {
  const given = present(Reflect.get(env, setting.name));
  if (given !== undefined) return setting.read(given);
  return "fallback" in setting ? setting.fallback : undefined;
}

export function misconfigured(sentences: readonly string[]): Failure {
  return { code: "internal", detail: `The server is not configured correctly: ${sentences.join(" ")}` };
}

/** What is wrong with the secrets of providers, a sentence each. */
function secretProblems(env: object, providers: readonly ModelProvider[]): string[] {
  const own = Object.values<Setting>(SETTINGS).map(({ name }) => name);
  return providers.flatMap(({ name, secret }) => {
    if (secret === undefined) return [];
    // OS_SECURITY_KEY, say, would be sent to the provider.
    if (own.includes(secret))
      return [`${secret} is a setting of the server: provider '${name}' must name another secret.`];
    return typeof present(Reflect.get(env, secret)) === "string"
      ? []
      : [`${secret} must be set: it is the key of provider '${name}'.`];
  });
}

const keyed = (env: object, provider: ModelProvider): KeyedProvider => {
  const key = provider.secret === undefined ? undefined : present(Reflect.get(env, provider.secret));
  return { ...provider, apiKey: key === undefined ? null : String(key) };
};

function read(env: object, providers: readonly ModelProvider[]): Outcome<Config> {
  const values = Object.entries<Setting>(SETTINGS).map(([key, setting]) => ({
    key,
    setting,
    value: settingValue(setting, env),
  }));
  const bad = values.filter(({ value }) => value === undefined);
  const problems = [
    // Names each bad variable and what it must be, never its value: some are secrets.
    ...bad.map(({ setting }) => `${setting.name} must be ${setting.expected}.`),
    ...secretProblems(env, providers),
  ];
  if (problems.length > 0) return fail(misconfigured(problems));
  const settings = Object.fromEntries(values.map(({ key, value }) => [key, value])) as Omit<Config, "providers">;
  const together = jwtProblems(settings);
  if (together.length > 0) return fail(misconfigured(together));
  return ok({ ...settings, providers: providers.map((provider) => keyed(env, provider)) });
}

const configs = new WeakMap<object, Outcome<Config>>();

/**
 * Reads an environment once; the answer is remembered for as long as the environment lives. `providers` are the
 * deployment's, whose secrets are read too.
 */
export function readConfig(env: object, providers: readonly ModelProvider[] = []): Outcome<Config> {
  const known = configs.get(env);
  if (known !== undefined) return known;
  const config = read(env, providers);
  configs.set(env, config);
  return config;
}

/** The settings; a failure if a team of the deployment is deeper than they allow. */
export function withinLimits(config: Config, registry: Registry): Outcome<Config> {
  const tooDeep = [...registry.teams.values()]
    .map((team) => ({ team, depth: teamDepth(registry, team) }))
    .filter(({ depth }) => depth > config.maxTeamDepth);
  if (tooDeep.length === 0) return ok(config);
  const sentences = tooDeep.map(({ team, depth }) => `Team '${team.name}' is ${depth} levels of teams deep.`);
  return fail(misconfigured([...sentences, `MAX_TEAM_DEPTH is ${config.maxTeamDepth}.`]));
}
