/**
 * What a model puts around a name on its line, a pattern a layer: Markdown, quotes, agreement, remarks. What only looks
 * like them stays: `C# vs F#`, `A*`, `"A" and "B"`, `'90s`.
 */

import { anyLineOf } from "../../lib/text.ts";
import { dropLabel, dropSetApart } from "./labels.ts";

const Q = '"“”„«»‹›＂〝〟❝❞「」『』《》〈〉【】﹁﹂';
/** A part of the name in quotes of its own, opened behind a space: `"The "Best" Plan"`. */
const QUOTED_PART = `(?<=[\\s([])["“«「『《][^${Q}]*["”»」』》]`;
/** "Sure!" */
const AGREEMENT = new RegExp(
  String.raw`^¡?${anyLineOf`
    sure(?: thing)?|certainly|of course|absolutely|okay|ok|alright|(?:great|perfect|yes)(?=!)|got it|no problem|gladly
    bien sûr|d['’]accord|claro|por supuesto|natürlich|gerne|certo|конечно|oczywiście|tabii|elbette|بالتأكيد|بالطبع
    ज़रूर|tentu|好的?|当然|はい|承知しました|かしこまりました|네|물론입니다|알겠습니다
  `}(?:\s*[!！。,，،:：;]+|\.+(?=\s))[!.\s]*`,
  "iu",
);
/** Layers and what is left of each, the outermost first. */
const LAYERS: [RegExp, string][] = [
  // The first of several items, and what makes a line a heading, a quotation, an item, a row of a table, a rule.
  [/^\S{1,3}\s*\*\*([^*]+[^*:])\*\*\s*[-–—:(]\s*\S.*$/, "$1"],
  [/^\(?1[.)]\s+(.+?)\s+\(?2[.)]\s.*$/, "$1"],
  [/^(?:[>•‣▪●①-⑳|]\s*|#{1,6}(?:\s+|(?=\p{Lu}\p{Ll}+ ))|[-*+–—·]\s+(?:\[[ xX]\]\s+)?)/u, ""],
  [/^(?:\(?\d{1,2}(?:[.)、]|\\\.)(?:\s+|(?=\p{L}{2})|$)|\d\ufe0f?\u20e3\s*|[一二三][、．]|\(?[a-d]\)\s+)/iu, ""],
  [/^([-*_=~])\1{2,}(?:\s+|$)|\s+(?:#+|([-*_=~])\2{2,})$|\s*\|$/, ""],
  [/^<[a-z][\w:-]*>(?=\S)/i, ""],
  // Escapes, LaTeX, links, code and emphasis.
  [/\\(?=[*_#`~[\](){}.!"'|-])|\\n$/g, ""],
  [/^\$*\s*\\(?:boxed|text|title|textbf)\s*\{(.*)\}\s*\$*$/, "$1"],
  [/!?\[([^[\]]*)\]\([^()\s]*\)/g, "$1"],
  [/(`{1,3})([^`]+)\1/g, "$2"],
  [/(?<![\w*])(\*{1,6})(?=[^\s*])([^*]+)(?<=[^\s*])\1(?![\w*])/g, "$2"],
  [/(?<![\p{L}\p{N}_])(__?)(?=[^\s_])([^_]*[^a-z0-9_][^_]*)(?<=[^\s_])\1(?![\p{L}\p{N}_])/gu, "$2"],
  [/^(\*{1,3}|~|==|~~)\s*([^\s~=].*[^\s~=*])\s*\1$/, "$2"],
  [/^\*{2,3}(?=[\p{Lu}\p{Lo}"]|\s)|(?<=[\p{L}\p{N}\p{Po}"”»)])\*{2,3}$/gu, ""],
  // Quotes and brackets around all of it, and one that lost its partner; 27" is a measure, Parents' a possessive.
  [new RegExp(`^[${Q}]+((?:[^${Q}]|${QUOTED_PART})+)[${Q}'’]+$`, "u"), "$1"],
  [/^['‘’‚`]+((?:[^'’‘`]|(?<=\p{L})['’])+)['’‘"”`]+$/u, "$1"],
  [/^(?:\(((?:[^()]|\([^()]*\))*)\)|（(.*)）|\[+([^[\]]*)\]+|\{+([^{}"]*)\}+|<+([^<>]*)>+)$/, "$1$2$3$4$5"],
  [new RegExp(`^[${Q}]([^${Q}]+)$|^([^${Q}]+)(?!(?<=\\d)")[${Q}]$`), "$1$2"],
  [/^['‘`](?!tis|twas|em\b|til\b|cause|n['’]|\d\ds?)([^'’‘`]+)$|^([^'’‘`]*[^s'’‘`])['’`]$/i, "$1$2"],
  [/^[(（[]([^()（）[\]]+)$|^([^()（）[\]]+)[)）\]]$/, "$1$2"],
  // Of several names side by side the first, and a quoted one before words about it.
  [/^["“„«「『]([^"“”„«»「」『』]{2,80})["”“»」』]\s*(?:(?:[,，、;/]|or\b)\s*["“„«「『]|[-–—:(]\s*\p{Ll}).*$/u, "$1"],
  [/^(\S.*?)(?:\s+[|/•]\s+|\s*[;；]\s+)\S.*(?:\s[|/•]|[;；])\s.*$/u, "$1"],
  [AGREEMENT, ""],
  // How long the model says that its name is, and what it says of it.
  [/^[([]\s*\d{1,2} words?\s*[)\]]\s*|\s[-–—/#]+\s[(]?\d words?[)]?$/i, ""],
  [/\s*[([（{][^()（）]*\b(?:words?|characters?|title|in english|language|note)\b[^()（）]*[)\]）}][.。]?$/iu, ""],
  [
    /\s*[(（][\d三] ?(?:palabras|mots|wörter|parole|palavras|слова|woorden|słowa|kelime|단어|語|[个個]?[字词])[)）]$/iu,
    "",
  ],
  [/(?:(?<=[\p{L}\p{N}”"]\.)|\s[-–—])\s+(?:this|it|i|let me|(?:the|a(?: concise)?) title)(?:['’]\w+)?\s.*$/iu, ""],
];
/** What closes or opens a line. A sentence is told by its stop, so these come off last. */
const EDGES = /[\s.。．।…‥,，、;；:：]+$|\s+[-–—|/&+~<>=→]+$|^(?:[,，、;；:：。！!？?…]+\s*|[-–—.|=~]+\s+|\.{2,})/gu;

/** The line without its outermost layer; the line itself when it has none. */
export function withoutLayer(line: string): string {
  const bare = dropSetApart(line);
  if (bare !== line) return bare;
  for (const [layer, rest] of LAYERS) {
    const inner = line.replace(layer, rest).trim();
    if (inner !== line) return inner;
  }
  return dropLabel(line);
}

export const withoutEdges = (line: string): string => line.replace(EDGES, "").trim();
