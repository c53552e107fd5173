import { existsSync, statfsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Request } from "miniflare";
import { defineConfig } from "vitest/config";
import { DOORS_VARS } from "./test/support/doors-deployment.ts";

/**
 * D1 and the objects wait for the disk after each write, which takes as long as all else that the tests do. Their files
 * are thrown away, so on Linux they are kept in memory. They take some 30 MB. A container may have less than that.
 */
const MEMORY = "/dev/shm";
const MIN_FREE_BYTES = 512 * 1024 ** 2;
if (existsSync(MEMORY)) {
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize >= MIN_FREE_BYTES) process.env.TMPDIR = MEMORY;
}

/** What src imports of packages: all of it, so that no module is there twice. */
const PACKAGES = [
  "@hono/zod-openapi",
  "drizzle-orm",
  "drizzle-orm/d1",
  "drizzle-orm/sqlite-core",
  "hono",
  "hono/http-exception",
  "hono/method-not-allowed",
  "hono/route",
  "jose",
  "openai",
  "openai/streaming",
  "zod",
];

type Brakes = Record<string, { namespace_id: string; simple: { limit: number; period: 60 } }>;

/** The brakes of `wrangler.toml`, with other limits. */
const brakes = (limits: { AUTH_FAILURES: number; REQUESTS: number; RUN_STARTS: number }): Brakes =>
  Object.fromEntries(
    Object.entries(limits).map(([name, limit], nth) => [
      name,
      { namespace_id: String(nth + 1), simple: { limit, period: 60 } },
    ]),
  );
/** Limits that a test reaches. */
const SMALL_BRAKES = brakes({ AUTH_FAILURES: 3, REQUESTS: 12, RUN_STARTS: 3 });
/** Limits that nothing reaches: brakes count over all tests of a project. The pool cannot take away what `wrangler.toml` binds. */
const WIDE_BRAKES = brakes({ AUTH_FAILURES: 1e9, REQUESTS: 1e9, RUN_STARTS: 1e9 });

/** The pool brings all of wrangler with it. That takes seconds, so the pool is imported only if a Worker has to start. */
async function workerWith(vars: Record<string, string>, ratelimits: Brakes) {
  const { cloudflareTest, readD1Migrations } = await import("@cloudflare/vitest-pool-workers");
  const { Response } = await import("miniflare");
  return cloudflareTest(async () => ({
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      ratelimits,
      // A fetch() that no test scripted ends here and never on the network.
      outboundService: (request: Request) =>
        new Response(`unscripted outbound request: ${request.url}`, { status: 599 }),
      bindings: {
        TEST_MIGRATIONS: await readD1Migrations(path.join(import.meta.dirname, "migrations")),
        MODE: "development",
        OPENAI_API_KEY: "sk-test",
        OPENAI_BASE_URL: "http://model.test/v1",
        ...vars,
      },
    },
  }));
}

/** A test's folder says what it is, and with that which project runs it. */
const named = (name: string, folders = [name]) => ({
  name,
  include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
  // Nothing is slow by itself; on a busy machine everything is.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  isolate: false,
  // A worker imports each package once: of a hundred modules one is made, which halves the time before the first test.
  deps: { optimizer: { ssr: { enabled: true, include: PACKAGES } } },
});

/**
 * What is pure is tested in Node: no Worker has to start, and no module is sent through a socket, so these tests take half
 * the processor time. A test that needs what only workerd has fails here, and belongs in another folder.
 */
const inNode = (name: string) => ({
  test: { ...named(name), pool: "threads" as const, setupFiles: ["./test/support/no-network.ts"] },
});

/** `unit` answers in ten seconds: what is pure but works through megabytes or thousands of rounds is in `long`. */
const IN_NODE = ["unit", "long"];

/**
 * What uses the platform is tested in workerd, on real D1 and real objects; the files of a project share a Worker. A Worker
 * takes seconds to import all of src, so folders that can share one are one project.
 */
const inWorker = (
  name: string,
  vars: Record<string, string> = {},
  { folders = [name], brakes = WIDE_BRAKES }: { folders?: string[]; brakes?: Brakes } = {},
) => ({
  plugins: [workerWith(vars, brakes)],
  test: {
    ...named(name, folders),
    setupFiles: ["./test/support/setup.ts"],
  },
});

const inWorkers = () => [
  inWorker("worker", {}, { folders: ["store", "api", "faults"] }),
  inWorker("own"),
  inWorker("responses", { OPENAI_API: "responses" }),
  inWorker("doors", DOORS_VARS),
  inWorker("brakes", DOORS_VARS, { brakes: SMALL_BRAKES }),
];

/** Vitest reads the settings of all projects before it looks at `--project`. */
const { project = [] } = parseArgs({ options: { project: { type: "string", multiple: true } }, strict: false }).values;
const isNodeOnly = project.length > 0 && project.every((name) => IN_NODE.some((known) => known === name));

export default defineConfig({
  test: {
    maxWorkers: 2,
    // Each test that changes something logs that it did.
    onConsoleLog: (line) => !line.includes('"event":"access"'),
    projects: [...IN_NODE.map(inNode), ...(isNodeOnly ? [] : inWorkers())],
  },
});
