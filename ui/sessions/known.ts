import { type Signal, signal } from "@preact/signals";
import type { Session, SessionDetail } from "../../packages/client/src/index.ts";

/** What the page shows of a session: a row of the list has all of it. */
export type Known = Omit<Session, "session_type" | "highlights">;

/** What details and hits of a search have beside it. It is not kept: a long history would stay for each session. */
const BESIDE = new Set([
  "session_type",
  "highlights",
  "chat_history",
  "chat_history_total",
  "agent_session_id",
  "agent_data",
  "team_data",
  "workflow_data",
  "name_error",
]);

interface Entry {
  shown: Signal<Known | null>;
  /** As the server has said it last. */
  said: Known | null;
  /** What the server is asked to change, and has not said yet; in order. */
  assumed: Partial<Known>[];
}

const all = new Map<string, Entry>();

function entryOf(sessionId: string): Entry {
  const entry = all.get(sessionId) ?? { shown: signal<Known | null>(null), said: null, assumed: [] };
  all.set(sessionId, entry);
  return entry;
}

/** Shows what was said, with what is assumed. Who reads it is rendered again only if something is another. */
function show({ shown, said, assumed }: Entry): void {
  const now = said === null ? null : Object.assign({}, said, ...assumed);
  const before = shown.peek();
  if (before === null || now === null ? before !== now : !isSame(before, now)) shown.value = now;
}

/** A session as the page knows it last; null while it knows nothing. Everything that shows it reads it here. */
export const known = (sessionId: string): Signal<Known | null> => entryOf(sessionId).shown;

/** Takes what the server has said of a session. */
export function learn(session: Session | SessionDetail): void {
  const entry = entryOf(session.session_id);
  // A slower answer may be older than what is known.
  if (entry.said !== null && entry.said.updated_at > session.updated_at) return;
  entry.said = keptOf(session);
  show(entry);
}

/** Whether the server has not said this of the session before. */
export function isNews(session: Session): boolean {
  const { said } = entryOf(session.session_id);
  return said === null || !isSame(said, keptOf(session));
}

const keptOf = (session: Session | SessionDetail): Known =>
  Object.fromEntries(Object.entries(session).filter(([name]) => !BESIDE.has(name))) as unknown as Known;

/**
 * Shows a change before the server has said it, whatever the server says of the session meanwhile. Answers what ends that: to
 * be called when the server has refused the change, behind `learn` when it has made it, or with `true` where it has made the
 * change and does not tell the session.
 */
export function assume(sessionId: string, change: Partial<Known>): (isMade?: boolean) => void {
  const entry = entryOf(sessionId);
  entry.assumed.push(change);
  show(entry);
  return (isMade = false) => {
    entry.assumed = entry.assumed.filter((one) => one !== change);
    if (isMade && entry.said !== null) entry.said = { ...entry.said, ...change };
    show(entry);
  };
}

/** A session that is gone. Answers what brings it back, should it not be. */
export function forget(sessionId: string): () => void {
  const entry = entryOf(sessionId);
  const { said } = entry;
  entry.said = null;
  show(entry);
  return () => {
    entry.said ??= said;
    show(entry);
  };
}

/** A user of whom nothing is left. */
export function forgetUser(userId: string): void {
  for (const [id, { said }] of all) if (said?.user_id === userId) forget(id);
}

/** The tags that these sessions have, the most used ones first. */
export function tagsOf(ids: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const id of ids) {
    for (const tag of known(id).value?.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts].sort(([a, inA], [b, inB]) => inB - inA || a.localeCompare(b)).map(([tag]) => tag);
}

/** The tags of everything that the page knows. */
export const knownTags = (): string[] => tagsOf(all.keys());

/** In the tests only: knows nothing any more. */
export const forgetAll = (): void => all.clear();

/** Answers of one session differ in the order of their fields, and in whether they say what is null. */
function isSame(a: Known, b: Known): boolean {
  const [before, now] = [a, b] as unknown as Record<string, unknown>[];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => JSON.stringify(before?.[name] ?? null) === JSON.stringify(now?.[name] ?? null));
}
