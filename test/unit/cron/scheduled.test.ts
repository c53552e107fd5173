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
  await vi.advanceTimersByTimeAsync(279_000);
  expect(done).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(done).toEqual(["works"]);
  await scheduled;
});

it("gives each task an equal part of the time, so that all of them end within the trigger's 15 minutes", async () => {
  const hangs = (nth: number): [string, () => Promise<void>] => [`task ${nth}`, () => new Promise(() => {})];
  let isOver = false;
  const scheduled = runScheduled(
    {} as JobDependencies,
    Array.from({ length: 10 }, (_, nth) => hangs(nth)),
  ).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(15 * 60_000 - 1);
  expect(isOver).toBe(true);
  await scheduled;
});
