/** What of a `KeyboardEvent` says which key it is. */
export interface Press {
  key: string;
  code: string;
  isShifted: boolean;
}

/** The first of two keys, and when it was pressed. */
export interface Begun {
  key: string;
  atMs: number;
}

/** How long the first of two keys waits for the second one. */
const NEXT_WITHIN_MS = 1_500;

/**
 * The key as shortcuts name it. Caps Lock makes no other key of it, and on a keyboard without Latin letters the one at
 * the letter's place counts.
 */
export function keyOf({ key, code, isShifted }: Press): string {
  if (/^[^\0-\x7f]$/u.test(key)) return /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? key;
  return key.length === 1 && !isShifted ? key.toLowerCase() : key;
}

/** The key, behind the one that was pressed shortly before it where both together are a shortcut. */
export function pressedKeys(key: string, begun: Begun | null, nowMs: number, all: readonly string[]): string {
  const both = begun !== null && nowMs - begun.atMs < NEXT_WITHIN_MS ? `${begun.key} ${key}` : null;
  return both !== null && all.includes(both) ? both : key;
}
