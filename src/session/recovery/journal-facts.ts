import { isSameSecond } from "../../engine/run/event-log.ts";
import type { RecordedFact, RunFact } from "../../engine/run/state.ts";

/** Apart by more than this, deltas keep their own instants. */
const SAME_ENTRY_MS = 500;

/** Deltas of one instant and those right behind it, written as one: text, and the lengths that part it again. */
type WrittenFact = { at: number; fact: RunFact } | { at: number; text: string; lengths: number[] };

/**
 * Facts as the journal keeps them; neighbours that the event log keeps as one are one here too. Deltas of two seconds never
 * are: read back they would have another `created_at` than their readers got. `startedAt` decides where a second ends.
 */
export function writeFacts(facts: readonly RecordedFact[], startedAt: number): string {
  const written: WrittenFact[] = [];
  for (const { at, fact } of facts) {
    const last = written.at(-1);
    if (fact.type === "member_told" && last !== undefined && "fact" in last) {
      const before = last.fact;
      if (before.type === "member_told" && before.member === fact.member) {
        last.fact = { ...before, events: before.events + fact.events };
        continue;
      }
    }
    if (fact.type !== "content") {
      written.push({ at, fact });
      continue;
    }
    if (last !== undefined && "text" in last && at - last.at < SAME_ENTRY_MS && isSameSecond(last.at, at, startedAt)) {
      last.text += fact.delta;
      last.lengths.push(fact.delta.length);
    } else {
      written.push({ at, text: fact.delta, lengths: [fact.delta.length] });
    }
  }
  return JSON.stringify(written);
}

export function readFacts(text: string): RecordedFact[] {
  const facts: RecordedFact[] = [];
  for (const entry of JSON.parse(text) as WrittenFact[]) {
    if ("fact" in entry) {
      facts.push(entry);
      continue;
    }
    let offset = 0;
    for (const length of entry.lengths) {
      facts.push({ at: entry.at, fact: { type: "content", delta: entry.text.slice(offset, offset + length) } });
      offset += length;
    }
  }
  return facts;
}
