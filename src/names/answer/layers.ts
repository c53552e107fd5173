/**
 * What a model puts around a name on its line, a pattern a layer: Markdown, quotes, agreement, remarks. What only looks
 * like them stays: `C# vs F#`, `A*`, `"A" and "B"`, `'90s`.
 */

import { dropLabel, dropSetApart } from "./labels.ts";

const Q = '"“”„«»‹›＂〝〟❝❞「」『』《》〈〉【】﹁﹂';
/** A part of the name in quotes of its own, opened behind a space: `"The "Best" Plan"`. */
const QUOTED_PART = `(?<=[\\s([])["“«「『《][^${Q}]*["”»」』》]`;
/** Layers and what is left of each, the outermost first. */
const LAYERS: [RegExp, string][] = [
  // A heading, a quotation, an item of a list, a row of a table, a rule; the first of several numbered items on one line.
  [/^\S{1,3}\s*\*\*([^*]+[^*:])\*\*\s*[-–—:(]\s*\S.*$/, "$1"],
  [/^\(?1[.)]\s+(.+?)\s[;,]?\s*\(?2[.)]\s.*$/, "$1"],
  [/^(?:[>•‣▪●①-⑳|]\s*|#{1,6}(?:\s+|(?=\p{Lu}\p{Ll}+ ))|[-*+–—·]\s+(?:\[[ xX]\]\s+)?|([-*_=~])\1{2,}(?:\s+|$))/u, ""],
  [
    /^(?:\(?\d{1,2}(?:[.)、]|\\\.)(?:\s+|(?=\p{L}{2})|$)|\d\ufe0f?\u20e3\s*|[一二三四五][、．]|\(?[a-dA-D]\)\s+|[ivx]{1,4}[.)]\s+)/u,
    "",
  ],
  [/\s+(?:#+|([-*_=~])\1{2,})$|\s*\|$/, ""],
  [/^<[a-z][\w:-]*>(?=\S)|\[\/[a-z]+\]$/i, ""],
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
  // A quoted name before another one or before words about it, and in a sentence about a name.
  [/^["“„«「『]([^"“”„«»「」『』]{2,80})["”“»」』]\s*(?:(?:[,，、;/]|or\b)\s*["“„«「『]|[-–—:(]\s*\p{Ll}).*$/u, "$1"],
  [
    /^(?:(?=[^"“«「『]*(?:titled?|name|call|suggest|with|about|[Mm]aybe|[Pp]erhaps))(?:I|You|Let['’]s|This|How|What|Maybe|Perhaps|An?|The)(?:['’]\w+)?(?: [a-z]+){0,8}:? )?["“«「『]([^"“”«»「」『』]{2,80})["”»」』](?: (?:as|would|could|is)\b.*\b(?:title|name)\b.*|[?.]*)$/u,
    "$1",
  ],
  [
    /^(?:(?:(?:The|An?) (?:[a-z]+ ){0,2}|Session )(?:title|name)(?: (?:for|of) this [a-z]+)? (?:is|would be)|I(?: would|['’]d) (?:title|call|name|go with)|Let['’]s (?:call|go with)|This [a-z]+ is best titled)(?: (?:it|this|the|chat|conversation|session))*:?\s+(?=[\p{Lu}\p{Lo}])/u,
    "",
  ],
  // "Sure!", and of several names side by side the first.
  [
    /^¡?(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|alright|got it|no problem|gladly|bien sûr|d['’]accord|claro|por supuesto|natürlich|gerne|certo|конечно|oczywiście|tabii|elbette|بالتأكيد|بالطبع|בטח|ज़रूर|tentu|chắc chắn(?: rồi)?|ได้เลย|φυσικά|好的?|当然|承知しました|かしこまりました|はい|네|물론입니다|알겠습니다)(?:\s*[!！。,，،:：;]+|\.+(?=\s))[!.\s]*|^(?:great|perfect|yes)!+\s*/iu,
    "",
  ],
  [/^(\S.*?)(?:\s+[|/•]\s+|\s*[;；]\s+)\S.*(?:\s[|/•]|[;；])\s.*$/u, "$1"],
  // How long the model says that its name is, and what it says of it.
  [/^[([]\s*\d{1,2} words?\s*[)\]]\s*|\s[-–—/#]+\s[(]?\d words?[)]?$/i, ""],
  [
    /\s*[([（【{]\s*(?:[a-z]+ )?(?:[≤<~]?\d{1,2}|one|two|three|four|five|[一二三四五])[ -]?(?:words?|characters?|word title|palabras?|mots?|wörter|parole|palavras?|слов[ао]?|kelime|woorden|słow[ao]|slova|cuvinte|szó|λέξεις|ord|sanaa|từ|kata|शब्द|كلمات|מילים|คำ|단어|[个個]?[字词詞語])(?:[ ,][^()]{0,40})?[)\]）】}][.。]?$/iu,
    "",
  ],
  [
    /\s*[([（](?:(?:word|character)s?(?: count)?:\s*\d+|in (?:english|the user.s language)|title(?: case)?|an? [^()]*title[^()]*|(?:note|this (?:title|name))\b[^()]*)[)\]）][.。]?$/i,
    "",
  ],
  [
    /(?:(?<=[\p{L}\p{N}”"]\.)\s+|\s+[-–—]\s+)(?:this|it|i|the title|let me|a(?: concise)? title)(?:['’]\w+)?\s.*$/iu,
    "",
  ],
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
