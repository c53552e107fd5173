/** What holds for every name that the server shows. */
import { MAX_DENSE_NAME_GRAPHEMES, MAX_NAME_GRAPHEMES, MAX_NAME_WORDS } from "../../src/domain/limits.ts";
import { graphemes } from "../../src/lib/text.ts";
import { countWords, isDense } from "../../src/names/limits.ts";

export const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

export function isWithinLimits(name: string): boolean {
  return (
    countWords(name) <= MAX_NAME_WORDS &&
    graphemes(name).length <= (isDense(name) ? MAX_DENSE_NAME_GRAPHEMES : MAX_NAME_GRAPHEMES)
  );
}
