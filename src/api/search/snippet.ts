import { firstPlace, type SearchQuery, termsIn } from "../../lib/search-query.ts";
import { placedWords } from "../../lib/search-words.ts";
import { graphemes, isOfSingleUnits, oneLine } from "../../lib/text.ts";
import { maskSecrets } from "../../privacy/secrets.ts";

/** A text with the places in it where words of the query stand, in code units. */
export interface Highlighted {
  text: string;
  highlights: [from: number, to: number][];
}

const MAX_CHARS = 200;
/** How much of the text is shown before the first place. */
const CHARS_BEFORE = 40;
const ELLIPSIS = "…";
/** A text is searched in pieces of this size, until something is found. Pieces overlap by `OVERLAP_CHARS`. */
const PIECE_CHARS = 8_192;
const OVERLAP_CHARS = 1_024;

/** The part of a message around the first place, as one line, secrets masked. */
export function snippet(content: string, query: SearchQuery): Highlighted {
  for (let from = 0; from < content.length; from += PIECE_CHARS - OVERLAP_CHARS) {
    const line = lineOf(content.slice(from, from + PIECE_CHARS));
    const first = firstPlace(line, query);
    const isFirstPiece = from === 0;
    const isLastPiece = from + PIECE_CHARS >= content.length;
    if (first !== null) {
      return cut(line, first, query, { opens: !isFirstPiece, goesOn: !isLastPiece });
    }
    if (isLastPiece) break;
  }
  // The match may be in a secret, which is masked here. Or a piece was split into other words than the whole text.
  const start = lineOf(content.slice(0, PIECE_CHARS));
  return cut(start, 0, query, { opens: false, goesOn: content.length > PIECE_CHARS });
}

/** Marks the places in a text that is shown as it is. */
export function highlighted(text: string, query: SearchQuery): Highlighted {
  return { text, highlights: placesIn(text, query) };
}

const lineOf = (text: string) => maskSecrets(oneLine(text.toWellFormed().normalize("NFC")));

function placesIn(text: string, query: SearchQuery): [number, number][] {
  const words = placedWords(text);
  const found = termsIn(
    words.map(({ word }) => word),
    query,
  );
  const places: [number, number][] = [];
  for (const { at, end } of found) {
    const [from, to] = [words[at]?.from ?? 0, words[end - 1]?.to ?? 0];
    const last = places.at(-1);
    if (last !== undefined && from <= last[1]) {
      last[1] = Math.max(last[1], to);
    } else {
      places.push([from, to]);
    }
  }
  return places;
}

function cut(
  line: string,
  around: number,
  query: SearchQuery,
  piece: { opens: boolean; goesOn: boolean },
): Highlighted {
  const before = takeWhole(line.slice(Math.max(0, around - 4 * CHARS_BEFORE), around), CHARS_BEFORE, "end");
  // If little stands before the place, the text is shown from its beginning.
  const start = around - before <= CHARS_BEFORE / 2 && !piece.opens ? 0 : around - before;
  const length = takeWhole(line.slice(start, start + 2 * MAX_CHARS), MAX_CHARS - 2 * ELLIPSIS.length, "start");
  const shown = line.slice(start, start + length);
  const opening = start > 0 || piece.opens ? ELLIPSIS : "";
  const closing = start + length < line.length || piece.goesOn ? ELLIPSIS : "";
  const text = opening + shown.trim() + closing;
  return { text, highlights: placesIn(text, query) };
}

/** How many code units the whole graphemes at one end of a text have, up to `limit`. */
function takeWhole(text: string, limit: number, end: "start" | "end"): number {
  if (isOfSingleUnits(text)) return Math.min(text.length, limit);
  const parts = graphemes(text);
  let taken = 0;
  for (const part of end === "start" ? parts : parts.reverse()) {
    if (taken + part.length > limit) break;
    taken += part.length;
  }
  return taken;
}
