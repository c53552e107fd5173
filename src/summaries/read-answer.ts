import { MAX_SUMMARY_CODE_POINTS } from "../domain/session.ts";
import { firstCodePoints, oneLine, wellFormed } from "../lib/text.ts";
import { dropReasoning } from "../names/answer/reasoning.ts";
import { isRefusal } from "../names/answer/refusals.ts";
import { maskSecrets } from "../privacy/secrets.ts";

/** What a model has made of a conversation, within the limits. */
export interface SummaryText {
  summary: string;
  topics: string[];
}

const MAX_TOPICS = 16;
const MAX_TOPIC_CODE_POINTS = 60;
/** How many places of an answer are tried as the beginning of its JSON. */
const MAX_STARTS = 32;
const SUMMARY_VALUE = /["'“]?summary["'”]?\s*:\s*"((?:[^"\\]|\\.)*)/is;
const TOPICS_VALUE = /["'“]?topics["'”]?\s*:\s*\[([^\]]*)/is;
const QUOTED = /"((?:[^"\\]|\\.)*)"/g;

/** The summary in a model's answer: JSON anywhere in it, JSON that was cut off, or plain text. Null when there is none. */
export function readSummary(answer: string): SummaryText | null {
  const text = dropReasoning(wellFormed(answer)).trim();
  const found = inJson(text) ?? inFragment(text) ?? inPlainText(text);
  const summary = found === null ? "" : cleaned(found.summary);
  return found === null || summary === "" ? null : { summary, topics: cleanTopics(found.topics) };
}

interface Found {
  summary: string;
  topics: unknown;
}

function inJson(text: string): Found | null {
  let start = text.indexOf("{");
  for (let tries = 0; start >= 0 && tries < MAX_STARTS; tries++, start = text.indexOf("{", start + 1)) {
    const end = objectEnd(text, start);
    const found = end < 0 ? null : inValue(parsed(text.slice(start, end)));
    if (found !== null) {
      return found;
    }
  }
  return null;
}

function inValue(value: unknown): Found | null {
  if (typeof value !== "object" || value === null) {
    return null;
  }
  const { summary, topics } = value as { summary?: unknown; topics?: unknown };
  if (typeof summary === "string") {
    return { summary, topics };
  }
  // As some models name the whole: {"session_summary": {"summary": …}}.
  return Object.values(value).map(nested).find(Boolean) ?? null;
}

function nested(value: unknown): Found | null {
  const { summary, topics } = (value ?? {}) as { summary?: unknown; topics?: unknown };
  return typeof summary === "string" ? { summary, topics } : null;
}

/** Behind the brace that closes the one at `start`; -1 when none does. */
function objectEnd(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (isInString) {
      if (char === "\\") at += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') {
      isInString = true;
    } else if (char === "{") {
      depth += 1;
    } else if (char === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** JSON that was cut off, or that holds what JSON must not, such as a line break in a text. */
function inFragment(text: string): Found | null {
  if (!text.includes("{")) {
    return null;
  }
  const summary = SUMMARY_VALUE.exec(text)?.[1];
  if (summary === undefined) {
    return null;
  }
  const topics = [...(TOPICS_VALUE.exec(text)?.[1] ?? "").matchAll(QUOTED)].map(([, topic = ""]) => unescaped(topic));
  return { summary: unescaped(summary), topics };
}

function unescaped(text: string): string {
  const value = parsed(`"${text.replace(/\n/g, "\\n").replace(/[\u0000-\u001f]/g, " ")}"`);
  return typeof value === "string" ? value : text.replace(/\\n/g, "\n").replace(/\\(.)/g, "$1");
}

function inPlainText(text: string): Found | null {
  const unfenced = text.replace(/^```[\w-]*\n?|\n?```$/g, "").trim();
  const bare = unfenced.replace(/^\W*(?:\w+ )?summary\W*:\W*/i, "").trim();
  // JSON without a summary in it says something else, such as an error, or nothing.
  const isJson = [unfenced, bare].some((one) => /^[{[]|^(?:null|true|false)$/.test(one));
  return isJson || isRefusal(bare) || !/[\p{L}\p{N}]/u.test(bare) ? null : { summary: bare, topics: [] };
}

/** Without control characters but for line breaks. */
function cleaned(text: string): string {
  const plain = text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, " ");
  return firstCodePoints(maskSecrets(plain).trim(), MAX_SUMMARY_CODE_POINTS).trim();
}

function cleanTopics(topics: unknown): string[] {
  const listed = typeof topics === "string" ? topics.split(/[,\n]/) : Array.isArray(topics) ? topics : [];
  const clean = listed
    .filter((topic) => typeof topic === "string")
    .map((topic) => firstCodePoints(maskSecrets(oneLine(topic)), MAX_TOPIC_CODE_POINTS).trim())
    .filter((topic) => topic !== "");
  return [...new Set(clean)].slice(0, MAX_TOPICS);
}
