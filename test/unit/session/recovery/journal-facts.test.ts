import { expect, it } from "vitest";
import { appendDelta, type LogEntry } from "../../../../src/engine/run/event-log.ts";
import type { RecordedFact } from "../../../../src/engine/run/state.ts";
import { readFacts, writeFacts } from "../../../../src/session/recovery/journal-facts.ts";

const STARTED_AT = 1_700_000_000_000;
const content = (at: number, delta: string): RecordedFact => ({ at, fact: { type: "content", delta } });

/** For each delta, the second at which readers are told that it was said. Events carry whole seconds. */
function toldSeconds(facts: readonly RecordedFact[], startedAt: number): number[] {
  const log: LogEntry[] = [];
  for (const { at, fact } of facts)
    if (fact.type === "content") appendDelta(log, { kind: "deltas", delta: fact.delta, at }, startedAt);
  return log.flatMap((entry) =>
    entry.kind === "deltas" ? entry.deltas.map(() => Math.floor((startedAt + entry.at) / 1000)) : [],
  );
}

it("every delta read back has the second that its readers were told, wherever in a second the run started", () => {
  for (let offset = 0; offset < 1000; offset += 37) {
    const facts = Array.from({ length: 60 }, (_, nth) => content(nth * 41, `w${nth} `));
    const startedAt = STARTED_AT + offset;
    const back = readFacts(writeFacts(facts, startedAt));
    expect(back.map(({ fact }) => fact)).toEqual(facts.map(({ fact }) => fact));
    expect(toldSeconds(back, startedAt)).toEqual(toldSeconds(facts, startedAt));
  }
});

it("reasoning is read back as it was told, between the text, and takes an entry of its own", () => {
  const reasoning = (at: number, delta: string): RecordedFact => ({ at, fact: { type: "reasoning", delta } });
  const facts = [reasoning(0, "Hm"), reasoning(0, ", 🙂"), content(0, "Yes"), content(0, "."), reasoning(0, "So")];
  const written = writeFacts(facts, STARTED_AT);
  expect(readFacts(written)).toEqual(facts);
  // A version that knows no reasoning reads facts that it passes over.
  expect(JSON.parse(written)).toMatchObject([{ fact: { type: "reasoning" } }, { text: "Yes." }, { fact: {} }]);
});

it("a member run's reasoning is kept apart from what else it told", () => {
  const told = (events: number, isReasoning?: true): RecordedFact => ({
    at: 0,
    fact: { type: "member_told", member: 0, events, ...(isReasoning && { isReasoning }) },
  });
  const facts = [told(1, true), told(2, true), told(1), told(1), told(1, true)];
  expect(readFacts(writeFacts(facts, STARTED_AT))).toEqual([told(3, true), told(2), told(1, true)]);
});

it("deltas of one instant take one entry, however many they are", () => {
  const facts = Array.from({ length: 1000 }, (_, nth) => content(nth / 10, "word "));
  expect(JSON.parse(writeFacts(facts, STARTED_AT))).toHaveLength(1);
});
