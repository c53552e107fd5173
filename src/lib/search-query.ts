import { mayHaveWords, walkWords, wordsOf } from "./search-words.ts";

/** What a person looks for. All terms must be found; a term is a word, or words that stand together. */
export interface SearchQuery {
  terms: string[][];
}

export const MAX_QUERY_CHARS = 200;
/** Further terms and words of a query are not looked for. */
const MAX_TERMS = 32;
const MAX_WORDS = 200;

const QUOTED = /["“”„«»]([^"“”„«»]*)["“”„«»]/g;
/** A comma before a digit does not separate: it is part of a number. */
const BREAK = /[\s;!?，、。；！？]+|,(?!\d)/;

/**
 * Reads what a person typed; null when there is no word in it. Words in quotes stand together. So do words that only
 * signs divide (`snake_case`, `a@b.c`), or that nothing divides (`京都`). There is no other syntax.
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

/** Where the terms of the query stand in a sequence of words: `at` is a term's first word, `end` is behind its last. */
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

/** The first place where a term begins in a text, which is in NFC; null when none does. The rest of the text is not read. */
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
    // A term that begins at word `at` is seen only once as many words are read as the longest term has.
    const at = words.length - longest;
    if (at >= 0 && beginsAt(at)) return starts[at] ?? null;
  }
  const at = words.findIndex((_, nth) => nth > words.length - longest && beginsAt(nth));
  return starts[at] ?? null;
}
