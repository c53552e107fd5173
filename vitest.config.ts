import path from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { type Request, Response } from "miniflare";
import { defineConfig } from "vitest/config";

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
  "openai",
  "openai/streaming",
  "zod",
];

/** A test's folder says what it is, and names its project. */
const project = (name: string) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    setupFiles: name === "unit" ? [] : ["./test/support/setup.ts"],
  },
});

const worker = cloudflareTest(async () => ({
  wrangler: { configPath: "./wrangler.toml" },
  miniflare: {
    // A fetch() that no test scripted ends here and never on the network.
    outboundService: (request: Request) => new Response(`unscripted outbound request: ${request.url}`, { status: 599 }),
    bindings: {
      TEST_MIGRATIONS: await readD1Migrations(path.join(import.meta.dirname, "migrations")),
      MODE: "development",
      OPENAI_API_KEY: "sk-test",
      OPENAI_BASE_URL: "http://model.test/v1",
    },
  },
}));

export default defineConfig({
  plugins: [worker],
  test: {
    // Nothing is slow by itself; on a busy machine everything is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Every file imports the Worker anew: packages of a hundred modules each become one, which halves the time before its first test.
    deps: { optimizer: { ssr: { enabled: true, include: PACKAGES } } },
    isolate: false,
    maxWorkers: 2,
    projects: [project("unit"), project("store"), project("api"), project("faults"), project("own")],
  },
});
