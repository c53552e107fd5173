/** Takes Markdown and LaTeX off an answer: fences, headings, list markers, emphasis, links. `C# vs F#` and `A*` stay. */

import { alternatives } from "./phrases.ts";

const FENCE_LENGTH = 3;
const REASONING_FENCE = /^(?:think|thinking|thought|reasoning|analysis)$/i;
/** Fences that only hold text; in any other language a model wrote code instead of a name. */
const TEXT_FENCE =
  /^(?:|text|txt|plain|plaintext|markdown|md|json|json5|jsonc|yaml|yml|toml|xml|html|title|output|answer|none|string)$/i;
const CODE_PUNCTUATION = /[;{}=()]|^\s*(?:import|from|def|class|function|return|const|let|var|print|echo)\b/m;

/** The text without fences: what stood before the first one, then its content where that is text. */
export function dropFence(text: string): string {
  const opening = /```|~~~/.exec(text);
  if (!opening) return text;
  const before = text.slice(0, opening.index);
  const [inside, after] = splitOnce(text.slice(opening.index + FENCE_LENGTH).replace(/^[`~]+/, ""), opening[0]);
  const { language, content } = splitFence(inside);
  if (REASONING_FENCE.test(language)) return `${before}\n${after}`;
  if (!TEXT_FENCE.test(language) && CODE_PUNCTUATION.test(content)) return before;
  return `${before}\n${content.trim() === "" ? after : content}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length).replace(/^[`~]+/, "")];
}

function splitFence(inside: string): { language: string; content: string } {
  const info = /^[ \t]*([\w+#.-]{0,20})[ \t]*(?=\n|$|[{[])/.exec(inside);
  // "```Weekly```" has no language: the word is all there is.
  const isOnlyWord = info !== null && inside.slice(info[0].length).trim() === "";
  if (!info || (isOnlyWord && !TEXT_FENCE.test(info[1] ?? ""))) return { language: "", content: inside };
  return { language: info[1] ?? "", content: inside.slice(info[0].length) };
}

/** Marks around several lines; not those of a first line that has its own. */
const OUTER_MARKS = new RegExp(
  `^(?:${alternatives(String.raw`
    (\*{1,3}|_{1,3}|\x60{1,2})(?=[^ \t*_\x60])((?:(?!\1)[^\n])*\n[\s\S]*[^\s*_\x60])\1
    "([^"\n]+\n[\s\S]+)"|“([^”\n]+\n[\s\S]+)”|«([^»\n]+\n[\s\S]+)»|「([^」\n]+\n[\s\S]+)」
    \(((?:[^()\n]|\([^()\n]*\))*\n[\s\S]*)\)
  `)})$`,
);

/** Deeper than any marks that were meant: each looks at the whole text. */
const MAX_OUTER_MARKS = 12;

/** The text without emphasis, code marks, quotes or brackets around all of its lines. */
export function dropOuterMarks(text: string): string {
  let bare = text;
  for (let layer = 0; layer < MAX_OUTER_MARKS; layer += 1) {
    const groups = OUTER_MARKS.exec(bare.trim())?.slice(2);
    const inner = groups?.find((group) => group !== undefined);
    if (inner === undefined) break;
    bare = inner;
  }
  return bare;
}

const BLOCK_MARKERS = [
  /^(?:>\s*)+(?=\S)/,
  /^#{1,6}\s+|^#{2,6}(?=\S)/,
  /^[-*+•‣⁃◦▪▫●○■□◆◇►▸➤–—·・※]\s+|^[•‣⁃◦▪▫●○■□◆◇►▸➤·・](?=\S)/,
  /^\[[ xX]\]\s+/,
  /^[(（]?\d{1,2}[.)、．）]\s+|^\d{1,2}[)、．）](?=\S)|^\d{1,2}\.(?=[\p{Lu}\p{Lo}"“「*])/u,
  /^[(（]\d{1,2}[)）](?=\S)|^\[\d{1,2}\]\s+|^#\d{1,2}[.):]\s+/,
  /^[①-⑳⑴-⒇❶-❿➀-➓㈠-㈩]\s*|^[0-9]\ufe0f?\u20e3\s*|^[一二三四五][、．.]\s*/,
  /^[(（]?[a-dA-D][)）]\s+|^[ivx]{1,4}[.)]\s+/,
  /^\|\s*|\s*\|$/g,
  /^\d{1,2}[.)]$/,
];
const LIST_MARKER = /^\s*(?:[-*+•‣◦▪●○■–—·・]\s|[(（]?(?:\d{1,2}|[a-dA-D])[.)、．）]|[①-⑳❶-❿]|[0-9]\ufe0f?\u20e3)/;

