import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runScheduled } from "../../../src/cron/scheduled.ts";
import type { JobDependencies } from "../../../src/jobs/dependencies.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("goes on with the next task where one fails, or never ends", async () => {
  const done: string[] = [];
  const scheduled = runScheduled({} as JobDependencies, [
    ["throws", () => Promise.reject(new Error("no"))],
    ["hangs", () => new Promise(() => {})],
    ["works", async () => void done.push("works")],
  ]);
  await vi.advanceTimersByTimeAsync(119_000);
  expect(done).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(done).toEqual(["works"]);
  await scheduled;
});
