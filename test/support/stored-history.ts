/** Histories in D1: stored, read page by page, and what that costs. */

import { env } from "cloudflare:workers";
import type { MessageKey } from "../../src/domain/message.ts";
import type { HistoryFilter } from "../../src/engine/prompt/history.ts";
import { utf8Bytes } from "../../src/lib/text.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { decodeHistoryCursor, type HistoryPage, readHistory } from "../../src/store/messages/history.ts";
import { messageRow } from "../../src/store/messages/message-rows.ts";
import { chatOf, recentChatQuery } from "../../src/store/messages/messages.ts";
import { messages, runs } from "../../src/store/schema/tables.ts";
import type { SeenSession } from "../../src/store/visibility.ts";
import { run, type SessionRun } from "./history.ts";

const db = openDatabase(env.DB);

/** Keys before and behind everything a test stores. */
export const START: MessageKey = { runIndex: -1, messageIndex: 0 };
export const END: MessageKey = { runIndex: 2 ** 30, messageIndex: 0 };

/** Stores the runs as one session, with a waiting run behind them, and answers the session's id. */
export async function storeSession(sessionRuns: SessionRun[]): Promise<string> {
  const sessionId = crypto.randomUUID();
  const runRow = (its: SessionRun) => ({ ...its, sessionId, position: 0, fence: "f", input: "", createdAt: 1 });
  await db.batch([
    db.insert(runs).values({ ...runRow(run(0, "")), runIndex: null, status: "PENDING" }),
    ...sessionRuns.flatMap((its) => [
      db.insert(runs).values(runRow(its)),
      ...its.messages.map((own) => db.insert(messages).values(messageRow(sessionId, its, own.messageIndex, own))),
    ]),
  ]);
  return sessionId;
}

/** A session's contents as its object reads them, whoever's the session is. */
export const ofObject = (sessionId: string): SeenSession => ({ sessionId, principal: null });

/** The newest messages of a session's chat, as its detail shows them. */
export const recentChat = async (reading: Database, session: SeenSession, limit: number) => {
  const [rows] = await reading.batch([recentChatQuery(reading, session, limit)]);
  return chatOf(rows, limit);
};

/** Reads pages in one direction until there are no more, and answers the pages as they came. */
export async function walk(
  sessionId: string,
  filter: HistoryFilter,
  direction: "before" | "after",
  from: MessageKey,
  maxBytes?: number,
) {
  const pages: HistoryPage[] = [];
  for (let key: MessageKey | null = from; key !== null && pages.length < 2_000; ) {
    const page: HistoryPage = await readHistory(
      db,
      ofObject(sessionId),
      { ...filter, ...(maxBytes !== undefined && { maxBytes }) },
      direction === "before" ? { before: key } : { after: key },
    );
    pages.push(page);
    key = page.meta.has_more ? decodeHistoryCursor(page.meta[direction] ?? "") : null;
  }
  return pages;
}

/** A D1 binding that notes every statement, so that a test can ask what it cost and how SQLite went about it. */
export function notingDatabase() {
  const noted: { sql: string; params: unknown[] }[] = [];
  const noting = new Proxy(env.DB, {
    get(d1, key) {
      if (key === "batch") return d1.batch.bind(d1);
      if (key !== "prepare") return Reflect.get(d1, key);
      return (sql: string) => {
        const statement = d1.prepare(sql);
        const bind = statement.bind.bind(statement);
        statement.bind = (...params: unknown[]) => {
          noted.push({ sql, params });
          return bind(...params);
        };
        return statement;
      };
    },
  });
  return {
    db: openDatabase(noting),
    asked: noted,
    statements: () => noted.length,
    rowsRead: async () => {
      const results = await env.DB.batch(noted.map(({ sql, params }) => env.DB.prepare(sql).bind(...params)));
      return results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
    },
    bytesSent: async () => {
      const results = await env.DB.batch(noted.map(({ sql, params }) => env.DB.prepare(sql).bind(...params)));
      return results.reduce((sum, { results: rows }) => sum + utf8Bytes(JSON.stringify(rows)), 0);
    },
    plan: async () => {
      const explained = noted.map(({ sql, params }) => env.DB.prepare(`explain query plan ${sql}`).bind(...params));
      const results = await env.DB.batch<{ detail: string }>(explained);
      return results.flatMap(({ results: steps }) => steps.map((step) => step.detail));
    },
  };
}
