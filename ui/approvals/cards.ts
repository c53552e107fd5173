import { type Signal, signal } from "@preact/signals";
import type { Told } from "../server/failure.ts";
import { type Draft, NOTHING_YET } from "./answer.ts";
import { ownOf, type Problems } from "./form.ts";
import type { Settled } from "./settled.ts";

/** How something that was asked stands, as far as this page knows. */
export type Fate = { state: "open" } | { state: "sending" } | { state: "settled"; settled: Settled };

/** What the page has of something that was asked, beside what the server says. It is the same in a conversation and in the list. */
export interface Card {
  draft: Signal<Draft>;
  problems: Signal<Problems>;
  fate: Signal<Fate>;
  /** Why an answer was not taken. For several that are sent together it stands under their run's id. */
  failed: Signal<Told | null>;
}

const all = new Map<string, Card>();

export function cardOf(id: string): Card {
  const there = all.get(id) ?? {
    draft: signal(NOTHING_YET),
    problems: signal<Problems>({}),
    fate: signal<Fate>({ state: "open" }),
    failed: signal<Told | null>(null),
  };
  all.set(id, there);
  return there;
}

/** Changes what a person has said. What was wrong with that field is not said any more. */
export function say(requirementId: string, change: Partial<Draft>, field?: string): void {
  const { draft, problems } = cardOf(requirementId);
  draft.value = { ...draft.peek(), ...change };
  if (field === undefined || ownOf(problems.peek(), field) === undefined) return;
  const { [field]: _, ...others } = problems.peek();
  problems.value = others;
}

export function settle(requirementId: string, settled: Settled): void {
  const { draft, problems, fate, failed } = cardOf(requirementId);
  fate.value = { state: "settled", settled };
  failed.value = null;
  problems.value = {};
  draft.value = NOTHING_YET;
}

export const isOpen = (requirementId: string): boolean => cardOf(requirementId).fate.value.state !== "settled";
