/** Chooses the line of an answer that is the name. */

import { MAX_NAME_WORDS } from "../../domain/limits.ts";
import { hasContent } from "../../lib/visible-text.ts";
import { isRefusal } from "../../model-answers/refusal.ts";
import { isPlaceholder, isTitled } from "./labels.ts";
import { withoutEdges, withoutLayer } from "./layers.ts";
import { isSentence } from "./sentence.ts";

/** Deeper than any wrapping that was meant. */
const MAX_LAYERS = 24;
const MAX_LINES = 200;

/** The line of the answer that is its name: the first that is titled, else the first that is not empty; "" when none is. */
export function chooseLine(answer: string): string {
  const lines = answer.split("\n", MAX_LINES).flatMap((line) => line.trim() || []);
  // A name that was broken into its words.
  const isBroken =
    lines.length > 1 && lines.length <= MAX_NAME_WORDS && lines.every((line) => /^[\p{Lu}\p{Ll}\p{M}]+$/u.test(line));
  if (isBroken && !lines.some(isPlaceholder)) return lines.join(" ");
  const found = lines.map(readLine).filter(({ name, isSaid }, at) => {
    const announcesNext = at < lines.length - 1 && /[:：][^\p{L}\p{N}]*$/u.test(lines[at] ?? "");
    return isSaid || !(name === "" || isPlaceholder(name) || announcesNext);
  });
  return (found.find((line) => line.isTitle && !line.isSaid) ?? found[0])?.name ?? "";
}

/** The line without any wrapping; "" when it is speech. */
export const unwrapLine = (line: string): string => readLine(line).name;

/** What a line turned out to be: what is said to somebody is no name. */
function readLine(line: string): { name: string; isSaid: boolean; isTitle: boolean } {
  let name = line.replace(/\s+/g, " ").trim();
  let isTitle = false;
  for (let layer = 0; layer < MAX_LAYERS && !isRefusal(name); layer += 1) {
    isTitle ||= isTitled(name);
    const inner = withoutLayer(name);
    // Last, since a label or a remark may make a sentence of a name.
    if (inner === name && isSentence(name)) break;
    const next = inner === name ? withoutEdges(name) : inner;
    if (next === name) return { name: hasContent(name) ? name : "", isSaid: false, isTitle };
    name = next;
  }
  return { name: "", isSaid: true, isTitle };
}
