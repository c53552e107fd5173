import { seenText } from "../parts/seen-text.ts";

/** So much of a call's arguments is shown at once: what is shorter never is behind a fold. */
const SHOWN_CHARS = 2_048;

/** An argument of a call as it is shown. */
export interface ShownArg {
  name: string;
  text: string;
  /** How many characters of it are not shown. */
  hidden: number;
}

/** The arguments of a call, all of them, or as much as is shown at once: of those that are too long all show their beginning. */
export function shownArgs(args: Record<string, unknown>, isWhole: boolean): ShownArg[] {
  const all = Object.entries(args).map(([name, value]) => ({ name, text: argText(value) }));
  const isOver = all.reduce((sum, { name, text }) => sum + name.length + text.length, 0) > SHOWN_CHARS;
  if (isWhole || !isOver)
    return all.map(({ name, text }) => ({ name: seenText(name), text: seenText(text), hidden: 0 }));
  const share = Math.floor(SHOWN_CHARS / all.length);
  return all.map(({ name, text }) => {
    // Half of a character is none.
    const shown = text.slice(0, /[\uD800-\uDBFF]/.test(text.charAt(share - 1)) ? share - 1 : share);
    return { name: seenText(name), text: seenText(shown), hidden: text.length - shown.length };
  });
}

const argText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** For the clipboard: a single text as it is, such as a command; all else as JSON. */
export function copiedArgs(args: Record<string, unknown>): string {
  const values = Object.values(args);
  const [only] = values;
  return values.length === 1 && typeof only === "string" ? only : JSON.stringify(args, null, 2);
}
