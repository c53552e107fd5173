/** The offline model's titles: the first words of the conversation's first user message, in its own language. */
import { isObject } from "../domain/json.ts";
import { MAX_DENSE_NAME_GRAPHEMES, MAX_NAME_GRAPHEMES, MAX_NAME_WORDS } from "../domain/limits.ts";

/** One such character says as much as several letters. */
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu;
/** Scripts that write words without spaces between them. */
const SPACELESS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const OPENING =
  /^(?:(?:hi|hello|hey|please|(?:can|could|would) you|i (?:want|need|would like) to|help me(?: to)?)\b[\s,.!]*)+/i;
/** A role at the start of a line, however it is dressed: `User:`, `[user]`, `**User**:`, `<user>`, `- user:`. */
const ROLE = /^[^\p{L}\n]*(user|human|assistant|model|ai|system|tool)\b[^\p{L}\p{N}\n]*?[:\]>][*\]]*[ \t]*/gimu;
const FENCES = [/<([a-z][\w-]*)[^<>]*>\s*([\s\S]*)<\/\1>/i, /(`{3,}|"{3,}|~{3,}|-{3,}|={3,})[^\n]*\n([\s\S]*)\n\1/];
const LEADING_MARKS = /^[\s\-–—•*"'“”‘’«»„「『([{<¿¡]+/u;
const TRAILING_MARKS = /[\s.,;:!?…。、！？，；：؟؛·\-–—"'“”‘’«»„」』([{<]+$/u;

/** A verb at which a sentence was cut. With it the title would read as the beginning of speech, and would be refused as a name. */
const CUT_AT_VERB = /\s(?:is|are|was|were)$/i;

/**
 * A title for the conversation that a naming prompt holds in one of these texts: fenced or not, as lines with roles or
 * as JSON. Empty only if all of them are.
 */
export function offlineTitle(texts: string[]): string {
  const given = texts.map((text) => text.trim()).filter((text) => text !== "");
  const fenced = given.map((text) => FENCES.map((fence) => fence.exec(text)?.[2]?.trim()).find(Boolean) ?? text);
  const found = [...fenced, ...given].map((text) => fromJson(text) ?? fromRoles(text)).find(Boolean);
  return titleOf(found ?? fenced[0] ?? "");
}

/** One JSON value, or one a line: the first message of the user, else the first of anyone. */
function fromJson(text: string): string | undefined {
  const entries = [text, ...text.split("\n")].flatMap(parsedEntries);
  const said = entries.flatMap((entry) =>
    isObject(entry) && typeof entry.content === "string" && entry.content.trim() !== ""
      ? [{ role: entry.role, content: entry.content }]
      : [],
  );
  return (said.find((message) => message.role === "user") ?? said[0])?.content;
}

function parsedEntries(candidate: string): unknown[] {
  if (!/^\s*[[{]/.test(candidate)) return [];
  try {
    const value: unknown = JSON.parse(candidate);
    return Array.isArray(value) ? value : [value];
  } catch {
    return [];
  }
}

function fromRoles(text: string): string | undefined {
  const roles = [...text.matchAll(ROLE)];
  const first = roles.findIndex((role) => /^(user|human)$/i.test(role[1] ?? ""));
  const role = roles[first];
  if (!role) return undefined;
  const said = text.slice(role.index + role[0].length, roles[first + 1]?.index);
  return said.replace(/<\/\w+>\s*$/, "").trim();
}

function titleOf(message: string): string {
  const tool = /^\/tool\s+(\S+)/.exec(message)?.[1];
  const line = tool === undefined ? message.replace(/[\p{Cc}\s]+/gu, " ").trim() : `Using the ${tool} tool`;
  const withoutOpening = firstSentence(line.replace(OPENING, ""));
  const short = cutGraphemes(firstWords(withoutOpening.includes(" ") ? withoutOpening : line));
  const whole = short.length < withoutOpening.length ? short.replace(CUT_AT_VERB, "") : short;
  const bare = whole.replace(LEADING_MARKS, "").replace(TRAILING_MARKS, "");
  return capitalised(bare === "" ? short : bare);
}

/** A title that runs into the next sentence reads badly; a single word before a stop is too little of one. */
function firstSentence(line: string): string {
  const [first = line] = line.split(/(?<=[.!?…])\s+|(?<=[。！？])/u);
  return first.includes(" ") || SPACELESS.test(first) ? first : line;
}

/** Words are what stands between spaces or, in scripts without spaces, what the segmenter takes for words. */
function firstWords(line: string): string {
  let words = 0;
  let isNewToken = true;
  for (const { segment, index, isWordLike } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(line)) {
    if (/^\s+$/.test(segment)) isNewToken = true;
    if (!isWordLike || !(isNewToken || SPACELESS.test(segment))) continue;
    if (words === MAX_NAME_WORDS) return line.slice(0, index).trim();
    words += 1;
    isNewToken = false;
  }
  return line;
}

function cutGraphemes(title: string): string {
  const graphemes = [...new Intl.Segmenter().segment(title)].map(({ segment }) => segment);
  const wide = title.match(WIDE)?.length ?? 0;
  return graphemes.slice(0, wide * 2 > graphemes.length ? MAX_DENSE_NAME_GRAPHEMES : MAX_NAME_GRAPHEMES).join("");
}

function capitalised(title: string): string {
  const [first = "", ...rest] = title;
  // A word with capitals of its own, such as `iPhone`, is spelled as its owner wants it.
  return /^\S*\p{Lu}/u.test(title) ? title : first.toUpperCase() + rest.join("");
}
