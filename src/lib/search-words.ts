import { fold } from "./text.ts";

/** Scripts that put no spaces between words, or none between a word and what belongs to it: each character is a word. */
const UNSPACED = [
  ...["Han", "Hiragana", "Katakana", "Hangul", "Thai", "Lao", "Khmer", "Myanmar"].map((name) => `\\p{Script=${name}}`),
  // The mark that makes a kana long belongs to no script.
  "\\u30fc",
].join("");

/** What a word of a folded text is. Longer words are several, so that none is longer than the index takes. */
const WORD = new RegExp(
  [
    `[${UNSPACED}]\\p{M}*`,
    `[[\\p{L}\\p{N}]--[${UNSPACED}]][[\\p{L}\\p{M}\\p{N}]--[${UNSPACED}]]{0,63}`,
    "\\p{RI}{2}",
    "\\p{Extended_Pictographic}",
    // C++, C# and i++, but not a+b or #5.
    "(?<=[a-z0-9])(?:\\+\\+|[+#](?![\\p{L}\\p{N}+#]))",
  ].join("|"),
  "gv",
);

const ASCII = /^[\u0000-\u007f]*$/;
/** Compatibility forms that would become letters of the word before them. */
const SIGNS = /[™℠©®]/g;
const ACCENTED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{Mn}+/gu;
/** Vowel points of Hebrew and Arabic, the stroke that only stretches a word, and what is never seen. */
const POINTS =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]|\p{DI}/gu;

/**
 * The words of a text as the search index keeps them: folded, without accents, a single character each in scripts that
 * are written without spaces. Its tokenizer takes ASCII letters, digits and all beyond ASCII as they are, so `+` and `#`
 * stand in their wide form. Linear.
 */
export function wordsOf(text: string): string[] {
  const words = plain(text).match(WORD) ?? [];
  return words.map((word) => (/^[+#]/.test(word) ? word.replaceAll("+", "＋").replaceAll("#", "＃") : word));
}

/** The same as one text, with a space between them. */
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

/** A word of a text, and the code units that it stands in. */
export interface PlacedWord {
  word: string;
  from: number;
  to: number;
}

const PIECE = new RegExp(
  [
    `[${UNSPACED}][\\p{M}\\p{DI}]*`,
    `[[\\p{L}\\p{N}]--[${UNSPACED}]][[\\p{L}\\p{M}\\p{N}\\p{DI}]--[${UNSPACED}]]{0,63}`,
    "\\p{RI}{2}",
    "\\p{Extended_Pictographic}[\\p{M}\\p{DI}\\p{Emoji_Modifier}]*",
    "(?<=[A-Za-z0-9])(?:\\+\\+|[+#](?![\\p{L}\\p{N}+#]))",
  ].join("|"),
  "gv",
);

/** The words of a text that is in NFC, each with its place; what folds into several words has one place. */
export function placedWords(text: string): PlacedWord[] {
  return Array.from(text.matchAll(PIECE)).flatMap(({ 0: piece, index: from }) => {
    const to = from + piece.length;
    const isSign = piece.startsWith("+") || piece.startsWith("#");
    const words = isSign ? wordsOf(`a${piece}`).slice(1) : wordsOf(piece);
    return words.map((word) => ({ word, from, to }));
  });
}
