import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { may, mayBegin } from "../access/access.ts";
import { go, openSessionId, place, refine, sessionScreen } from "../app/place.ts";
import { isField, type Shortcut, useShortcuts } from "../app/shortcuts.ts";
import { currentList, shownIds } from "../inbox/lists.ts";
import { focusSearch } from "../inbox/search-field.tsx";
import { isSearch } from "../inbox/searching.ts";
import { hasUnread, markRead, markUnread } from "../inbox/unread.ts";
import { later, lazy } from "../parts/lazy.tsx";
import { deleting } from "../sessions/asking.ts";
import type { BulkChange } from "../sessions/bulk.ts";
import { known } from "../sessions/known.ts";
import { beginRename, seldom } from "../sessions/later.ts";
import { clearSelection, selected, toggleSelected } from "../sessions/selection.ts";
import { setArchived, setPinned } from "../sessions/session-acts.ts";
import { currentSession, focusedSession, keepRowFocus, step } from "./focused-row.ts";

export const isHelpShown = signal(false);

const help = later(() => import("./shortcut-help.tsx"));
const ShortcutHelp = lazy(help, (part) => part.ShortcutHelp);

/** What a key is about: all that are chosen, else the row that has the focus, else what is open. */
function meant(): string[] {
  // What the list does not show any more is not changed unseen.
  const chosen = shownIds.peek().filter((id) => selected.peek().has(id));
  if (chosen.length > 0) return chosen;
  const one = currentSession();
  // Of the conversation of a message that was found nothing else may be known.
  return one === null || known(one).peek() === null ? [] : [one];
}

const isAny = () => meant().length > 0;

/** Turns something of all that are meant: on, unless all have it. */
function turn(is: "archived" | "pinned", one: (id: string, on: boolean) => unknown, [on, off]: BulkChange["action"][]) {
  const ids = meant();
  const isOn = !ids.every((id) => known(id).peek()?.[is]);
  const [first] = ids;
  if (first !== undefined && selected.peek().size === 0) return void one(first, isOn);
  clearSelection();
  void seldom.use((part) => part.changeMany(ids, { action: isOn ? on : off } as BulkChange));
}

function turnUnread(): void {
  const ids = meant();
  if (ids.every(hasUnread)) markRead(ids);
  else markUnread(ids);
}

/** Where one says something: in what the row shows, which is opened for that, or in what is open. */
function reply(): void {
  const id = currentSession();
  if (id !== null && id !== openSessionId.peek()) go(sessionScreen(id));
  else uncovered(() => document.querySelector<HTMLElement>(".composer textarea")?.focus());
}

/** The details may lie over what a key leads to: they make way. */
function uncovered(act: () => void): void {
  const id = openSessionId.peek();
  const isCovered = document.querySelector(".conversation[inert]") !== null;
  if (id !== null && isCovered) go(sessionScreen(id));
  // Once the page is rendered.
  if (isCovered) setTimeout(act);
  else act();
}

function rename(): void {
  const row = focusedSession();
  const id = row ?? openSessionId.peek();
  if (id === null) return;
  // What a search has found has no field of its own.
  if (row !== null && !isSearch.peek()) {
    beginRename(id, "row");
    return;
  }
  if (id !== openSessionId.peek()) go(sessionScreen(id));
  uncovered(() => beginRename(id, "header"));
}

/** Out of a field, then of what was chosen, of what is open, and of a search. */
function back(): void {
  const pane = document.querySelector<HTMLElement>(".session-pane, .single");
  const { value } = place;
  if (isField(document.activeElement) && pane !== null) {
    pane.tabIndex = -1;
    pane.focus();
  } else if (selected.peek().size > 0) clearSelection();
  else if (value.screen === "session" && value.hasDetails) go(sessionScreen(value.sessionId));
  else if (value.screen !== "inbox") go({ screen: "inbox" });
  else if (isSearch.peek()) {
    refine({ words: "" });
    focusSearch();
  }
}

/** Looks for something: in the list, whatever is shown. */
function search(): void {
  const { screen } = place.peek();
  if (screen === "approvals" || screen === "new") go({ screen: "inbox" });
  // The field may only be there once the page is rendered.
  setTimeout(focusSearch);
}

/** What was chosen in one list is not changed from another one. */
function clearWithList(): void {
  void currentList.value;
  void isSearch.value;
  clearSelection();
}

const keys = (): (Shortcut | false)[] => [
  { key: "j", label: "next", repeats: true, run: () => step(1) },
  { key: "k", label: "previous", repeats: true, run: () => step(-1) },
  { key: "/", label: "search", run: search },
  { key: "r", label: "reply", when: () => currentSession() !== null, run: reply },
  may("sessions:write") && {
    key: "e",
    label: "archive",
    when: isAny,
    run: () => turn("archived", setArchived, ["archive", "unarchive"]),
  },
  may("sessions:write") && {
    key: "p",
    label: "pin",
    when: isAny,
    run: () => turn("pinned", setPinned, ["pin", "unpin"]),
  },
  { key: "u", label: "unread", when: isAny, run: turnUnread },
  {
    key: "x",
    label: "select",
    when: () => focusedSession() !== null && !isSearch.peek(),
    run: () => toggleSelected(focusedSession() ?? ""),
  },
  may("sessions:write") && { key: "F2", label: "rename", when: () => currentSession() !== null, run: rename },
  may("sessions:delete") && {
    key: "#",
    label: "delete",
    when: isAny,
    run: () => {
      deleting.value = meant();
    },
  },
  mayBegin.value && { key: "c", label: "begin", run: () => go({ screen: "new" }) },
  may("approvals:read") && { key: "g a", label: "approvals", run: () => go({ screen: "approvals" }) },
  { key: "g i", label: "inbox", run: () => go({ screen: "inbox" }) },
  { key: "Escape", label: "back", run: back },
  {
    key: "?",
    label: "help",
    run: () => {
      isHelpShown.value = true;
    },
  },
];

/** The keys that work everywhere on the page, and the list of them. */
export function PageKeys() {
  useShortcuts(keys().filter((one) => one !== false));
  useEffect(keepRowFocus, []);
  useEffect(() => effect(clearWithList), []);
  if (!isHelpShown.value) return null;
  return (
    <ShortcutHelp
      onClose={() => {
        isHelpShown.value = false;
      }}
    />
  );
}
