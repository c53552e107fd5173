import { hasControl } from "./control.ts";
import { MAX_TAG_CODE_POINTS, MAX_TAGS } from "./limits.ts";

// Tags and entries are kept and looked for in NFC, so that texts that read the same are equal however their accents were typed.

/** A session's tags as somebody typed them: trimmed, and each tag once; or why they are refused. */
export function typedTags(raw: readonly string[]): { ok: true; tags: string[] } | { ok: false; reason: string } {
  const tags = [...new Set(raw.map(typedTag))];
  if (tags.includes("")) {
    return { ok: false, reason: "A tag has at least 1 character." };
  }
  if (tags.some((tag) => [...tag].length > MAX_TAG_CODE_POINTS)) {
    return { ok: false, reason: `A tag has at most ${MAX_TAG_CODE_POINTS} characters.` };
  }
  if (tags.some(hasControl)) {
    return { ok: false, reason: "A tag has no line breaks, control characters or bidirectional overrides." };
  }
  return tags.length > MAX_TAGS ? { ok: false, reason: `A session has at most ${MAX_TAGS} tags.` } : { ok: true, tags };
}

/** A tag as it is kept, and looked for. */
export const typedTag = (raw: string): string => raw.trim().toWellFormed().normalize("NFC");

/** `key:value` of metadata as it is looked for. The metadata itself stays as it was given. */
export const typedEntry = (raw: string): string => raw.toWellFormed().normalize("NFC");
