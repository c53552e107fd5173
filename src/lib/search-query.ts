import { mayHaveWords, walkWords, wordsOf } from "./search-words.ts";

/** What a person looks for: all of these, each a word, or words that stand together. */
export interface SearchQuery {
  terms: string[][];
}

export const MAX_QUERY_CHARS = 200;
/** What is more than this is not looked for. */
const MAX_TERMS = 32;
const MAX_WORDS = 200;

const QUOTED = /["“”„«»]([^"“”„«»]*)["“”„«»]/g;
/** A comma in a number separates nothing. */
const BREAK = /[\s;!?，、。；！？]+|,(?!\d)/;

/**
 * Reads what a person typed. Words in quotes stand together, and so do those that only signs divide (`snake_case`,
 * `a@b.c`) or nothing does (`京都`). Nothing else has a meaning. Null when there is no word in it.
 */
export function searchQuery(text: string): SearchQuery | null {
  const parts: string[] = [];
  let rest = 0;
  for (const { 0: quoted, 1: inside = "", index } of text.matchAll(QUOTED)) {
    parts.push(...text.slice(rest, index).split(BREAK), inside);
    rest = index + quoted.length;
  }
  parts.push(...text.slice(rest).split(BREAK));
  const terms = new Map<string, string[]>();
  let words = 0;
  for (const part of parts) {
    const term = wordsOf(part).slice(0, MAX_WORDS - words);
    if (term.length > 0 && terms.size < MAX_TERMS && !terms.has(term.join(" "))) {
      terms.set(term.join(" "), term);
      words += term.length;
    }
  }
  return terms.size === 0 ? null : { terms: [...terms.values()] };
}

/** Where the terms of the query stand in a sequence of words: from the first to behind the last word of each. */
export function termsIn(words: readonly string[], { terms }: SearchQuery): { at: number; end: number }[] {
  const found: { at: number; end: number }[] = [];
  for (let at = 0; at < words.length; at += 1) {
    for (const term of terms) if (standsAt(words, at, term)) found.push({ at, end: at + term.length });
  }
  return found;
}

function standsAt(words: readonly string[], at: number, term: readonly string[]): boolean {
  return term.every((word, offset) => words[at + offset] === word);
}

/** The first place of a text, in NFC, where one of the terms begins; null when none does. Reads no further. */
export function firstPlace(text: string, query: SearchQuery): number | null {
  const mayHave = mayHaveWords(text);
  const terms = query.terms.filter((term) => term.every(mayHave));
  if (terms.length === 0) return null;
  const longest = Math.max(...terms.map((term) => term.length));
  const words: string[] = [];
  const starts: number[] = [];
  const beginsAt = (at: number) => terms.some((term) => standsAt(words, at, term));
  for (const { word, from } of walkWords(text)) {
    words.push(word);
    starts.push(from);
    // Whether a term begins there is known when as many words are as the longest has.
    const at = words.length - longest;
    if (at >= 0 && beginsAt(at)) return starts[at] ?? null;
  }
  const at = words.findIndex((_, nth) => nth > words.length - longest && beginsAt(nth));
  return starts[at] ?? null;
}
