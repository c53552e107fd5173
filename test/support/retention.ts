/** Deletes that can be undone, the cron trigger, and a search for what must be gone. */
import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../src/index.ts";
import type { Answer } from "./http.ts";
import { objectOf } from "./session-story.ts";

/**
 * A deployment in which a delete can be undone for an hour. Only the handler gets this variable; the call of a delete
 * tells the object whether it can be undone.
 */
const UNDO = { DELETE_UNDO_SECONDS: "3600" };

const environment = (vars: Record<string, unknown>): Env => ({ ...env, ...vars });

/** Sends a request to a deployment with these variables. */
export async function callWith(
  vars: Record<string, unknown>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const request = new Request(`http://localhost:8787${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  const response = await worker.fetch(request, environment(vars), createExecutionContext());
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

export const deleteWithUndo = (sessionId: string, userId?: string): Promise<Answer> =>
  callWith(UNDO, "DELETE", `/sessions/${sessionId}${userId === undefined ? "" : `?user_id=${userId}`}`);

/** Rings the cron trigger, as the platform does every minute. */
export const tick = (vars: Record<string, unknown> = {}): Promise<void> =>
  worker.scheduled({} as ScheduledController, environment(vars));
export const tickWithUndo = (vars: Record<string, unknown> = {}): Promise<void> => tick({ ...UNDO, ...vars });

/** Sets columns of a session's row, as the passing of time or an import would. */
export async function setRow(sessionId: string, columns: Record<string, unknown>): Promise<void> {
  const names = Object.keys(columns);
  await env.DB.prepare(`update sessions set ${names.map((name) => `${name} = ?`).join(", ")} where session_id = ?`)
    .bind(...Object.values(columns), sessionId)
    .run();
}

export async function rowOf(sessionId: string): Promise<Record<string, unknown> | null> {
  return env.DB.prepare("select * from sessions where session_id = ?").bind(sessionId).first();
}

/** A value of a table as text. The bytes of a blob are read as Latin-1. */
function textOf(value: unknown): string {
  if (value instanceof ArrayBuffer) return new TextDecoder("latin1").decode(value);
  if (Array.isArray(value)) return String.fromCharCode(...value.map(Number));
  return String(value);
}

const hexOf = (word: string): string =>
  [...new TextEncoder().encode(word)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Which of the words are still in D1, plain or in hex, each as `table: word`. A search index keeps its words in tables
 * too, and they are looked into.
 */
export async function foundInD1(words: readonly string[]): Promise<string[]> {
  const { results: tables } = await env.DB.prepare(
    "select name from sqlite_master where type = 'table' and name not like '\\_cf\\_%' escape '\\' and sql not like 'CREATE VIRTUAL%'",
  ).all<{ name: string }>();
  const found: string[] = [];
  for (const { name } of tables) {
    // The audit goes on naming who was erased, and who asked for it; it must say nothing else of them.
    const columns = name === "audit" ? "before, after, metadata" : "*";
    const { results } = await env.DB.prepare(`select ${columns} from "${name}"`).all();
    const text = results
      .map((row) => Object.values(row).map(textOf).join("\n"))
      .join("\n")
      .toLowerCase();
    found.push(...wordsIn(text, words).map((word) => `${name}: ${word}`));
  }
  return found;
}

function wordsIn(text: string, words: readonly string[]): string[] {
  return words.filter((word) => text.includes(word.toLowerCase()) || text.includes(hexOf(word)));
}

/** What a session's object keeps: its tables and rows, its keys, its alarm. */
export function storageOf(sessionId: string): Promise<unknown[]> {
  return runInDurableObject(objectOf(sessionId), async (_object, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>("select name from sqlite_master where name not like '\\_cf\\_%' escape '\\'")
      .toArray();
    const rows = tables.map(({ name }) => [name, ...storage.sql.exec(`select * from "${name}"`).toArray()]);
    return [...rows, ...storage.kv.list(), ...[await storage.getAlarm()].filter((at) => at !== null)];
  });
}
