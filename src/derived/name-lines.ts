/** Chooses the line of an answer that is the name, and takes off it what a line may be wrapped in. */

import { hasContent } from "./name-characters.ts";
import { dropLabel, dropMarkedLabel, isTitleLabel, titleAfterLabel } from "./name-labels.ts";
import { countWords, MAX_NAME_WORDS } from "./name-limits.ts";
import { dropBlockMarkers, dropInlineMarks, isListItem } from "./name-markdown.ts";
import { dropMarkup } from "./name-markup.ts";
import { isPlaceholder } from "./name-placeholders.ts";
import { dropPreamble } from "./name-preambles.ts";
import { dropQuotes } from "./name-quotes.ts";
import { type Speech, speechIn } from "./name-speech.ts";

/** Deeper than any wrapping that was meant; each pass takes one layer of each kind. */
const MAX_PASSES = 24;
const MAX_LINES = 200;
/** After reasoning without tags only a short last line passes for the name. */
const MAX_TRAILING_NAME_WORDS = 8;

const WORD_COUNT =
  "(?:\\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|un|deux|trois|quatre|cinq|dos|tres|cuatro|cinco)\\s*(?:-|–|to|bis|à|a)?\\s*\\d{0,2}\\s*-?\\s*" +
  "(?:words?|word title|characters?|chars?|letters?|tokens?|palabras?|mots?|wörter|worte|wort|parole|parola|palavras?|слов[аои]?|слово|kelime|woorden|słów|słowa|ord|sanaa|từ|kata|शब्द|كلمات|מילים|个字|個字|字|词|個詞|个词|单词|語|文字|単語|단어|글자|자|คำ)";
const ANNOTATION = `(?:${[
  `(?:exactly |just |only |max(?:imum)?\\.? |about |approx(?:imately|\\.)? |under |约|共|total:? )?${WORD_COUNT}(?:\\s*(?:max|total|long|or (?:less|fewer)|title|exactly|limit))?(?:[,;]\\s*[^()]{0,40})?`,
  "(?:word|character|token)s?(?: count)?\\s*[:=]\\s*\\d{1,3}|字数\\s*[:：]\\s*\\d+",
  "(?:in )?(?:title case|sentence case|english|no quotes|no punctuation|concise|short|title|session title|suggested title|final|final answer|final title|draft|generated|auto-?generated)",
  "(?:note|nb|i |i['’]|this (?:title|name|is|captures)|as requested|since |because |based on |the title |per your )[^()]{0,200}",
].join("|")})`;
const ANNOTATION_AT_END = new RegExp(
  `\\s*(?:[(（\\[【]\\s*${ANNOTATION}\\s*[.。]?\\s*[)）\\]】]|(?:\\s[-–—|]+|[,;|–—])\\s*(?:${WORD_COUNT}|word count\\s*[:=]\\s*\\d{1,2}))\\s*[.。]?$`,
  "iu",
);
const ANNOTATION_AT_START = new RegExp(`^[(（\\[]\\s*(?:${WORD_COUNT})\\s*[)）\\]]\\s*[:：-]?\\s*`, "iu");
const COMMENT_AT_END =
  /\s+(?:[-–—]+|→)\s+(?:this|it|the title|a title|i)\s(?:title|name|captures|reflects|is|summari[sz]es|chose|kept|covers|highlights)\b.*$/iu;
/** A second sentence explains the first, which is the name. */
const EXPLANATION =
  /(?<=[\p{L}\p{N})”"](?:[.]|[。](?!\s*$)))(?:\s+(?:This|It|The title|I|Let|Here|That|These|You|Your|Hope|Feel|Would|Note|Please|Does|Do|Can|Could|How|Is|We)(?:['’]\w+)?\s|(?<=。)\s*[^\s"”』」]).*$/u;
const STOPS_AT_END = /[\s.。．｡।॥۔։…․‥,，、;；:：·]+$/u;
const LOOSE_END = /\s+[-–—|/&+~<>=→]+$/u;
const LOOSE_START = /^(?:[,，、;；:：。！!？?…]+\s*|[-–—.|=~]+\s+)/u;

