/** Chooses the line of an answer that is the name, and takes off it what a line may be wrapped in. */

import { hasContent } from "../../lib/visible-text.ts";
import { dropEnds, dropExplanation } from "./ends.ts";
import { dropLabel, dropMarkedLabel, isTitleLabel, mentionsTitle, titleAfterLabel } from "./labels.ts";
import { MAX_NAME_WORDS } from "../../domain/limits.ts";
import { countWords } from "../limits.ts";
import { dropBlockMarkers, dropInlineMarks, isListItem } from "./markdown.ts";
import { dropMarkup } from "./markup.ts";
import { isPlaceholder } from "./placeholders.ts";
import { dropPreamble } from "./preambles.ts";
import { dropEnclosing, dropQuotes } from "./quotes.ts";
import { type Speech, speechIn } from "./speech.ts";

/** Deeper than any wrapping of a line that was meant; each pass takes one layer of each kind. */
const MAX_PASSES = 32;
const MAX_LINES = 200;
/** A name is far shorter. Of a longer line the beginning counts, and the end, which tells a sentence from a name. */
const MAX_LINE_HEAD_UNITS = 1_000;
const MAX_LINE_TAIL_UNITS = 200;
/** After reasoning without tags only a short last line passes for the name. */
const MAX_TRAILING_NAME_WORDS = 8;

/** A line as a name, and what it was when it was none. */
interface Candidate {
  name: string;
  speech: Speech;
}

const NO_NAME: Candidate = { name: "", speech: "none" };

/** The line of the answer that is its name; "" when none is. */
export function chooseLine(answer: string): string {
  const lines = withoutLetters(answer.split("\n", MAX_LINES).flatMap((line) => bounded(line.trim()) || []));
  const candidates = lines.map((line, at) => (isAnnouncing(line, lines[at + 1]) ? NO_NAME : candidate(line)));
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
  return (answer.length <= MAX_LINE_HEAD_UNITS && brokenName(answer, candidates)) || chosen.name;
}

function bounded(line: string): string {
  if (line.length <= MAX_LINE_HEAD_UNITS + MAX_LINE_TAIL_UNITS) return line;
  return `${line.slice(0, MAX_LINE_HEAD_UNITS)} ${line.slice(-MAX_LINE_TAIL_UNITS)}`;
}

/** "Possible titles include:" above the list of them. */
function isAnnouncing(line: string, next: string | undefined): boolean {
  return next !== undefined && /[:：][^\p{L}\p{N}]*$/u.test(line) && mentionsTitle(line);
}

/** The line without any wrapping. */
export function unwrapLine(line: string): string {
  return candidate(line).name;
}

/** The passes that a line may still take, in all. */
interface Passes {
  left: number;
}

function candidate(line: string): Candidate {
  let name = line;
  for (const passes: Passes = { left: MAX_PASSES }; passes.left > 0; ) {
    const unwrapped = unwrapOnce(name, passes);
    const speech = speechIn(unwrapped);
    if (speech !== "none") return { name: "", speech };
    const bare = dropEnds(unwrapped);
    if (bare === name) return { name: hasContent(bare) ? bare : "", speech };
    name = bare;
  }
  return NO_NAME;
}

/** Of several names side by side, the first: "Meal Planning | Family Meals | Budget Meals". */
function firstOfRow(line: string): string {
  if (countWords(line) <= MAX_NAME_WORDS) return line;
  const parts = line.split(/\s+[|/•]\s+|\s*[;；]\s+/u);
  return parts.length > 2 && parts.every((part) => countWords(part) > 1) ? (parts[0] ?? line) : line;
}

/** Without preamble, label and quotes, each of which may stand in another, so that none of them passes for speech. */
function dropSaid(line: string, passes: Passes): string {
  let bare = line;
  while (passes.left > 0) {
    passes.left -= 1;
    const unwrapped = dropQuotes(dropLabel(dropPreamble(dropInlineMarks(dropEnclosing(bare)))));
    if (unwrapped === bare) break;
    bare = unwrapped;
  }
  return bare;
}

function unwrapOnce(line: string, passes: Passes): string {
  const bare = dropInlineMarks(dropMarkedLabel(dropMarkup(dropBlockMarkers(line))))
    .replace(/\s+/g, " ")
    .trim();
  return dropExplanation(firstOfRow(dropSaid(bare, passes)));
}

/** Lines lettered "A. …", "B. …" without their letters; a line alone may be "A. Lincoln". */
function withoutLetters(lines: string[]): string[] {
  const isLettered = /^A[.:]\s/.test(lines[0] ?? "") && /^B[.:]\s/.test(lines[1] ?? "");
  return isLettered ? lines.map((line) => line.replace(/^[A-Z][.:]\s+/, "")) : lines;
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
    lines.every(
      (line, at) => candidates[at]?.name === line && !isListItem(line) && !isPlaceholder(line) && !/[!?]$/.test(line),
    );
  return isBroken && !lines.some(isTitleLabel) ? lines.join(" ") : "";
}
