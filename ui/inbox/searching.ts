import { computed, effect, signal, untracked } from "@preact/signals";
import type { Session } from "../../packages/client/src/index.ts";
import { filter } from "../app/place.ts";
import type { Filter } from "../app/route.ts";
import { narrowing } from "./later.ts";

/** As `GET /search` answers, as far as it is shown. */
export interface MessageHit {
  session_id: string;
  session_name: string;
  run_id: string;
  message_id: string;
  role: "user" | "assistant";
  created_at: string;
  snippet: string;
  highlights: number[][];
}

export interface Hits<T> {
  data: T[];
  meta: { next_cursor?: string | null };
}

/** What was found, as far as it is loaded. */
export interface Found {
  words: string;
  names: Hits<Session>;
  messages: Hits<MessageHit>;
}

export const found = signal<Found | null>(null);
const asked = computed(() => JSON.stringify({ ...filter.value, view: "all", tag: null } satisfies Filter));
export const isSearch = computed(() => filter.value.words.trim() !== "");

/** Searches whenever the address asks for other words. Answers what ends that. */
export const keepSearching = (): (() => void) =>
  effect(() => {
    const { words, ...where }: Filter = JSON.parse(asked.value);
    const isNothing = words.trim() === "" && narrowing.there.peek() === null;
    if (!isNothing) untracked(() => void narrowing.use((part) => part.search(words.trim(), where)));
  });
