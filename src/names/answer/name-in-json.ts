/** Finds the name in an answer that is JSON or holds some, whatever the keys are called. */

import { jsonIn } from "../../lib/lenient-json.ts";
import { isLabel } from "./labels.ts";

/** Deeper than any answer that was meant. */
const MAX_DEPTH = 8;
const TITLE_KEY = /^(?!sub).*titles?$/i;
/** What a tool call says beside its arguments: its name is not the session's. */
const ARGUMENTS_KEY = /^(?:arguments|parameters|input|args)$/i;
const NAME_KEY = /^(?:(?:new|session|chat|conversation|thread|topic|display|suggested|generated)[ _-]?)?name$/i;
const CONTENT_KEY =
  /^(?:answer|output|result|response|text|content|value|final|data|message|string|suggestions?|options?|choices)$/i;
/** What a schema, an error or a model that reasons says beside the name, and never instead of it. */
const OTHER_KEY =
  /^(?:errors?|refusal|reason(?:ing)?|thoughts?|thinking|explanation|status|code|type|lang(?:uage)?|id|description|format|required)$/i;
/** A tool call written as code: `set_title("…")`. */
const CALL = /^[a-z_.]*(?:title|name|rename)[a-z_]*\(\s*(?:[a-z_]{1,20}\s*=\s*)?["'“](.+)["'”]\s*\)\s*;?$/i;

/** The name that the JSON holds, "" when it holds none, and the text itself when there is no JSON. */
export function nameInJson(text: string): string {
  const trimmed = text.trim();
  const called = CALL.exec(trimmed)?.[1];
  if (called !== undefined) return called;
  const string = /^".*"$/s.test(trimmed) ? parsedString(trimmed) : null;
  if (string !== null) return string;
  const [value] = jsonIn(text);
  if (value === undefined) return text;
  // JSON that says nothing of a name, among words, may be part of it.
  return nameInValue(value, 0) ?? (/^[{[]/.test(trimmed) ? "" : text);
}

function parsedString(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text.replace(/\n/g, "\\n"));
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

/** Null is "says nothing of a name"; "" is "says that there is none". */
function nameInValue(value: unknown, depth: number): string | null {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return "";
  if (Array.isArray(value)) return nameInValue(value[0], depth + 1);
  const entries = Object.entries(value);
  const entryOf = (isWanted: (key: string) => boolean) => entries.find(([key]) => isWanted(key));
  const isToolCall = entries.some(([key]) => ARGUMENTS_KEY.test(key));
  const found =
    entryOf((key) => TITLE_KEY.test(key)) ??
    entryOf((key) => ARGUMENTS_KEY.test(key)) ??
    (isToolCall ? undefined : entryOf((key) => NAME_KEY.test(key) || isLabel(key))) ??
    entryOf((key) => CONTENT_KEY.test(key));
  if (found !== undefined) return nameInValue(found[1], depth + 1);
  const others = entries.filter(([key]) => !OTHER_KEY.test(key));
  const nested = others
    .map(([, child]) => (typeof child === "object" ? nameInValue(child, depth + 1) : ""))
    .find(Boolean);
  const [only] = others;
  return nested ?? (others.length === 1 && typeof only?.[1] === "string" ? only[1] : null);
}
