import { effect } from "@preact/signals";
import { neighbour, shownIds } from "../inbox/lists.ts";
import { openSessionId } from "./place.ts";

const rowOf = (sessionId: string) => document.querySelector<HTMLElement>(`a[data-session="${CSS.escape(sessionId)}"]`);

/** The session whose row has the focus, or something beside its link; null where the focus is elsewhere. */
export const focusedSession = (): string | null =>
  document.activeElement?.closest(".rows > li")?.querySelector<HTMLElement>("[data-session]")?.dataset.session ?? null;

/** What a key is about: the row that has the focus, else what is open. */
export const currentSession = (): string | null => focusedSession() ?? openSessionId.peek();

/** Puts the focus on a row. Answers whether it is there. */
export function focusRow(sessionId: string | null): boolean {
  const row = sessionId === null ? null : rowOf(sessionId);
  row?.focus();
  return row !== null;
}

/** Goes to the row below or above. */
export function step(by: 1 | -1): void {
  focusRow(neighbour(currentSession(), by));
}

/** What had the focus is gone. */
const isNowhere = (): boolean => document.activeElement === null || document.activeElement === document.body;

/** Puts the focus on the first of these rows that there is, if it is nowhere once the page is rendered. */
function focusSoon(...sessionIds: (string | null | undefined)[]): void {
  setTimeout(() => {
    if (isNowhere()) sessionIds.some((id) => focusRow(id ?? null));
  });
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
    endLeaving();
    endGoing();
  };
}
