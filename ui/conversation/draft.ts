import type { Place } from "../app/stored.ts";
/** What somebody has typed and not sent. `key`: it was sent with this one, and nobody knows whether it has come. */
export interface Draft {
  text: string;
  key: string | null;
}

const PREFIX = "edge-sessions.draft.";
export const NO_DRAFT: Draft = { text: "", key: null };

/** The draft of a session. Another text than the one that was sent is another message, and has no key. */
export function readDraft(storage: Place, sessionId: string): Draft {
  try {
    const kept: unknown = JSON.parse(storage.getItem(PREFIX + sessionId) ?? "null");
    const { text, key } = (kept ?? NO_DRAFT) as Partial<Draft>;
    return typeof text === "string" ? { text, key: typeof key === "string" ? key : null } : NO_DRAFT;
  } catch {
    return NO_DRAFT;
  }
}

/** Keeps it; an empty one is taken away. A browser that keeps nothing still sends. */
export function keepDraft(storage: Place, sessionId: string, draft: Draft): void {
  try {
    if (draft.text === "") storage.removeItem(PREFIX + sessionId);
    else storage.setItem(PREFIX + sessionId, JSON.stringify(draft));
  } catch {}
}
