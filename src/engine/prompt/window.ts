import type { Agent } from "../../domain/agent.ts";
import { historyRuns } from "../../domain/agent.ts";
import { DEFAULT_HISTORY_BYTES, MAX_HISTORY_WINDOW_BYTES } from "../../domain/limits.ts";
import type { ModelMessage } from "../../domain/model.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";

// Which earlier runs a model is sent: whole runs, the newest ones, up to a number of runs and of bytes. D1 cuts by the same
// numbers before any text is read (store/messages/messages.ts), so a cold object and a warm one send the same.

/** An earlier run as a model is sent it: without its system message. */
export interface WindowRun {
  runIndex: number;
  /** A run that is RUNNING has no answer yet. */
  isRunning: boolean;
  messages: ModelMessage[];
  /** The bytes of the run as a whole, and cut: without provider data, with tool results of at most `MAX_CUT_RESULT_BYTES`. */
  bytes: number;
  cutBytes: number;
  /** Whether these messages are the cut ones. */
  isCut: boolean;
}

/** How far a window goes. */
export interface HistoryWindow {
  lastNRuns: number;
  maxBytes: number;
}

/** The window for a caller who needs the row and no history. */
export const NO_HISTORY: HistoryWindow = { lastNRuns: 0, maxBytes: 0 };

/** What a tool result is cut to if the newest run is too large as a whole. */
export const MAX_CUT_RESULT_BYTES = 16 * 1024;
const CUT_NOTE = "\n[cut: the result was too long to be kept in the history]";

/** The window of an agent. */
export function historyWindow(agent: Agent): HistoryWindow {
  const maxBytes = Math.min(agent.maxHistoryBytes ?? DEFAULT_HISTORY_BYTES, MAX_HISTORY_WINDOW_BYTES);
  return { lastNRuns: historyRuns(agent), maxBytes };
}

/** What a message takes in the window: the texts that are sent. */
export function sentBytes(message: ModelMessage): number {
  const bytes = utf8Bytes(message.content);
  if (message.role !== "assistant") return bytes;
  const calls = message.toolCalls.length === 0 ? 0 : utf8Bytes(JSON.stringify(message.toolCalls));
  return bytes + calls + utf8Bytes(message.providerData?.data ?? "");
}

/** A run that has completed, of which nothing is cut. */
export function windowRun(runIndex: number, messages: readonly ModelMessage[]): WindowRun {
  const sent = messages.filter(({ role }) => role !== "system");
  const bytes = sent.reduce((sum, message) => sum + sentBytes(message), 0);
  const cutBytes = sent.reduce((sum, message) => sum - excessBytes(message), bytes);
  return { runIndex, isRunning: false, messages: sent, bytes, cutBytes, isCut: false };
}

/** What a message loses in a run that is cut. */
function excessBytes(message: ModelMessage): number {
  if (message.role === "assistant") return utf8Bytes(message.providerData?.data ?? "");
  return message.role === "tool" ? Math.max(0, utf8Bytes(message.content) - MAX_CUT_RESULT_BYTES) : 0;
}

/** The run without provider data, and with its tool results cut. */
export function cutRun(run: WindowRun): WindowRun {
  return { ...run, messages: run.messages.map(cutMessage), isCut: true };
}

/** A message of a run that is cut: a tool result has at most `MAX_CUT_RESULT_BYTES`, with a note if it was longer. */
export function cutMessage(message: ModelMessage): ModelMessage {
  if (excessBytes(message) === 0) return message;
  if (message.role === "assistant") return { ...message, providerData: null };
  return { ...message, content: cutUtf8(message.content, MAX_CUT_RESULT_BYTES - CUT_NOTE.length) + CUT_NOTE };
}

/** The runs that fit into the window, of runs that stand oldest first. The newest one is cut if only that makes it fit. */
export function withinWindow(runs: readonly WindowRun[], { lastNRuns, maxBytes }: HistoryWindow): WindowRun[] {
  const newest = lastNRuns <= 0 ? undefined : runs.at(-1);
  if (newest === undefined) return [];
  if (newest.bytes > maxBytes) return newest.cutBytes > maxBytes ? [] : [newest.isCut ? newest : cutRun(newest)];
  let left = maxBytes;
  const first = runs.findLastIndex((run, nth) => {
    left -= run.bytes;
    return left < 0 || nth < runs.length - lastNRuns;
  });
  return runs.slice(first + 1);
}
