import { type SQL, sql } from "drizzle-orm";
import { messages, requirements, runs } from "./schema/tables.ts";

// What rows take where they are read, by which D1 cuts pages before any text is read: octet_length is known from where a
// row begins; length() would read all of a long text to count letters.

/** What a row takes beside its texts. */
const ROW_BYTES = 200;

const bytesOf = (...columns: SQL[]): SQL =>
  sql`(${sql.raw(String(ROW_BYTES))} + ${sql.join(
    columns.map((column) => sql`ifnull(octet_length(${column}), 0)`),
    sql` + `,
  )})`;

export const RUN_BYTES = bytesOf(
  sql`${runs.input}`,
  sql`${runs.inputState}`,
  sql`${runs.origin}`,
  sql`${runs.sessionState}`,
  sql`${runs.metrics}`,
  sql`${runs.error}`,
  sql`${runs.events}`,
);

export const MESSAGE_BYTES = bytesOf(
  sql`${messages.content}`,
  sql`${messages.toolCalls}`,
  sql`${messages.toolArgs}`,
  sql`${messages.toolCallId}`,
  sql`${messages.toolName}`,
);

export const REQUIREMENT_BYTES = bytesOf(
  sql`${requirements.toolCallId}`,
  sql`${requirements.toolArgs}`,
  sql`${requirements.fields}`,
  sql`${requirements.answer}`,
  sql`${requirements.answerNote}`,
);

/** What is to be added up before a row, in this order. */
export const bytesUpTo = (bytes: SQL, order: SQL) =>
  sql<number>`sum(${bytes}) over (order by ${order} rows unbounded preceding)`.as("bytes");
