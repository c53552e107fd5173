import { MAX_SUMMARY_CODE_POINTS } from "../domain/session.ts";
import { jsonIn } from "../lib/lenient-json.ts";
import { firstCodePoints, oneLine, wellFormed } from "../lib/text.ts";
import { dropReasoning } from "../model-answers/reasoning.ts";
import { isRefusal } from "../model-answers/refusal.ts";
import { maskSecrets } from "../privacy/secrets.ts";

/** What a model has made of a conversation, within the limits. */
export interface SummaryText {
  summary: string;
  topics: string[];
}

const MAX_TOPICS = 16;
const MAX_TOPIC_CODE_POINTS = 60;
/** The summary in a model's answer: JSON anywhere in it, JSON that was cut off, or plain text. Null when there is none. */
export function readSummary(answer: string): SummaryText | null {
  const text = dropReasoning(wellFormed(answer)).trim();
  const found = inJson(text) ?? inPlainText(text);
  const summary = found === null ? "" : cleaned(found.summary);
  return found === null || summary === "" ? null : { summary, topics: cleanTopics(found.topics) };
}

interface Found {
  summary: string;
  topics: unknown;
}

function inJson(text: string): Found | null {
  for (const value of jsonIn(text)) {
    // As some models name the whole: {"session_summary": {"summary": …}}.
    const found = foundIn(value) ?? Object.values(value).map(foundIn).find(Boolean);
    if (found) {
      return found;
    }
  }
  return null;
}

function foundIn(value: unknown): Found | null {
  const { summary, topics } = (value ?? {}) as { summary?: unknown; topics?: unknown };
  return typeof summary === "string" ? { summary, topics } : null;
}

function inPlainText(text: string): Found | null {
  const unfenced = text.replace(/^```[\w-]*\n?|\n?```$/g, "").trim();
  const bare = unfenced.replace(/^\W*(?:\w+ )?summary\W*:\W*/i, "").trim();
  // JSON without a summary in it is something else, such as an error.
  const isJson = [unfenced, bare].some((one) => /^[{[]|^(?:null|true|false)$/.test(one));
  return isJson || isRefusal(bare) || !/[\p{L}\p{N}]/u.test(bare) ? null : { summary: bare, topics: [] };
}

/** The text without secrets and control characters, cut to the limit. Line breaks stay. */
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
