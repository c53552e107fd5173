/**
 * The server's settings on their way from a shell to the Worker: by file, because flags show in the list of processes.
 * Pure: it runs in the tests, which have no Node.
 */

import { SETTINGS, type VariableName } from "../../src/env.ts";

/** A setting that a shell may set: each one but MODE, which only a flag sets. */
export type ShellSetting = Exclude<VariableName, "MODE">;

const isShellSetting = (name: VariableName): name is ShellSetting => name !== "MODE";

export const SHELL_SETTINGS: readonly ShellSetting[] = Object.values(SETTINGS)
  .filter((setting) => setting.kind === "variable")
  .map(({ name }) => name)
  .filter(isShellSetting);

export type Settings = Partial<Record<ShellSetting, string>>;

/** The settings that an environment has. An empty one is kept: that is how a shell takes away what a file sets. */
export function settingsIn(env: Readonly<Record<string, string | undefined>>): Settings {
  return Object.fromEntries(SHELL_SETTINGS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
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
