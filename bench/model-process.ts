import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export interface ModelProcess {
  /** The value for OPENAI_BASE_URL. */
  baseUrl: string;
  stop(): void;
}

/** Starts the fake model (`model-server.ts`) as a child process. It ends when this process does, however that happens. */
export async function startModel(): Promise<ModelProcess> {
  const child = fork(path.join(import.meta.dirname, "model-server.ts"));
  const [address] = (await once(child, "message")) as [{ port: number }];
  return { baseUrl: `http://127.0.0.1:${address.port}/v1`, stop: () => child.disconnect() };
}
