/** Who named a session: a person, a model, the server in the model's place; null for one that shows its first message. */
export type NameSource = "manual" | "generated" | "fallback" | null;

/** As `GET /sessions/{id}/name` answers, as far as the page needs it. */
export interface StoredName {
  /** Empty where it has none. */
  session_name: string;
  display_name: string;
  source: NameSource;
  /** Counts the changes of the name. */
  version: number;
}

/** A name with the ETag that a change of it wants. */
export interface SeenName {
  name: StoredName;
  etag: string | null;
}

/** What Enter does to a name that one has typed. */
export type Typed = { kind: "same" } | { kind: "taken away" } | { kind: "another"; name: string };

export function readTyped(text: string, before: string): Typed {
  const name = text.trim().replace(/\s+/gu, " ");
  if (name === before) return { kind: "same" };
  return name === "" ? { kind: "taken away" } : { kind: "another", name };
}

/** What a refusal because of another change means: somebody else has named it, or has changed something else only. */
export const isRenamed = (seen: StoredName, now: StoredName): boolean =>
  now.version !== seen.version || now.session_name !== seen.session_name;
