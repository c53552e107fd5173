import { z } from "zod";
import type { Failure } from "./domain/error.ts";
import { MAX_TTL_SECONDS } from "./domain/limits.ts";
import { fail, type Outcome, ok } from "./domain/outcome.ts";
import { type Registry, teamDepth } from "./domain/team.ts";

/** The deployment's settings and bindings: all that is known of the environment below this file. */
export interface Config {
  db: Env["DB"];
  sessions: Env["SESSIONS"];
  /** Where slices of jobs are sent. */
  jobs: Env["JOBS"];
  /** `development` is set by `npm start` only: no key is needed, and the offline model answers when there is no other. */
  mode: "development" | "deployment";
  /** Null: open in development, closed otherwise. */
  securityKey: string | null;
  /** Whether every request that reads or changes sessions has to name its user. */
  requireUser: boolean;
  openAiApiKey: string | null;
  openAiBaseUrl: string | null;
  /** The model of agents that name none. */
  openAiModel: string;
  modelTimeoutMs: number;
  modelMaxRetries: number;
  namingModel: string | null;
  /** Sent with naming requests only when it is set. */
  namingReasoningEffort: string | null;
  /** After which age sessions without a name are named by the cron trigger; null is never. */
  nameUnnamedAfterSeconds: number | null;
  /** The model that summarizes sessions; null: the agent's own. */
  summaryModel: string | null;
  /** How long a session is kept after its last change where neither it nor its agent says; null is for ever. */
  sessionTtlSeconds: number | null;
  /** How long a deleted session can be brought back; 0: it is gone at once. */
  deleteUndoSeconds: number;
  toolTimeoutMs: number;
  maxToolRounds: number;
  /** How many levels of teams may stand in one another. */
  maxTeamDepth: number;
  /** How many runs of members one run of a team may start, over all its levels. */
  maxMemberRuns: number;
  /** Origins that browsers may call from, without `*`. */
  corsOrigins: string[];
  osId: string;
  osName: string;
}

/** A run may work for 15 minutes before the platform ends it, so no single wait can be longer. */
const MAX_TIMEOUT_MS = 15 * 60_000;

/** An empty variable counts as unset: that is how a shell or a dashboard takes one away. */
function present(value: unknown): unknown {
  if (typeof value !== "string") return value ?? undefined;
  return value.trim() === "" ? undefined : value.trim();
}

/** A variable whose `read` answers undefined for a value it does not take. */
function variable<T>(read: (value: unknown) => T | undefined, fallback: T, expected: string) {
  return z
    .unknown()
    .optional()
    .transform((value, ctx) => {
      const given = present(value);
      const taken = given === undefined ? fallback : read(given);
      if (taken !== undefined) return taken;
      ctx.addIssue(`must be ${expected}`);
      return z.NEVER;
    });
}

const readText = (value: unknown) => (typeof value === "string" ? value : undefined);
const text = (fallback: string) => variable(readText, fallback, "text");
const optionalText = variable<string | null>(readText, null, "text");

function readBoolean(value: unknown): boolean | undefined {
  if (value === true || value === "true") return true;
  return value === false || value === "false" ? false : undefined;
}

const readWholeNumber = (min: number, max: number) => (value: unknown) => {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  const fits = typeof number === "number" && Number.isInteger(number) && number >= min && number <= max;
  return fits ? number : undefined;
};

const wholeNumber = (fallback: number, min: number, max: number) =>
  variable(readWholeNumber(min, max), fallback, `a whole number from ${min} to ${max}`);

/** A whole number of seconds, or null where the variable is unset. */
const optionalSeconds = (min: number) =>
  variable<number | null>(
    readWholeNumber(min, MAX_TTL_SECONDS),
    null,
    `a whole number of seconds from ${min} to ${MAX_TTL_SECONDS}`,
  );

function readUrl(value: unknown): string | undefined {
  const url = typeof value === "string" ? URL.parse(value) : null;
  return url?.protocol === "http:" || url?.protocol === "https:" ? String(value) : undefined;
}

function readOrigin(value: string): string | undefined {
  if (readUrl(value) !== undefined) return new URL(value).origin;
  // Desktop shells and browser extensions have origins of their own schemes, which URL calls "null".
  return /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/i.test(value) ? value : undefined;
}

function readOrigins(value: unknown): string[] | undefined {
  if (typeof value !== "string") return undefined;
  const entries = value.split(",").map((entry) => entry.trim());
  // Credentials are allowed, and browsers refuse `*` with them; AgentOS drops it too.
  const origins = entries.filter((entry) => entry !== "" && entry !== "*").map(readOrigin);
  const known = origins.filter((origin) => origin !== undefined);
  return known.length === origins.length ? known : undefined;
}

const binding = <T>() => z.custom<T>((value) => value !== undefined && value !== null, "must be bound (wrangler.toml)");

