/** For all projects but `unit`: each file begins with empty storage, and fails if it leaves work to the next one. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll } from "vitest";
import "./one-proxy.ts";
import { beginFile, leftBehind } from "./background.ts";

// Empties D1 and the storage of the objects, with their alarms, and aborts the objects in memory.
await reset();
beginFile();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

afterAll(async () => {
  const left = await leftBehind();
  if (left.length > 0) throw new Error(["This file leaves to the next one:", ...left].join("\n- "));
});
