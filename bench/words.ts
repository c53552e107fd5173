import { readFileSync } from "node:fs";
import path from "node:path";

/*
 * Texts of English words, in no order that repeats. The words are those of a text that never changes, the license, with as
 * many of each as it has.
 */

const WORDS = readFileSync(path.join(import.meta.dirname, "../LICENSE"), "utf8")
  .replaceAll(/[^A-Za-z.,\s]/g, "")
  .split(/\s+/)
  .filter((word) => word !== "");

/** A text of about this many bytes. The same number makes the same text. */
export function textOf(nth: number, bytes: number): string {
  let [text, state] = ["", nth * 7_919 + 1];
  while (text.length < bytes) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += `${text === "" ? "" : " "}${WORDS[(state >>> 8) % WORDS.length]}`;
  }
  return text;
}

/** The text in pieces as models say it: a word, or half of a long one. */
export const tokensOf = (text: string): string[] => text.match(/ ?[^ ]{1,7}/g) ?? [];
