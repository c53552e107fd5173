import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RecordedFact, RunHead } from "../../../../src/engine/run/state.ts";
import { checkpointIn, JournalWriter } from "../../../../src/session/drive/journal-writer.ts";
import type { Journal } from "../../../../src/session/recovery/journal.ts";

const STARTED_AT = 1_700_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: STARTED_AT });
});
afterEach(() => {
  vi.useRealTimers();
});

const headOf = (runId: string, startedAt = STARTED_AT) => ({ runId, startedAt }) as RunHead;
const RUN = headOf("run");

/** A journal that writes down at which millisecond of the drive how many facts were written, and of which runs. */
function watchedJournal(runIds: string[] = ["run"]) {
  const writes: { at: number; facts: number; runId: string }[] = [];
  const journal = {
    entries: () => new Map(runIds.map((runId) => [runId, {}])),
    append: (runId: string, facts: readonly RecordedFact[]) => {
      writes.push({ at: Date.now() - STARTED_AT, facts: facts.length, runId });
    },
  };
  return { journal: journal as unknown as Journal, writes };
}

const delta = (startedAt = STARTED_AT): RecordedFact => ({
  at: Math.max(0, Date.now() - startedAt),
  fact: { type: "content", delta: "word " },
});

it("what is not written yet is never older than two seconds, and than half a second in a drive's first second", () => {
  for (let since = 0; since < 30_000; since += 1) {
    expect(checkpointIn(since)).toBeGreaterThan(0);
    expect(checkpointIn(since)).toBeLessThanOrEqual(since < 1_000 ? 500 : 2_000);
  }
});

it("a run of 400 deltas in twenty seconds is written twelve times, its end included", () => {
  const { journal, writes } = watchedJournal();
  const writer = new JournalWriter(journal);
  for (let nth = 0; nth < 400; nth++) {
    writer.add(RUN, delta(), false);
    vi.advanceTimersByTime(50);
  }
  writer.add(RUN, { at: 20_000, fact: { type: "completed", finishReason: "stop" } }, true);

  expect(writes.slice(0, 4).map(({ at }) => at)).toEqual([500, 1_000, 3_000, 5_000]);
  expect(writes).toHaveLength(12);
  expect(writes.reduce((sum, { facts }) => sum + facts, 0)).toBe(401);
});

it("what is written at once takes along what came before it, and the schedule goes on", () => {
  const { journal, writes } = watchedJournal();
  const writer = new JournalWriter(journal);
  writer.add(RUN, delta(), false);
  vi.advanceTimersByTime(1_200);
  writer.add(RUN, delta(), false);
  vi.advanceTimersByTime(300);
  writer.add(RUN, { at: 1_500, fact: { type: "tool_started", call: 0 } }, true);
  writer.add(RUN, delta(), false);
  vi.advanceTimersByTime(10_000);

  expect(writes.map(({ at, facts }) => [at, facts])).toEqual([
    [500, 1],
    [1_500, 2],
    [3_500, 1],
  ]);
});

it("a run and its members are written in one go, also where a run went on after days", () => {
  const { journal, writes } = watchedJournal(["team", "member"]);
  const writer = new JournalWriter(journal);
  const daysAgo = STARTED_AT - 3 * 86_400_000;
  writer.add(headOf("team", daysAgo), delta(daysAgo), false);
  writer.add(headOf("member"), delta(), false);
  vi.advanceTimersByTime(600);

  expect(writes).toEqual([
    { at: 500, facts: 1, runId: "team" },
    { at: 500, facts: 1, runId: "member" },
  ]);
});

it("a clock that is set back makes nothing wait longer", () => {
  const { journal, writes } = watchedJournal();
  const writer = new JournalWriter(journal);
  writer.add(RUN, { ...delta(), at: 3_600_000 }, false);
  vi.advanceTimersByTime(500);
  writer.add(RUN, { ...delta(), at: 0 }, false);
  vi.advanceTimersByTime(500);

  expect(writes).toHaveLength(2);
});