/** "1. **Name** – why it fits": of an item that explains itself, what is set in bold. A label in bold ends in a colon. */
const EXPLAINED_ITEM = new RegExp(
  `${LIST_MARKER.source}\\s*(\\*{2,3}|__)([^*_\\s](?:[^*_]*[^*_:：\\s])?)\\1\\s*(?:[-–—:：→]|\\()\\s*(?=\\S+\\s+\\S)`,
  "u",
);

/** Whether the line is an item of a list. */
export function isListItem(line: string): boolean {
  return LIST_MARKER.test(line);
}

/** The line without what makes it a heading, a quotation, an item or a row; of numbered items on one line the first. */
export function dropBlockMarkers(line: string): string {
  let bare = EXPLAINED_ITEM.exec(line)?.[2] ?? line;
  if (/^\s*\(?1[.)]\s/.test(bare)) bare = bare.split(/\s[;,]?\s*\(?2[.)]\s/)[0] ?? bare;
  for (const marker of BLOCK_MARKERS) bare = bare.replace(marker, "");
  return /^#{1,6}\s/.test(line) ? bare.replace(/\s+#+$/, "") : bare;
}

/** The line without emphasis, code marks, links and escapes. */
export function dropInlineMarks(line: string): string {
  return line
    .replace(/\\(?=[*_#`~[\](){}.!"'|-])/g, "")
    .replace(/\\n$/g, "")
    .replace(/^\$*\s*\\(?:boxed|text|title|textbf|textit|mathbf|emph|section\*?|fbox)\s*\{(.*)\}\s*\$*$/, "$1")
    .replace(/!?\[([^[\]]*)\]\(\s*[^()\s]*(?:\s+"[^"]*")?\s*\)/g, "$1")
    .replace(/(`{1,3})([^`]+)\1/g, "$2")
    .replace(/(?<![\d*])(\*{2,3})(?=[^\s*])([^*]+)(?<=[^\s*])\1(?![\d*])/g, "$2")
    .replace(/(?<![\w*])\*(?=[^\s*])([^*]+)(?<=[^\s*])\*(?![\w*])/g, "$1")
    .replace(/(?<![\p{L}\p{N}_])(__?)(?=[^\s_])([^_]+)(?<=[^\s_])\1(?![\p{L}\p{N}_])/gu, dropUnderscores)
    .replace(/^(\*{2,3}|_{2,3})\s+(\S.*\S)\s+\1$/, "$2")
    .replace(/^(\*{4,6})([^*]+)\1$/, "$2")
    .replace(/^(\*{1,2})(\*\*[^*]+\*\*[^*]*[^*\s])\1$/, "$2")
    .replace(/~~(?=\S)([^~]+)~~/g, "$1")
    .replace(/^==(?=\S)([^=]+)==$/, "$1")
    .replace(/^\*{2,3}(?=[\p{Lu}\p{Lo}\p{N}\p{Ps}\p{Pi}"\p{Extended_Pictographic}]|\s)/u, "")
    .replace(/(?<=[\p{L}\p{N}\p{Po}"”»)])\*{2,3}$/u, "");
}

/** `__init__` and `_id` are names of things; emphasis is on words. */
function dropUnderscores(marked: string, _marks: string, content: string): string {
  return /^[a-z0-9]+$/.test(content) ? marked : content;
}
