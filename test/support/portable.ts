/** Sessions as lines: exported, imported, and made up. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import worker from "../../src/index.ts";
import { call, newId, send } from "./http.ts";

// biome-ignore lint/suspicious/noExplicitAny: a line's JSON, looked into by tests
export type Line = any;

/** The text that an export answers. */
export async function exported(path: string): Promise<string> {
  const response = await send("GET", path);
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("application/x-ndjson");
  // Not `text()`: the pool warns if that reads a content type which it does not take for text.
  return new TextDecoder().decode(await response.arrayBuffer());
}

export const exportOf = (sessionId: string): Promise<string> => exported(`/sessions/${sessionId}/export`);

export const linesOf = (text: string): Line[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

export const asText = (lines: Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

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

/** A small session that is complete, as lines. */
export function sessionLines(sessionId: string, fields: { user_id?: string; runs?: number } = {}): Line[] {
  const { runs = 1, ...session } = fields;
  const at = 1_700_000_000_000;
  const rows = Array.from({ length: runs }, (_, index) => {
    const run_id = `${sessionId}-run-${index}`;
    const times = { created_at: at + index, started_at: at + index, settled_at: at + index };
    return [
      {
        type: "run",
        run_id,
        run_index: index,
        member_slots: 0,
        agent_id: "assistant",
        status: "COMPLETED",
        input: `question ${index}`,
        input_messages: 1,
        finish_reason: "stop",
        events: [
          ["S", 0],
          ["Q", 0],
          ["D", 0, 8],
          ["A", 0],
          ["C", 0],
          ["X", 0],
        ],
        ...times,
      },
      message(run_id, 0, "user", `question ${index}`, at + index),
      message(run_id, 1, "assistant", `answer ${index}`, at + index),
    ];
  });
  return [
    {
      type: "session",
      session_id: sessionId,
      session_type: "agent",
      agent_id: "assistant",
      name_version: 0,
      first_message: "question 0",
      tags: [],
      visibility: "listed",
      version: 0,
      created_at: at,
      updated_at: at,
      ...session,
    },
    ...rows.flat(),
    { type: "session_end", session_id: sessionId, counts: { runs, messages: 2 * runs, requirements: 0 } },
  ];
}

export const message = (
  run_id: string,
  message_index: number,
  role: string,
  content: string,
  created_at = 1_700_000_000_000,
): Line => ({
  type: "message",
  run_id,
  message_index,
  message_id: `${run_id}-${message_index}`,
  role,
  content,
  created_at,
});

/** The line of an open requirement of the run. */
export const requirementLine = (run_id: string): Line => ({
  type: "requirement",
  requirement_id: newId(),
  run_id,
  position: 0,
  component_name: "Assistant",
  kind: "user_input",
  status: "open",
  tool_call_id: "c",
  call: 0,
  tool_name: "add",
  tool_args: {},
  on_expiry: "reject",
  created_at: 1_700_000_000_000,
});
