/**
 * From what a model wrote to the name of a session. An answer is unwrapped layer by layer until nothing changes, whatever
 * the order in which fences, JSON, tags, labels and quotes were put around the name.
 */

import { hasContent, visibleText } from "../lib/visible-text.ts";
import { dropReasoning } from "../model-answers/reasoning.ts";
import { maskSecrets } from "../privacy/secrets.ts";
import { chooseLine, unwrapLine } from "./answer/choose-line.ts";
import { isPlaceholder } from "./answer/labels.ts";
import { dropFences, dropTags } from "./answer/markup.ts";
import { nameInJson } from "./answer/name-in-json.ts";
import { withinLimits } from "./limits.ts";

/** An honest answer is far shorter. */
const MAX_UNITS = 4_000;
const MAX_PASSES = 12;
/** What leads on to a word that was cut off. */
const DANGLING =
  /(?:\s(?:a|an|the|of|to|for|in|on|and|or|with|at|by|from|into|about|than|as|my|your|our|vs\.?|[&+/|]))+$|(?<![目标標])[的之与與及]$|(?<=[\p{Script=Han}\p{Script=Katakana}])[のとをがはにでへ]$/iu;
/** Stands for a secret while a name is made: told apart from `[secret]`, which the model may have been shown. */
const SECRET_MARK = "⌧";

/** The name in a model's answer, inside the limits; null when nothing in it is usable or the name holds a secret. */
export function cleanName(raw: string): string | null {
  // What begins as JSON has no reasoning before it, and a tag in its name is part of that.
  const answer = dropReasoning(/^\s*\{/.test(raw) ? nameInJson(raw) : raw).trim();
  const masked = maskSecrets(unwrap(answer.slice(0, MAX_UNITS)), SECRET_MARK);
  const fitting = withinLimits(masked);
  const name = unwrapLine(fitting === masked ? fitting : fitting.replace(DANGLING, ""));
  return name === "" || !hasContent(name) || isPlaceholder(name) || name.includes(SECRET_MARK) ? null : name;
}

function unwrap(answer: string): string {
  let text = answer;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const shown = maskSecrets(dropReasoning(visibleText(text)), SECRET_MARK);
    const inJson = nameInJson(shown);
    const unwrapped = inJson === shown ? chooseLine(dropTags(dropFences(shown))) : inJson;
    if (unwrapped === text) return text;
    text = unwrapped;
  }
  return "";
}
