import { computed, signal } from "@preact/signals";
import type { Session } from "../../packages/client/src/index.ts";
import { announce } from "../app/announce.ts";
import { filter } from "../app/place.ts";
import type { Filter } from "../app/route.ts";
import { api, refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { learn } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import { componentQuery, splitComponent } from "./list-rules.ts";
import { type Found, found, type Hits, type MessageHit } from "./searching.ts";

const NAMES = 10;
const MESSAGES = 30;

/** What Enter goes to. A name may be the first words of what was said: then that is meant. */
export const firstFound = computed(() => {
  const [name] = found.value?.names.data ?? [];
  const [message] = found.value?.messages.data ?? [];
  if (message !== undefined && (name === undefined || name.session_id === message.session_id)) {
    return { kind: "messages", sessionId: message.session_id, runId: message.run_id };
  }
  return name === undefined ? null : { kind: "names", sessionId: name.session_id, runId: null };
});
export const searchFailed = signal<Told | null>(null);
export const isSearching = signal(false);

/** The search that is under way. Another one drops it. */
let current: { ending: AbortController; done: Promise<void> } | null = null;

/** Goes to what was found first, once what was asked for last is there, if that is still meant. */
export async function openFirst(isMeant: () => boolean): Promise<void> {
  await current?.done;
  const first = firstFound.peek();
  if (first === null || !isMeant()) return;
  // From its row, once that is rendered: the focus goes on into what opens, and comes back to the row.
  setTimeout(() => {
    const row = document.querySelector<HTMLElement>(`.found a${first.runId === null ? ".row" : ".hit"}`);
    row?.focus();
    row?.click();
  });
}

export function search(words: string, where: Omit<Filter, "words">): void {
  current?.ending.abort();
  current = null;
  searchFailed.value = null;
  isSearching.value = words !== "";
  if (words === "") {
    found.value = null;
    return;
  }
  const ending = new AbortController();
  const done = ask(words, where, ending.signal).then(
    (answer) => {
      if (!ending.signal.aborted) show(answer);
    },
    (error: unknown) => {
      if (ending.signal.aborted || refused(error)) return;
      searchFailed.value = toldOf(error);
      isSearching.value = false;
    },
  );
  current = { ending, done };
}

export const searchAgain = (): void => search(filter.peek().words.trim(), filter.peek());

async function ask(words: string, where: Omit<Filter, "words">, signal: AbortSignal): Promise<Found> {
  const [names, messages] = await Promise.all([askNames(words, where, signal), askMessages(words, where, signal)]);
  return { words, names, messages };
}

function show(answer: Found): void {
  for (const row of answer.names.data) learn(row);
  found.value = answer;
  isSearching.value = false;
  const { names, messages } = answer;
  const hasMore = (names.meta.next_cursor ?? messages.meta.next_cursor ?? null) !== null;
  announce(texts.search.found(names.data.length, messages.data.length, hasMore));
}

/** More of what was found, behind what is shown. Rejects where that fails. */
export async function moreFound(kind: "names" | "messages"): Promise<void> {
  const before = found.peek();
  const cursor = before?.[kind].meta.next_cursor;
  if (before === null || !cursor) return;
  const ask = kind === "names" ? askNames : askMessages;
  const next = await ask(before.words, filter.peek(), current?.ending.signal, cursor);
  // Meanwhile something else may have been looked for.
  if (found.peek() !== before) return;
  found.value = { ...before, [kind]: { data: [...before[kind].data, ...next.data], meta: next.meta } };
}

type Where = Omit<Filter, "words">;

async function askNames(q: string, where: Where, signal?: AbortSignal, cursor?: string): Promise<Hits<Session>> {
  const query = { ...componentQuery(where), q, archived: "all", limit: NAMES, cursor };
  return (await api.request<Hits<Session>>("GET", "/sessions", { query, signal, ...of(where) })).data;
}

/** A page may have nothing, and another one behind it yet. */
async function askMessages(q: string, where: Where, signal?: AbortSignal, cursor?: string): Promise<Hits<MessageHit>> {
  const [type, id] = where.component === null ? [] : splitComponent(where.component);
  const query = { q, ...(type && { [`${type}_id`]: id }), limit: MESSAGES, cursor };
  const { data } = await api.request<Hits<MessageHit>>("GET", "/search", { query, signal, ...of(where) });
  const next = data.meta.next_cursor;
  return data.data.length === 0 && next ? askMessages(q, where, signal, next) : data;
}

const of = ({ userId }: Where) => (userId === null ? {} : { userId });
