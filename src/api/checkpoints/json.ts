import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import { checkpointIndexes, wholeRounds } from "../../domain/run-origin.ts";
import { isShown, type View } from "../../domain/view.ts";
import { firstCodePoints } from "../../lib/text.ts";
import { askedRun, runOutput } from "../runs/json.ts";
import { epochSeconds, messagesJson } from "../shared/json.ts";

const PREVIEW_CHARS = 120;

interface Stored {
  row: RunRow;
  messages: readonly Message[];
}

/**
 * The points from which a run could be continued, oldest first. They count all messages of the run, also those that the view
 * leaves out: so a number means the same to every caller, and to a continue.
 */
export function checkpointList({ row, messages }: Stored, view: View) {
  const indexes = checkpointIndexes(messages);
  return {
    run_id: row.runId,
    session_id: row.sessionId,
    checkpoints: indexes.map((index) => {
      const isLatest = index === indexes.at(-1);
      return checkpointJson({ row, messages }, { index, reason: isLatest ? "end" : "checkpoint", isLatest }, view);
    }),
  };
}

/** The run as it would be continued from there, without calls that have no result. */
export function checkpointSnapshot({ row, messages }: Stored, messageIndex: number, view: View) {
  const kept = wholeRounds(messages, messageIndex);
  const output = runOutput(askedRun({ row, messages }), view);
  const calls = new Set(messages.slice(0, kept).flatMap(callIds));
  const isLatest = messageIndex === checkpointIndexes(messages).at(-1);
  return {
    checkpoint: checkpointJson({ row, messages }, { index: messageIndex, reason: "snapshot", isLatest }, view),
    snapshot: {
      ...output,
      messages: messagesJson(messages.slice(0, kept), view),
      tools: output.tools.filter((tool) => calls.has(tool.tool_call_id)),
      last_checkpoint_at_message_index: kept,
    },
  };
}

interface Checkpoint {
  /** How many messages stand before it. */
  index: number;
  reason: "checkpoint" | "end" | "snapshot";
  isLatest: boolean;
}

function checkpointJson({ row, messages }: Stored, { index, reason, isLatest }: Checkpoint, view: View) {
  const last = messages[index - 1];
  const message = last !== undefined && isShown(last, view) ? last : null;
  return {
    checkpoint_id: String(index),
    run_id: row.runId,
    session_id: row.sessionId,
    message_index: index,
    continue_from: index,
    // At every earlier point the run was going on.
    status: isLatest ? row.status : ("RUNNING" as const),
    reason,
    created_at: epochSeconds(last?.createdAt ?? row.createdAt),
    message_id: message?.messageId ?? null,
    message_role: message?.role ?? null,
    message_preview: message === null ? null : preview(message),
    is_latest: isLatest,
  };
}

/** The message as AgentOS shortens it. */
function preview({ role, content }: Message): string | null {
  if (role === "assistant" && content === "") return null;
  const line = content.replaceAll("\n", " ").trim();
  const isShort = firstCodePoints(line, PREVIEW_CHARS).length === line.length;
  return isShort ? line : `${firstCodePoints(line, PREVIEW_CHARS - 1)}...`;
}

const callIds = (message: Message): string[] =>
  message.role === "assistant" ? message.toolCalls.map((call) => call.id) : [];
