import type { Session } from "./session.ts";

/** What `If-Match` asks for: any version (`*`), or one of these ETags. Weak ETags are left out, as they never match. */
export type IfMatch = "*" | readonly string[];

type Versioned = Pick<Session, "createdAt" | "version">;

/** The session's ETag. It differs with each change, and for a session that was deleted and made anew. */
export function etagOf({ createdAt, version }: Versioned): string {
  return `"${createdAt.toString(36)}-${version}"`;
}

/** Whether a change may be made under this condition; without a condition it always may. */
export function isMatched(ifMatch: IfMatch | null, session: Versioned): boolean {
  return ifMatch === null || ifMatch === "*" || ifMatch.includes(etagOf(session));
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3: there may be commas between the quotes. */
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"/g;
/** Replaces an entity tag while the header is read; no header can hold this character. */
const TAG = "\0";

/** Reads an `If-Match` header; null for one that is neither `*` nor a list of entity tags. */
export function parseIfMatch(header: string): IfMatch | null {
  if (header.trim() === "*") return "*";
  const elements = header
    .replace(ENTITY_TAG, TAG)
    .split(",")
    .map((element) => element.trim())
    .filter((element) => element !== "");
  if (elements.length === 0 || elements.some((element) => element !== TAG)) return null;
  return (header.match(ENTITY_TAG) ?? []).filter((tag) => !tag.startsWith("W/"));
}
