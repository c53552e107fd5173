/**
 * Reads JSON as models write it: among words, in any quotes, with line breaks in strings, with commas too many, cut off.
 * One pass over the text for each value.
 */

const MAX_STARTS = 32;
/** A model that answers what it was asked nests less deeply. */
const MAX_DEPTH = 8;
/** Where an object or a list may begin. `{a: 1}` and `["a"]` among words may be part of a name. */
const START = /^\s*(?:\[\s*["'“{[]|\{\s*[\w-]{1,40}\s*:)|[:：\n]\s?\[\s*["'“{]|\{\s*(?=["'“])/g;
const CLOSING: Record<string, string> = { '"': '"', "'": "'", "“": '”"', "„": '“”"' };
const ESCAPES: Record<string, string> = { n: "\n", r: "", t: " ", b: "", f: "" };
const ENDS_STRING = /\s*(?:[,:=}\]]|$)/y;
const BARE = /[^\n,:={}[\]"“]+/y;
const BETWEEN = /[\s,]*/y;
const COLON = /\s*[:=]\s*/y;

/** The objects and lists in the text, in order; whatever of one can be read. */
export function* jsonIn(text: string): Generator<object> {
  let tries = 0;
  for (const start of text.matchAll(START)) {
    const value = new JsonReader(text, start.index + start[0].search(/[[{]/)).value(0);
    if (typeof value === "object" && value !== null) yield value;
    tries += 1;
    if (tries === MAX_STARTS) return;
  }
}

class JsonReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  value(depth: number): unknown {
    const char = this.#text[this.#at] ?? "";
    if (depth > MAX_DEPTH) this.#at = this.#text.length;
    else if (char === "{") return this.#object(depth);
    else if (char === "[") return this.#list(depth);
    else if (char in CLOSING) return this.#string();
    else return bareValue(this.#take(BARE).trim());
    return null;
  }

  #object(depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#at += 1;
    for (this.#take(BETWEEN); !this.#isOver("}"); this.#take(BETWEEN)) {
      const key = (this.#text[this.#at] ?? "") in CLOSING ? this.#string() : this.#take(BARE).trim();
      if (this.#take(COLON) === "") break;
      entries.push([key, this.value(depth + 1)]);
    }
    this.#at += 1;
    return Object.fromEntries(entries);
  }

  #list(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#at += 1;
    for (this.#take(BETWEEN); !this.#isOver("]"); this.#take(BETWEEN)) {
      const before = this.#at;
      const item = this.value(depth + 1);
      // The text ends within this string, so the string is not whole and the list does not get it.
      if (this.#at === before || (this.#at > this.#text.length && typeof item === "string")) break;
      items.push(item);
    }
    this.#at += 1;
    return items;
  }

  /** Up to a closing quote that something of JSON follows, so that a quote within the string may stay unescaped. */
  #string(): string {
    const closing = CLOSING[this.#text[this.#at] ?? ""] ?? "";
    let string = "";
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at] ?? "";
      if (char === "\\") {
        string += this.#escaped();
      } else if (closing.includes(char) && this.#endsString()) {
        this.#at += 1;
        return string;
      } else {
        string += char;
      }
    }
    this.#at += 1;
    return string;
  }

  #escaped(): string {
    this.#at += 1;
    const char = this.#text[this.#at] ?? "";
    const code = char === "u" ? /^[0-9a-f]{4}/i.exec(this.#text.slice(this.#at + 1, this.#at + 5))?.[0] : undefined;
    if (code !== undefined) {
      this.#at += code.length;
      return String.fromCharCode(Number.parseInt(code, 16));
    }
    return ESCAPES[char] ?? char;
  }

  #endsString(): boolean {
    ENDS_STRING.lastIndex = this.#at + 1;
    return ENDS_STRING.exec(this.#text) !== null;
  }

  #isOver(closing: string): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === closing;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }
}

function bareValue(text: string): unknown {
  if (/^-?\d{1,15}(?:\.\d+)?$/.test(text)) return Number(text);
  return /^(?:null|undefined|true|false)?$/.test(text) ? null : text;
}
