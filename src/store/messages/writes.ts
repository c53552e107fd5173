import type { SQL } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { insertNew } from "../insert-rows.ts";
import { messages } from "../schema/tables.ts";
import { messageRow } from "./message-rows.ts";
import { insertTexts, withSharedTexts } from "./system-texts.ts";

/** A message with its place in the session. */
export interface PlacedMessage {
  runIndex: number;
  messageIndex: number;
  message: Message;
}

/** Gives messages their places in a run, the first of them at `firstIndex`. */
export function placeMessages(
  run: Pick<RunRow, "runIndex">,
  firstIndex: number,
  added: readonly Message[],
): PlacedMessage[] {
  const runIndex = run.runIndex ?? 0;
  return added.map((message, nth) => ({ runIndex, messageIndex: firstIndex + nth, message }));
}

/** Stores messages of a run while the condition holds. Repeatable. */
export function insertMessages(
  db: Database,
  { runId, sessionId, agentId, teamId }: Pick<RunRow, "runId" | "sessionId"> & Partial<RunRow>,
  placed: readonly PlacedMessage[],
  condition: SQL,
): Statement[] {
  const { rows, texts } = withSharedTexts(
    placed.map(({ runIndex, messageIndex, message }) =>
      messageRow(sessionId, { runId, runIndex }, messageIndex, message),
    ),
    agentId ?? teamId ?? "",
  );
  return [...insertTexts(db, texts, condition), ...insertNew(db, messages, rows, condition)];
}
