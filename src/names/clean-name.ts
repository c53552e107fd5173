/**
 * From what a model wrote to the name of a session. An answer is unwrapped layer by layer until nothing changes, whatever
 * the order in which fences, JSON, tags, labels and quotes were put around the name.
 */

import { hasContent, visibleText } from "../lib/visible-text.ts";
import { maskSecrets } from "../privacy/secrets.ts";
import { chooseLine, unwrapLine } from "./answer/choose-line.ts";
import { dropFence, dropOuterMarks, dropTags } from "./answer/markup.ts";
import { nameInJson } from "./answer/name-in-json.ts";
import { isPlaceholder } from "./answer/placeholders.ts";
import { dropReasoning } from "./answer/reasoning.ts";
import { withinLimits } from "./limits.ts";

/** An honest answer is far shorter; of a longer one the beginning counts, and the end for a name after bare reasoning. */
const MAX_HEAD_UNITS = 4_000;
const MAX_TAIL_UNITS = 1_000;
const MAX_PASSES = 12;
/** What leads on to a word that was cut off. */
const DANGLING =
  /(?:\s(?:a|an|the|of|to|for|in|on|and|or|with|at|by|from|into|about|than|as|my|your|our|vs\.?|[&+/|]))+$|(?<![目标標])[的之与與及]$|(?<=[\p{Script=Han}\p{Script=Katakana}])[のとをがはにでへ]$/iu;
/** Stands for a secret while a name is made: told apart from `[secret]`, which the model may have been shown. */
const SECRET_MARK = "⌧";
/** A model that escapes its line breaks. A single `\n` may be part of a path. */
const ESCAPED_PARAGRAPH = /(?:\\r)?\\n(?:\\r)?\\n/g;

/** The name in a model's answer, inside the limits; null when nothing in it is usable or the name holds a secret. */
export function cleanName(raw: string): string | null {
  // What begins as JSON has no reasoning before it, and a tag in its name is part of that.
  const answer = dropReasoning(/^\s*\{/.test(raw) ? nameInJson(raw) : raw);
  const masked = maskSecrets(unwrap(excerpt(answer)), SECRET_MARK);
  const fitting = withinLimits(masked);
  const name = unwrapLine(fitting === masked ? fitting : fitting.replace(DANGLING, ""));
  return name === "" || !hasContent(name) || isPlaceholder(name) || name.includes(SECRET_MARK) ? null : name;
}

function unwrap(answer: string): string {
  let text = answer;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const shown = maskSecrets(dropReasoning(visibleText(text)), SECRET_MARK);
    const inJson = nameInJson(shown);
    const unwrapped =
      inJson !== shown
        ? inJson
        : chooseLine(dropTags(dropOuterMarks(dropFence(shown.replace(ESCAPED_PARAGRAPH, "\n")))));
    if (unwrapped === text) return text;
    text = unwrapped;
  }
  return "";
}

function excerpt(answer: string): string {
  const text = answer.trim();
  if (text.length <= MAX_HEAD_UNITS + MAX_TAIL_UNITS) return text;
  const tail = text.slice(-MAX_TAIL_UNITS);
  const line = tail.indexOf("\n");
  return text.slice(0, MAX_HEAD_UNITS) + (line < 0 ? "" : tail.slice(line));
}
