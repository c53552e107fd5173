import type { Known } from "../sessions/known.ts";

/** What this browser has been shown: the number of messages of a session when it was open last. */
export interface Seen {
  /** Sessions that were never shown count as read if they changed before this time, epoch milliseconds. */
  sinceMs: number;
  /** By session, least recently seen first: how many messages, and when. -1 messages: marked as unread. */
  sessions: readonly (readonly [sessionId: string, messages: number, atMs: number])[];
}

const KEPT = 2_000;
export const MARKED_UNREAD = -1;

type Messages = Pick<Known, "session_id" | "message_count" | "updated_at">;

/** A lookup for many sessions: a list asks for each of its rows. */
export const countsOf = (seen: Seen): ReadonlyMap<string, number> =>
  new Map(seen.sessions.map(([id, messages]) => [id, messages]));

/** Whether something was said since this browser has shown it. Times of sessions are whole seconds. */
export function isUnread(session: Messages, sinceMs: number, counts: ReadonlyMap<string, number>): boolean {
  const count = counts.get(session.session_id);
  if (count !== undefined) return session.message_count > count;
  return session.message_count > 0 && Date.parse(session.updated_at) >= sinceMs;
}

/** What has been seen then. Of those that are dropped the latest moves the time up to which unknown sessions count as read. */
export function nowSeen(seen: Seen, sessionIds: readonly string[], messagesOf: (id: string) => number, nowMs: number) {
  const changed = new Set(sessionIds);
  const sessions = [
    ...seen.sessions.filter(([id]) => !changed.has(id)),
    ...sessionIds.map((id) => [id, messagesOf(id), nowMs] as const),
  ];
  const dropped = sessions.slice(0, Math.max(0, sessions.length - KEPT));
  const droppedMs = dropped.at(-1)?.[2] ?? 0;
  return { sinceMs: Math.max(seen.sinceMs, droppedMs), sessions: sessions.slice(dropped.length) };
}

/** What a browser has kept; null for what is none of ours. */
export function readSeen(kept: string | null): Seen | null {
  try {
    const read: unknown = JSON.parse(kept ?? "null");
    return isSeen(read) ? read : null;
  } catch {
    return null;
  }
}

const isSeen = (value: unknown): value is Seen =>
  typeof value === "object" &&
  value !== null &&
  "sinceMs" in value &&
  typeof value.sinceMs === "number" &&
  "sessions" in value &&
  Array.isArray(value.sessions) &&
  value.sessions.every((entry) => Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number");
