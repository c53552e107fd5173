import { expect, it } from "vitest";
import { NO_USAGE } from "../../../../src/domain/model.ts";
import type { RunRow } from "../../../../src/domain/run.ts";
import { applyFact } from "../../../../src/engine/run/apply-fact.ts";
import { storedLog } from "../../../../src/engine/run/event-log.ts";
import { runMetrics } from "../../../../src/engine/run/metrics.ts";
import { newRun, type RunFact, type RunHead } from "../../../../src/engine/run/state.ts";
import { runFromRow } from "../../../../src/engine/run/stored-run.ts";

const DAY = 86_400_000;

/** A run with two pauses of a day each. The first pause comes before the run has said anything. */
const story: [at: number, fact: RunFact][] = [
  [0, { type: "run_started" }],
  [10, { type: "model_requested", messageId: "a" }],
  [20, { type: "model_answered", usage: NO_USAGE, toolCalls: [] }],
  [30, { type: "paused", requirements: [], open: [] }],
  [DAY + 30, { type: "run_continued", state: {} }],
  [DAY + 40, { type: "model_requested", messageId: "b" }],
  [DAY + 50, { type: "content", delta: "Hi" }],
  [DAY + 60, { type: "model_answered", usage: NO_USAGE, toolCalls: [] }],
  [DAY + 70, { type: "paused", requirements: [], open: [] }],
  [2 * DAY + 70, { type: "run_continued", state: {} }],
  [2 * DAY + 90, { type: "completed", finishReason: "stop" }],
];

it("counts no time in which a run waited for people: neither in its duration nor before its first text", () => {
  const head = { startedAt: 1_000, timings: {}, component: { type: "agent", id: "a", name: "A" } } as RunHead;
  const run = newRun(head);
  const metrics = story.map(([at, fact]) => {
    applyFact(run, { at, fact });
    return runMetrics(run);
  });
  expect(metrics[3]).toMatchObject({ duration: 0.03 });
  expect(metrics[3]).not.toHaveProperty("time_to_first_token");
  expect(metrics[8]).toMatchObject({ duration: 0.07, time_to_first_token: 0.05 });
  expect(metrics.at(-1)).toMatchObject({ duration: 0.09, time_to_first_token: 0.05 });

  // A run that is read back from D1 at its second pause has to count the same.
  const row = { status: "RUNNING", startedAt: 1_000, inputMessages: 0, events: storedLog(run.log.slice(0, 9)) };
  const again = runFromRow({ ...row, metrics: metrics[8] } as RunRow, run.messages);
  again.stored.metrics = null;
  for (const [at, fact] of story.slice(9)) applyFact(again, { at, fact });
  expect(runMetrics(again)).toMatchObject({ duration: 0.09, time_to_first_token: 0.05 });
});

it("counts the model's time from when its request was sent, which may be before the run was in D1", () => {
  const head = { startedAt: 1_000, timings: {}, component: { type: "agent", id: "a", name: "A" } } as RunHead;
  const run = newRun(head);
  const facts: [at: number, fact: RunFact][] = [
    [500, { type: "run_started" }],
    [500, { type: "model_requested", messageId: "a", sentAt: 10 }],
    [510, { type: "content", delta: "Hi" }],
    [520, { type: "model_answered", usage: NO_USAGE, toolCalls: [] }],
  ];
  for (const [at, fact] of facts) applyFact(run, { at, fact });
  expect(runMetrics(run)).toMatchObject({ time_to_first_token: 0.51, timings: { model: 0.51 } });
  expect(run.log.slice(0, 2)).toMatchObject([
    { kind: "run_started", at: 500 },
    { kind: "model_requested", at: 500 },
  ]);
});
