/**
 * Takes the server's settings from a shell to the Worker: by file, because anybody on the machine can read the flags of a
 * process. Pure: the tests run it, and have no Node.
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

/** The settings that an environment has. An empty one is kept: a shell takes away in that way what a file sets. */
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

/** Escapes every `$`: wrangler replaces `$NAME` in the files of `--env-file`, though not in `.dev.vars`. */
export const keepDollars = (text: string): string => text.replaceAll("$", "\\$");

/** These files have no escapes for quotation marks, so a value is put between marks that it does not hold. */
function quoted(name: string, value: string): string {
  const mark = ["'", "`", '"'].find((one) => !value.includes(one) && (one !== '"' || !/\\[nr]/.test(value)));
  if (mark === undefined || value.endsWith("\\")) {
    throw new UnusableSetting(
      `${name} holds characters that cannot be handed over. Set it in .dev.vars or with --var.`,
    );
  }
  return `${mark}${keepDollars(value)}${mark}`;
}
