import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RunRequest } from "../../src/domain/run.ts";
import { eventStream, KEEP_ALIVE_MS } from "../../src/session/event-stream.ts";
import { LiveRun } from "../../src/session/live-run.ts";
import { acceptedRow } from "../../src/session/run-start.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function waitingRun(): LiveRun {
  const request: RunRequest = {
    runId: "r1",
    component: { type: "agent", id: "assistant" },
    origin: null,
    userId: null,
    message: "hi",
    sessionState: null,
    idempotency: null,
    createdAt: 0,
  };
  return new LiveRun(acceptedRow(request, "s1", "f1"), 0);
}

it("sends comments, and nothing else, while a stream is quiet", async () => {
  const reader = eventStream(waitingRun(), false).pipeThrough(new TextDecoderStream()).getReader();
  const first = reader.read();
  await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
  expect(await first).toEqual({ done: false, value: ": keep-alive\n\n" });
  const second = reader.read();
  await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
  expect(await second).toEqual({ done: false, value: ": keep-alive\n\n" });
  await reader.cancel();
});

it("sets no timer for a reader that has left", async () => {
  const stream = eventStream(waitingRun(), false);
  await stream.cancel();
  expect(vi.getTimerCount()).toBe(0);
});

it("ends, and sets no timer, when the run is over", async () => {
  const live = waitingRun();
  const reader = eventStream(live, false).getReader();
  const end = reader.read();
  live.finish();
  expect((await end).done).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
