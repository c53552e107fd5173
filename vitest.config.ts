import path from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { type Request, Response } from "miniflare";
import { defineConfig } from "vitest/config";
import { DOORS_VARS } from "./test/support/doors-deployment.ts";

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

const workerWith = (vars: Record<string, string>) =>
  cloudflareTest(async () => ({
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
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

/** A test's folder says what it is, and names its project. */
const named = (name: string) => ({ name, include: [`test/${name}/**/*.test.ts`] });

/**
 * What is pure is tested in Node: no Worker has to start, and packages are read from the disk rather than sent through a
 * socket, so these tests take half the processor time. A test that needs what only workerd has fails here, and belongs in
 * another folder.
 */
const unit = {
  extends: true as const,
  test: { ...named("unit"), pool: "threads" as const, setupFiles: ["./test/support/no-network.ts"] },
};

/** What uses the platform is tested in workerd, on real D1 and real objects; its files share a Worker. */
const inWorker = (name: string, vars: Record<string, string> = {}) => ({
  extends: true as const,
  plugins: [workerWith(vars)],
  test: {
    ...named(name),
    setupFiles: ["./test/support/setup.ts"],
    // A Worker imports each package once: of a hundred modules one is made, which halves the time before the first test.
    deps: { optimizer: { ssr: { enabled: true, include: PACKAGES } } },
  },
});

export default defineConfig({
  test: {
    // Nothing is slow by itself; on a busy machine everything is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    isolate: false,
    maxWorkers: 2,
    projects: [
      unit,
      inWorker("store"),
      inWorker("api"),
      inWorker("faults"),
      inWorker("own"),
      inWorker("responses", { OPENAI_API: "responses" }),
      inWorker("doors", DOORS_VARS),
    ],
  },
});
