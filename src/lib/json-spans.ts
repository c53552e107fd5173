// Where values stand in a JSON text, found without making them: in memory a value takes many times its text. The text is
// bytes of UTF-8, in which no byte of a longer character is one of those below. What is no JSON has spans too, somewhere.

/** Where a value begins, and the byte before which it is over. */
export interface Span {
  start: number;
  end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const SPACE = 0x20;

const opens = (byte: number | undefined) => byte === BRACE || byte === BRACKET;
const closes = (byte: number | undefined) => byte === BRACE + 2 || byte === BRACKET + 2;

export const isArray = (json: Uint8Array, { start }: Span): boolean => json[start] === BRACKET;
export const isObject = (json: Uint8Array, { start }: Span): boolean => json[start] === BRACE;

/** The value that the whole text is. */
export const wholeSpan = (json: Uint8Array): Span => ({ start: pastSpace(json, 0), end: json.length });

/** The elements of the array, or the members of the object, that stands there. */
export function* itemsIn(json: Uint8Array, { start, end }: Span): Generator<Span> {
  for (let at = start + 1; at < end; ) {
    const over = endOfItem(json, at, end);
    const item = { start: pastSpace(json, at), end: beforeSpace(json, over) };
    if (item.start < item.end) yield item;
    at = over + 1;
  }
}

/** A member's name as it is looked for in a text. It is made once for all objects, of which a text may have millions. */
export const writtenName = (name: string): Uint8Array => new TextEncoder().encode(JSON.stringify(name));

/** The value of the object's last member of this name; null if it has none. */
export function memberOf(json: Uint8Array, object: Span, written: Uint8Array): Span | null {
  const whole = { start: 0, end: written.length };
  let found: Span | null = null;
  for (const { start, end } of itemsIn(json, object)) {
    if (isAt(json, start, written, whole))
      found = { start: pastSpace(json, behindColon(json, start + written.length)), end };
  }
  return found;
}

/** Whether the same bytes stand in both places. */
export const isSame = (json: Uint8Array, one: Span, other: Span): boolean =>
  lengthOf(one) === lengthOf(other) && isAt(json, one.start, json, other);

export const lengthOf = ({ start, end }: Span): number => end - start;

/** How many values a text holds at most. */
export function valuesIn(json: Uint8Array): number {
  let count = 1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte === COMMA || opens(byte)) count++;
  }
  return count;
}

/** Whether the bytes of the span stand in the text too, from `at` on. A callback, or a view, for each comparison takes seconds in all. */
function isAt(json: Uint8Array, at: number, bytes: Uint8Array, { start, end }: Span): boolean {
  for (let from = start; from < end; from++) if (json[at + from - start] !== bytes[from]) return false;
  return true;
}

const behindColon = (json: Uint8Array, start: number): number => pastSpace(json, start) + 1;

function pastSpace(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length && Number(json[at]) <= SPACE) at++;
  return at;
}

function beforeSpace(json: Uint8Array, end: number): number {
  let at = end;
  while (at > 0 && Number(json[at - 1]) <= SPACE) at--;
  return at;
}

/** Where the item is over that begins at `start`: at the comma behind it, or where what holds it is closed. */
function endOfItem(json: Uint8Array, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at);
    else if (opens(byte)) depth++;
    else if (closes(byte) && --depth < 0) return at;
    else if (byte === COMMA && depth === 0) return at;
  }
  return end;
}

/** Where the string that begins at `start` has its closing quotation mark. */
function endOfString(json: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1;
  return end;
}
