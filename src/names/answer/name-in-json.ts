/** Finds the name in an answer that is JSON or holds some, whatever the keys are called. */

import { jsonIn } from "../../lib/lenient-json.ts";
import { isLabel } from "./labels.ts";

/** Which key holds the name, the surest first. Beside the arguments of a tool call, `name` is the tool's. */
const KEYS: ((key: string) => boolean)[] = [
  (key) => /^(?!sub).*titles?$/i.test(key),
  (key) => /^(?:arguments|parameters|input|args)$/i.test(key),
  (key) => /^(?:[a-z]{3,12}[ _-]?)?name$/i.test(key) || isLabel(key),
  (key) => /^(?:text|content|value|data|message|final|choices)$/i.test(key),
];

/** The name that the JSON holds, "" when it holds none, and the text itself when there is no JSON. */
export function nameInJson(text: string): string {
  // JSON may stand in a string of JSON.
  const [value] = jsonIn(/^\s*"\{\\"/.test(text) ? text.trim().slice(1).replaceAll('\\"', '"') : text);
  if (value === undefined) return text;
  // JSON that says nothing of a name, among words, may be part of it.
  return nameInValue(value) ?? (/^\s*[{[]/.test(text) ? "" : text);
}

/** Null is "says nothing of a name"; "" is "says that there is none". How deep a value goes is bounded by its reader. */
function nameInValue(value: unknown): string | null {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (Array.isArray(value)) return nameInValue(value[0]);
  if (typeof value !== "object" || value === null) return "";
  const entries = Object.entries(value);
  const found = KEYS.flatMap((isWanted) => entries.filter(([key]) => isWanted(key)))[0];
  return found === undefined ? null : nameInValue(found[1]);
}
