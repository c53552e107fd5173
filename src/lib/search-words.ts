import { fold, graphemes, wordPieces } from "./text.ts";

/** Scripts that put no spaces between words, or none between a word and what belongs to it: each character is a word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** A text as the search index keeps it: its words, folded, with a space between them. */
export function searchWords(text: string): string {
  return wordPieces(fold(text.toWellFormed()))
    .flatMap((piece) => (piece.isWord ? (UNSPACED.test(piece.text) ? graphemes(piece.text) : [piece.text]) : []))
    .join(" ");
}
