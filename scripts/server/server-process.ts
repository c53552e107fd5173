import { writeFileSync } from "node:fs";
import path from "node:path";
import { envFileText, type Settings } from "./settings.ts";
import { makeTables, type Output, recordOutput, StartError, spawnWrangler } from "./wrangler.ts";

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** Wrangler sends this message to the process that started it once it listens. */
interface ReadyMessage {
  event: "DEV_SERVER_READY";
  ip: string;
  port: number;
}

/** Starts `wrangler dev`. `ready` is the address at which it listens. If it never listens, `ready` never settles. */
export function launchServer(args: readonly string[], output: Output, env: Record<string, string> = {}) {
  const group = spawnWrangler(["dev", ...args], output, env);
  const ready = new Promise<string>((settle) => {
    group.child.on("message", (message) => {
      const report = readyMessage(message);
      if (report !== null) settle(`${reachable(report.ip)}:${report.port}`);
    });
  });
  return { group, ready };
}

/** A server that a script has started for its own use. */
export interface Server {
  url: string;
  /** All that wrangler has written. */
  output(): string;
  /** Ends the server. Settles when none of its processes is left. The state stays. */
  stop(): Promise<void>;
  /** Kills the server, as a crash would. The state stays. */
  kill(): Promise<void>;
}

/**
 * Serves the state in a folder on a free port. It has these settings only: none of the shell's, none of `.dev.vars`. Settles
 * when the server answers and its database has its tables. The caller owns the folder, which is empty or holds the state of
 * such a server, which is said by `hasTables`: they are not made again then. The caller has called `stopGroupsAtEnd` before.
 */
export async function startServer(stateDir: string, settings: Settings = {}, hasTables = false): Promise<Server> {
  const settingsFile = path.join(stateDir, "settings.env");
  writeFileSync(settingsFile, envFileText(settings), { mode: 0o600 });
  const env = {
    WRANGLER_LOG_PATH: path.join(stateDir, "logs"),
    WRANGLER_REGISTRY_PATH: path.join(stateDir, "registry"),
    CLOUDFLARE_ENV: "",
  };
  const flags = [`--persist-to=${stateDir}`, `--env-file=${settingsFile}`];
  const { group, ready } = launchServer([...flags, "--port=0", "--var=MODE:development"], "keep", env);
  // The tables are made while the server starts, which takes as long. The server opens its database only with the first
  // request that needs it.
  const tables = hasTables ? Promise.resolve() : makeTables(stateDir, flags, env);
  const output = recordOutput(group);
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  const gone = group.exited.then((code) => {
    throw new StartError(`The server ended with exit code ${code}:\n${output()}`);
  });
  try {
    const answers = ready.then((address) => healthy(`http://${address}`, timeout));
    const [url] = await Promise.race([Promise.all([answers, tables]), gone, late(timeout)]);
    return { url, output, stop: group.stop, kill: group.kill };
  } catch (error) {
    await group.stop();
    await tables.catch(() => {});
    const withOutput = error === timeout.reason ? `The server did not answer in time:\n${output()}` : undefined;
    throw withOutput === undefined ? error : new StartError(withOutput);
  }
}

async function healthy(url: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const answer = await fetch(`${url}/health`, { signal }).catch(() => null);
    if (answer?.ok) return url;
    signal.throwIfAborted();
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

const late = (signal: AbortSignal) =>
  new Promise<never>((_, fail) => signal.addEventListener("abort", () => fail(signal.reason), { once: true }));

function readyMessage(message: unknown): ReadyMessage | null {
  if (typeof message !== "string" || !message.includes('"DEV_SERVER_READY"')) return null;
  return JSON.parse(message);
}

/** The address at which a server can be called. A server that listens at all addresses names none of them. */
export const reachable = (ip: string) => (["0.0.0.0", "*", "[::]", "::"].includes(ip) ? "127.0.0.1" : ip);
