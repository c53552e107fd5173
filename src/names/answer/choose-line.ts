/** Chooses the line of an answer that is the name, and takes off it what a line may be wrapped in. */

import { MAX_NAME_WORDS } from "../../domain/limits.ts";
import { hasContent } from "../../lib/visible-text.ts";
import { dropLabel, dropSetApart, isAnnouncement, isLabel, isTitleLabel, titleAfterLabel } from "./labels.ts";
import { dropBlockMarkers, dropInlineMarks, dropQuotes, dropTags, isListItem } from "./markup.ts";
import { isPlaceholder } from "./placeholders.ts";
import { type Speech, speechIn } from "./speech.ts";

/** Deeper than any wrapping that was meant; each pass takes one layer of each kind. */
const MAX_PASSES = 12;
const MAX_LAYERS = 3;
const MAX_LINES = 200;
/** A name is far shorter. Of a longer line the beginning counts, and the end, which tells a sentence from a name. */
const MAX_HEAD_UNITS = 1_000;
const MAX_TAIL_UNITS = 200;

const AGREEMENT =
  /^¡?(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|alright|got it|no problem|gladly|bien sûr|d['’]accord|claro|por supuesto|natürlich|gerne|certo|конечно|oczywiście|tabii|elbette|بالتأكيد|بالطبع|בטח|ज़रूर|tentu|chắc chắn(?: rồi)?|ได้เลย|好的?|当然|承知しました|かしこまりました|はい|네|물론입니다|알겠습니다)(?:\s*[!！。,，،:：;]+|\.+(?=\s))[!.\s]*|^(?:great|perfect|yes)!+\s*/iu;
const SUGGESTS =
  /^(?:i|you|we|my|perhaps|maybe|(?:how|what) about|let['’]s|this (?:chat|conversation|session)|an? .*title)(?!\p{L})/iu;
const NAMING = /\b(?:titled?|names?|called|call|suggest|propose|go with|about|maybe|perhaps)\b/i;
const QUOTED = /["“«「『„]([^"“”«»「」『』„]{2,120})["”»」』“]/u;
/** A sentence about the title that ends in it: "A good title would be Weekly Meal Planning". */
const ENDS_IN_NAME =
  /^(.{1,80}?)\s(?:is|would be|could be|might be|es|est|ist|è|é|sería|serait|wäre)\s+(?=[\p{Lu}\p{Lo}])/u;
const CALLS_IT =
  /^(?:(?:Let['’]s|I)(?:['’]d| would|['’]ll| will)? (?:suggest|propose|call|name|title|go with|choose)(?: (?:it|this|the|a|chat|conversation|session|title|name))*|(?:This|The) (?:chat|conversation|session)(?: (?:could|can|should|would))?(?: be| is)(?: best)? (?:titled|called|named))\s*:?\s+(?=[\p{Lu}\p{Lo}])/u;

/** What a model says of its name behind it, and what closes a line. */
const NUMBER = "(?:[≤<~≈]?\\s?\\d{1,2}|one|two|three|four|five|[一二三四五])";
const UNIT =
  `(?:word title|words?|characters?|palabras?|mots?|wörter|parole|palavras?|слов[ао]?|kelime|woorden|słow?[aó]w?|slova?|cuvinte
  szó|λέξεις|ord|sanaa|từ|kata|शब्द|كلمات|מילים|คำ|단어|[个個]?[字词詞語])`.replace(/\n\s*/, "|");
const ENDS = [
  new RegExp(
    `\\s*(?:[([（【{]|\\s[-–—/#]+\\s)\\s*(?:(?:max|exactly|under|about) )?${NUMBER}[ -]?${UNIT}(?:[ ,][^()]{0,40})?[.。]?[)\\]）】}]?[.。]?$`,
    "i",
  ),
  /\s*[([（](?:(?:word|character)s?(?: count)?:\s*\d+|in (?:english|the user.s language)|title(?: case)?|an? [^()]*title[^()]*|(?:note|this (?:title|name))\b[^()]*)[)\]）][.。]?$/i,
  /[\s.。．।…‥,，、;；:：]+$/u,
  /\s+[-–—|/&+~<>=→]+$/u,
];
/** A sentence behind the name that speaks of it; the name keeps its stop, which tells a sentence from a name. */
const EXPLANATION =
  /(?:(?<=[\p{L}\p{N}”"]\.)\s+|\s+[-–—]\s+)(?:this|it|i|the title|let me|a(?: concise)? title)(?:['’]\w+)?\s.*$/iu;
const START = /^[([]\s*\d{1,2} words?\s*[)\]]\s*|^(?:[,，、;；:：。！!？?…]+\s*|[-–—.|=~]+\s+|\.{2,})/u;

/** The line of the answer that is its name; "" when none is. */
export function chooseLine(answer: string): string {
  const lines = withoutLetters(answer.split("\n", MAX_LINES).flatMap((line) => bounded(line.trim()) || []));
  const broken = brokenName(answer.trim());
  if (broken !== "") return broken;
  const found = lines.map(candidate);
  const at = found.findIndex(
    ({ name, speech }, nth) => speech !== "none" || !(name === "" || isPlaceholder(name) || isHeading(lines, nth)),
  );
  const chosen = found[at];
  if (chosen === undefined) return "";
  // Of a block of keys and values ("Language: English", "Title: …") the title is the name.
  const line = lines[at] ?? "";
  const isOther = chosen.speech !== "none" || (/^[\p{L} ]{2,30}[:：]/u.test(line) && titleAfterLabel(line) === null);
  const labelled = isOther ? labelledName(lines) : "";
  return labelled || (chosen.speech === "reasoning" ? trailingName(lines) : chosen.name);
}

/** Whether the line says what the next ones are. */
const isHeading = (lines: string[], at: number) =>
  at < lines.length - 1 && /[:：][^\p{L}\p{N}]*$/u.test(lines[at] ?? "");

/** The line without any wrapping; "" when it is speech. */
export const unwrapLine = (line: string): string => candidate(line).name;

function candidate(line: string): { name: string; speech: Speech } {
  let name = line;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const bare = unwrapOnce(name);
    const ended = ENDS.reduce((text, end) => text.replace(end, ""), bare)
      .replace(START, "")
      .trim();
    if (isAnnouncement(ended) && isLabel(ended)) break;
    const speech = speechIn(bare);
    if (speech !== "none") return { name: "", speech };
    if (ended === name) return { name: hasContent(name) ? name : "", speech };
    name = ended;
  }
  return { name: "", speech: "none" };
}

function unwrapOnce(line: string): string {
  const bare = dropInlineMarks(dropSetApart(dropTags(dropBlockMarkers(line))))
    .replace(/\s+/g, " ")
    .trim();
  return firstOfRow(dropAround(dropSaid(bare))).replace(EXPLANATION, "");
}

/** Without what is said before the name, and quotes, each of which may stand in another, so that none passes for speech. */
function dropSaid(line: string): string {
  let bare = line;
  for (let layer = 0; layer < MAX_LAYERS; layer += 1)
    bare = dropQuotes(dropLabel(dropQuotes(bare).replace(AGREEMENT, "")));
  return bare;
}

/** Takes a sentence off the name that it is about. */
function dropAround(line: string): string {
  const quoted = QUOTED.exec(line);
  const [before = "", after = ""] = quoted === null ? [] : line.split(quoted[0]);
  const isAbout =
    before === ""
      ? /^\W*\b(?:would|could|is|as|seems)\b.*\b(?:title|name)\b/i.test(after)
      : SUGGESTS.test(before) && NAMING.test(before);
  if (quoted?.[1] !== undefined && isAbout) return quoted[1];
  const sentence = ENDS_IN_NAME.exec(line);
  if (sentence?.[1] !== undefined && isLabel(sentence[1]) && !/^my/i.test(sentence[1]))
    return line.slice(sentence[0].length);
  return line.replace(CALLS_IT, "");
}

/** Of several names side by side, the first: "Meal Planning | Family Meals | Budget Meals". */
function firstOfRow(line: string): string {
  const parts = line.split(/\s+[|/•]\s+|\s*[;；]\s+/u);
  return parts.length > 2 && parts.every((part) => part.includes(" ")) ? (parts[0] ?? line) : line;
}

function bounded(line: string): string {
  if (line.length <= MAX_HEAD_UNITS + MAX_TAIL_UNITS) return line;
  return `${line.slice(0, MAX_HEAD_UNITS)} ${line.slice(-MAX_TAIL_UNITS)}`;
}

/** Lines lettered "A. …", "B. …" without their letters; a line alone may be "A. Lincoln". */
function withoutLetters(lines: string[]): string[] {
  const isLettered = /^A[.:]\s/.test(lines[0] ?? "") && /^B[.:]\s/.test(lines[1] ?? "");
  return isLettered ? lines.map((line) => line.replace(/^[A-Z][.:]\s+/, "")) : lines;
}

/** What the last "Title: …" announces, at the start of a line or of a sentence. */
function labelledName(lines: string[]): string {
  const sentences = lines.flatMap((line) => line.split(/(?<=[.!?。！？])\s+/u));
  for (const sentence of sentences.toReversed()) {
    const rest = titleAfterLabel(dropInlineMarks(dropBlockMarkers(sentence)));
    const name = rest === null ? "" : unwrapLine(rest);
    if (name !== "" && !isPlaceholder(name)) return name;
  }
  return "";
}

function trailingName(lines: string[]): string {
  const name = unwrapLine(lines.at(-1) ?? "");
  return lines.length > 1 && name.split(/\s+/).length <= MAX_NAME_WORDS ? name : "";
}

/** A name that was broken into lines: together they are no longer than a name, and a single word is hardly another one. */
function brokenName(answer: string): string {
  const lines = answer.split(/\s*\n\s*/, MAX_NAME_WORDS + 1);
  const counts = lines.map((line) => line.split(/\s+/).length);
  const isBroken =
    lines.length > 1 &&
    counts.includes(1) &&
    counts.reduce((sum, count) => sum + count, 0) <= MAX_NAME_WORDS &&
    !/\n\s*\n/.test(answer) &&
    lines.every((line) => !isListItem(line) && !isTitleLabel(line) && !isPlaceholder(line) && !/[!?]$/.test(line));
  return isBroken && lines.every((line) => unwrapLine(line) === line) ? lines.join(" ") : "";
}
