import { isObject } from "../domain/json.ts";
import { CONVERSATION_TAG, type ModelMessage, SUMMARY_TAG } from "../domain/model.ts";
import { offlineTitle } from "./offline-title.ts";
import { quote } from "./offline-tools.ts";

const SUMMARY_CODE_POINTS = 1_200;
const MAX_TOPICS = 8;

/** The offline model's summary: what was known, and what the user said first and last since. */
export function offlineSummary(messages: readonly ModelMessage[]): string {
  const asked = messages.findLast((message) => message.role === "user")?.content ?? "";
  const [before] = entries(asked, SUMMARY_TAG);
  const said = entries(asked, CONVERSATION_TAG)
    .filter(({ role }) => role === "user")
    .map(({ content }) => String(content ?? ""));
  const known = typeof before?.summary === "string" ? before.summary : "";
  const topics = Array.isArray(before?.topics) ? before.topics : [];
  const [first = "", last = ""] = [said[0], said.at(-1)];
  const since =
    said.length > 1 ? `The user said: ${quote(first)} Last: ${quote(last)}` : `The user said: ${quote(first)}`;
  // The newest end is what a reader looks for.
  const whole = [...[known, said.length > 0 ? since : ""].filter((part) => part !== "").join(" ")];
  const topic = offlineTitle([first]);
  return JSON.stringify({
    summary: whole.slice(-SUMMARY_CODE_POINTS).join("") || "Nothing was said.",
    topics: [...new Set([...topics, ...(topic === "" ? [] : [topic])])].slice(-MAX_TOPICS),
  });
}

function entries(text: string, tag: string): Record<string, unknown>[] {
  const start = text.indexOf(`<${tag}>`);
  const end = text.indexOf(`</${tag}>`, start);
  const lines = start < 0 || end < 0 ? [] : text.slice(start + tag.length + 2, end).split("\n");
  return lines.flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isObject(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}
