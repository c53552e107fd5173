import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NO_USAGE } from "../../../../src/domain/model.ts";
import type { RunRequest } from "../../../../src/domain/run.ts";
import { WHOLE_VIEW } from "../../../../src/domain/view.ts";
import { applyFact } from "../../../../src/engine/run/apply-fact.ts";
import { newRun, type Run, type RunFact } from "../../../../src/engine/run/state.ts";
import { headFromRow } from "../../../../src/engine/run/stored-run.ts";
import { agentosTranslator, eventStream, KEEP_ALIVE_MS } from "../../../../src/session/drive/event-stream.ts";
import { LiveRun } from "../../../../src/session/drive/live-run.ts";
import { acceptedRow } from "../../../../src/session/start/run-start.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const agentos = () => ({ translator: agentosTranslator({ contentOnly: false }) });
/** A reader that is shown everything. */
const everything = { view: WHOLE_VIEW, leave: () => {} };

function waitingRun(): LiveRun {
  const request: RunRequest = {
    runId: "r1",
    component: { type: "agent", id: "assistant" },
    origin: null,
    userId: null,
    message: "hi",
    sessionState: null,
    idempotency: null,
    claims: null,
    createdAt: 0,
  };
  return new LiveRun(acceptedRow(request, "s1", "f1"), 0);
}

function runningRun(live: LiveRun): {
  run: Run;
  tell: (...facts: RunFact[]) => void;
  burst: (...deltas: string[]) => void;
} {
  const run = newRun(headFromRow(live.row));
  live.stage = "running";
  const tell = (...facts: RunFact[]) => {
    for (const fact of facts) {
      applyFact(run, { at: 0, fact });
      live.publish(run);
    }
  };
  /** Deltas that came together. */
  const burst = (...deltas: string[]) => {
    for (const text of deltas) applyFact(run, { at: 0, fact: delta(text) });
    live.publish(run);
  };
  return { run, tell, burst };
}

const delta = (text: string): RunFact => ({ type: "content", delta: text });
const contents = (text = "") => [...text.matchAll(/"content":"(.*?)"/g)].map(([, content]) => content);
const ids = (text = "") => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

it("sends comments, and nothing else, while a stream is quiet", async () => {
  const reader = eventStream(waitingRun(), everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  const first = reader.read();
  await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
  expect(await first).toEqual({ done: false, value: ": keep-alive\n\n" });
  const second = reader.read();
  await vi.advanceTimersByTimeAsync(KEEP_ALIVE_MS);
  expect(await second).toEqual({ done: false, value: ": keep-alive\n\n" });
  await reader.cancel();
});

it("sets no timer for a reader that has left", async () => {
  const stream = eventStream(waitingRun(), everything, agentos());
  await stream.cancel();
  expect(vi.getTimerCount()).toBe(0);
});

it("ends, and sets no timer, when the run is over", async () => {
  const live = waitingRun();
  const reader = eventStream(live, everything, agentos()).getReader();
  const end = reader.read();
  live.finish();
  expect((await end).done).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("sends what is told together as one chunk, at once, and sets no timer for it", async () => {
  const live = waitingRun();
  const { tell, burst } = runningRun(live);
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  tell({ type: "run_started" }, { type: "model_requested", messageId: "m1" });
  expect(ids((await reader.read()).value)).toEqual([0, 1]);
  for (const deltas of ["abcdef", "g", "hi", "j"]) {
    burst(...deltas);
    expect(contents((await reader.read()).value)).toEqual([...deltas]);
    expect(vi.getTimerCount()).toBe(1);
  }
  tell({ type: "model_answered", usage: NO_USAGE, toolCalls: [] });
  expect(ids((await reader.read()).value)).toEqual([12]);
  await reader.cancel();
  expect(vi.getTimerCount()).toBe(0);
});

it("sends together what was told while its reader did not read", async () => {
  const live = waitingRun();
  const { tell, burst } = runningRun(live);
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  tell({ type: "model_requested", messageId: "m1" });
  expect(ids((await reader.read()).value)).toEqual([0]);
  burst("a", "b");
  await vi.advanceTimersByTimeAsync(0);
  burst("c");
  burst("d", "e");
  expect(contents((await reader.read()).value)).toEqual(["a", "b"]);
  expect(contents((await reader.read()).value)).toEqual(["c", "d", "e"]);
  await reader.cancel();
});

it("sends what a reader far behind has missed without a pause", async () => {
  const live = waitingRun();
  const { tell } = runningRun(live);
  tell({ type: "model_requested", messageId: "m1" }, ...Array.from({ length: 500 }, (_, n) => delta(`delta ${n}`)));
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  let seen = 0;
  while (seen < 501) seen += ids((await reader.read()).value).length;
  expect(seen).toBe(501);
  await reader.cancel();
});
