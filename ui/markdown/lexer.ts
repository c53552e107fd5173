import { Lexer, type MarkedOptions, type Token, Tokenizer, type Tokens, type TokensList } from "marked";

/** Deeper quotes, lists and emphasis are text. */
const MOST_DEPTH = 12;
/** A longer paragraph is text. */
const MOST_INLINE_CHARS = 16_000;
/** How many characters may be looked at in vain for the end of emphasis, for each character of a block, and beside that. */
const EMPHASIS_WORK_PER_CHAR = 50;
const EMPHASIS_WORK = 10_000;

/**
 * Marked's lexer, with an end to what it does for one block. Where marks do not match each other it looks for each through all
 * the rest, and it calls itself for each level of what is nested: 20 KB of either hold a page up for seconds, or end its stack.
 */
export class BoundedLexer extends Lexer {
  #depth = 0;

  constructor(links: Links, chars: number) {
    super({ ...OPTIONS, tokenizer: new BoundedTokenizer(EMPHASIS_WORK + EMPHASIS_WORK_PER_CHAR * chars) });
    // What it finds itself is its own.
    Object.assign(this.tokens.links, links);
  }

  override blockTokens(text: string, tokens?: Token[], isClipped?: boolean): Token[];
  override blockTokens(text: string, tokens?: TokensList, isClipped?: boolean): TokensList;
  override blockTokens(text: string, tokens: Token[] = [], isClipped = false): Token[] {
    if (this.#depth >= MOST_DEPTH) return asText(text, tokens);
    return this.#deeper(() => super.blockTokens(text, tokens, isClipped));
  }

  override inlineTokens(text: string, tokens: Token[] = []): Token[] {
    if (this.#depth >= MOST_DEPTH || text.length > MOST_INLINE_CHARS) return asText(text, tokens);
    return this.#deeper(() => super.inlineTokens(text, tokens));
  }

  #deeper(read: () => Token[]): Token[] {
    this.#depth += 1;
    const tokens = read();
    this.#depth -= 1;
    return tokens;
  }
}

/** In a name_like_this nothing begins. */
const isInWord = (text: string, before: string) => text.startsWith("_") && /[\p{L}\p{N}]$/u.test(before);

function asText(text: string, tokens: Token[]): Token[] {
  tokens.push({ type: "text", raw: text, text } satisfies Tokens.Text);
  return tokens;
}

class BoundedTokenizer extends Tokenizer {
  #workLeft: number;

  constructor(work: number) {
    super();
    this.#workLeft = work;
  }

  override emStrong(text: string, masked: string, before = ""): Tokens.Em | Tokens.Strong | undefined {
    if (!/^[*_]/.test(text) || isInWord(text, before) || this.#workLeft < 0) return undefined;
    const found = super.emStrong(text, masked, before);
    this.#workLeft -= found?.raw.length ?? text.length;
    return found;
  }

  /** With one tilde models say "about". */
  override del(text: string, masked: string, before?: string): Tokens.Del | undefined {
    return text.startsWith("~~") ? super.del(text, masked, before) : undefined;
  }
}

/** The targets that a text names once, below, for links that stand above. */
export type Links = TokensList["links"];

export const noLinks = (): Links => Object.create(null) as Links;

const OPTIONS: MarkedOptions = { gfm: true, breaks: false, pedantic: false };
