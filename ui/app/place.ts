import { computed, signal } from "@preact/signals";
import { EVERYTHING, type Filter, isSameFilter, type Route, readRoute, routeHash, type Screen } from "./route.ts";

const current = signal<Route>(readRoute(location.hash));
addEventListener("hashchange", () => {
  current.value = readRoute(location.hash);
});

/** What is shown, as the address says. */
export const place = computed(() => current.value);
export const filter = computed(() => {
  // The same object as long as it says the same: each row of the list reads it, and another screen changes nothing for them.
  filterBefore = isSameFilter(filterBefore, current.value.filter) ? filterBefore : current.value.filter;
  return filterBefore;
});
let filterBefore = EVERYTHING;
/** The session that is open; null where none is. */
export const openSessionId = computed(() => (current.value.screen === "session" ? current.value.sessionId : null));

/** The address of a screen, with the list as it is. */
export const hrefOf = (screen: Screen): string => routeHash({ ...screen, filter: filter.value });

export const sessionScreen = (sessionId: string, runId: string | null = null): Screen => ({
  screen: "session",
  sessionId,
  hasDetails: false,
  runId,
});

/** Shows a screen, beside the list as it is or as `list` says. `replace` leaves no way back to the one before. */
export function go(screen: Screen, { replace = false, list = filter.peek() } = {}): void {
  show({ ...screen, filter: list }, replace);
}

/** Changes what the list shows, and keeps the screen. Typing leaves one entry in the history, not one for each letter. */
export function refine(change: Partial<Filter>): void {
  const { filter: before, ...screen } = current.peek();
  show({ ...screen, filter: { ...before, ...change } }, "words" in change);
}

function show(route: Route, replace: boolean): void {
  const hash = routeHash(route);
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  current.value = readRoute(hash);
}
