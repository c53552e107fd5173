import { computed, effect, signal } from "@preact/signals";
import { openSessionId } from "../app/place.ts";
import { device } from "../app/stored.ts";
import { serverNowMs } from "../server/clock.ts";
import { type Known, known } from "../sessions/known.ts";
import { countsOf, isUnread, MARKED_UNREAD, nowSeen, readSeen, type Seen } from "./seen.ts";

/** Until then the list has been told of an answer, unless the server is away. */
const TOLD_MS = 10_000;
const KEY = "edge-sessions.seen";

const kept = read();
const seen = signal<Seen>(kept ?? { sinceMs: Date.now(), sessions: [] });
const counts = computed(() => countsOf(seen.value));
let isFirstVisit = kept === null;

/** Sessions without a mark that changed before this time count as read, epoch milliseconds. */
export const readUpToMs = computed(() => seen.value.sinceMs);

/** Whether the open conversation is shown to its end. Its log says so: what is above the end only is not read. */
export const isAtEnd = signal(true);

/** Whether something was said in the session that this browser has not shown. */
export function hasUnread(sessionId: string): boolean {
  const session = known(sessionId).value;
  return session !== null && isUnread(session, seen.value.sinceMs, counts.value);
}

/**
 * What the server told first, newest first. On a first visit all of it counts as read, and what was never shown is unread from
 * there on: by the server's clock, as the browser's may be another.
 */
export function beganWith(rows: readonly Known[]): void {
  if (!isFirstVisit) return;
  isFirstVisit = false;
  const sinceMs = Date.parse(rows[0]?.updated_at ?? "1970-01-01");
  const messages = new Map(rows.map((row) => [row.session_id, row.message_count]));
  keep(nowSeen({ ...seen.peek(), sinceMs }, [...messages.keys()], (id) => messages.get(id) ?? 0, serverNowMs()));
}

/** An answer has ended, and one has seen it: it is read, though one may be elsewhere when the list is told how long it is now. */
export function sawEnd(sessionId: string): void {
  if (openSessionId.peek() !== sessionId || !isAtEnd.peek() || !isVisible.peek()) return;
  const before = known(sessionId).peek()?.message_count;
  let isTold = false;
  const end = known(sessionId).subscribe((session) => {
    if (isTold || session === null || session.message_count === before) return;
    // What is said later is none of it.
    isTold = true;
    if (openSessionId.peek() !== sessionId) markRead([sessionId]);
  });
  setTimeout(end, TOLD_MS);
}

export function markRead(sessionIds: readonly string[]): void {
  mark(sessionIds, (id) => known(id).peek()?.message_count ?? 0);
}

export function markUnread(sessionIds: readonly string[]): void {
  mark(sessionIds, () => MARKED_UNREAD);
}

function mark(sessionIds: readonly string[], messagesOf: (id: string) => number): void {
  keep(nowSeen(seen.peek(), sessionIds, messagesOf, serverNowMs()));
}

function keep(value: Seen): void {
  seen.value = value;
  device.setItem(KEY, JSON.stringify(value));
}

function read(): Seen | null {
  return readSeen(device.getItem(KEY));
}

const isVisible = signal(document.visibilityState === "visible");
document.addEventListener("visibilitychange", () => {
  isVisible.value = document.visibilityState === "visible";
});

// Another tab has shown something, or marked it.
addEventListener("storage", ({ key }) => {
  if (key === KEY) seen.value = read() ?? seen.peek();
});

const openMessages = computed(() => {
  const id = openSessionId.value;
  return id === null ? null : (known(id).value?.message_count ?? null);
});

/** What is open and in view is read. One that is marked as unread stays so, until it is opened again or something is said. */
effect(() => {
  const id = openSessionId.value;
  const messages = openMessages.value;
  if (id === null || messages === null || !isAtEnd.value || !isVisible.value) return;
  if (counts.peek().get(id) !== messages) markRead([id]);
});
