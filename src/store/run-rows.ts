import { getTableColumns, sql } from "drizzle-orm";
import type { Message } from "../domain/message.ts";
import type { RunRow } from "../domain/run.ts";
import { runs } from "./schema/tables.ts";

// A run's input is stored once: where its first user message says the same, its row leaves it out.

/** Reads of the first user message of the run in a row of `runs`. Written out: Drizzle leaves out names of tables in places. */
export const firstUserMessage = (expression: string): string => `select ${expression} from messages as asked
  where asked.session_id = runs.session_id and asked.run_index = runs.run_index and asked.role = 'user'
  order by asked.message_index limit 1`;

/** What a run was asked, wherever that is stored. */
export const RUN_INPUT = sql.raw(
  `iif(runs.input_left_out, ifnull((${firstUserMessage("asked.content")}), runs.input), runs.input)`,
);

const { inputLeftOut, ...columns } = getTableColumns(runs);

/** The columns of a run as it was asked for. */
export const runColumns = { ...columns, input: sql<string>`${RUN_INPUT}`.as("input") };

/** The row of a run that is stored with these messages, or with none yet. */
export function storedRun(
  run: RunRow,
  messages: readonly Pick<Message, "role" | "content">[],
): Required<typeof runs.$inferInsert> {
  const asked = messages.find(({ role }) => role === "user");
  return asked?.content === run.input ? { ...run, input: "", inputLeftOut: true } : { ...run, inputLeftOut: null };
}
