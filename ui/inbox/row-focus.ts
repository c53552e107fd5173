import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { openSessionId } from "../app/place.ts";
import { shownIds } from "./lists.ts";
import { focusSearch } from "./search-field.tsx";

const focused = signal<string | null>(null);

const stop = signal<string | null>(null);

/** The row that Tab leads to: one of them, and the arrows lead to the others. */
export const tabStop: ReadonlySignal<string | null> = stop;
// Every row reads it. Of a list that only grows they hear nothing.
effect(() => {
  const ids = shownIds.value;
  stop.value = [focused.value, openSessionId.value].find((id) => id !== null && ids.includes(id)) ?? ids[0] ?? null;
});

/** The row that has the focus becomes the one that Tab leads to. */
export function onRowFocus({ target }: Event): void {
  if (target instanceof HTMLElement && target.dataset.session) focused.value = target.dataset.session;
}

/** Up, down, to the first and to the last link of a list; above the first is the field that searches. */
export function onRowKey(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const pane = event.currentTarget.closest(".list-pane") ?? event.currentTarget;
  const links = [...pane.querySelectorAll<HTMLElement>("a.row")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  const link = at === -1 || to === undefined ? undefined : links[to];
  if (link === undefined && (at !== 0 || event.key !== "ArrowUp")) return;
  event.preventDefault();
  if (link === undefined) focusSearch();
  else link.focus();
}
