/** A keyset position: the values of its columns in the order of the key. */
export type CursorValues = readonly (string | number)[];

/** The longest key holds two ids of 128 characters, at most 512 bytes each, and a few numbers. */
const MAX_CURSOR_CHARS = 2048;

/** Writes a position as a text that callers are not to read: base64url of a JSON array. */
export function encodeCursor(values: CursorValues): string {
  const bytes = new TextEncoder().encode(JSON.stringify(values));
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Reads what `encodeCursor` wrote; null for anything else. Callers must check how many values there are, and of which
 * kind.
 */
export function decodeCursor(text: string): CursorValues | null {
  if (text.length > MAX_CURSOR_CHARS) return null;
  let values: unknown;
  try {
    const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    values = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
  // Each position has one spelling: a cursor that was cut, padded or written by hand is refused, not guessed at.
  return isCursorValues(values) && encodeCursor(values) === text ? values : null;
}

function isCursorValues(values: unknown): values is CursorValues {
  return Array.isArray(values) && values.every((value) => typeof value === "string" || typeof value === "number");
}
