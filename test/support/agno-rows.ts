/** Rows that Agno wrote with its own classes of models: `agno/providers/make_rows.py` made them. */
import { newId } from "./http.ts";

const files = import.meta.glob<string>("./agno/providers/*.ndjson", { query: "?raw", import: "default", eager: true });

/** By the version of Agno. */
export const AGNO_DUMPS = Object.entries(files).map(([path, rows]): [version: string, rows: string] => [
  path.replace(/.*\/(.*)\.ndjson/, "$1"),
  rows,
]);

/** The sessions of each dump that a provider's class of model answered. */
export const AGNO_PROVIDERS = ["responses", "gemini", "bedrock", "claude", "deepseek", "openrouter"];

/** The rows under new ids, so that they can be imported again, and what each session's id has become. */
export function underNewIds(dump: string): { rows: string; id: (name: string) => string } {
  const mark = newId().slice(0, 8);
  // A requirement's id has its instant right behind it.
  const uuid = "([0-9a-f-]{36})";
  const ids = [
    `run_id\\\\*": \\\\*"${uuid}`,
    `"id\\\\*": \\\\*"${uuid}\\\\*", \\\\*"created_at\\\\*": \\\\*"2`,
  ].flatMap((pattern) => [...dump.matchAll(new RegExp(pattern, "g"))].map(([, found]) => found as string));
  const rows = [...new Set(ids)].reduce((all, one) => all.replaceAll(one, `${mark}${one.slice(8)}`), dump);
  return {
    rows: rows.replace(/(session_id\\*": \\*")/g, `$1${mark}-`),
    id: (name) => `${mark}-${name}`,
  };
}

/** The rows as those of another agent. */
export const ofAgent = (rows: string, agent: string): string =>
  rows.replace(/(agent_id\\*": \\*")assistant/g, `$1${agent}`);
