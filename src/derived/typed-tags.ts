import { MAX_TAG_CODE_POINTS, MAX_TAGS } from "../domain/limits.ts";
import { codePoints, wellFormed } from "../lib/text.ts";
import { hasControl } from "./name-characters.ts";

/** Tags as a person typed them, trimmed and each one once, or why they are refused. */
export function typedTags(raw: readonly string[]): { ok: true; tags: string[] } | { ok: false; reason: string } {
  const tags = [...new Set(raw.map((tag) => wellFormed(tag.trim())))];
  if (tags.includes("")) {
    return { ok: false, reason: "A tag has at least 1 character." };
  }
  if (tags.some((tag) => codePoints(tag) > MAX_TAG_CODE_POINTS)) {
    return { ok: false, reason: `A tag has at most ${MAX_TAG_CODE_POINTS} characters.` };
  }
  if (tags.some(hasControl)) {
    return { ok: false, reason: "A tag has no line breaks, control characters or bidirectional overrides." };
  }
  return tags.length > MAX_TAGS ? { ok: false, reason: `A session has at most ${MAX_TAGS} tags.` } : { ok: true, tags };
}
