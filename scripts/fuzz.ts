import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawnGroup, stopGroupsAtEnd } from "./server/process-group.ts";
import { startServer } from "./server/server-process.ts";
import type { Settings } from "./server/settings.ts";
import { PROJECT_DIR, StartError } from "./server/wrangler.ts";

/** `npm run fuzz`: Schemathesis makes requests from the OpenAPI document and sends them to servers that this script starts. */

const VERSION = "4.32.5";
const VENV_DIR = path.join(PROJECT_DIR, ".wrangler/schemathesis");
const CONFIG = path.join(PROJECT_DIR, "test/schemathesis.toml");
const KEY = "fuzzing-key";

/** The Schemathesis command. If the machine has none, it is installed into the folder of the local state. */
function schemathesis(): string {
  if (spawnSync("schemathesis", ["--version"]).status === 0) return "schemathesis";
  const installed = path.join(VENV_DIR, "bin/schemathesis");
  if (existsSync(installed)) return installed;
  console.log(`Schemathesis ${VERSION} is installed into ${VENV_DIR}.`);
  const steps: [string, string[]][] = [
    ["python3", ["-m", "venv", VENV_DIR]],
    [path.join(VENV_DIR, "bin/pip"), ["install", "--quiet", `schemathesis==${VERSION}`]],
  ];
  for (const [command, args] of steps) {
    const { status } = spawnSync(command, args, { stdio: "inherit" });
    if (status !== 0) throw new StartError("Schemathesis could not be installed: that takes Python 3.10 or newer.");
  }
  return installed;
}

/** Checks one server, in development mode with the offline model. Answers Schemathesis's exit code. */
async function fuzzed(command: string, settings: Settings, flags: readonly string[]): Promise<number> {
  const stateDir = mkdtempSync(path.join(tmpdir(), "edge-sessions-fuzz-"));
  process.on("exit", () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 }));
  const server = await startServer(stateDir, settings);
  const args = [`--config-file=${CONFIG}`, "run", `${server.url}/openapi.json`, `--url=${server.url}`, ...flags];
  const hasKey = settings.OS_SECURITY_KEY !== undefined;
  const run = spawnGroup(command, [...args, ...(hasKey ? [`--header=Authorization: Bearer ${KEY}`] : [])], {
    cwd: stateDir,
    env: { ...process.env, SCHEMATHESIS_HOOKS: path.join(PROJECT_DIR, "test/schemathesis_hooks.py") },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const code = await run.exited;
  await run.stop();
  await server.stop();
  return code;
}

stopGroupsAtEnd();
try {
  const flags = process.argv.slice(2);
  const command = schemathesis();
  console.log("Without a key:");
  const open = await fuzzed(command, {}, flags);
  console.log("With a key:");
  const locked = await fuzzed(command, { OS_SECURITY_KEY: KEY }, flags);
  process.exitCode = open || locked;
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
}
