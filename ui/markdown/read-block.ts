import type { MarkedToken, Token, Tokens } from "marked";
import { withEntities } from "./entities.ts";
import { BoundedLexer, type Links } from "./lexer.ts";
import { linkTo } from "./link.ts";

/** What stands in a line. This list is closed: what a text may become is here, and nothing else is ever made of it. */
export type Inline =
  | string
  | { kind: "strong" | "em" | "del"; of: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "break" }
  | { kind: "link"; href: string; host: string | null; of: Inline[] }
  /** A link that leads nowhere, or an image that cannot be one: its words, and what it would have led to. */
  | { kind: "target"; target: string; of: Inline[] };

export type Align = "start" | "center" | "end";

export type Block =
  /** `line` is a paragraph of a list whose items stand close. */
  | { kind: "paragraph" | "line"; of: Inline[] }
  | { kind: "heading"; level: 4 | 5 | 6; of: Inline[] }
  | { kind: "code"; text: string; language: string | null }
  | { kind: "quote"; of: Block[] }
  | { kind: "list"; start: number | null; items: { isDone: boolean | null; of: Block[] }[] }
  | { kind: "table"; head: Cell[]; rows: Cell[][] }
  | { kind: "rule" }
  /** Letter for letter. */
  | { kind: "plain"; text: string };

export interface Cell {
  align: Align | null;
  of: Inline[];
}

/** What a stretch of Markdown says. Never throws: what cannot be read is shown as it is. */
export function readBlocks(text: string, links: Links): Block[] {
  try {
    return blocksOf(new BoundedLexer(links, text.length).lex(text));
  } catch {
    return [{ kind: "plain", text }];
  }
}

const blocksOf = (tokens: readonly Token[]): Block[] => tokens.flatMap((token) => blockOf(token as MarkedToken));

function blockOf(token: MarkedToken): Block | Block[] {
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return [];
    case "paragraph":
      return { kind: "paragraph", of: inlinesOf(token.tokens) };
    case "text":
      return { kind: "line", of: token.tokens ? inlinesOf(token.tokens) : [withEntities(token.text)] };
    case "heading":
      return { kind: "heading", level: HEADING_LEVELS[token.depth] ?? 6, of: inlinesOf(token.tokens) };
    case "code":
      return { kind: "code", text: token.text, language: languageOf(token.lang) };
    case "blockquote":
      return { kind: "quote", of: blocksOf(token.tokens) };
    case "list":
      return {
        kind: "list",
        start: token.ordered ? Number(token.start) : null,
        items: token.items.map((item) => ({
          isDone: item.task ? item.checked === true : null,
          of: blocksOf(item.tokens),
        })),
      };
    case "table":
      return { kind: "table", head: cellsOf(token.header), rows: token.rows.map(cellsOf) };
    case "hr":
      return { kind: "rule" };
    default:
      return { kind: "plain", text: token.raw.trimEnd() };
  }
}

/** A page has headings of its own, above those of what is said in it. */
const HEADING_LEVELS: Record<number, 4 | 5 | 6> = { 1: 4, 2: 5 };

const ALIGNS: Record<string, Align> = { left: "start", center: "center", right: "end" };

const cellsOf = (cells: readonly Tokens.TableCell[]): Cell[] =>
  cells.map(({ align, tokens }) => ({ align: align === null ? null : (ALIGNS[align] ?? null), of: inlinesOf(tokens) }));

/** The first word behind a fence, as far as it can be one. */
const languageOf = (info: string | undefined): string | null => /^[\w+#.-]{1,24}/.exec(info ?? "")?.[0] ?? null;

/** `isLinked`: these are the words of a link already, and a link in a link is none. */
const inlinesOf = (tokens: readonly Token[], isLinked = false): Inline[] =>
  tokens.map((token) => inlineOf(token as MarkedToken, isLinked));

function inlineOf(token: MarkedToken, isLinked: boolean): Inline {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return { kind: token.type, of: inlinesOf(token.tokens, isLinked) };
    case "codespan":
      return { kind: "code", text: token.text };
    case "br":
      return { kind: "break" };
    case "link":
      return linkOf(token, inlinesOf(token.tokens, true), isLinked);
    case "image":
      return linkOf(token, [withEntities(token.text) || token.href], isLinked);
    case "escape":
      return token.text;
    case "html":
      // Tables have no other way to say it.
      return /^<br\s*\/?>$/i.test(token.raw) ? { kind: "break" } : token.raw;
    case "text":
      return withEntities(token.text);
    default:
      return token.raw;
  }
}

function linkOf(token: Tokens.Link | Tokens.Image, of: Inline[], isLinked: boolean): Inline {
  const isLiteral = token.type === "link" && token.autolink === true;
  const target = isLiteral ? token.href : withEntities(token.href);
  const link = isLinked ? null : linkTo(target, wordsOf(of));
  return link === null ? { kind: "target", target, of } : { kind: "link", ...link, of };
}

/** What is read of something in a line, without its marks. */
export const wordsOf = (inlines: readonly Inline[]): string =>
  inlines
    .map((inline) => {
      if (typeof inline === "string") return inline;
      if (inline.kind === "break") return " ";
      return inline.kind === "code" ? inline.text : wordsOf(inline.of);
    })
    .join("");
