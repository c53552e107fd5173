import { and, eq, lt, type SQL, sql } from "drizzle-orm";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { runUsage } from "../schema/tables.ts";

/** How many rows one statement removes at most. */
export const USAGE_ROWS = 2_000;

/** When the oldest row of the ledger began; null for an empty ledger. Rows are in the order of their time. */
export async function oldestUsage(db: Database): Promise<number | null> {
  const oldest = sql<number>`rowid`;
  const [row] = await db.select({ startedAt: runUsage.startedAt }).from(runUsage).orderBy(oldest).limit(1);
  return row?.startedAt ?? null;
}

/** Removes rows that began before an instant, the oldest first. */
export function removeOldUsage(db: Database, before: number): Statement {
  const oldest = sql`rowid in (select rowid from ${runUsage} order by rowid limit ${USAGE_ROWS})`;
  return db.delete(runUsage).where(and(oldest, lt(runUsage.startedAt, before)));
}

/** Removes some rows of a user; with `before`, only those that began before that instant. */
export function removeUsageOf(db: Database, userId: string, before: number | null): Statement {
  const isMeant = and(eq(runUsage.userId, userId), before === null ? undefined : lt(runUsage.startedAt, before));
  const some: SQL = sql`rowid in (select rowid from ${runUsage} where ${isMeant} limit ${USAGE_ROWS})`;
  return db.delete(runUsage).where(some);
}