const Variables = z.object({
  DB: binding<Env["DB"]>(),
  SESSIONS: binding<Env["SESSIONS"]>(),
  JOBS: binding<Env["JOBS"]>(),
  MODE: variable<Config["mode"]>(
    (value) => (value === "development" ? value : undefined),
    "deployment",
    "`development` or unset",
  ),
  OS_SECURITY_KEY: optionalText,
  REQUIRE_USER: variable(readBoolean, false, "`true` or `false`"),
  OPENAI_API_KEY: optionalText,
  OPENAI_BASE_URL: variable<string | null>(readUrl, null, "an http or https URL"),
  OPENAI_MODEL: text("gpt-5-mini"),
  NAMING_MODEL: optionalText,
  NAMING_REASONING_EFFORT: optionalText,
  NAME_UNNAMED_AFTER_SECONDS: optionalSeconds(0),
  SUMMARY_MODEL: optionalText,
  SESSION_TTL_SECONDS: optionalSeconds(1),
  DELETE_UNDO_SECONDS: wholeNumber(0, 0, MAX_TTL_SECONDS),
  MODEL_TIMEOUT_MS: wholeNumber(120_000, 1, MAX_TIMEOUT_MS),
  MODEL_MAX_RETRIES: wholeNumber(2, 0, 10),
  TOOL_TIMEOUT_MS: wholeNumber(60_000, 1, MAX_TIMEOUT_MS),
  MAX_TOOL_ROUNDS: wholeNumber(10, 1, 1_000),
  MAX_TEAM_DEPTH: wholeNumber(3, 1, 10),
  MAX_MEMBER_RUNS: wholeNumber(16, 1, 64),
  CORS_ORIGINS: variable(readOrigins, [], "origins such as https://app.example.com, separated by commas"),
  OS_ID: text("edge-sessions"),
  OS_NAME: text("Edge Sessions"),
});

function toConfig(variables: z.output<typeof Variables>): Config {
  return {
    db: variables.DB,
    sessions: variables.SESSIONS,
    jobs: variables.JOBS,
    mode: variables.MODE,
    securityKey: variables.OS_SECURITY_KEY,
    requireUser: variables.REQUIRE_USER,
    openAiApiKey: variables.OPENAI_API_KEY,
    openAiBaseUrl: variables.OPENAI_BASE_URL,
    openAiModel: variables.OPENAI_MODEL,
    modelTimeoutMs: variables.MODEL_TIMEOUT_MS,
    modelMaxRetries: variables.MODEL_MAX_RETRIES,
    namingModel: variables.NAMING_MODEL,
    namingReasoningEffort: variables.NAMING_REASONING_EFFORT,
    nameUnnamedAfterSeconds: variables.NAME_UNNAMED_AFTER_SECONDS,
    summaryModel: variables.SUMMARY_MODEL,
    sessionTtlSeconds: variables.SESSION_TTL_SECONDS,
    deleteUndoSeconds: variables.DELETE_UNDO_SECONDS,
    toolTimeoutMs: variables.TOOL_TIMEOUT_MS,
    maxToolRounds: variables.MAX_TOOL_ROUNDS,
    maxTeamDepth: variables.MAX_TEAM_DEPTH,
    maxMemberRuns: variables.MAX_MEMBER_RUNS,
    corsOrigins: variables.CORS_ORIGINS,
    osId: variables.OS_ID,
    osName: variables.OS_NAME,
  };
}

function misconfigured(sentences: readonly string[]): Failure {
  return { code: "internal", detail: `The server is not configured correctly: ${sentences.join(" ")}` };
}

/** Names each bad variable and what it must be, never its value: some are secrets. */
function badVariables(error: z.ZodError): Failure {
  return misconfigured(error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}.`));
}

const configs = new WeakMap<object, Outcome<Config>>();

/** Reads an environment once; the answer is remembered for as long as the environment lives. */
export function readConfig(env: object): Outcome<Config> {
  const known = configs.get(env);
  if (known !== undefined) return known;
  const read = Variables.safeParse(env);
  const config = read.success ? ok(toConfig(read.data)) : fail(badVariables(read.error));
  configs.set(env, config);
  return config;
}

/** The settings, if the deployment's teams keep to them. */
export function withinLimits(config: Config, registry: Registry): Outcome<Config> {
  const tooDeep = [...registry.teams.values()]
    .map((team) => ({ team, depth: teamDepth(registry, team) }))
    .filter(({ depth }) => depth > config.maxTeamDepth);
  if (tooDeep.length === 0) return ok(config);
  const sentences = tooDeep.map(({ team, depth }) => `Team '${team.name}' is ${depth} levels of teams deep.`);
  return fail(misconfigured([...sentences, `MAX_TEAM_DEPTH is ${config.maxTeamDepth}.`]));
}
