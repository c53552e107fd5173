import { effect } from "@preact/signals";
import { openSessionId } from "../app/place.ts";
import { shownIds } from "../inbox/lists.ts";

const links = () => [...document.querySelectorAll<HTMLElement>(".list-pane a.row")];

/** The link of the row in which the focus is; undefined where it is elsewhere. */
const focusedLink = () => document.activeElement?.closest("li, [role=listitem]")?.querySelector<HTMLElement>("a.row");

/** The session whose row has the focus, or something beside its link; null where the focus is elsewhere. */
export const focusedSession = (): string | null => focusedLink()?.dataset.session ?? null;

/** What a key is about: the row that has the focus, else what is open. */
export const currentSession = (): string | null => focusedSession() ?? openSessionId.peek();

/** Goes to the row below or above; from elsewhere to the one that is open, or to the first. */
export function step(by: 1 | -1): void {
  const all = links();
  const focused = focusedLink();
  const at = focused ? all.indexOf(focused) + by : all.findIndex((link) => link.ariaCurrent === "true");
  all[Math.max(0, at)]?.focus();
}

/** Puts the focus on a row. Answers whether it is there. */
function focusRow(sessionId: string | null): boolean {
  const row = links().find((link) => link.dataset.session === sessionId);
  row?.focus();
  return row !== undefined;
}

/** What had the focus is gone, or is the pane alone in which it was. */
const isNowhere = (): boolean => document.activeElement?.matches("body, .session-pane, .single") ?? true;

/** Puts the focus on the first of these rows that there is, if it is nowhere once the page is rendered. */
function focusSoon(...sessionIds: (string | null | undefined)[]): void {
  setTimeout(() => {
    if (isNowhere()) sessionIds.some((id) => focusRow(id ?? null));
  });
}

/** Enter on the row of what is open already goes on into it, as it does where it opens. */
function enterOpen({ target, detail, defaultPrevented }: MouseEvent): void {
  if (detail > 0 || defaultPrevented || !(target instanceof Element)) return;
  if (target.closest(".list-pane a.row[aria-current=true]") === null) return;
  document.querySelector<HTMLElement>(".composer textarea")?.focus();
}

/**
 * Keeps the focus where one goes on: at the row of a conversation that one leaves, and behind the row that goes. Answers what
 * ends that.
 */
export function keepRowFocus(): () => void {
  let open: string | null = null;
  let last: string | null = null;
  let ids: readonly string[] = [];
  const remember = () => {
    last = focusedSession() ?? last;
  };
  document.addEventListener("focusin", remember);
  document.addEventListener("click", enterOpen);
  const endLeaving = effect(() => {
    const left = open;
    open = openSessionId.value;
    if (left !== null && open === null) focusSoon(left, last);
  });
  const endGoing = effect(() => {
    const before = ids;
    ids = shownIds.value;
    const at = last === null || ids.includes(last) ? -1 : before.indexOf(last);
    if (at !== -1) focusSoon(...before.slice(at + 1), ...before.slice(0, at).reverse());
  });
  return () => {
    document.removeEventListener("focusin", remember);
    document.removeEventListener("click", enterOpen);
    endLeaving();
    endGoing();
  };
}
