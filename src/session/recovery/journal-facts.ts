import { isSameSecond } from "../../engine/run/event-log.ts";
import type { RecordedFact, RunFact } from "../../engine/run/state.ts";

/** Deltas that are further apart than this keep instants of their own. */
const SAME_ENTRY_MS = 500;

type DeltaFact = Extract<RunFact, { type: "content" | "reasoning" }>;

/**
 * What the journal holds for a fact, or for deltas that followed each other closely: their text as one, and the lengths
 * that take it apart again. Reasoning stands there as a fact, which a version that knows no reasoning passes over.
 */
type Written =
  | { at: number; fact: Exclude<RunFact, DeltaFact> }
  | { at: number; fact: { type: "reasoning"; delta: string; lengths: number[] } }
  | { at: number; text: string; lengths: number[] };

/**
 * Facts as the journal keeps them. Neighbours that the event log joins are joined here too, but never deltas of two
 * different seconds: read back, one of them would have another `created_at` than its readers got. `startedAt` is the run's
 * and decides where a second ends.
 */
export function writeFacts(facts: readonly RecordedFact[], startedAt: number): string {
  const written: Written[] = [];
  for (const { at, fact } of facts) {
    const last = written.at(-1);
    if (fact.type === "content" || fact.type === "reasoning") {
      const isNear = last !== undefined && at - last.at < SAME_ENTRY_MS && isSameSecond(last.at, at, startedAt);
      if (!isNear || !joinDelta(last, fact)) written.push(writtenDelta(at, fact));
    } else if (last === undefined || !joinMember(last, fact)) {
      written.push({ at, fact });
    }
  }
  return JSON.stringify(written);
}

function writtenDelta(at: number, { type, delta }: DeltaFact): Written {
  const lengths = [delta.length];
  return type === "content" ? { at, text: delta, lengths } : { at, fact: { type, delta, lengths } };
}

/** Adds a delta to what was written before it; false if that is something else. */
function joinDelta(last: Written, { type, delta }: DeltaFact): boolean {
  if (type === "content" && "text" in last) {
    last.text += delta;
    last.lengths.push(delta.length);
    return true;
  }
  if (type === "reasoning" && "fact" in last && last.fact.type === "reasoning") {
    last.fact.delta += delta;
    last.fact.lengths.push(delta.length);
    return true;
  }
  return false;
}

/** Adds events of a member run to those of the same one that were written before them. */
function joinMember(last: Written, fact: RunFact): boolean {
  if (fact.type !== "member_told" || !("fact" in last) || last.fact.type !== "member_told") {
    return false;
  }
  if (last.fact.member !== fact.member || last.fact.isReasoning !== fact.isReasoning) {
    return false;
  }
  last.fact = { ...last.fact, events: last.fact.events + fact.events };
  return true;
}

export function readFacts(text: string): RecordedFact[] {
  return (JSON.parse(text) as Written[]).flatMap((entry): RecordedFact[] => {
    if (!("fact" in entry)) {
      return pieces(entry.text, entry.lengths).map((delta) => ({ at: entry.at, fact: { type: "content", delta } }));
    }
    const { at, fact } = entry;
    return fact.type === "reasoning"
      ? pieces(fact.delta, fact.lengths).map((delta) => ({ at, fact: { type: "reasoning", delta } }))
      : [{ at, fact }];
  });
}

function pieces(text: string, lengths: readonly number[]): string[] {
  let offset = 0;
  return lengths.map((length) => {
    offset += length;
    return text.slice(offset - length, offset);
  });
}
