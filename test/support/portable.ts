/** Sessions exported and imported through the server. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import worker from "../../src/index.ts";
import { call, send } from "./http.ts";
import type { Line } from "./portable-lines.ts";

/** The text that an export answers. */
export async function exported(path: string): Promise<string> {
  const response = await send("GET", path);
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
  // Not `text()`: the pool warns if that reads a content type which it does not take for text.
  return new TextDecoder().decode(await response.arrayBuffer());
}

export const exportOf = (sessionId: string): Promise<string> => exported(`/sessions/${sessionId}/export`);

/** Imports and answers the report. */
export async function importing(body: string | Uint8Array, query = ""): Promise<Line> {
  const answer = await call("POST", `/import${query}`, body, { "Content-Type": "application/x-ndjson" });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** Imports a body piece by piece, as a stream that goes straight to the handler. */
export async function importingPieces(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  query = "",
): Promise<Line> {
  const iterator = (async function* () {
    yield* pieces;
  })();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const request = new Request(`http://localhost:8787/import${query}`, {
    method: "POST",
    body,
    duplex: "half",
  } as RequestInit);
  const response = await worker.fetch(request, env, createExecutionContext());
  return response.json();
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const TABLES = ["sessions", "runs", "messages", "requirements"] as const;

/** How many rows of the session D1 has, also while the session is hidden. */
export async function rowCounts(sessionId: string): Promise<Record<(typeof TABLES)[number], number>> {
  const counts = await env.DB.batch<{ n: number }>(
    TABLES.map((table) => env.DB.prepare(`select count(*) as n from ${table} where session_id = ?`).bind(sessionId)),
  );
  const [sessions = 0, runs = 0, messages = 0, requirements = 0] = counts.map(({ results }) => results[0]?.n);
  return { sessions, runs, messages, requirements };
}

export const NOTHING = { sessions: 0, runs: 0, messages: 0, requirements: 0 };

/** A session's rows as they are in D1, without the columns that an import changes on purpose. */
export async function storedRows(sessionId: string): Promise<Record<string, Line[]>> {
  const orders = {
    sessions: "session_id",
    runs: "run_index, run_id",
    messages: "run_index, message_index",
    requirements: "run_id, position",
  };
  const rows: Record<string, Line[]> = {};
  for (const [table, order] of Object.entries(orders)) {
    const { results } = await env.DB.prepare(`select * from ${table} where session_id = ? order by ${order}`)
      .bind(sessionId)
      .all<Record<string, unknown>>();
    rows[table] = results.map(({ fence, unindexed_from, position, fields_digest, ...row }) =>
      table === "requirements"
        ? { ...row, position }
        : Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith("idempotency"))),
    );
  }
  return rows;
}
