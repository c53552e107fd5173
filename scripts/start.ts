import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseEnv } from "node:util";
import { keptSecret } from "./server/client-token-secret.ts";
import { flagValue, flagValues, hasFlag, migrationFlags, variables } from "./server/flags.ts";
import { stopGroupsAtEnd } from "./server/process-group.ts";
import { launchServer, reachable } from "./server/server-process.ts";
import {
  envFileText,
  keepDollars,
  type Settings,
  type ShellSetting,
  settingsIn,
  UnusableSetting,
} from "./server/settings.ts";
import { migrate, PROJECT_DIR, StartError, spawnWrangler } from "./server/wrangler.ts";
import { exposure, withoutKey } from "./start/exposure.ts";
import { announcement, introduction } from "./start/introduction.ts";

/** The same as in wrangler.toml. */
const DEFAULT_PORT = "8787";
const DEFAULT_IP = "127.0.0.1";
const DEFAULT_STATE_DIR = ".wrangler/state";

/** `npm start`: migrates a local database and serves it in development mode. Further flags go to wrangler. */
async function start(args: readonly string[]): Promise<number> {
  if (hasFlag(args, "help", "h", "version", "v")) return spawnWrangler(["dev", ...args], "show").exited;
  const port = flagValue(args, "port") ?? DEFAULT_PORT;
  const ip = flagValue(args, "ip") ?? DEFAULT_IP;
  const set = variables(args);
  const mode = set.MODE ?? "development";
  const exposed = exposure(args, ip);
  const key = settingOf(args, "OS_SECURITY_KEY");
  if (mode === "development" && exposed !== null && !key?.trim()) throw new StartError(withoutKey(exposed));
  await requireFreePort(port, ip);
  const protocol = flagValue(args, "local-protocol") ?? "http";
  // Which free port it is, wrangler says later.
  if (port !== "0") console.log(announcement(`${protocol}://${reachable(ip)}:${port}`));

  const stateDir = flagValue(args, "persist-to") ?? DEFAULT_STATE_DIR;
  const applied = await migrate(migrationFlags(args));
  const changes = applied === 0 ? "up to date" : `${applied} migration${applied === 1 ? "" : "s"} applied`;
  console.log(`The database in ${stateDir} is ready: ${changes}.`);

  const { group, ready } = launchServer(
    [
      ...args,
      ...(hasFlag(args, "port") ? [] : [`--port=${port}`]),
      ...(hasFlag(args, "ip") ? [] : [`--ip=${ip}`]),
      ...("MODE" in set ? [] : ["--var=MODE:development"]),
      ...settingFiles(args, { ...settingsIn(process.env), ...keptSettings(args, stateDir) }).map(
        (file) => `--env-file=${file}`,
      ),
    ],
    "show",
  );
  ready
    .then((address) => introduction(`${protocol}://${address}`, mode, key))
    .then((text) => text !== null && console.log(text))
    .catch(console.error);
  const code = await group.exited;
  await group.stop();
  return code;
}

async function requireFreePort(port: string, ip: string): Promise<void> {
  const isPort = /^\d+$/.test(port) && Number(port) < 65_536;
  if (!isPort) throw new StartError(`--port must be a number up to 65535, not "${port}".`);
  const problem = await new Promise<NodeJS.ErrnoException | null>((settle) => {
    const probe = createServer();
    probe.once("error", settle);
    probe.listen({ port: Number(port), host: ip === "*" ? "0.0.0.0" : ip }, () => probe.close(() => settle(null)));
  });
  if (problem?.code !== "EADDRINUSE") return;
  const other = Number(port) + 1;
  throw new StartError(
    `Port ${port} is taken: something else listens at ${ip}:${port}. Stop it, or choose another port: npm start -- --port ${other}`,
  );
}

/**
 * The files that bring the settings to the Worker; a later file wins. There are none if wrangler finds all settings by
 * itself. Once it is given one file, wrangler looks for no others, so the list also has the files that it would have found.
 */
function settingFiles(args: readonly string[], shell: Settings): string[] {
  if (Object.keys(shell).length === 0) return [];
  const dir = mkdtempSync(path.join(tmpdir(), "edge-sessions-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    const file = path.join(dir, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return [...localFiles(args, write), write("shell.env", envFileText(shell))];
}

function localFiles(args: readonly string[], write: (name: string, text: string) => string): string[] {
  if (hasFlag(args, "env-file")) return [];
  const devVars = devVarsFile(flagValue(args, "env", "e"));
  if (devVars !== null) return [write("dev.vars", keepDollars(readFileSync(devVars, "utf8")))];
  return envFiles(args);
}

/** The files that wrangler reads if there is no `.dev.vars`. A later file wins. */
function envFiles(args: readonly string[]): string[] {
  const environment = flagValue(args, "env", "e");
  const names = [".env", ".env.local"];
  if (environment !== undefined) names.push(`.env.${environment}`, `.env.${environment}.local`);
  return names.map((name) => path.join(PROJECT_DIR, name)).filter((file) => existsSync(file));
}

function devVarsFile(environment: string | undefined): string | null {
  const names = environment === undefined ? [".dev.vars"] : [`.dev.vars.${environment}`, ".dev.vars"];
  return names.map((name) => path.join(PROJECT_DIR, name)).find((file) => existsSync(file)) ?? null;
}

/** What the server needs that nobody has set. */
function keptSettings(args: readonly string[], stateDir: string): Settings {
  if (settingOf(args, "CLIENT_TOKEN_SECRET")?.trim()) return {};
  return { CLIENT_TOKEN_SECRET: keptSecret(path.resolve(PROJECT_DIR, flagValue(args, "cwd") ?? "", stateDir)) };
}

/** The value of a setting that the server will have, as far as this script can know it. */
function settingOf(args: readonly string[], name: ShellSetting): string | undefined {
  const given = variables(args)[name] ?? process.env[name];
  if (given !== undefined) return given;
  const devVars = devVarsFile(flagValue(args, "env", "e"));
  const named = flagValues(args, ["env-file"], true).map((file) => path.resolve(PROJECT_DIR, file));
  const files = hasFlag(args, "env-file") ? named : devVars === null ? envFiles(args) : [devVars];
  const local = files.filter((file) => existsSync(file)).map((file) => parseEnv(readFileSync(file, "utf8")));
  return local.findLast((settings) => settings[name] !== undefined)?.[name];
}

stopGroupsAtEnd();
try {
  process.exitCode = await start(process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof StartError || error instanceof UnusableSetting;
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}
