import { env } from "cloudflare:workers";
import type { Message, MessageKey, Role } from "../../src/domain/message.ts";
import type { HistoryFilter, HistoryRun } from "../../src/engine/history.ts";
import { openDatabase } from "../../src/store/database.ts";
import { decodeHistoryCursor, type HistoryPage, readHistory } from "../../src/store/history.ts";
import { type KeyedMessage, messageRow } from "../../src/store/message-rows.ts";
import { messages, runs } from "../../src/store/schema.ts";

const db = openDatabase(env.DB);
const ROLE_OF: Record<string, Role> = { s: "system", u: "user", a: "assistant", t: "tool" };

/** Keys before and behind everything a test stores. */
export const START: MessageKey = { runIndex: -1, messageIndex: 0 };
export const END: MessageKey = { runIndex: 2 ** 30, messageIndex: 0 };

export const keyOf = ({ runIndex, messageIndex }: MessageKey): MessageKey => ({ runIndex, messageIndex });
export const byKey = (one: MessageKey, other: MessageKey): number =>
  one.runIndex - other.runIndex || one.messageIndex - other.messageIndex;

function message(role: Role, messageId: string, content = `text of ${messageId}`): Message {
  const base = { messageId, content, createdAt: 1_795_298_563_250 };
  if (role === "assistant") return { ...base, role, toolCalls: [], usage: null, timeToFirstTokenMs: null };
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

/** Reads pages in one direction until there are no more; the pages as they came. */
export async function walk(sessionId: string, filter: HistoryFilter, direction: "before" | "after", from: MessageKey) {
  const pages: HistoryPage[] = [];
  for (let key: MessageKey | null = from; key !== null && pages.length < 2_000; ) {
    const page: HistoryPage = await readHistory(
      db,
      sessionId,
      filter,
      direction === "before" ? { before: key } : { after: key },
    );
    pages.push(page);
    key = page.meta.has_more ? decodeHistoryCursor(page.meta[direction] ?? "") : null;
  }
  return pages;
}

/** The same numbers on every machine (mulberry32). */
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
