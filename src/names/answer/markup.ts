/** Takes fences and tags off an answer. What only looks like them stays: `Vec<T>`, `a < b`. */

const FENCE = /(?:```|~~~)[`~]*(?:[ \t]*(\w{0,12})[ \t]*(?:\n|$|(?=[{[])))?([\s\S]*?)(?:(?:```|~~~)[`~]*|$)/g;
/** Languages of a fence that holds text. In any other a model wrote code or its thoughts instead of a name. */
const TEXT_FENCE = /^(?:te?xt|plain|plaintext|markdown|md|json|ya?ml|xml|html|title|output|answer)?$/i;

/** The text with the content of its fences in their place, if that is text. */
export const dropFences = (text: string): string =>
  text.replace(FENCE, (_fence, language = "", content = "") => (TEXT_FENCE.test(language) ? `\n${content}\n` : "\n"));

/** The element that a model was used to answer in. */
const ANSWER =
  /<((?:[a-z]{1,20}[_:.-]){0,3}?(?:title|name|answer|response))(?:\s[^<>]{0,200})?>\s*([^<]*[^<\s])\s*<\/\1\s*>/i;
/** What shows nothing to a reader. */
const UNREADABLE =
  /<(script|style|head)(?:[\s/][^<>]{0,400})?>[\s\S]*?(?:<\/\1\s*>|$)|<!--[\s\S]*?(?:-->|$)|<!doctype[\s\S]*/gi;
const TAG = /<(\/?)([a-z][\w:.-]*)([\s/=][^<>]*)?>|<[a-z]\w*[\s/][^<>]*$/gi;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', ldquo: "“", rdquo: "”", nbsp: " " };

/** The text without tags; scripts, styles and comments go with what they hold. */
export function dropTags(text: string): string {
  const read = text
    .replace(/&#(\d{2,6});/g, (_entity, code) => String.fromCodePoint(Number(code)))
    .replace(/&([a-z]{2,6});/g, (entity, name) => ENTITIES[name] ?? entity)
    .replace(/<!\[CDATA\[|\]\]>/g, "")
    .replace(UNREADABLE, " ");
  const answer = ANSWER.exec(read)?.[2];
  if (answer !== undefined) return answer;
  const closed = new Set(Array.from(read.matchAll(TAG), ([, slash, name = ""]) => (slash ? name.toLowerCase() : "")));
  return read.replace(TAG, (tag, slash = "", name = "", attributes = "") => {
    // "Centering a <div>" speaks of the tag, `Vec<T>` of a type.
    const isTag = slash !== "" || name === "" || closed.has(name.toLowerCase()) || /[=/]/.test(attributes);
    if (/^(?:p|div|li|h[1-6]|[tbh]r)$/i.test(name) && (isTag || name === "br")) return "\n";
    return isTag ? "" : tag;
  });
}
