/**
 * Passes the server's settings from a shell to the Worker. It does so by file, because anybody on the machine can read a
 * process's flags. It uses nothing of Node, because the tests run it in workerd.
 */

import { providers } from "../../src/agents/providers.ts";
import type { ModelProvider } from "../../src/domain/model-choice.ts";
import { SETTINGS, type VariableName } from "../../src/env.ts";

/** The settings that a shell may set. MODE is not among them: only a flag sets it. */
export type ShellSetting = Exclude<VariableName, "MODE">;

const isShellSetting = (name: VariableName): name is ShellSetting => name !== "MODE";

export const SHELL_SETTINGS: readonly ShellSetting[] = Object.values(SETTINGS)
  .filter((setting) => setting.kind === "variable")
  .map(({ name }) => name)
  .filter(isShellSetting);

/** Values by their names: those of settings, and of the secrets of providers. */
export type Settings = Partial<Record<ShellSetting, string>> & Record<string, string>;

/**
 * The settings in an environment, with the secrets that the deployment's providers name. An empty one is kept, because with
 * it a shell takes back what a file sets.
 */
export function settingsIn(
  env: Readonly<Record<string, string | undefined>>,
  of: readonly ModelProvider[] = providers,
): Settings {
  const secrets = of.flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
  const names = [...new Set([...SHELL_SETTINGS, ...secrets])];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** A setting has a value that no file for wrangler can hold. The message names the setting and never shows its value. */
export class UnusableSetting extends Error {}

/** The settings as a file for wrangler's `--env-file`. Throws UnusableSetting. */
export function envFileText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${quoted(name, value)}\n`)
    .join("");
}

/** Escapes every `$`. In files of `--env-file` wrangler replaces `$NAME`, which it does not do in `.dev.vars`. */
export const keepDollars = (text: string): string => text.replaceAll("$", "\\$");

/** These files have no escapes for quotation marks. So a value is put between marks that are not in it. */
function quoted(name: string, value: string): string {
  const mark = ["'", "`", '"'].find((one) => !value.includes(one) && (one !== '"' || !/\\[nr]/.test(value)));
  if (mark === undefined || value.endsWith("\\")) {
    throw new UnusableSetting(
      `${name} holds characters that cannot be handed over. Set it in .dev.vars or with --var.`,
    );
  }
  return `${mark}${keepDollars(value)}${mark}`;
}
