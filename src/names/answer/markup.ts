/** Takes XML and HTML off an answer. What only looks like a tag stays: `Vec<T>`, `Map<string, number>`, `a < b`. */

/** Elements whose content is the answer, with prefixes such as `session_` and `final-`. */
const ANSWER =
  "(?:[a-z]{1,20}[_:.-]){0,3}?(?:title|name|answer|output|result|response|final|topic|headline|subject|sessiontitle|chattitle)";
const ANSWER_ELEMENT = new RegExp(`<(${ANSWER})(?:\\s[^<>]{0,200})?>([\\s\\S]*?)<\\/\\1\\s*>`, "gi");
const UNCLOSED_ANSWER = new RegExp(`^\\s*<${ANSWER}(?:\\s[^<>]{0,200})?>([\\s\\S]*)$`, "i");
/** `<parameter name="title">…` and `<parameter=title>…`: a tool call written as text. */
const TITLE_PARAMETER = /<parameter(?:\s+name\s*=\s*|=)["']?[\w-]{0,30}(?:title|name)["']?>([^<]*)/i;

/** "[title]…[/title]". */
const BULLETIN_TAGS = /\[([a-z]{1,20})\]([^[\]]*)\[\/\1\]/gi;

/** What such an element holds is never read by anybody. */
const UNREADABLE =
  /<(script|style|iframe|object|embed|noscript|svg|math|head)(?:[\s/][^<>]{0,400})?>[\s\S]*?(?:<\/\1\s*>|$)/gi;
const UNFINISHED_TAG = /<\/?(?:script|style|iframe|img|svg|object|embed|a|div|span)(?:[\s/][^<>]*)?$/i;
const COMMENT = /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[([\s\S]*?)(?:\]\]>|$)|<[!?][a-z][^<>]*>/gi;
const TAG = /<(\/?)([a-z][a-z0-9]*(?:[-:][a-z0-9]+)*)((?:[\s/][^<>]*)?)>/gi;
const WHOLE_ELEMENT = /^\s*<([a-z][\w:.=-]*)(?:\s[^<>]{0,200})?>([\s\S]*?)<\/[a-z][\w:.-]*\s*>\s*([\s\S]*)$/i;

const elements = (names: string) => new RegExp(`^(?:${names.trim().split(/\s+/).join("|")})$`, "i");
const FORMATTING = elements(`
  b i u s em strong mark small big sub sup del ins font span code pre kbd samp var tt q cite abbr a p br hr h[1-6] center
  bdi bdo ruby rt rp wbr
`);
const HTML = elements(`
  html head body title meta link base div section article header footer main nav aside ul ol li dl dt dd table thead tbody
  tfoot tr td th caption form input button select option textarea label fieldset legend img image picture source video
  audio track canvas svg iframe object embed script style noscript template slot details summary dialog blockquote figure
  figcaption address time data progress meter output param area map col colgroup
`);
const BLOCK = /^(?:p|hr|div|li|h[1-6]|tr|section|article|ul|ol|table|blockquote|dt|dd)$/i;
const BREAK = /^(?:br|td|th)$/i;

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  hellip: "…",
  ndash: "–",
  mdash: "—",
  laquo: "«",
  raquo: "»",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
};

/** The text without markup, "" when it was an HTML page or nothing else. */
export function dropMarkup(text: string): string {
  if (/^\s*<(?:!doctype\s|html[\s>])/i.test(text)) return "";
  const unmarked = text.replace(BULLETIN_TAGS, "$2");
  return /[<&]/.test(unmarked) ? dropElements(unmarked) : unmarked;
}

function dropElements(text: string): string {
  const read = text.replace(COMMENT, (_comment, data: string | undefined) => data ?? "").replace(UNREADABLE, " ");
  const answered = answerIn(read);
  if (answered !== null) return answered;
  return decodeEntities(dropTags(dropForeignElement(read)).replace(UNFINISHED_TAG, ""));
}

function answerIn(text: string): string | null {
  for (const element of text.matchAll(ANSWER_ELEMENT)) if (element[2]?.trim()) return element[2];
  return TITLE_PARAMETER.exec(text)?.[1] ?? UNCLOSED_ANSWER.exec(text)?.[1] ?? null;
}

/** An element unknown to HTML holds the answer when nothing stands beside it, and something else when the answer does. */
function dropForeignElement(text: string): string {
  const element = WHOLE_ELEMENT.exec(text);
  if (!element || FORMATTING.test(element[1] ?? "") || HTML.test(element[1] ?? "")) return text;
  const [, , content = "", beside = ""] = element;
  return /[\p{L}\p{N}]/u.test(beside) ? beside : content;
}

function dropTags(text: string): string {
  const closed = new Set(Array.from(text.matchAll(TAG), ([, slash, name = ""]) => (slash ? name.toLowerCase() : "")));
  return text.replace(TAG, (tag, slash: string, name: string, attributes: string, at: number) => {
    const isFormatting = FORMATTING.test(name);
    const isPaired = slash !== "" || closed.has(name.toLowerCase());
    if (!isFormatting && !HTML.test(name)) return isPaired || attributes.includes("=") ? " " : tag;
    if (
      !isPaired &&
      !/^(?:br|hr|wbr)$/i.test(name) &&
      attributes === "" &&
      isMention(text, at, at + tag.length, isFormatting)
    )
      return name;
    if (BLOCK.test(name)) return "\n";
    return BREAK.test(name) ? " " : "";
  });
}

/** "Centering a <div> in CSS" speaks of the tag. */
function isMention(text: string, start: number, end: number, isFormatting: boolean): boolean {
  const isApart = end === text.length || /\s/.test(text.charAt(end));
  return start > 0 ? /\s/.test(text.charAt(start - 1)) && isApart : !isFormatting && isApart && end < text.length;
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (entity, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? entity;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal, 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}
