/**
 * From what a model or a person wrote to the name of a session. A model's answer is unwrapped layer by layer until
 * nothing changes, whatever the order in which fences, JSON, tags, labels and quotes were put around the name.
 */

import { hasControl } from "../domain/control.ts";
import { MAX_NAME_CODE_POINTS } from "../domain/limits.ts";
import { firstCodePoints, oneLine, wellFormed } from "../lib/text.ts";
import { hasContent, visibleText } from "../lib/visible-text.ts";
import { nameInJson, nameInWholeJson } from "./answer/json.ts";
import { withinLimits } from "./limits.ts";
import { chooseLine, unwrapLine } from "./answer/lines.ts";
import { dropFence, dropOuterMarks } from "./answer/markdown.ts";
import { dropMarkup } from "./answer/markup.ts";
import { isPlaceholder } from "./answer/placeholders.ts";
import { dropReasoning } from "./answer/reasoning.ts";
import { maskSecrets } from "../privacy/secrets.ts";

/** An honest answer is far shorter; of a longer one the beginning counts, and the end for a name after bare reasoning. */
const MAX_HEAD_UNITS = 4_000;
const MAX_TAIL_UNITS = 1_000;
/** Of a first message, no more is looked at: it becomes at most 200 code points. */
const MAX_MESSAGE_UNITS = 16_000;
const MAX_PASSES = 12;
/** What leads on to a word that was cut off. */
const DANGLING = new RegExp(
  "(?:\\s(?:a|an|the|of|to|for|in|on|and|or|with|at|by|from|into|about|than|as|my|your|our|their|vs\\.?|[&+/|]))+$|" +
    "(?<![目标標])[的之与與及]$|(?<=[\\p{Script=Han}\\p{Script=Katakana}])[のとをがはにでへ]$",
  "iu",
);
/** Stands for a secret while a name is made: told apart from `[secret]`, which the model may have been shown. */
const SECRET_MARK = "⌧";
/** A model that escapes its line breaks. A single `\n` may be part of a path. */
const ESCAPED_PARAGRAPH = /(?:\\r)?\\n(?:\\r)?\\n/g;

/** The name in a model's answer, inside the limits; null when nothing in it is usable or the name holds a secret. */
export function cleanName(raw: string): string | null {
  const unwrapped = unwrap(excerpt(dropReasoning(raw)));
  const masked = maskSecrets(unwrapped, SECRET_MARK);
  const fitting = withinLimits(masked);
  const name = unwrapLine(fitting === masked ? fitting : fitting.replace(DANGLING, ""));
  return name === "" || !hasContent(name) || isPlaceholder(name) || name.includes(SECRET_MARK) ? null : name;
}

/** A first message shortened to the limits of a name, secrets masked; "" when nothing of it can be shown. */
export function shortenToName(text: string): string {
  const line = shownLine(text);
  const name = withinLimits(line);
  return name === line ? name : name.replace(/[\s,，、;；:：–—-]+$/u, "");
}

/** A first message as one line of at most 200 code points, secrets masked: what shows while a session has no name. */
export function firstMessageLine(text: string): string {
  return firstCodePoints(shownLine(text), MAX_NAME_CODE_POINTS).trim();
}

/** A name that a person gave, trimmed, or why it is refused. "" is a name taken away. */
export function manualName(raw: string): { ok: true; name: string } | { ok: false; reason: string } {
  const name = raw.trim();
  if (firstCodePoints(name, MAX_NAME_CODE_POINTS) !== name) {
    return { ok: false, reason: `A name has at most ${MAX_NAME_CODE_POINTS} characters.` };
  }
  if (hasControl(name)) {
    return { ok: false, reason: "A name has no line breaks, control characters or bidirectional overrides." };
  }
  return { ok: true, name: wellFormed(name) };
}

function unwrap(answer: string): string {
  let text = answer;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const shown = maskSecrets(dropReasoning(visibleText(text)), SECRET_MARK);
    const bare = dropOuterMarks(dropFence(nameInWholeJson(shown)).replace(ESCAPED_PARAGRAPH, "\n"));
    const unwrapped = chooseLine(dropMarkup(nameInJson(bare)));
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

function shownLine(text: string): string {
  return maskSecrets(oneLine(visibleText(text)).slice(0, MAX_MESSAGE_UNITS));
}
