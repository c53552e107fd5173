import { and, asc, desc, eq, lt, ne, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { ModelMessage } from "../../domain/model.ts";
import { cutMessage, type HistoryWindow, MAX_CUT_RESULT_BYTES, type WindowRun } from "../../engine/prompt/window.ts";
import type { Database } from "../database.ts";
import { textBytes } from "../row-bytes.ts";
import { messages, runs } from "../schema/tables.ts";
import { countingRuns } from "./history-sql.ts";

/** The window as it stood before a run index; without one, as it stands. */
export interface StoredWindow extends HistoryWindow {
  beforeRunIndex?: number | undefined;
}

/** What a message takes in a window: `sentBytes` of engine/prompt/window.ts, counted in SQL. */
const SENT_BYTES = textBytes(messages.content, messages.toolCalls, messages.providerData);
const EXCESS_BYTES = sql`iif(${messages.role} = 'tool', max(0, ifnull(octet_length(${messages.content}), 0) - ${sql.raw(String(MAX_CUT_RESULT_BYTES))}), ${textBytes(messages.providerData)})`;
const isSent = ne(messages.role, "system");

/** Reads the runs of a window, oldest first. */
export async function windowRuns(db: Database, sessionId: string, window: StoredWindow): Promise<WindowRun[]> {
  return runsOfWindow(await windowRunsQuery(db, sessionId, window));
}

/** The query of `windowRuns`, for callers that put it into a batch with others; `runsOfWindow` shapes its rows. */
export function windowRunsQuery(
  db: Database,
  sessionId: string,
  { lastNRuns, maxBytes, beforeRunIndex }: StoredWindow,
) {
  const newest = db
    .select({ runIndex: runs.runIndex, status: runs.status })
    .from(runs)
    .where(
      and(countingRuns(sessionId, {}), beforeRunIndex === undefined ? undefined : lt(runs.runIndex, beforeRunIndex)),
    )
    .orderBy(desc(runs.runIndex))
    .limit(Math.max(0, lastNRuns))
    .as("newest");
  // Selects no text: D1 would read it for every run, whether it fits or not.
  const sized = db
    .select({
      runIndex: newest.runIndex,
      status: newest.status,
      bytes: total(SENT_BYTES).as("run_bytes"),
      cutBytes: total(sql`${SENT_BYTES} - ${EXCESS_BYTES}`).as("cut_bytes"),
      nth: sql<number>`row_number() over (order by ${newest.runIndex} desc)`.as("nth"),
      upTo: sql<number>`sum(${total(SENT_BYTES)}) over (order by ${newest.runIndex} desc)`.as("up_to"),
    })
    .from(newest)
    .leftJoin(messages, and(isMessageOf(sessionId, newest.runIndex), isSent))
    .groupBy(newest.runIndex, newest.status)
    .as("sized");
  const isCut = sql<number>`${sized.bytes} > ${maxBytes}`;
  const content = sql<string>`iif(${isCut} and ${messages.role} = 'tool', substr(${messages.content}, 1, ${MAX_CUT_RESULT_BYTES + 1}), ${messages.content})`;
  return db
    .select({
      runIndex: sized.runIndex,
      status: sized.status,
      bytes: sized.bytes,
      cutBytes: sized.cutBytes,
      isCut: isCut.as("is_cut"),
      role: messages.role,
      content: content.as("sent_content"),
      toolCalls: messages.toolCalls,
      toolCallId: messages.toolCallId,
      toolName: messages.toolName,
      providerSource: messages.providerSource,
      providerData: messages.providerData,
    })
    .from(sized)
    .leftJoin(messages, and(isMessageOf(sessionId, sized.runIndex), isSent))
    .where(sql`${sized.upTo} <= ${maxBytes} or (${sized.nth} = 1 and ${sized.cutBytes} <= ${maxBytes})`)
    .orderBy(asc(sized.runIndex), asc(messages.messageIndex));
}

const total = (bytes: SQL) => sql<number>`ifnull(sum(${bytes}), 0)`;

const isMessageOf = (sessionId: string, runIndex: SQLWrapper) =>
  and(eq(messages.sessionId, sessionId), eq(messages.runIndex, runIndex));

type WindowRow = Awaited<ReturnType<typeof windowRunsQuery>>[number];

/** Shapes the rows of `windowRunsQuery`. A run without messages is in the answer too. */
export function runsOfWindow(rows: readonly WindowRow[]): WindowRun[] {
  const found: WindowRun[] = [];
  for (const row of rows) {
    const { runIndex, bytes, cutBytes } = row;
    if (runIndex === null) continue;
    let last = found.at(-1);
    if (last?.runIndex !== runIndex) {
      last = { runIndex, isRunning: row.status === "RUNNING", messages: [], bytes, cutBytes, isCut: row.isCut === 1 };
      found.push(last);
    }
    const message = modelMessage(row);
    if (message !== null) last.messages.push(last.isCut ? cutMessage(message) : message);
  }
  return found;
}

/** The message of a row; null for a run that has none. */
function modelMessage({ role, content, ...row }: WindowRow): ModelMessage | null {
  switch (role) {
    case null:
      return null;
    case "system":
    case "user":
      return { role, content };
    case "assistant": {
      const { toolCalls, providerSource: source, providerData: data } = row;
      return { role, content, toolCalls: toolCalls ?? [], providerData: source === null ? null : { source, data } };
    }
    case "tool":
      return { role, content, toolCallId: row.toolCallId ?? "", toolName: row.toolName ?? "" };
  }
}