/** A line as a name, and what it was when it was none. */
interface Candidate {
  name: string;
  speech: Speech;
}

/** The line of the answer that is its name; "" when none is. */
export function chooseLine(answer: string): string {
  const lines = answer.split("\n", MAX_LINES).flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  const candidates = lines.map(candidate);
  const first = candidates.findIndex(({ name, speech }) => speech !== "none" || (name !== "" && !isPlaceholder(name)));
  if (first < 0) return candidates.find(({ name }) => name !== "")?.name ?? "";
  const chosen = candidates[first];
  if (!chosen) return "";
  const labelled = labelledName(lines);
  if (chosen.speech === "answer") return labelled;
  if (chosen.speech === "reasoning") return labelled || trailingName(candidates);
  // Of a block of keys and values ("Language: English", "Title: …") the title is the name.
  const line = lines[first] ?? "";
  if (/^[\p{L} ]{2,30}[:：]/u.test(line) && titleAfterLabel(line) === null && labelled) return labelled;
  return brokenName(answer, candidates) || chosen.name;
}

/** The line without any wrapping. */
export function unwrapLine(line: string): string {
  return candidate(line).name;
}

function candidate(line: string): Candidate {
  let name = line;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const unwrapped = unwrapOnce(name);
    const speech = speechIn(unwrapped);
    if (speech !== "none") return { name: "", speech };
    const bare = dropEnds(unwrapped);
    if (bare === name) return { name: hasContent(bare) ? bare : "", speech };
    name = bare;
  }
  return { name: "", speech: "none" };
}

function unwrapOnce(line: string): string {
  const bare = dropInlineMarks(dropMarkedLabel(dropMarkup(dropBlockMarkers(line))))
    .replace(/\s+/g, " ")
    .trim();
  return dropQuotes(dropLabel(dropPreamble(bare))).replace(EXPLANATION, "");
}

function dropEnds(line: string): string {
  return line
    .replace(COMMENT_AT_END, "")
    .replace(ANNOTATION_AT_END, "")
    .replace(ANNOTATION_AT_START, "")
    .replace(STOPS_AT_END, "")
    .replace(LOOSE_END, "")
    .replace(LOOSE_START, "")
    .trim();
}

/** What the last "Title: …" announces, at the start of a line or of a sentence. */
function labelledName(lines: string[]): string {
  for (const line of lines.toReversed()) {
    for (const sentence of line.split(/(?<=[.!?。！？])\s+/u).toReversed()) {
      const rest = titleAfterLabel(dropInlineMarks(dropBlockMarkers(sentence)));
      if (rest === null) continue;
      const { name } = candidate(rest);
      if (name !== "" && !isPlaceholder(name)) return name;
    }
  }
  return "";
}

function trailingName(candidates: Candidate[]): string {
  const last = candidates.at(-1);
  return last && countWords(last.name) <= MAX_TRAILING_NAME_WORDS ? last.name : "";
}

/** A name that was broken into lines: together they are no longer than a name, and a single word is hardly another one. */
function brokenName(answer: string, candidates: Candidate[]): string {
  const lines = answer.trim().split(/\s*\n\s*/);
  const counts = lines.map(countWords);
  const isEachOneWord = lines.length <= 2 * MAX_NAME_WORDS && counts.every((count) => count === 1);
  const isShort = counts.reduce((sum, count) => sum + count, 0) <= MAX_NAME_WORDS && counts.includes(1);
  const isBroken =
    lines.length > 1 &&
    (isEachOneWord || (isShort && !/\n\s*\n/.test(answer.trim()))) &&
    lines.every((line, at) => candidates[at]?.name === line && !isListItem(line) && !isPlaceholder(line) && !/[!?]$/.test(line));
  return isBroken && !lines.some(isTitleLabel) ? lines.join(" ") : "";
}
