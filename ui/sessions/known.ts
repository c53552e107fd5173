import { type Signal, signal } from "@preact/signals";
import type { Session, SessionDetail } from "../../packages/client/src/index.ts";

/** What the page shows of a session: a row of the list has all of it. */
export type Known = Omit<Session, "session_type" | "highlights">;

const all = new Map<string, Signal<Known | null>>();

/** A session as the page knows it last; null while it knows nothing. Everything that shows it reads it here. */
export function known(sessionId: string): Signal<Known | null> {
  const there = all.get(sessionId) ?? signal<Known | null>(null);
  all.set(sessionId, there);
  return there;
}

/** Takes what the server has said of a session. Who shows it is rendered again only if something is another. */
export function learn(session: Session | SessionDetail): void {
  const { highlights: _, ...row } = session as Session;
  const there = known(row.session_id);
  const before = there.peek();
  // A slower answer may be older than what is known.
  if (before !== null && before.updated_at > row.updated_at) return;
  if (JSON.stringify(before) !== JSON.stringify(row)) there.value = row;
}

/** Changes what is shown before the server has said it. Answers what takes the change back. */
export function assume(sessionId: string, change: Partial<Known>): () => void {
  const there = known(sessionId);
  const before = there.peek();
  if (before === null) return () => {};
  const changed = { ...before, ...change };
  there.value = changed;
  return () => {
    // Somebody else's change came meanwhile: that one counts.
    if (there.peek() === changed) there.value = before;
  };
}

export function forget(sessionId: string): void {
  known(sessionId).value = null;
}

/** In the tests only: knows nothing any more. */
export const forgetAll = (): void => all.clear();
