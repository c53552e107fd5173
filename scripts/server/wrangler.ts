import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type ProcessGroup, spawnGroup } from "./process-group.ts";

/** The project's folder, whichever folder the script was started from. */
export const PROJECT_DIR = path.resolve(import.meta.dirname, "../..");
const MIGRATIONS_DIR = path.join(PROJECT_DIR, "migrations");

/** A problem that the caller can solve. It is shown as a sentence, without a stack. */
export class StartError extends Error {}

/**
 * Keeps wrangler from calling other machines: it sends no telemetry, asks for no updates, and fetches no example of
 * `Request.cf`.
 * Also keeps the shell's environment out of the Worker.
 */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  CLOUDFLARE_INCLUDE_PROCESS_ENV: "false",
};

type Environment = Record<string, string | undefined>;

/**
 * `show` lets wrangler write to this process's output; with `keep` the caller reads what it writes. Wrangler gets no input,
 * so it cannot ask anything.
 */
export type Output = "show" | "keep";

/** Starts wrangler with the Node that runs this script, and opens a channel for wrangler's messages. */
export function spawnWrangler(args: readonly string[], output: Output, env: Environment = {}): ProcessGroup {
  const bin = path.join(PROJECT_DIR, "node_modules/wrangler/bin/wrangler.js");
  if (!existsSync(bin)) throw new StartError("wrangler is not installed. Run `npm ci` first.");
  const stream = output === "show" ? "inherit" : "pipe";
  return spawnGroup(process.execPath, [bin, ...args], {
    cwd: PROJECT_DIR,
    env: { ...process.env, ...QUIET, ...env },
    stdio: ["ignore", stream, stream, "ipc"],
  });
}

/** Records what a program writes from now on. Returns a function that reads it. */
export function recordOutput({ child }: ProcessGroup): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

/** Applies the migrations to a local database. Answers how many it has applied. */
export async function migrate(flags: readonly string[], env: Environment = {}): Promise<number> {
  const output = await runD1(["migrations", "apply", "DB", "--local", ...flags], env);
  return new Set(output.match(/\b\d{4}_\w+\.sql\b/g)).size;
}

/**
 * Runs all migrations as one script on the empty local database in a folder. A second call does nothing. Wrangler starts a
 * workerd for each migration that it applies, and this way it starts only one, which takes a third of the time.
 */
export async function makeTables(stateDir: string, flags: readonly string[], env: Environment): Promise<void> {
  const done = path.join(stateDir, "tables-made");
  if (existsSync(done)) return;
  const script = path.join(stateDir, "tables.sql");
  const migrations = migrationFiles().map((file) => readFileSync(file, "utf8"));
  writeFileSync(script, migrations.join("\n"));
  await runD1(["execute", "DB", "--local", `--file=${script}`, ...flags], env);
  writeFileSync(done, "");
}

/** The SQL files of the migrations, in order. */
const migrationFiles = (): string[] =>
  readdirSync(MIGRATIONS_DIR)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => path.join(MIGRATIONS_DIR, file));

/** Runs a `wrangler d1` command on the local database. Answers what it prints. */
async function runD1(args: readonly string[], env: Environment): Promise<string> {
  // With CI set, wrangler does not ask for permission, not even in a terminal.
  const group = spawnWrangler(["d1", ...args], "keep", { ...env, CI: "1" });
  const output = recordOutput(group);
  const code = await group.exited;
  await group.stop();
  if (code !== 0) throw new StartError(`The local database could not be migrated:\n${output()}`);
  return output();
}
