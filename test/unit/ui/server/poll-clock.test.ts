import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, ConnectionError } from "../../../../packages/client/src/index.ts";
import { nextPauseMs, POLL_MS, PollClock } from "../../../../ui/server/poll-clock.ts";

const refusal = (status: number) => new ApiError({ status, code: "of_the_test", detail: "Of the test." });

describe("how long the page waits before it asks again", () => {
  it("is ten seconds where all has gone well, or has failed for a reason that time does not mend", () => {
    expect(nextPauseMs(POLL_MS, [])).toBe(10_000);
    expect(nextPauseMs(80_000, [])).toBe(10_000);
    expect(nextPauseMs(POLL_MS, [refusal(404), refusal(401), new TypeError("of the page")])).toBe(10_000);
  });

  it.each([
    ["429", refusal(429)],
    ["500", refusal(500)],
    ["503", refusal(503)],
    ["no answer", new ConnectionError("of the test")],
  ])("doubles with %s, up to two minutes", (_what, failure) => {
    const pauses = [POLL_MS];
    for (let round = 0; round < 5; round += 1) pauses.push(nextPauseMs(pauses.at(-1) ?? 0, [failure]));
    expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
  });
});

describe("the page's clock", () => {
  let isShown = true;
  const failures: unknown[] = [];
  const clock = () =>
    new PollClock(
      () => isShown,
      (error) => failures.push(error),
    );
  beforeEach(() => {
    vi.useFakeTimers();
    isShown = true;
    failures.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  it("asks every ten seconds, and not at the beginning", async () => {
    const task = vi.fn(async () => {});
    const end = clock().every(task);
    expect(task).toHaveBeenCalledTimes(0);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(task).toHaveBeenCalledTimes(3);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(task).toHaveBeenCalledTimes(3);
  });

  it("does not begin another round before the last one has ended, however long that takes", async () => {
    let answer = () => {};
    const task = vi.fn(() => new Promise<void>((settle) => (answer = settle)));
    clock().every(task);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(task).toHaveBeenCalledTimes(1);
    answer();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(task).toHaveBeenCalledTimes(2);
  });

  it("asks nobody while the page is hidden, and at once when it is shown again", async () => {
    const task = vi.fn(async () => {});
    const one = clock();
    one.every(task);
    isShown = false;
    one.pause();
    await vi.advanceTimersByTimeAsync(300_000);
    await one.now();
    expect(task).toHaveBeenCalledTimes(0);
    isShown = true;
    await one.now();
    expect(task).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(task).toHaveBeenCalledTimes(2);
  });

  it("asks all the others where one has failed, tells of the failure, and slows down for all", async () => {
    const failing = vi.fn(() => Promise.reject(refusal(503)));
    const other = vi.fn(async () => {});
    const one = clock();
    one.every(failing);
    one.every(other);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([failing.mock.calls.length, other.mock.calls.length, failures.length]).toEqual([1, 1, 1]);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(other).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(other).toHaveBeenCalledTimes(2);
  });

  it("asks once more for what was wanted while it asked", async () => {
    let answer = () => {};
    const task = vi.fn(() => new Promise<void>((settle) => (answer = settle)));
    const one = clock();
    one.every(task);
    const first = one.now();
    void one.now();
    void one.now();
    answer();
    await vi.advanceTimersByTimeAsync(0);
    answer();
    await first;
    expect(task).toHaveBeenCalledTimes(2);
  });
});
