import { and, asc, count, eq, gt, isNull, sql } from "drizzle-orm";
import type { MessageKey, Role } from "../../domain/message.ts";
import type { RunStatus } from "../../domain/run.ts";
import type { Database } from "../database.ts";
import { messages, runs } from "../schema/tables.ts";
import { isMessageAt } from "./message-rows.ts";

/** A message of any run. `text` is empty unless a summary may be made of it. */
export interface WalkedRow extends MessageKey {
  role: Role;
  status: RunStatus;
  isMember: boolean;
  text: string;
}

/**
 * The next `limit` messages behind a key, in order. Messages of all runs count, so that a read that finds nothing to
 * summarize is bounded too. Only what people and agents said in completed top-level runs comes with its text, which D1 cuts
 * to `maxChars` before it reads it.
 */
export async function walkMessages(
  db: Database,
  sessionId: string,
  behind: MessageKey,
  { limit, maxChars }: { limit: number; maxChars: number },
): Promise<WalkedRow[]> {
  // Selects columns of the primary key only, so that the walk reads the index and no row.
  const walked = db
    .select({ runIndex: messages.runIndex, messageIndex: messages.messageIndex })
    .from(messages)
    .where(
      and(
        eq(messages.sessionId, sessionId),
        sql`(${messages.runIndex}, ${messages.messageIndex}) > (${behind.runIndex}, ${behind.messageIndex})`,
      ),
    )
    .orderBy(asc(messages.runIndex), asc(messages.messageIndex))
    .limit(limit)
    .as("walked");
  const isSummarized = sql`${runs.status} = 'COMPLETED' and ${runs.parentRunId} is null
    and ${messages.role} in ('user', 'assistant')`;
  return db
    .select({
      runIndex: walked.runIndex,
      messageIndex: walked.messageIndex,
      role: messages.role,
      status: runs.status,
      isMember: sql<boolean>`${runs.parentRunId} is not null`.mapWith(Boolean).as("is_member"),
      text: sql<string>`case when ${isSummarized} then substr(${messages.content}, 1, ${maxChars}) else '' end`.as(
        "text",
      ),
    })
    .from(walked)
    .crossJoin(runs)
    .crossJoin(messages)
    .where(and(eq(runs.sessionId, sessionId), eq(runs.runIndex, walked.runIndex), ...isMessageAt(sessionId, walked)))
    .orderBy(asc(walked.runIndex), asc(walked.messageIndex));
}

/** How many of the next `limit` runs behind a run index are top-level runs that completed. */
export async function completedRunsSince(
  db: Database,
  sessionId: string,
  behind: number,
  limit: number,
): Promise<number> {
  const next = db
    .select({ status: runs.status, parentRunId: runs.parentRunId })
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), gt(runs.runIndex, behind)))
    .orderBy(asc(runs.runIndex))
    .limit(limit)
    .as("next");
  const [row] = await db
    .select({ count: count() })
    .from(next)
    .where(and(eq(next.status, "COMPLETED"), isNull(next.parentRunId)));
  return row?.count ?? 0;
}
