import { signal } from "@preact/signals";

/** The one thing that a screen reader is told next, politely. Never a token of an answer: at most three messages a run. */
export const announced = signal("");

export function announce(text: string): void {
  // The same words twice are told twice only if the text changes between them.
  announced.value = announced.peek() === text ? `${text}\u00a0` : text;
}
