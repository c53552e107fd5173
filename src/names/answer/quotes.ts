/** Takes quotes and brackets off a line that stands in them, matched or not, in any script. */

const DOUBLE = new Set('"“”„‟«»＂〝〞〟❝❞″');
const SINGLE = new Set("'‘’‚‛‹›＇`´❛❜′");
const PAIRS = new Map(
  [
    "「」",
    "『』",
    "﹁﹂",
    "﹃﹄",
    "《》",
    "〈〉",
    "【】",
    "〔〕",
    "〖〗",
    "［］",
    "｛｝",
    "（）",
    "()",
    "[]",
    "{}",
    "<>",
  ].map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
);
const CLOSERS = new Set(PAIRS.values());
/** An apostrophe at the start of a word that lost its beginning. */
const ELISION = /^['’‘](?:tis|twas|twere|em|til|till|cause|bout|round|n['’]?|s|\d\ds?)\b/i;

const SEVERAL =
  /^(?:["“„«「『]([^"“”„«»「」『』]{2,80})["”“»」』]|['‘]([^'‘’]{2,80})['’])\s*(?:[,，、;；|/]|or\b|ou\b|oder\b|o\b|или\b|或|または)\s*["“„«「『'‘]/iu;

/** The line without the quotes or brackets around all of it, and without one that lost its partner. */
export function dropQuotes(line: string): string {
  const bare = line.trim();
  if (bare.length < 2) return bare;
  return dropLone(dropFirstQuoted(dropBrackets(dropPair(bare))));
}

/** Deeper than any pairs that were meant: each looks at the whole line. */
const MAX_PAIRS = 2;

/** The line without the pairs of quotes or brackets around all of it. */
export function dropEnclosing(line: string): string {
  let bare = line.trim();
  for (let pair = 0; pair < MAX_PAIRS && bare.length >= 2; pair += 1) {
    const inner = dropBrackets(dropPair(bare));
    if (inner === bare) break;
    bare = inner;
  }
  return bare;
}

function isQuote(char: string): boolean {
  return DOUBLE.has(char) || SINGLE.has(char);
}

function sameKind(a: string, b: string): boolean {
  return DOUBLE.has(a) === DOUBLE.has(b);
}

function dropPair(line: string): string {
  const first = line.charAt(0);
  const last = line.charAt(line.length - 1);
  if (!isQuote(first) || !isQuote(last) || ELISION.test(line)) return line;
  if (sameKind(first, last) && closesEarly(line, first)) return line;
  if (!sameKind(first, last) && (hasKind(line.slice(1), first) || hasKind(line.slice(0, -1), last))) return line;
  return line.slice(1, -1).trim();
}

function hasKind(text: string, kind: string): boolean {
  return Array.from(text).some((char, at, all) => isQuote(char) && sameKind(char, kind) && !isApostrophe(all, at));
}

/** Whether the quote that opens the line is closed before its end, as in `"A" and "B"`; `"The "Best" Plan"` is one. */
function closesEarly(line: string, first: string): boolean {
  const chars = Array.from(line);
  const leading = chars.findIndex((char) => !isQuote(char));
  const isOpening = (at: number) =>
    at < leading || (at < chars.length - 1 && /[\s([—–-]/.test(chars[at - 1] ?? "") && isQuote(chars[at] ?? ""));
  const lastOpening = chars.findLastIndex((_char, at) => isOpening(at));
  let depth = 0;
  for (const [at, char] of chars.entries()) {
    if (!isQuote(char) || !sameKind(char, first) || isApostrophe(chars, at)) continue;
    depth += isOpening(at) ? 1 : -1;
    // A lone one inside single quotes is a possessive: 'Parents' Guide'.
    const mayClose = DOUBLE.has(first) || lastOpening > 0;
    if (depth <= 0 && at < chars.length - 1 && mayClose) return true;
  }
  return false;
}

function isApostrophe(chars: string[], at: number): boolean {
  if (!SINGLE.has(chars[at] ?? "")) return false;
  const [before = "", after = ""] = [chars[at - 1], chars[at + 1]];
  return !isQuote(before) && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
}

function dropBrackets(line: string): string {
  const opening = line.charAt(0);
  const closing = PAIRS.get(opening);
  if (closing === undefined) return line;
  let depth = 0;
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === opening) depth += 1;
    if (line[at] === closing) depth -= 1;
    if (depth === 0) return at === line.length - 1 ? line.slice(1, -1).trim() : line;
  }
  return line;
}

/** Of several names in quotes side by side, the first. */
function dropFirstQuoted(line: string): string {
  const several = SEVERAL.exec(line);
  return several?.[1] ?? several?.[2] ?? line;
}

function dropLone(line: string): string {
  const first = line.charAt(0);
  const last = line.charAt(line.length - 1);
  const rest = line.slice(1);
  if (isQuote(first) && !hasKind(rest, first) && !ELISION.test(line)) return rest.trim();
  if (PAIRS.has(first) && !line.includes(PAIRS.get(first) ?? "")) return rest.trim();
  const front = line.slice(0, -1);
  const isMeasure = /\d$/.test(front);
  const isPossessive = SINGLE.has(last) && /s$/i.test(front);
  if (isQuote(last) && !hasKind(front, last) && !isMeasure && !isPossessive) return front.trim();
  const opener = Array.from(PAIRS).find(([, closing]) => closing === last)?.[0];
  if (CLOSERS.has(last) && opener !== undefined && !front.includes(opener)) return front.trim();
  return line;
}
