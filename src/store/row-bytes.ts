import { type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { firstUserMessage } from "./run-rows.ts";
import { messages, requirements, runs } from "./schema/tables.ts";

// How many bytes rows take when they are read. By these D1 ends a page before it reads any text.

/** What a row takes beside its texts. */
const ROW_BYTES = 200;

/**
 * The bytes of these columns. SQLite knows octet_length() from the head of a row; for length() it would read all of a long
 * text.
 */
export const textBytes = (...columns: SQLWrapper[]): SQL =>
  sql`(${sql.join(
    columns.map((column) => sql`ifnull(octet_length(${column}), 0)`),
    sql` + `,
  )})`;

const rowBytes = (...columns: SQLWrapper[]): SQL => sql`(${sql.raw(String(ROW_BYTES))} + ${textBytes(...columns)})`;

/** Texts that other rows hold are read with these rows, so they count. */
const SHARED_TEXT_BYTES = sql.raw(`ifnull((select octet_length(shared.content) from system_texts as shared
  where shared.session_id = messages.session_id and shared.text_id = messages.system_text), 0)`);
const LEFT_OUT_INPUT_BYTES = sql.raw(
  `iif(runs.input_left_out, ifnull((${firstUserMessage("octet_length(asked.content)")}), 0), 0)`,
);

const OWN_RUN_BYTES = rowBytes(
  runs.input,
  runs.inputState,
  runs.origin,
  runs.sessionState,
  runs.metrics,
  runs.historyDropped,
  runs.metadata,
  runs.claims,
  runs.error,
  runs.events,
);

export const RUN_BYTES = sql`(${OWN_RUN_BYTES} + ${LEFT_OUT_INPUT_BYTES})`;

const messageTexts = [
  messages.content,
  messages.reasoningContent,
  messages.providerSource,
  messages.providerData,
  messages.toolCalls,
  messages.toolArgs,
  messages.toolCallId,
  messages.toolName,
] as const;

export const MESSAGE_BYTES = sql`(${rowBytes(...messageTexts)} + ${SHARED_TEXT_BYTES})`;

/** The stored text of a message, without what its row takes beside it. */
export const MESSAGE_TEXT_BYTES = sql`(${textBytes(...messageTexts)} + ${SHARED_TEXT_BYTES})`;

export const REQUIREMENT_BYTES = rowBytes(
  requirements.toolCallId,
  requirements.toolArgs,
  requirements.fields,
  requirements.answer,
  requirements.answerNote,
);

/** The bytes of all rows up to and with this one, in this order. */
export const bytesUpTo = (bytes: SQL, order: SQL) =>
  sql<number>`sum(${bytes}) over (order by ${order} rows unbounded preceding)`.as("bytes");
