import { computed, effect, signal, untracked } from "@preact/signals";
import { filter, openSessionId } from "../app/place.ts";
import type { Filter } from "../app/route.ts";
import { everyPoll, pollNow } from "../server/poll.ts";
import { known, tagsOf } from "../sessions/known.ts";
import { belongs, isSame } from "./list-rules.ts";
import { LoadedList } from "./loaded-list.ts";
import { hasUnread } from "./unread.ts";

/** Lists that were shown before are there at once; the oldest ones go. */
const KEPT = 8;
const lists = new Map<string, LoadedList>();

const key = computed(() => JSON.stringify({ ...filter.value, words: "" } satisfies Filter));

/** The list that the address asks for. */
export const currentList = computed(() => {
  const asked: Filter = JSON.parse(key.value);
  const list = lists.get(key.value) ?? new LoadedList(asked);
  lists.delete(key.value);
  lists.set(key.value, list);
  const oldest = lists.keys().next().value;
  if (lists.size > KEPT && oldest !== undefined) lists.delete(oldest);
  return list;
});

/** Everything that was listed since the page was opened. */
const everListed = signal<ReadonlySet<string>>(new Set());
effect(() => {
  const ids = currentList.value.ids.value ?? [];
  const there = everListed.peek();
  if (ids.some((id) => !there.has(id))) everListed.value = new Set([...there, ...ids]);
});

let shownBefore: readonly string[] = [];
/**
 * What the list shows: without what was archived, deleted or answered meanwhile. What is open stays, and so does what was read
 * since the list is shown: a row that goes while one looks at it takes the place along.
 */
export const shownIds = computed<readonly string[]>(() => {
  const asked = filter.value;
  const open = openSessionId.value;
  const shown = (currentList.value.ids.value ?? []).filter((id) => {
    const session = known(id).value;
    if (session === null || session.archived !== (asked.view === "archived")) return false;
    return id === open || belongs(session, asked, true);
  });
  if (!isSame(shown, shownBefore)) shownBefore = shown;
  return shownBefore;
});

/** How many of the loaded sessions have something new. */
export const unreadCount = computed(
  () => [...everListed.value].filter((id) => hasUnread(id) && known(id).value?.archived === false).length,
);

/** The tags of the loaded sessions, those that most have first. */
export const loadedTags = computed<readonly string[]>(() => tagsOf(everListed.value));

/** The row before or behind another one, for keys that go through the list; of none the first. */
export function neighbour(sessionId: string | null, step: 1 | -1): string | null {
  const ids = shownIds.peek();
  const at = sessionId === null ? -1 : ids.indexOf(sessionId);
  return ids[at === -1 ? 0 : at + step] ?? null;
}

/** Loads the list that is shown, and keeps it new. Answers what ends that. */
export function keepListNew(): () => void {
  const endLoading = effect(() => {
    const list = currentList.value;
    untracked(() => {
      if (list.ids.peek() === null) return void list.more();
      list.enter();
      pollNow();
    });
  });
  const endPolling = everyPoll(() => currentList.peek().poll());
  return () => {
    endLoading();
    endPolling();
  };
}
