import { expect, it } from "vitest";
import { applyFact } from "../../../../src/engine/run/apply-fact.ts";
import { newRun, type RecordedFact, type Run, type RunFact, type RunHead } from "../../../../src/engine/run/state.ts";
import type { JournalWriter } from "../../../../src/session/drive/journal-writer.ts";
import { RunRecorder } from "../../../../src/session/drive/run-recorder.ts";

const content = (delta: string): RunFact => ({ type: "content", delta });
const thought = (delta: string): RunFact => ({ type: "reasoning", delta });

function recorded() {
  const head = { runId: "r", startedAt: 0, model: "m", modelProvider: "P", sessionState: {} } as unknown as RunHead;
  const run = newRun(head);
  const journaled: RecordedFact[] = [];
  const shown: number[] = [];
  const writer = { add: (_head: RunHead, fact: RecordedFact) => journaled.push(fact) } as unknown as JournalWriter;
  const recorder = new RunRecorder(
    run,
    writer,
    () => 7,
    (events) => shown.push(events),
  );
  recorder.record({ type: "model_requested", messageId: "m" });
  shown.length = 0;
  journaled.length = 0;
  return { run, recorder, journaled, shown };
}

it("shows the deltas of one burst at once; each is a fact, an entry and an event of its own", () => {
  const { run, recorder, journaled, shown } = recorded();
  recorder.record([content("a"), content("b"), content("c")]);
  expect(shown).toEqual([3]);
  expect(journaled).toEqual([content("a"), content("b"), content("c")].map((fact) => ({ at: 7, fact })));
  expect(run.log.at(-1)).toEqual({ kind: "deltas", at: 7, deltas: ["a", "b", "c"] });
  expect(run.eventCount).toBe(4);
});

it("shows what is said apart from what is thought, for a team counts them apart", () => {
  const { recorder, shown } = recorded();
  recorder.record([thought("a"), thought("b"), content("c"), thought("d")]);
  expect(shown).toEqual([2, 1, 1]);
});

it("applies each fact of a burst before the next one is made", () => {
  const { run, recorder } = recorded();
  const seen: number[] = [];
  function* facts(): Generator<RunFact> {
    for (const delta of "abc") {
      seen.push(run.outputBytes);
      yield content(delta);
    }
  }
  recorder.record(facts());
  expect(seen).toEqual([0, 1, 2]);
});

it("shows nothing for a burst that tells nothing, nor the end of a run", () => {
  const { recorder, shown } = recorded();
  recorder.record([]);
  recorder.record({ type: "cancelled" });
  recorder.record([content("late")]);
  expect(shown).toEqual([]);
});

it("leaves a run that has ended as it is, whatever a burst says behind the end", () => {
  const { run, recorder } = recorded();
  recorder.record([content("a")]);
  recorder.record({ type: "cancelled" });
  const before = JSON.stringify(run);
  recorder.record([content("b"), content("c")]);
  expect(JSON.stringify(run)).toBe(before);
});

it("journals a burst so that a run is the same, read back", () => {
  const { run, recorder, journaled } = recorded();
  recorder.record([content("a"), thought("b"), content("c")]);
  const again: Run = newRun(run.head);
  applyFact(again, { at: 7, fact: { type: "model_requested", messageId: "m" } });
  for (const fact of journaled) applyFact(again, fact);
  expect(again).toEqual(run);
});
