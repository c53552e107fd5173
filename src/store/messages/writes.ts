import type { SQL } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { rowsWhere } from "../insert-rows.ts";
import { messages } from "../schema/tables.ts";
import { messageRow } from "./rows.ts";

/** D1 binds at most 100 parameters per statement: a message has 15, the condition three. */
const MESSAGES_PER_STATEMENT = 6;

/** Adds messages to a run behind those that it has, while the condition holds. Repeatable. */
export function insertMessages(
  db: Database,
  run: Pick<RunRow, "runId" | "sessionId" | "runIndex">,
  firstIndex: number,
  added: readonly Message[],
  condition: SQL,
): Statement[] {
  const place = { runId: run.runId, runIndex: run.runIndex ?? 0 };
  const rows = added.map((message, nth) => messageRow(run.sessionId, place, firstIndex + nth, message));
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += MESSAGES_PER_STATEMENT) {
    const some = rows.slice(from, from + MESSAGES_PER_STATEMENT);
    statements.push(
      db
        .insert(messages)
        .select(rowsWhere(messages, some, condition))
        .onConflictDoNothing(),
    );
  }
  return statements;
}
