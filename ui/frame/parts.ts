import { hasCredential } from "../access/access.ts";
import { openSessionId, place } from "../app/place.ts";
import { currentList } from "../inbox/lists.ts";
import { later } from "../parts/lazy.tsx";
import { makeFormats } from "../parts/time-text.ts";
import { seldom } from "../sessions/later.ts";

/** Screens that come when they are first shown, or when it looks as if they would be. */
export const connect = later(() => import("../access/connect-screen.tsx"));
export const begin = later(() => import("../begin/begin-screen.tsx"));
export const conversation = later(() => import("../conversation/conversation-screen.tsx"));

/** What one opens next comes by itself once the page has nothing else to do. Not every browser says when that is. */
export function prefetchSoon(): void {
  if (openSessionId.peek() !== null) conversation.prefetch();
  const soon = window.requestIdleCallback ?? ((act: () => void) => setTimeout(act, 200));
  soon(() => {
    conversation.prefetch();
    seldom.prefetch();
  });
}

/** Most who come back are let in: the list that they will see is asked for while the server says who they are. */
export function askListEarly(): void {
  const { screen } = place.peek();
  if (!hasCredential.peek() || (screen !== "inbox" && screen !== "session")) return;
  void currentList.peek().more();
  setTimeout(() => makeFormats(new Date()));
}
