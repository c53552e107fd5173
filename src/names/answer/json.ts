/** Finds the name in an answer that is JSON, nearly JSON, or JSON that was cut off. */

import { isLabel } from "./labels.ts";

/** Deeper than any answer that was meant. */
const MAX_DEPTH = 8;
const CONTENT_KEYS =
  /^(?:answer|output|result|response|text|content|value|final|data|message|string|suggestions?|options?)$/;
const FAILURE_KEYS =
  /^(?:error|errors|refusal|reason|reasoning|thought|thinking|explanation|status|code|type|language|lang|id)$/;
/** What a tool call says beside its arguments: its name is not the session's. */
const ARGUMENT_KEYS = ["arguments", "parameters", "input", "args"];

const OPENS_JSON = /^[{[]\s*["'“{]|^\{\s*[\w-]{1,40}\s*:/;
const JSON_WITHIN = /\{\s*["'“]|(?<=[:：\n]\s*)\[\s*["'“{]/;
const TITLE_KEY = /^(?!sub).*titles?$/;
const NAME_KEY = /^(?:(?:new|session|chat|conversation|thread|topic|display|suggested|generated) ?)?name$/;
/** A key with its value, in quotes of any kind, the closing one perhaps cut off. */
const KEY_AND_VALUE =
  /["'“]?([\p{L}][\p{L}\p{M}_ -]{0,40})["'”]?\s*[:=]\s*(?:"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|[“„]([^”]*)”?|([^\s"'{}[\],][^"'{}[\],\n]*))/gu;

/** A tool call written as code: `set_title("…")`. */
const CALL = /^[a-z_.]*(?:title|name)[a-z_]*\(\s*(?:[a-z_]{1,20}\s*=\s*)?["'“](.+)["'”]\s*\)\s*;?$/i;
/** A template's braces, left around what was filled in. */
const TEMPLATE = /^\{\{\s*([^{}":]+?)\s*\}\}$/;

/** The name in a text that is JSON and nothing else, whose strings may hold anything; else the text itself. */
export function nameInWholeJson(text: string): string {
  const trimmed = text.trim();
  const bare = trimmed.replace(/^(?:`{3,}|~{3,})[\w-]*\s*(?=["{[])|(?<=["}\]])\s*(?:`{3,}|~{3,})$/g, "");
  const value = /^["{[]/.test(bare) ? parsed(bare) : undefined;
  return value === undefined ? text : (nameInValue(value, 0) ?? "");
}

/** The name that the JSON holds, "" when it holds none, and the text itself when it is no JSON. */
export function nameInJson(text: string): string {
  const trimmed = text.trim();
  const filled = CALL.exec(trimmed) ?? TEMPLATE.exec(trimmed);
  if (filled?.[1] !== undefined) return filled[1];
  const whole = nameInWholeJson(text);
  if (whole !== text) return whole;
  if (OPENS_JSON.test(trimmed)) return nameInFragment(trimmed) ?? "";
  const start = trimmed.search(JSON_WITHIN);
  if (start < 0) return text;
  const value = parsed(trimmed.slice(start, Math.max(trimmed.lastIndexOf("}"), trimmed.lastIndexOf("]")) + 1));
  if (value === undefined) return nameInFragment(trimmed.slice(start)) ?? text;
  return nameInValue(value, 0) ?? text;
}

/** Models also break lines inside of strings. */
function parsed(text: string): unknown {
  for (const attempt of [text, text.replace(/\n/g, "\\n"), text.replace(/\s/g, " ")]) {
    try {
      return JSON.parse(attempt);
    } catch {
      // Tries the next form.
    }
  }
  return undefined;
}

/** Null is "says nothing of a name"; "" is "says that there is none". */
function nameInValue(value: unknown, depth: number): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return "";
  if (Array.isArray(value)) return value.length === 0 ? "" : nameInValue(value[0], depth + 1);
  const entries = Object.entries(value);
  const isToolCall = entries.some(([key]) => ARGUMENT_KEYS.includes(key));
  const found =
    firstNamed(entries, (key) => TITLE_KEY.test(key), depth) ??
    firstNamed(entries, (key) => ARGUMENT_KEYS.includes(key), depth) ??
    (isToolCall ? null : firstNamed(entries, (key) => NAME_KEY.test(key) || isLabel(key), depth));
  if (found !== null) return found;
  const content = firstNamed(entries, (key) => CONTENT_KEYS.test(key), depth);
  if (content !== null) return content;
  const others = entries.filter(([key]) => !FAILURE_KEYS.test(key.toLowerCase()));
  const nested = others.flatMap(([, child]) => (isObject(child) ? [nameInValue(child, depth + 1)] : [])).find(Boolean);
  if (nested) return nested;
  return others.length === 1 && typeof others[0]?.[1] === "string" ? others[0][1] : null;
}

function firstNamed(entries: [string, unknown][], isWanted: (key: string) => boolean, depth: number): string | null {
  for (const [key, child] of entries) {
    if (!isWanted(key.toLowerCase().replace(/[^\p{L}\p{M} ]/gu, ""))) continue;
    const text = typeof child === "string" && /^\s*\{/.test(child) ? (parsed(child) ?? child) : child;
    return nameInValue(text, depth + 1) ?? "";
  }
  return null;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function nameInFragment(text: string): string | null {
  const pairs = Array.from(text.matchAll(KEY_AND_VALUE), ([, key = "", double, single, curly, bare]) => ({
    key: key.toLowerCase().replace(/[_-]/g, " ").trim(),
    value: unescaped(double ?? single ?? curly ?? bare ?? ""),
  }));
  const pair =
    pairs.find(({ key }) => TITLE_KEY.test(key)) ?? pairs.find(({ key }) => NAME_KEY.test(key) || isLabel(key));
  if (pair) return pair.value;
  const listed = /^\[\s*(?:"((?:[^"\\]|\\.)+)"|'((?:[^'\\]|\\.)+)')/.exec(text);
  const item = listed?.[1] ?? listed?.[2];
  return item === undefined ? null : unescaped(item);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_escape, char: string) =>
    char === "n" || char === "t" || char === "r" ? "\n" : char,
  );
}
