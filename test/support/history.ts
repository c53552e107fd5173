import { env } from "cloudflare:workers";
import { type Message, type MessageKey, ROLES, type Role } from "../../src/domain/message.ts";
import { RUN_STATUSES } from "../../src/domain/run.ts";
import { SESSION_TYPES } from "../../src/domain/session.ts";
import { CHAT_HISTORY, type HistoryFilter, type HistoryRun, historyMessages } from "../../src/engine/prompt/history.ts";
import { utf8Bytes } from "../../src/lib/text.ts";
import { openDatabase } from "../../src/store/database.ts";
import { decodeHistoryCursor, type HistoryPage, readHistory } from "../../src/store/messages/history.ts";
import { type KeyedMessage, messageRow } from "../../src/store/messages/rows.ts";
import { messages, runs } from "../../src/store/schema/tables.ts";

const db = openDatabase(env.DB);
const ROLE_OF: Record<string, Role> = { s: "system", u: "user", a: "assistant", t: "tool" };

/** Keys before and behind everything a test stores. */
export const START: MessageKey = { runIndex: -1, messageIndex: 0 };
export const END: MessageKey = { runIndex: 2 ** 30, messageIndex: 0 };

export const keyOf = ({ runIndex, messageIndex }: MessageKey): MessageKey => ({ runIndex, messageIndex });
export const byKey = (one: MessageKey, other: MessageKey): number =>
  one.runIndex - other.runIndex || one.messageIndex - other.messageIndex;

/** Agno's `get_chat_history`: what people and agents said, in runs of any status; of a team what its leader said. */
export function chatHistory<M extends { role: Role }>(runs: readonly HistoryRun<M>[], lastNRuns?: number): M[] {
  return historyMessages(runs, { ...CHAT_HISTORY, lastNRuns });
}

function message(role: Role, messageId: string, content = `text of ${messageId}`): Message {
  const base = { messageId, content, createdAt: 1_795_298_563_250 };
  if (role === "assistant")
    return {
      ...base,
      role,
      toolCalls: [],
      reasoningContent: null,
      providerData: null,
      usage: null,
      timeToFirstTokenMs: null,
    };
  if (role === "tool") {
    return { ...base, role, toolCallId: "call-1", toolName: "add", toolArgs: null, toolCallError: false };
  }
  return { ...base, role };
}

export type SessionRun = HistoryRun<KeyedMessage>;

/** `run(3, "sua")` has the messages 3s0, 3u1 and 3a2. */
export function run(runIndex: number, roles: string, its: Partial<SessionRun> = {}): SessionRun {
  const own = [...roles].map((letter, messageIndex) => ({
    ...message(ROLE_OF[letter] ?? "user", `${runIndex}${letter}${messageIndex}`),
    runIndex,
    messageIndex,
  }));
  const runId = crypto.randomUUID();
  return { runIndex, runId, agentId: "a", teamId: null, parentRunId: null, status: "COMPLETED", messages: own, ...its };
}

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

export const names = (some: readonly Message[]): string => some.map((one) => one.messageId).join(" ");

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
      sessionId,
      { ...filter, ...(maxBytes !== undefined && { maxBytes }) },
      direction === "before" ? { before: key } : { after: key },
    );
    pages.push(page);
    key = page.meta.has_more ? decodeHistoryCursor(page.meta[direction] ?? "") : null;
  }
  return pages;
}

/** Random choices from a seed: the same ones on every machine (mulberry32). */
export function generator(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    chance: (share: number): boolean => next() < share,
    some: <T>(values: readonly T[]): T[] => values.filter(() => next() < 0.3),
    one: <T>(values: readonly [T, ...T[]]): T => values[below(values.length)] ?? values[0],
  };
}
export type Generator = ReturnType<typeof generator>;

/** Runs of one session: of any agent, team and status, with up to six messages of any role. */
export function anySession(random: Generator): SessionRun[] {
  let runIndex = 0;
  return Array.from({ length: random.below(14) }, () => {
    runIndex += 1 + random.below(2);
    const roles = Array.from({ length: random.below(7) }, () => random.one(["s", "u", "a", "a", "t", "t"]));
    return run(runIndex, roles.join(""), {
      agentId: random.one(["a", "b", null]),
      teamId: random.one([null, "t"]),
      parentRunId: random.chance(0.3) ? "parent" : null,
      status: random.one(["COMPLETED", "COMPLETED", "COMPLETED", ...RUN_STATUSES]),
    });
  });
}

export function anyFilter(random: Generator): HistoryFilter {
  return {
    sessionType: random.chance(0.8) ? random.one(["team", ...SESSION_TYPES]) : undefined,
    memberIds: random.chance(0.35) ? random.some(["a", "b", "t", "nobody"]) : undefined,
    skipMemberMessages: random.chance(0.5) ? random.chance(0.5) : undefined,
    agentId: random.chance(0.2) ? random.one(["a", "b", "nobody"]) : undefined,
    teamId: random.chance(0.2) ? "t" : undefined,
    lastNRuns: random.chance(0.4) ? random.one([-1, 0, 1, 2, 3, 5, Number.MAX_SAFE_INTEGER]) : undefined,
    limit: random.chance(0.7) ? random.below(24) - 1 : undefined,
    skipRoles: random.chance(0.5) ? random.some(ROLES) : undefined,
    skipStatuses: random.chance(0.5) ? random.some(RUN_STATUSES) : undefined,
    skipHistoryMessages: random.chance(0.5),
  };
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
