/** Takes fences, tags, Markdown and quotes off a text. What only looks like them stays: `Vec<T>`, `C# vs F#`, `A*`. */

/** Fences that hold text, or nothing that is named; in any other language a model wrote code instead of a name. */
const FENCE = /(?:```|~~~)[`~]*[ \t]*(\w{0,12})[ \t]*(?:\n|(?=[{[])|(?<=[`~]\w*))([\s\S]*?)(?:(?:```|~~~)[`~]*|$)/;
const TEXT_FENCE = /^(?:te?xt|plain|plaintext|markdown|md|json|ya?ml|xml|html|title|output|answer)?$/i;
const REASONING_FENCE = /^(?:think|thinking|thought|reasoning|analysis)$/i;
const CODE = /[;{}=()]|^\s*(?:import|from|def|class|function|return|const|let|var|print|echo)\b/m;

/** The text without its first fence: what stood before it, then its content where that is text. */
export function dropFence(text: string): string {
  const fence = FENCE.exec(text);
  if (fence === null) return text;
  const [whole, language = "", content = ""] = fence;
  const before = text.slice(0, fence.index);
  const after = text.slice(fence.index + whole.length);
  if (REASONING_FENCE.test(language)) return `${before}\n${after}`;
  const isText = TEXT_FENCE.test(language);
  if (!isText && CODE.test(content)) return before;
  // "```Weekly Meal```" has no language: the word is the first of the text.
  return `${before}\n${isText ? content : `${language} ${content}`}\n${content.trim() === "" ? after : ""}`;
}

const ANSWER =
  "(?:[a-z]{1,20}[_:.-]){0,3}?(?:title|name|answer|output|result|response|final|topic|sessiontitle|chattitle)";
const ANSWER_ELEMENT = new RegExp(`<(${ANSWER})(?:\\s[^<>]{0,200})?>\\s*([^<]*[^<\\s])\\s*<\\/\\1\\s*>`, "i");
/** `<parameter name="title">…` and `<parameter=title>…`: a tool call written as text. */
const TITLE_PARAMETER = /<parameter(?:\s+name\s*=\s*|=)["']?[\w-]{0,30}(?:title|name)["']?>([^<]*)/i;
const UNREADABLE =
  /<(script|style|iframe|object|svg|head)(?:[\s/][^<>]{0,400})?>[\s\S]*?(?:<\/\1\s*>|$)|<!--[\s\S]*?(?:-->|$)|<!doctype[\s\S]*/gi;
const TAG = /<(\/?)([a-z][\w:.-]*)((?:[\s/=][^<>]*)?)>/gi;
const FOREIGN_ASIDE = /^\s*<(notes?|[a-z]+ing)>[^<]*<\/\1>(?=\s*\S)/i;
const BREAK = /^(?:p|div|li|h[1-6]|[tbh]r)$/i;
const UNFINISHED_TAG = /<[a-z]\w*[\s/][^<>]*$/i;
const ENTITIES = new Map(
  ["&amp", "<lt", ">gt", '"quot', "'apos", " nbsp", "“ldquo", "”rdquo"].map((entity) => [
    entity.slice(1),
    entity.charAt(0),
  ]),
);

/** The text without tags and entities; scripts, styles and comments go with what they hold. */
export function dropTags(text: string): string {
  const tagged = text
    .replace(/\[([a-z]{1,20})\]([^[\]]*)\[\/\1\]/gi, "$2")
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, "$1");
  if (!/[<&]/.test(tagged)) return tagged;
  const read = tagged.replace(UNREADABLE, " ").replace(FOREIGN_ASIDE, "");
  const answer = ANSWER_ELEMENT.exec(read)?.[2] ?? TITLE_PARAMETER.exec(read)?.[1];
  if (answer !== undefined) return answer;
  const closed = new Set(Array.from(read.matchAll(TAG), ([, slash, name = ""]) => (slash ? name.toLowerCase() : "")));
  return read
    .replace(TAG, (tag, slash: string, name: string, ...[attributes, at]) => {
      const isPaired = slash !== "" || closed.has(name.toLowerCase());
      if (BREAK.test(name) && (isPaired || !/^p|div/.test(name) || attributes !== "")) return "\n";
      if (isPaired || /[=/]/.test(attributes)) return "";
      // "Centering a <div>" speaks of the tag, `Vec<T>` of a type; what opens the answer wraps it.
      if (attributes !== "" || /^[A-Z]$/.test(name) || /\w/.test(read[at - 1] ?? "")) return tag;
      return at === 0 && !/^\s/.test(read.slice(tag.length)) ? "" : name;
    })
    .replace(UNFINISHED_TAG, "")
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, decoded);
}

function decoded(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES.get(name.toLowerCase()) ?? entity;
  const code = Number(decimal ?? `0x${hex}`);
  return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}

/** Marks around several lines; not those of a first line that has its own. */
const OUTER_MARKS =
  /^(?:(\*{1,3}|_{1,3}|`{1,2})(?=[^ \t*_`])((?:(?!\1)[^\n])*\n[\s\S]*[^\s*_`])\1|"([^"\n]+\n[\s\S]+)"|“([^”\n]+\n[\s\S]+)”|«([^»\n]+\n[\s\S]+)»|「([^」\n]+\n[\s\S]+)」|\(((?:[^()\n]|\([^()\n]*\))*\n[\s\S]*)\)|("""|''')\s*([\s\S]+?)\s*\8)$/;

/** The text without marks that stand around all of it. */
export const dropOuterMarks = (text: string): string =>
  OUTER_MARKS.exec(text.trim())?.filter((group, at) => at > 1 && at !== 8 && group !== undefined)[0] ?? text;

const BLOCK_MARKERS = [
  /^(?:>\s*)+/,
  /^#{1,6}(?:\s+|(?=\p{Lu}\p{Ll}+ ))/u,
  /^[-*+•–—·]\s+(?:\[[ xX]\]\s+)?|^[•‣▪●]\s*/,
  /^(?:([-*_=~])\1{2,}(?:\s+|$))+|(?<=\s)([-*_=~])\2{2,}$/g,
  /^\(?\d{1,2}(?:[.)、]|\\\.)(?:\s+|(?=\p{L}{2}))|^[①-⑳]\s*|^\d\ufe0f?\u20e3\s*|^[一二三四五][、．.]\s*/u,
  /^\(?[a-dA-D]\)\s+|^[ivx]{1,4}[.)]\s+|^\d{1,2}[.)]$/,
  /^\|\s*|\s*\|$/g,
];

/** Whether the line is an item of a list. */
export const isListItem = (line: string): boolean =>
  /^\s*(?:[-*+•]\s|\(?(?:\d{1,2}|[a-d])[.)、]|[①-⑳]|\d\ufe0f?\u20e3)/i.test(line);

/** The line without what makes it a heading, a quotation, an item or a row; of numbered items on one line the first. */
export function dropBlockMarkers(line: string): string {
  const explained = /^\S{1,3}\s*(?:\*\*|")([^*"]+[^*":])(?:\*\*|")\s*[-–—:(]\s*\S+\s+\S/.exec(line);
  if (explained?.[1] !== undefined && isListItem(line)) return explained[1];
  let bare = /^\s*\(?1[.)]\s/.test(line) ? (line.split(/\s[;,]?\s*\(?2[.)]\s/)[0] ?? line) : line;
  for (const marker of BLOCK_MARKERS) bare = bare.replace(marker, "");
  return /^#{1,6}\s/.test(line) ? bare.replace(/\s+#+$/, "") : bare;
}

/** The line without emphasis, code marks, links and escapes. */
export function dropInlineMarks(line: string): string {
  return line
    .replace(/\\(?=[*_#`~[\](){}.!"'|-])|\\n$/g, "")
    .replace(/^\$*\s*\\(?:boxed|text|title|textbf|textit|emph)\s*\{(.*)\}\s*\$*$/, "$1")
    .replace(/!?\[([^[\]]*)\]\([^()\s]*\)/g, "$1")
    .replace(/(`{1,3})([^`]+)\1/g, "$2")
    .replace(/(?<![\w*])(\*{1,6})(?=[^\s*])([^*]+)(?<=[^\s*])\1(?![\w*])/g, "$2")
    .replace(/^(\*{1,2})(\*\*[^*]+\*\*[^*]*[^*\s])\1$/, "$2")
    .replace(/(?<![\p{L}\p{N}_])(__?)(?=[^\s_])([^_]*[^a-z0-9_][^_]*)(?<=[^\s_])\1(?![\p{L}\p{N}_])/gu, "$2")
    .replace(/^(\*{2,3}|~|==|~~)\s*([^\s~=*].*[^\s~=*])\s*\1$/, "$2")
    .replace(/^\*{2,3}(?=[\p{Lu}\p{Lo}"]|\s)|(?<=[\p{L}\p{N}\p{Po}"”»)])\*{2,3}$/gu, "");
}

const PAIRS = "\"\" '' “” ‘’ „“ „” ”” «» »« ‹› ‚‘ ＂＂ 〝〟 ❝❞ `` 「」 『』 《》 〈〉 【】 ﹁﹂ （） () [] {} <>".split(
  " ",
);
const OPENING = new Set(PAIRS.map(([opening = ""]) => opening));
const CLOSING = new Set(PAIRS.map(([, closing = ""]) => closing));
const DOUBLE = /["“”„«»＂]/;
/** An apostrophe at the start of a word that lost its beginning. */
const ELISION = /^['’](?:tis|twas|em|til|cause|n['’]?|s|\d\ds?)\b/i;

const SEVERAL = /^["“„«「『]([^"“”„«»「」『』]{2,80})["”“»」』]\s*(?:[,，、;/]|or\b)\s*["“„«「『]/;
const BRACKET = /[[({<（]/;

/** The line without the quotes or brackets around all of it, and without one that lost its partner. */
export function dropQuotes(line: string): string {
  const bare = line.trim();
  if (bare.length < 3 || ELISION.test(bare)) return bare;
  const [first, last] = [bare.charAt(0), bare.charAt(bare.length - 1)];
  const isQuoted = OPENING.has(first) && CLOSING.has(last) && !BRACKET.test(first);
  if (isQuoted || PAIRS.includes(first + last)) return isAround(bare, first, last) ? bare.slice(1, -1).trim() : bare;
  return SEVERAL.exec(bare)?.[1] ?? dropLone(bare, first, last);
}

/** Whether the first sign is closed by the last: not in `"A" and "B"`, but in `"The "Best" Plan"`. */
function isAround(line: string, first: string, last: string): boolean {
  const chars = [...line.slice(1, -1)];
  const before = (at: number) => chars[at - 1] ?? " ";
  const isApostrophe = (at: number) => /['’]/.test(chars[at] ?? "") && /\p{L}/u.test(before(at));
  const isOpening = (at: number) => (first === last ? /[\s([{]/.test(before(at)) : chars[at] === first);
  let depth = 1;
  for (const [at, char] of chars.entries()) {
    if ((char === first || char === last) && !isApostrophe(at)) depth += isOpening(at) ? 1 : -1;
    if (depth === 0) return false;
  }
  return !BRACKET.test(first) || depth === 1;
}

function dropLone(line: string, first: string, last: string): string {
  const [rest, front] = [line.slice(1), line.slice(0, -1)];
  if (OPENING.has(first) && !isWithin(rest, first)) return rest.trim();
  // 27" is a measure, Parents' a possessive.
  const isLone = CLOSING.has(last) && !isWithin(front, last) && !/\d"$|s['’]$/.test(line);
  return isLone ? front.trim() : line;
}

/** Whether a partner of the sign stands in the text; an apostrophe within a word is none. */
function isWithin(text: string, sign: string): boolean {
  if (/['’‘]/.test(sign)) return /['’](?!\p{L})|(?<!\p{L})['’‘]/u.test(text);
  return DOUBLE.test(sign)
    ? DOUBLE.test(text)
    : PAIRS.some((pair) => pair.includes(sign) && [...pair].some((one) => text.includes(one)));
}
