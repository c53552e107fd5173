import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";

const READY_WITHIN_MS = 60_000;

export interface ServerProcess {
  url: string;
  data: string;
  pid: number;
  readyMs: number;
  stop(): Promise<void>;
}

/** What runs, with the folder of its data: neither is left behind. */
const running = new Map<ChildProcess, string>();
process.once("exit", () => {
  for (const [child, data] of running) {
    child.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
  }
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/**
 * Starts a server with an empty folder for its data, and waits until it answers. It ends when its standard input does, so none
 * is left behind, however this process ends.
 */
export async function startServer(
  program: string,
  args: (port: string, data: string) => string[],
  cwd: string,
): Promise<ServerProcess> {
  const port = String(await freePort());
  const data = mkdtempSync(path.join(tmpdir(), "bench-peer-"));
  const startedAt = performance.now();
  const child = spawn(program, args(port, data), {
    cwd,
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, ...QUIET },
  });
  running.set(child, data);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said = (said + text).slice(-2_000);
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
    if (performance.now() - startedAt > READY_WITHIN_MS) throw new Error(`${program} does not answer: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    url,
    data,
    pid: child.pid ?? Number.NaN,
    readyMs: performance.now() - startedAt,
    stop: async () => {
      running.delete(child);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Nobody is told of the measuring. */
const QUIET = { MASTRA_TELEMETRY_DISABLED: "1", AGNO_TELEMETRY: "false", NO_PROXY: "127.0.0.1" };

/** Any answer will do, also that there is no such page. */
async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(`${url}/health`)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : Number.NaN;
}
