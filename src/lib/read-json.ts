import { endOfString, QUOTE } from "./json-keys.ts";

/** `JSON.stringify` of a deeper value would overflow the stack. */
const MAX_JSON_DEPTH = 100;

export type ReadJson = { ok: true; value: unknown } | { ok: false; reason: string; position: number };

/** Reads a text as JSON, or says why it is not JSON. Does not throw. */
export function readJson(text: string, maxDepth = MAX_JSON_DEPTH): ReadJson {
  const tooDeep = depthExceededAt(text, maxDepth);
  if (tooDeep !== null) return { ok: false, reason: `Nested deeper than ${maxDepth} levels`, position: tooDeep };
  try {
    const value: unknown = JSON.parse(text);
    if (holdsInfinity(value)) {
      return { ok: false, reason: "Out of range float values are not JSON compliant", position: 0 };
    }
    return { ok: true, value };
  } catch (error) {
    return { ok: false, reason: "Expecting value", position: errorPosition(error, text) };
  }
}

/** JSON.parse reads a number too large for a double as infinity, which would be stored as null. */
function holdsInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsInfinity);
}

function errorPosition(error: unknown, text: string): number {
  const message = error instanceof Error ? error.message : "";
  if (message.startsWith("Unexpected end")) return text.length;
  return Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
}

const OPENING: readonly number[] = [0x5b, 0x7b];
const CLOSING: readonly number[] = [0x5d, 0x7d];

/** Where the nesting passes the limit; brackets inside strings do not count. */
function depthExceededAt(text: string, maxDepth: number): number | null {
  // Most texts are too short to reach the limit at all.
  if (text.length <= maxDepth) return null;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfString(text, i);
    else if (OPENING.includes(unit) && ++depth > maxDepth) return i;
    else if (CLOSING.includes(unit)) depth--;
  }
  return null;
}
