/** Small tools for text in any script. A "code unit" is what `length` counts, a grapheme what a reader counts. */

const graphemeSegmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const wordSegmenter = new Intl.Segmenter("en", { granularity: "word" });

/** Replaces lone surrogates by U+FFFD, so that the text survives UTF-8. */
export function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** Counts code points. */
export function codePoints(text: string): number {
  let count = 0;
  for (let unit = 0; unit < text.length; unit += unitsAt(text, unit)) count += 1;
  return count;
}

/** The first `count` code points, fewer if that would cut a grapheme; a single larger grapheme is cut all the same. */
export function firstCodePoints(text: string, count: number): string {
  let end = 0;
  for (let taken = 0; taken < count && end < text.length; taken += 1) end += unitsAt(text, end);
  if (end === text.length) return text;
  // The next code point shows whether the grapheme goes on at `end`.
  const start = graphemeSegmenter.segment(text.slice(0, end + 2)).containing(end)?.index ?? end;
  return text.slice(0, start > 0 ? start : end);
}

/** The text as one line: without control characters, with one space for each run of white space, trimmed. */
export function oneLine(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]+/g, "")
    .replace(SPACES, " ")
    .trim();
}

/** Every run of white space except a single space, which is right already. */
const SPACES = / [\s\u0085]+|(?! )[\s\u0085]+/g;

export function graphemes(text: string): string[] {
  return Array.from(graphemeSegmenter.segment(text), ({ segment }) => segment);
}

const SINGLE_UNITS =
  /^[ -~\u00a0-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u3001-\u3029\u3041-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*$/;

/** Whether each code unit is certainly a grapheme; false says nothing. Segmenting costs hundreds of times as much. */
export function isOfSingleUnits(text: string): boolean {
  return SINGLE_UNITS.test(text);
}

/** A piece of text between two word boundaries. Spaces and punctuation are pieces too, with `isWord` false. */
export interface WordPiece {
  text: string;
  isWord: boolean;
}

/** Splits at word boundaries, by a dictionary in scripts without spaces. The pieces joined are the text again. */
export function wordPieces(text: string): WordPiece[] {
  return Array.from(wordSegmenter.segment(text), ({ segment, isWordLike }) => ({
    text: segment,
    isWord: isWordLike ?? false,
  }));
}

export function words(text: string): string[] {
  return wordPieces(text).flatMap((piece) => (piece.isWord ? [piece.text] : []));
}

/**
 * The form in which a search compares texts, so that it ignores case in any script. Also ß = ss, ς = σ, and all dotted
 * and dotless i are one. Folding twice changes nothing.
 */
export function fold(text: string): string {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .replace(/i\u0307+/g, "i")
    .replace(/ß/g, "ss")
    .replace(/ς/g, "σ")
    .normalize("NFC");
}

/** The text as it would go on a sentence: with a small letter first. */
export const uncapitalized = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** The source of a pattern that takes any of the lines. A backslash in them is the pattern's, as in a literal one. */
export const anyLineOf = (lines: TemplateStringsArray, ...parts: string[]): string =>
  `(?:${String.raw(lines, ...parts)
    .trim()
    .split(/\s*\n\s*/)
    .join("|")})`;

/** The length in UTF-8, without encoding the text. A lone surrogate counts 3: it is stored as U+FFFD. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let unit = 0; unit < text.length; unit += 1) {
    const code = text.charCodeAt(unit);
    if (code < 0x80) continue;
    bytes += code < 0x800 ? 1 : 2;
    if (code >= 0xd800 && unitsAt(text, unit) === 2) unit += 1;
  }
  return bytes;
}

/** The longest beginning that takes at most `maxBytes` in UTF-8. It never ends within a code point. */
export function cutUtf8(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  let bytes = 0;
  let unit = 0;
  while (unit < text.length) {
    const code = text.charCodeAt(unit);
    const units = unitsAt(text, unit);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 2 + units;
    if (bytes > maxBytes) break;
    unit += units;
  }
  return text.slice(0, unit);
}

/** How many code units the code point at `unit` takes. */
function unitsAt(text: string, unit: number): 1 | 2 {
  return (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
}
