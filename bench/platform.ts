import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { type Bundle, migrationStatements } from "./build.ts";
import { type Door, OPEN_DOOR } from "./doors.ts";

/** A running workerd with the product's Worker and the floor's Worker. Both use one D1. */
export interface Platform {
  /** The address, without a slash at its end. */
  url: string;
  db: D1Database;
  /** The address at which workerd answers questions about its isolates. */
  inspector: URL;
  /** The file that D1 keeps its database in. */
  databaseFile(): Promise<string>;
  /** Takes the session's object out of memory, as the platform does when it is idle. */
  evict(sessionId: string): Promise<void>;
  /** Does what the cron trigger does every minute. */
  cron(): Promise<void>;
  stop(): Promise<void>;
}

/** An object that is evicted has been idle for longer than it takes to clear away what its last run left. */
const CLEARS_WITHIN_MS = 300;

const COMPATIBILITY = { compatibilityDate: "2026-10-20", compatibilityFlags: ["enable_request_signal"] };

/** Starts workerd with an empty state folder, and applies the migrations of `tree`. Callers come in by `door`. */
export async function startPlatform(
  tree: string,
  { app, floor }: { app: Bundle; floor: Bundle },
  baseUrl: string,
  door: Door = OPEN_DOOR,
): Promise<Platform> {
  const state = await mkdtemp(path.join(tmpdir(), "bench-state-"));
  const shared = { ...COMPATIBILITY, d1Databases: { DB: "bench" } };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      inspectorPort: 0,
      cf: false,
      logRequests: false,
      resourcePersistencePath: state,
      workers: [
        {
          ...shared,
          name: "app",
          ...app,
          bindings: { ...door.bindings, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL: "bench" },
          ratelimits: door.ratelimits,
          durableObjects: { SESSIONS: { className: "SessionObject", useSQLite: true } },
          queueProducers: { JOBS: "jobs" },
          queueConsumers: { jobs: { maxBatchSize: 1, maxBatchTimeout: 0 } },
        },
        {
          ...shared,
          name: "floor",
          ...floor,
          bindings: { OPENAI_BASE_URL: baseUrl },
          routes: ["*/floor/*"],
        },
      ],
    }),
  );
  const url = (await miniflare.ready).origin;
  const db: D1Database = await miniflare.getD1Database("DB", "app");
  for (const statement of await migrationStatements(tree)) {
    await db.prepare(statement).run();
  }
  return {
    url,
    db,
    inspector: await miniflare.getInspectorURL(),
    databaseFile: () => databaseIn(state),
    evict: async (sessionId) => {
      await new Promise((resolve) => setTimeout(resolve, CLEARS_WITHIN_MS));
      await miniflare.unsafeEvictDurableObject("app", "SessionObject", { name: sessionId });
    },
    cron: async () => {
      // Its types leave out what Miniflare adds.
      const worker = (await miniflare.getWorker("app")) as unknown as { scheduled(): Promise<unknown> };
      await worker.scheduled();
    },
    stop: async () => {
      await miniflare.dispose();
      await rm(state, { recursive: true, force: true });
    },
  };
}

async function databaseIn(state: string): Promise<string> {
  const files = await readdir(state, { recursive: true });
  const found = files.filter((file) => /d1\/.*\.sqlite$/.test(file) && !file.endsWith("metadata.sqlite"));
  const [file, ...others] = found;
  if (file === undefined || others.length > 0) throw new Error(`D1 has ${found.length} databases, not one.`);
  return path.join(state, file);
}
