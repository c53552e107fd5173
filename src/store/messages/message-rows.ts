import { eq, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Message, MessageKey } from "../../domain/message.ts";
import type { RunStatus } from "../../domain/run.ts";
import type { HistoryRun } from "../../engine/prompt/history.ts";
import { messages, runs } from "../schema/tables.ts";

/** A message with its text, wherever that is stored. */
export type MessageRow = Omit<typeof messages.$inferSelect, "systemText">;

/** A message with its place in the session, and the run that it is of. */
export type KeyedMessage = Message & MessageKey & { runId: string; runStatus: RunStatus };

/** What the row of a message says, or the shared text that it names. Written out: Drizzle leaves out names of tables in places. */
export const CONTENT = sql.raw(`ifnull((select shared.content from system_texts as shared
  where shared.session_id = messages.session_id and shared.text_id = messages.system_text), messages.content)`);

/** The columns that a message is made of. */
export const messageColumns = {
  messageIndex: messages.messageIndex,
  messageId: messages.messageId,
  role: messages.role,
  content: sql<string>`${CONTENT}`.as("content"),
  reasoningContent: messages.reasoningContent,
  providerSource: messages.providerSource,
  providerData: messages.providerData,
  toolCalls: messages.toolCalls,
  toolCallId: messages.toolCallId,
  toolName: messages.toolName,
  toolArgs: messages.toolArgs,
  toolCallError: messages.toolCallError,
  usage: messages.usage,
  timeToFirstTokenMs: messages.timeToFirstTokenMs,
  createdAt: messages.createdAt,
};

/** All columns of a message, with its place. */
export const wholeMessage = {
  sessionId: messages.sessionId,
  runIndex: messages.runIndex,
  runId: messages.runId,
  ...messageColumns,
};

/**
 * The columns of a run that history shows. `run_id` and `run_index` are not among them: each query selects those from
 * one table only, because a D1 batch answers with objects keyed by column name, where two columns of one name become
 * one.
 */
export const historyRunColumns = {
  agentId: runs.agentId,
  teamId: runs.teamId,
  parentRunId: runs.parentRunId,
  status: runs.status,
};

type StoredMessage = Pick<MessageRow, keyof typeof messageColumns>;
export type HistoryRow = StoredMessage & Omit<HistoryRun, "messages">;

/**
 * Joins `messages` with rows that know where messages stand. Queries first walk places, which D1 finds without reading
 * text, and then read the text of those that they keep.
 */
export function isMessageAt(
  sessionId: string | SQLWrapper,
  place: { runIndex: SQLWrapper; messageIndex: SQLWrapper },
): SQL[] {
  return [
    eq(messages.sessionId, sessionId),
    eq(messages.runIndex, place.runIndex),
    eq(messages.messageIndex, place.messageIndex),
  ];
}

/** The row of a message. Every column is named; those that its role does not have are null. */
export function messageRow(
  sessionId: string,
  run: { runId: string; runIndex: number },
  messageIndex: number,
  message: Message,
): MessageRow {
  const row = {
    sessionId,
    runIndex: run.runIndex,
    messageIndex,
    runId: run.runId,
    messageId: message.messageId,
    role: message.role,
    content: message.content,
    reasoningContent: null,
    providerSource: null,
    providerData: null,
    toolCalls: null,
    toolCallId: null,
    toolName: null,
    toolArgs: null,
    toolCallError: null,
    usage: null,
    timeToFirstTokenMs: null,
    createdAt: message.createdAt,
  };
  switch (message.role) {
    case "system":
    case "user":
      return row;
    case "assistant":
      return {
        ...row,
        reasoningContent: message.reasoningContent,
        providerSource: message.providerData?.source ?? null,
        providerData: message.providerData?.data ?? null,
        toolCalls: message.toolCalls.length > 0 ? message.toolCalls : null,
        usage: message.usage,
        timeToFirstTokenMs: message.timeToFirstTokenMs,
      };
    case "tool":
      return {
        ...row,
        toolCallId: message.toolCallId,
        toolName: message.toolName,
        toolArgs: message.toolArgs,
        toolCallError: message.toolCallError,
      };
  }
}

/** The message that `messageRow` made the row of. */
export function messageFromRow(row: Omit<StoredMessage, "messageIndex">): Message {
  const base = { messageId: row.messageId, content: row.content, createdAt: row.createdAt };
  switch (row.role) {
    case "system":
    case "user":
      return { ...base, role: row.role };
    case "assistant":
      return {
        ...base,
        role: row.role,
        toolCalls: row.toolCalls ?? [],
        reasoningContent: row.reasoningContent,
        providerData: row.providerSource === null ? null : { source: row.providerSource, data: row.providerData },
        usage: row.usage,
        timeToFirstTokenMs: row.timeToFirstTokenMs,
      };
    case "tool":
      return {
        ...base,
        role: row.role,
        toolCallId: row.toolCallId ?? "",
        toolName: row.toolName ?? "",
        toolArgs: row.toolArgs,
        toolCallError: row.toolCallError ?? false,
      };
  }
}

/** Groups rows, oldest first, by the runs that they belong to. A run without any row is not in the answer. */
export function historyRunsFromRows(rows: readonly HistoryRow[]): HistoryRun<KeyedMessage>[] {
  const byIndex = new Map<number, HistoryRun<KeyedMessage>>();
  for (const row of rows) {
    const { runIndex, messageIndex, runId, agentId, teamId, parentRunId, status } = row;
    let run = byIndex.get(runIndex);
    if (run === undefined) {
      run = { runIndex, runId, agentId, teamId, parentRunId, status, messages: [] };
      byIndex.set(runIndex, run);
    }
    run.messages.push({ ...messageFromRow(row), runIndex, messageIndex, runId, runStatus: status });
  }
  return [...byIndex.values()];
}
