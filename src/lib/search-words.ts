import { fold } from "./text.ts";

/** Scripts without spaces between words, or between a word and its endings. In these each character is a word. */
const UNSPACED = [
  ...["Han", "Hiragana", "Katakana", "Hangul", "Thai", "Lao", "Khmer", "Myanmar"].map((name) => `\\p{Script=${name}}`),
  // The mark that makes a kana long belongs to no script.
  "\\u30fc",
].join("");

const MAX_WORD_CHARS = 64;

/** A word of a folded text. A longer word is split into several, because the index takes no longer ones. */
const WORD = new RegExp(
  [
    `[${UNSPACED}]\\p{M}*`,
    `[[\\p{L}\\p{N}]--[${UNSPACED}]][[\\p{L}\\p{M}\\p{N}]--[${UNSPACED}]]{0,${MAX_WORD_CHARS - 1}}`,
    "\\p{RI}{2}",
    "\\p{Extended_Pictographic}",
    // C++, C# and i++, but not a+b or #5.
    "(?<=[a-z0-9])(?:\\+\\+|[+#](?![\\p{L}\\p{N}+#]))",
  ].join("|"),
  "gv",
);

const ASCII = /^[\u0000-\u007f]*$/;
/** Folding would turn these signs into letters of the word before them. */
const SIGNS = /[™℠©®]/g;
const ACCENTED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{Mn}+/gu;
/** Vowel points of Hebrew and Arabic, the stroke that only stretches a word, and invisible characters. */
const POINTS =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]|\p{DI}/gu;

/**
 * The words of a text as the search index keeps them: folded, without accents, and in scripts without spaces each
 * character by itself. The index's tokenizer keeps ASCII letters, digits and everything beyond ASCII, so `+` and `#` are
 * given in their wide form. Takes linear time.
 */
export function wordsOf(text: string): string[] {
  return wordsIn(plain(text));
}

function wordsIn(folded: string): string[] {
  const words = folded.match(WORD) ?? [];
  return words.map((word) => (isSign(word) ? wide(word) : word));
}

const isSign = (word: string) => word.startsWith("+") || word.startsWith("#");
const wide = (sign: string) => sign.replaceAll("+", "＋").replaceAll("#", "＃");
const WIDE_SIGN = /^[＋＃]/;

/** The words of a text as one text, with a space between them. */
export function searchWords(text: string): string {
  return wordsOf(text).join(" ");
}

function plain(text: string): string {
  if (ASCII.test(text)) {
    return text.toLowerCase();
  }
  return fold(text.toWellFormed().replace(SIGNS, " "))
    .normalize("NFD")
    .replace(ACCENTED, "$1")
    .replace(POINTS, "")
    .normalize("NFC");
}

/** A word of a text, and the code units where it stands. */
interface PlacedWord {
  word: string;
  from: number;
  to: number;
}

const PIECE = new RegExp(
  [
    `[${UNSPACED}][\\p{M}\\p{DI}]*`,
    `[[\\p{L}\\p{N}]--[${UNSPACED}]][[\\p{L}\\p{M}\\p{N}\\p{DI}]--[${UNSPACED}]]{0,${MAX_WORD_CHARS - 1}}`,
    "\\p{RI}{2}",
    "\\p{Extended_Pictographic}[\\p{M}\\p{DI}\\p{Emoji_Modifier}]*",
    "(?<=[A-Za-z0-9])(?:\\+\\+|[+#](?![\\p{L}\\p{N}+#]))",
  ].join("|"),
  "gv",
);

/** `PIECE` for a folded text of ASCII alone. Most text is that, and this takes a fraction of the time. */
const ASCII_PIECE = new RegExp(`[a-z0-9]{1,${MAX_WORD_CHARS}}|(?<=[a-z0-9])(?:\\+\\+|[+#](?![a-z0-9+#]))`, "g");

/** How many pieces one call folds. A call costs many times the work on a piece. */
const FOLDED_AT_ONCE = 32;
const ASCII_WORD = /^[a-z0-9]+$/;

/** The words of a text, which is in NFC, each with its place. If one piece folds into several words, all have its place. */
export function placedWords(text: string): PlacedWord[] {
  return Array.from(walkWords(text));
}

/** Yields `placedWords` one by one, so that a caller can stop early. */
export function* walkWords(text: string): Generator<PlacedWord> {
  if (ASCII.test(text)) {
    const folded = plain(text);
    for (const match of folded.matchAll(ASCII_PIECE)) {
      const word = match[0];
      yield { word: isSign(word) ? wide(word) : word, from: match.index, to: match.index + word.length };
    }
    return;
  }
  let pieces: { piece: string; from: number }[] = [];
  for (const { 0: piece, index: from } of text.matchAll(PIECE)) {
    pieces.push({ piece, from });
    if (pieces.length < FOLDED_AT_ONCE) continue;
    yield* foldedWords(pieces);
    pieces = [];
  }
  yield* foldedWords(pieces);
}

function foldedWords(pieces: readonly { piece: string; from: number }[]): PlacedWord[] {
  // Folding keeps line breaks, and joins nothing across them.
  const folded = plain(pieces.map(({ piece }) => piece).join("\n")).split("\n");
  return pieces.flatMap(({ piece, from }, nth) => {
    const to = from + piece.length;
    const text = folded[nth] ?? "";
    if (ASCII_WORD.test(text) && text.length <= MAX_WORD_CHARS) return [{ word: text, from, to }];
    const words = isSign(piece) ? [wide(piece)] : wordsIn(text);
    return words.map((word) => ({ word, from, to }));
  });
}

/** Whether a text may have a word; false is certain. Costs far less than reading the text's words. */
export function mayHaveWords(text: string): (word: string) => boolean {
  const folded = plain(text);
  return (word) => WIDE_SIGN.test(word) || folded.includes(word);
}
