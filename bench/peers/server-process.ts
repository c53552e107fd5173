import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { performance } from "node:perf_hooks";

const READY_WITHIN_MS = 60_000;

export interface ServerProcess {
  url: string;
  pid: number;
  readyMs: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/**
 * Starts a server, and waits until it answers. Its first argument is the port. It ends when its standard input does, so none
 * is left behind, however this process ends.
 */
export async function startServer(
  program: string,
  args: (port: string) => string[],
  cwd: string,
): Promise<ServerProcess> {
  const port = String(await freePort());
  const startedAt = performance.now();
  const child = spawn(program, args(port), {
    cwd,
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, ...QUIET },
  });
  running.add(child);
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
    pid: child.pid ?? Number.NaN,
    readyMs: performance.now() - startedAt,
    stop: async () => {
      running.delete(child);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
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
