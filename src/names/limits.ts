/** Where a name is cut that is too long. How long it may be stands in `domain/limits.ts`. */

import { MAX_DENSE_NAME_GRAPHEMES, MAX_NAME_GRAPHEMES, MAX_NAME_WORDS } from "../domain/limits.ts";
import { graphemes, wordPieces } from "../lib/text.ts";

/** The longest emoji in use has 10 code points; beyond this a "grapheme" is marks piled up to break a layout. */
const MAX_GRAPHEME_UNITS = 64;
/** How much of a text is looked at. A name is found in less, and splitting a megabyte into graphemes takes seconds. */
const MAX_INPUT_UNITS = 8_000;

const LETTER = /\p{L}/u;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const DENSE = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;
const SPACELESS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** One line within the limits, cut between two words where that leaves something; "" when there was nothing. */
export function withinLimits(text: string): string {
  let fitting = graphemes(text.slice(0, MAX_INPUT_UNITS))
    .filter((grapheme) => grapheme.length <= MAX_GRAPHEME_UNITS)
    .join("")
    .trim();
  // The limit is lower for dense scripts. A text that is cut may become dense, so it is cut again until nothing changes.
  for (let cut = shortened(fitting); cut !== fitting; cut = shortened(fitting)) fitting = cut;
  return fitting;
}

/** Counts words as the limits do: parts between spaces, or more where a script has no spaces. */
export function countWords(text: string): number {
  const parts = text.split(/\s+/).filter(Boolean).length;
  return SPACELESS.test(text) ? Math.max(parts, wordPieces(text).filter((piece) => piece.isWord).length) : parts;
}

/** Whether most letters are Han, Kana, Hangul or Thai. */
export function isDense(text: string): boolean {
  const letters = graphemes(text).filter((grapheme) => LETTER.test(grapheme));
  return letters.length > 0 && letters.filter((letter) => DENSE.test(letter)).length * 2 >= letters.length;
}

function shortened(text: string): string {
  const limit = isDense(text) ? MAX_DENSE_NAME_GRAPHEMES : MAX_NAME_GRAPHEMES;
  let kept = "";
  for (const piece of pieces(text)) {
    const next = kept + piece;
    if (countWords(next) > MAX_NAME_WORDS || graphemes(next).length > limit) {
      // A single word beyond the limit has no boundary to be cut at.
      const saysSomething = LETTER_OR_DIGIT.test(kept) || !LETTER_OR_DIGIT.test(text);
      return kept.trim() && saysSomething ? kept.trim() : graphemes(text).slice(0, limit).join("").trim();
    }
    kept = next;
  }
  return kept.trim();
}

function pieces(text: string): string[] {
  return SPACELESS.test(text) ? wordPieces(text).map((piece) => piece.text) : text.split(/(?<=\s)|(?=\s)/);
}
