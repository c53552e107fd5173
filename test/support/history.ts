/** Histories as values: runs with their messages, by hand or at random. */
import { type Message, type MessageKey, ROLES, type Role } from "../../src/domain/message.ts";
import { RUN_STATUSES } from "../../src/domain/run.ts";
import { SESSION_TYPES } from "../../src/domain/session.ts";
import { CHAT_HISTORY, type HistoryFilter, type HistoryRun, historyMessages } from "../../src/engine/prompt/history.ts";
import type { KeyedMessage } from "../../src/store/messages/message-rows.ts";

const ROLE_OF: Record<string, Role> = { s: "system", u: "user", a: "assistant", t: "tool" };

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
  const { runId = crypto.randomUUID(), status = "COMPLETED" } = its;
  const own = [...roles].map((letter, messageIndex) => ({
    ...message(ROLE_OF[letter] ?? "user", `${runIndex}${letter}${messageIndex}`),
    runIndex,
    messageIndex,
    runId,
    runStatus: status,
  }));
  return { runIndex, agentId: "a", teamId: null, parentRunId: null, messages: own, ...its, runId, status };
}

export const names = (some: readonly Message[]): string => some.map((one) => one.messageId).join(" ");

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
