import { seenText } from "../parts/seen-text.ts";

/** So much of an argument or a result is shown. Copy has all of it. */
export const SHOWN_CHARS = 20_000;
/** A longer text is not tried as JSON: it is cut anyway, and reading it would hold the page up. */
const MOST_JSON_CHARS = 1_000_000;
const HINT_CHARS = 120;
/** So much of an argument is looked at for its line. */
const MOST_HINT_CHARS = 4_000;

export interface ShownValue {
  text: string;
  /** How much there is in all, where not all is shown. */
  cutFrom: number | null;
}

/** A result as it is shown: what is JSON with a line for each of its entries, all else as it is. */
export function shownResult(result: string): ShownValue {
  return cut(result.length > MOST_JSON_CHARS ? result : spread(result));
}

export const shownArguments = (args: Record<string, unknown>): ShownValue =>
  cut(seenText(JSON.stringify(args, null, 2)));

/** What a call was asked with, in one line. */
export function argumentsHint(args: Record<string, unknown> | null): string {
  const words: string[] = [];
  let length = 0;
  for (const [name, value] of Object.entries(args ?? {})) {
    const said = typeof value === "string" ? value : JSON.stringify(value);
    const entry = seenText(`${name}: ${inLine(said)}`);
    words.push(entry);
    length += entry.length;
    if (length > HINT_CHARS) break;
  }
  return words.join(", ");
}

/** What is out of sight behind empty lines, or behind the end, is said to be there. */
function inLine(text: string): string {
  const line = text.slice(0, MOST_HINT_CHARS).replace(/\s+/g, " ");
  return line.length > HINT_CHARS || text.length > MOST_HINT_CHARS ? `${line.slice(0, HINT_CHARS)}…` : line;
}

function spread(result: string): string {
  if (!/^\s*[[{]/.test(result)) return result;
  try {
    return JSON.stringify(JSON.parse(result), null, 2);
  } catch {
    return result;
  }
}

function cut(text: string): ShownValue {
  if (text.length <= SHOWN_CHARS) return { text, cutFrom: null };
  // Half of a character is none.
  const end = /[\uD800-\uDBFF]/.test(text.charAt(SHOWN_CHARS - 1)) ? SHOWN_CHARS - 1 : SHOWN_CHARS;
  return { text: text.slice(0, end), cutFrom: text.length };
}
