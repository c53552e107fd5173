import type { Token } from "marked";
import { BoundedLexer, type Links, noLinks } from "./lexer.ts";

/** A block of a text: where it begins, and how it is written. One that did not change stays the same object. */
export interface RawBlock {
  at: number;
  raw: string;
  /** Shown letter for letter: what is so long that reading it would hold the page up. */
  isPlain: boolean;
  links: Links;
}

/** So much is read at once; a page that has more of it draws in between. */
const STEP_WEIGHT = 16_000;
/** A text may weigh so much before one asks for more of it. */
const MOST_WEIGHT = 400_000;
/** A heavier block is not read, unless it is code, which costs nothing to read. */
const MOST_BLOCK_WEIGHT = 48_000;
/** What lines and cells cost that are short: each becomes something on the page. */
const LINE_WEIGHT = 30;
const CELL_WEIGHT = 10;
const PLAIN_CHARS = 8_000;
/** A text that is not longer is looked at as a whole in the end. */
const SHORT_CHARS = 32_000;
/** From here on the open block is read again only when it has grown by a sixteenth; until then its end is shown as it is. */
const OFTEN_READ_CHARS = 8_000;
const GROWTH = 1 / 16;
const PAGE_BLOCKS = 24;

const NO_LINKS = noLinks();

/**
 * A text of Markdown that grows at its end, as blocks. What is added is read from the last block on: those before it cannot
 * change any more, but for what only a look at the whole would tell. `pages` are the blocks in groups, so that whoever shows
 * them has to look at the last group only.
 */
export class GrowingText {
  pages: readonly (readonly RawBlock[])[] = [];
  /** The end that is not read yet, of a long block. */
  rest = "";
  #blocks: RawBlock[] = [];
  #text = "";
  /** How much of the text is in the blocks. */
  #readTo = 0;
  #links: Links = NO_LINKS;
  /** How much may still be read. */
  #weightLeft = MOST_WEIGHT;

  /** How many characters wait until somebody asks for more. */
  get left(): number {
    return this.#weightLeft > 0 ? 0 : this.#text.length - this.#readTo;
  }

  showMore(): void {
    this.#weightLeft = MOST_WEIGHT;
  }

  /** Takes the text as it is now, and reads a step of it. Answers whether there is nothing left to read. `isOpen`: more of it may come. */
  grow(whole: string, isOpen: boolean): boolean {
    const text = whole.includes("\r") ? whole.replace(/\r\n?/g, "\n") : whole;
    if (!text.startsWith(this.#text)) this.#beginAgain();
    this.#text = text;
    const step = stepFrom(text, this.#readTo, Math.min(STEP_WEIGHT, this.#weightLeft));
    this.rest = isOpen && this.#isSoon(step.end) ? text.slice(this.#readTo, step.end) : "";
    if (this.rest === "") {
      this.#weightLeft -= step.weight;
      this.#read(step.end, isOpen);
    }
    return step.end === text.length || this.#weightLeft <= 0;
  }

  #isSoon(end: number): boolean {
    const last = this.#blocks.at(-1);
    if (last === undefined || isCode(last.raw)) return false;
    const openChars = this.#readTo - last.at;
    return openChars > OFTEN_READ_CHARS && end - this.#readTo < openChars * GROWTH;
  }

  #beginAgain(): void {
    this.#blocks = [];
    this.#readTo = 0;
    this.#links = NO_LINKS;
    this.#weightLeft = MOST_WEIGHT;
    this.pages = [];
  }

  #read(end: number, isOpen: boolean): void {
    // In the end a look at the whole costs little, unless it is long.
    const isWhole = !isOpen && end === this.#text.length && end <= SHORT_CHARS;
    const from = isWhole ? 0 : Math.max(0, this.#blocks.length - 1);
    const at = isWhole ? 0 : (this.#blocks[from]?.at ?? 0);
    const { tokens, links } = lex(this.#text.slice(at, end));
    this.#learn(isWhole ? links : { ...this.#links, ...links });
    const read = this.#split(tokens, at).map((block, nth) => {
      const before = this.#blocks[from + nth];
      return before !== undefined && isSame(before, block) ? before : block;
    });
    this.#readTo = end;
    this.#blocks.length = from;
    this.#blocks.push(...read);
    this.#group(from);
  }

  /** Blocks that are there already may name a target that comes only now. */
  #learn(links: Links): void {
    if (JSON.stringify(links) === JSON.stringify(this.#links)) return;
    this.#links = Object.assign(noLinks(), links);
    this.#blocks = this.#blocks.map((block) => (block.raw.includes("[") ? { ...block, links: this.#links } : block));
    this.#group(0);
  }

  #split(tokens: readonly Token[], at: number): RawBlock[] {
    const blocks: RawBlock[] = [];
    let place = at;
    for (const token of tokens) {
      for (const piece of piecesOf(token)) {
        blocks.push({ ...piece, at: place, links: piece.raw.includes("[") ? this.#links : NO_LINKS });
        place += piece.raw.length;
      }
      if (isNothing(token)) place += token.raw.length;
    }
    return blocks;
  }

  #group(from: number): void {
    const first = Math.floor(from / PAGE_BLOCKS);
    const pages = this.pages.slice(0, first);
    for (let nth = first * PAGE_BLOCKS; nth < this.#blocks.length; nth += PAGE_BLOCKS) {
      pages.push(this.#blocks.slice(nth, nth + PAGE_BLOCKS));
    }
    this.pages = pages;
  }
}

function lex(text: string): { tokens: Token[]; links: Links } {
  const lexer = new BoundedLexer(NO_LINKS, text.length);
  try {
    return { tokens: lexer.blockTokens(text), links: lexer.tokens.links };
  } catch {
    return { tokens: [{ type: "html", raw: text }], links: NO_LINKS };
  }
}

const isCode = (raw: string): boolean => /^ {0,3}(`{3}|~{3})/.test(raw);

const isSame = (one: RawBlock, other: RawBlock): boolean =>
  one.at === other.at && one.raw === other.raw && one.isPlain === other.isPlain && one.links === other.links;

const isNothing = ({ type }: Token): boolean => type === "space" || type === "def";

function piecesOf(token: Token): { raw: string; isPlain: boolean }[] {
  const { type, raw } = token;
  if (isNothing(token)) return [];
  if (type !== "code" && stepFrom(raw, 0, MOST_BLOCK_WEIGHT).end < raw.length)
    return pieces(raw).map((piece) => ({ raw: piece, isPlain: true }));
  return [{ raw, isPlain: type === "html" }];
}

/** How far a step goes that may weigh so much, and what it weighs. */
function stepFrom(text: string, from: number, most: number): { end: number; weight: number } {
  let weight = 0;
  let end = from;
  for (; end < text.length && weight < most; end += 1) {
    const code = text.charCodeAt(end);
    weight += code === NEW_LINE ? LINE_WEIGHT : code === BAR ? CELL_WEIGHT : 1;
  }
  return { end, weight };
}

const NEW_LINE = 10;
const BAR = 124;

/** A long text in pieces, at the ends of lines where it has any. */
function pieces(text: string): string[] {
  const made: string[] = [];
  for (let at = 0; at < text.length; ) {
    const line = text.lastIndexOf("\n", at + PLAIN_CHARS);
    const end = text.length - at <= PLAIN_CHARS ? text.length : line > at ? line + 1 : at + PLAIN_CHARS;
    made.push(text.slice(at, end));
    at = end;
  }
  return made;
}
