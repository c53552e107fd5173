/**
 * The server's settings on their way from a shell to the Worker: by file, because flags show in the list of processes.
 * Pure: it runs in the tests, which have no Node.
 */

/** Everything that src/env.ts reads but MODE, which only a flag sets. */
export const SETTINGS = [
  "OS_SECURITY_KEY",
  "REQUIRE_USER",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "OPENAI_MODEL",
  "NAMING_MODEL",
  "NAMING_REASONING_EFFORT",
  "NAME_UNNAMED_AFTER_SECONDS",
  "SUMMARY_MODEL",
  "SESSION_TTL_SECONDS",
  "DELETE_UNDO_SECONDS",
  "MODEL_TIMEOUT_MS",
  "MODEL_MAX_RETRIES",
  "TOOL_TIMEOUT_MS",
  "MAX_TOOL_ROUNDS",
  "MAX_TEAM_DEPTH",
  "MAX_MEMBER_RUNS",
  "CORS_ORIGINS",
  "OS_ID",
  "OS_NAME",
] as const;

export type Settings = Partial<Record<(typeof SETTINGS)[number], string>>;

/** The settings that an environment has. An empty one is kept: that is how a shell takes away what a file sets. */
export function settingsIn(env: Readonly<Record<string, string | undefined>>): Settings {
  return Object.fromEntries(SETTINGS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** A value that no file for wrangler can hold. Names the setting, and never shows what it holds. */
export class UnusableSetting extends Error {}

/** Settings as a file for wrangler's `--env-file`. Throws UnusableSetting. */
export function envFileText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${quoted(name, value)}\n`)
    .join("");
}

/** Wrangler replaces `$NAME` in the files of `--env-file`, though not in `.dev.vars`: this keeps every `$` as it stands. */
export const keepDollars = (text: string): string => text.replaceAll("$", "\\$");

/** These files know no escapes, so a value needs a quotation mark that it does not have. */
function quoted(name: string, value: string): string {
  const mark = ["'", "`", '"'].find((one) => !value.includes(one) && (one !== '"' || !/\\[nr]/.test(value)));
  if (mark === undefined || value.endsWith("\\")) {
    throw new UnusableSetting(
      `${name} holds characters that cannot be handed over. Set it in .dev.vars or with --var.`,
    );
  }
  return `${mark}${keepDollars(value)}${mark}`;
}
