import type { Session } from "./session.ts";

/** What `If-Match` names: whatever there is, or one of these ETags. Weak ones are not among them: they never match. */
export type IfMatch = "*" | readonly string[];

type Versioned = Pick<Session, "createdAt" | "version">;

/** The session's ETag: of this incarnation, and of what was changed in it by then. */
export function etagOf({ createdAt, version }: Versioned): string {
  return `"${createdAt.toString(36)}-${version}"`;
}

/** Whether a change that was asked for under this condition may be made; without one it always may. */
export function isMatched(ifMatch: IfMatch | null, session: Versioned): boolean {
  return ifMatch === null || ifMatch === "*" || ifMatch.includes(etagOf(session));
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3: what stands between the quotes may hold commas. */
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"/g;
/** Stands for an entity tag; no header holds it. */
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
