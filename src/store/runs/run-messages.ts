import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { type DriverRow, driverRow, rowPieces, valuesWhere } from "../insert-rows.ts";
import { docsOf, insertDocs } from "../messages/message-docs.ts";
import { CONTENT, messageRow } from "../messages/message-rows.ts";
import { addText, componentOf, type KnownTexts, newTexts, withSharedTexts } from "../messages/system-texts.ts";
import { messages, systemTexts } from "../schema/tables.ts";
import { Template } from "../template.ts";
import { runIsOurs } from "./fences.ts";

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

/** Stores messages of a run while this attempt owns it, and the texts that they name unless those are known. Repeatable. */
export function insertMessages(
  db: Database,
  run: Pick<RunRow, "runId" | "sessionId" | "fence"> & Partial<RunRow>,
  placed: readonly PlacedMessage[],
  known: KnownTexts = NONE_KNOWN,
): Statement[] {
  const { runId, sessionId, fence } = run;
  const { rows, texts } = withSharedTexts(
    placed.map(({ runIndex, messageIndex, message }) =>
      messageRow(sessionId, { runId, runIndex }, messageIndex, message),
    ),
    componentOf(run),
  );
  const addedTexts = newTexts(texts, known).map((text) =>
    insertText.bind(db, { row: driverRow(systemTexts, text), runId, fence }),
  );
  const addedRows = rowPieces(messages, rows).map((some) => insertRows.bind(db, { rows: some, runId, fence }));
  return [...addedTexts, ...addedRows];
}

const NONE_KNOWN: KnownTexts = new Map();

/**
 * Writes a run's shared system text into the message that names it, while this attempt owns the run: a Worker of before, which knows
 * no shared texts, may have to go on with the run, and would ask its model without one. Repeatable.
 */
export function holdOwnText(
  db: Database,
  { runId, sessionId, fence, runIndex }: Pick<RunRow, "runId" | "sessionId" | "fence" | "runIndex">,
): Statement {
  return holdText.bind(db, { sessionId, runIndex: runIndex ?? 0, runId, fence });
}

/** Puts messages of a run into the search index while this attempt owns it. Repeatable. */
export function indexRunMessages(
  db: Database,
  { runId, sessionId, fence }: Pick<RunRow, "runId" | "sessionId" | "fence">,
  placed: readonly PlacedMessage[],
): Statement[] {
  return docsOf(placed).map((docs) => index.bind(db, { sessionId, docs, runId, fence }));
}

interface IndexedDocs {
  sessionId: string;
  docs: string;
  runId: string;
  fence: string;
}

const index = new Template<IndexedDocs>((db, { sessionId, docs, runId, fence }) =>
  insertDocs(db, sessionId, docs, runIsOurs(db, runId, fence)),
);

interface HeldText {
  sessionId: string;
  runIndex: number;
  runId: string;
  fence: string;
}

const holdText = new Template<HeldText>((db, { sessionId, runIndex, runId, fence }) =>
  db
    .update(messages)
    .set({ content: sql`${CONTENT}`, systemText: null })
    .where(
      and(
        eq(messages.sessionId, sessionId),
        eq(messages.runIndex, runIndex),
        isNotNull(messages.systemText),
        runIsOurs(db, runId, fence),
      ),
    ),
);

const insertText = new Template<{ row: DriverRow; runId: string; fence: string }>((db, { row, runId, fence }) =>
  addText(db, valuesWhere([row], runIsOurs(db, runId, fence))),
);

const insertRows = new Template<{ rows: DriverRow[]; runId: string; fence: string }>((db, { rows, runId, fence }) =>
  db
    .insert(messages)
    .select(valuesWhere(rows, runIsOurs(db, runId, fence)))
    .onConflictDoNothing(),
);
