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

it("sends deltas that follow each other fast as one chunk; the first of them waits for nothing", async () => {
  const live = waitingRun();
  const { tell, burst } = runningRun(live);
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  tell({ type: "run_started" }, { type: "model_requested", messageId: "m1" });
  expect(ids((await reader.read()).value)).toEqual([0, 1]);
  burst("a", "b", "c", "d", "e", "f");
  expect(contents((await reader.read()).value)).toEqual(["a", "b", "c", "d", "e", "f"]);
  const together = reader.read();
  burst("g");
  await vi.advanceTimersByTimeAsync(6);
  burst("h", "i");
  expect(vi.getTimerCount()).toBe(2);
  await vi.advanceTimersByTimeAsync(4);
  const { value } = await together;
  expect(contents(value)).toEqual(["g", "h", "i"]);
  expect(ids(value)).toEqual([8, 9, 10]);
  await reader.cancel();
  expect(vi.getTimerCount()).toBe(0);
});

it("sends each delta of a slow model at once, and sets no timer for it", async () => {
  const live = waitingRun();
  const { burst, tell } = runningRun(live);
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  tell({ type: "model_requested", messageId: "m1" });
  expect(ids((await reader.read()).value)).toEqual([0]);
  for (const text of ["a", "b", "c", "d", "e", "f"]) {
    burst(text);
    expect(contents((await reader.read()).value)).toEqual([text]);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(4);
  }
  await reader.cancel();
});

it("holds nothing back that is no delta, nor the first delta of an answer, nor what waits before them", async () => {
  const live = waitingRun();
  const { tell, burst } = runningRun(live);
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  tell({ type: "model_requested", messageId: "m1" });
  burst(..."abcdefghijkl");
  expect(ids((await reader.read()).value)).toHaveLength(13);
  burst("m");
  const answered = reader.read();
  await vi.advanceTimersByTimeAsync(1);
  tell({ type: "model_answered", usage: NO_USAGE, toolCalls: [] });
  expect(ids((await answered).value)).toEqual([13, 14]);
  tell({ type: "model_requested", messageId: "m2" });
  expect(ids((await reader.read()).value)).toEqual([15]);
  burst("n", "o");
  expect(contents((await reader.read()).value)).toEqual(["n", "o"]);
  tell({ type: "reasoning", delta: "hm" });
  expect(ids((await reader.read()).value)).toEqual([18]);
  burst("p");
  expect(contents((await reader.read()).value)).toEqual(["p"]);
  await reader.cancel();
});

it("holds no delta back that comes a while behind the last one, however many came before", async () => {
  const live = waitingRun();
  const { tell, burst } = runningRun(live);
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  tell({ type: "model_requested", messageId: "m1" });
  burst(..."abcdefghijkl");
  expect(ids((await reader.read()).value)).toHaveLength(13);
  await vi.advanceTimersByTimeAsync(10);
  burst(..."mnopqrstuvwx");
  expect(contents((await reader.read()).value)).toEqual([..."mnopqrstuvwx"]);
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

it("holds no delta back until a clock that was set back has caught up", async () => {
  const live = waitingRun();
  const { tell } = runningRun(live);
  const reader = eventStream(live, everything, agentos()).pipeThrough(new TextDecoderStream()).getReader();
  tell({ type: "model_requested", messageId: "m1" }, ...Array.from({ length: 20 }, () => delta("a")));
  expect(contents((await reader.read()).value)).toHaveLength(20);
  vi.setSystemTime(Date.now() - 3_600_000);
  let value = "";
  void reader.read().then((read) => {
    value = read.value ?? "";
  });
  tell(delta("b"));
  await vi.advanceTimersByTimeAsync(0);
  expect(contents(value)).toEqual(["b"]);
  await reader.cancel();
});
