import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawnGroup } from "../../../scripts/server/process-group.ts";
import { PROJECT_DIR, recordOutput } from "../../../scripts/server/wrangler.ts";

const START_TIMEOUT_MS = 90_000;
const POLL_MS = 100;

export interface Started {
  url: string;
  /** All that it has printed. */
  output(): string;
}

/** Starts a server as `npm start` does, without any setting, and ends it after what is done with it. */
export async function withStart(act: (started: Started) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "edge-sessions-start-"));
  const port = await freePort();
  const script = ["--import", "./scripts/require-node.js", "scripts/start.ts"];
  const group = spawnGroup(
    process.execPath,
    [...script, `--port=${port}`, `--persist-to=${folder}`, "--inspector-port=0"],
    {
      cwd: PROJECT_DIR,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, WRANGLER_REGISTRY_PATH: path.join(folder, "registry") },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const output = recordOutput(group);
  let hasEnded = false;
  void group.exited.then(() => {
    hasEnded = true;
  });
  try {
    const late = Date.now() + START_TIMEOUT_MS;
    while (!output().includes("Stop:")) {
      if (hasEnded || Date.now() > late) throw new Error(`The server did not start:\n${output()}`);
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
    await act({ url: `http://127.0.0.1:${port}`, output });
  } finally {
    await group.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The deployment's configuration without the inbox, as a file. Answers its path. */
export function withoutInbox(folder: string): string {
  const file = path.join(folder, "without-inbox.toml");
  const text = readFileSync(path.join(PROJECT_DIR, "wrangler.toml"), "utf8")
    .replace(/^\[(build|assets)\]\n(?:[^[\n].*\n)*/gm, "")
    .replace(/^(main|migrations_dir) = "(.*)"$/gm, (_, name, to) => `${name} = "${path.join(PROJECT_DIR, to)}"`);
  writeFileSync(file, text);
  return file;
}

function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
