import { and, asc, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Requirement } from "../../domain/requirement.ts";
import type { Idempotency, RunRow } from "../../domain/run.ts";
import type { Database } from "../database.ts";
import { messageFromRow } from "../messages/rows.ts";
import { continuations, messages, requirements, runs } from "../schema/tables.ts";
import type { StoredRun } from "./runs.ts";

/**
 * A run with its messages, the member runs in it at any depth (and, of a team that is a member, runs beside it), and what
 * all of them wait and waited for.
 */
export interface StoredTree extends StoredRun {
  members: StoredRun[];
  requirements: Requirement[];
}

/** The run, when it is one of the session. */
export async function findRunTree(db: Database, sessionId: string, runId: string): Promise<StoredTree | null> {
  const own = (column: SQL) => sql`(select ${column} from ${runs} where ${runs.runId} = ${runId})`;
  const firstIndex = own(sql`${runs.runIndex} - ${runs.memberSlots}`);
  // A team that is a member has its own members behind it, below the top-level run of them all.
  const topIndex = sql`(select min(run_index) from ${runs} where ${and(
    eq(runs.sessionId, sessionId),
    sql`${runs.runIndex} >= ${own(sql`${runs.runIndex}`)}`,
    isNull(runs.parentRunId),
    sql`${runs.runIndex} - ${runs.memberSlots} <= ${own(sql`${runs.runIndex}`)}`,
  )})`;
  const lastIndex = own(sql`iif(${runs.teamId} is null, ${runs.runIndex}, ${topIndex})`);
  const inTree = and(sql`run_index >= ${firstIndex}`, sql`run_index <= ${lastIndex}`);
  const [[row], members, rows, waited] = await db.batch([
    db
      .select()
      .from(runs)
      .where(and(eq(runs.runId, runId), eq(runs.sessionId, sessionId)))
      .limit(1),
    db
      .select()
      .from(runs)
      .where(and(eq(runs.sessionId, sessionId), inTree, sql`${runs.runId} <> ${runId}`))
      .orderBy(asc(runs.runIndex)),
    db
      .select()
      .from(messages)
      .where(and(eq(messages.sessionId, sessionId), inTree))
      .orderBy(asc(messages.runIndex), asc(messages.messageIndex)),
    db
      .select()
      .from(requirements)
      .where(or(eq(requirements.runId, runId), eq(requirements.memberRunId, runId)))
      .orderBy(asc(requirements.position)),
  ]);
  if (row === undefined) {
    return null;
  }
  const byRun = Map.groupBy(rows, (message) => message.runIndex);
  const stored = (run: RunRow): StoredRun => ({
    row: run,
    messages: run.runIndex === null ? [] : (byRun.get(run.runIndex) ?? []).map(messageFromRow),
  });
  return { ...stored(row), members: members.map(stored), requirements: waited };
}

/** The stretch of a run that a continue with this key asked for; null when there was none. */
export async function findContinuation(
  db: Database,
  runId: string,
  { caller, userId, key }: Pick<Idempotency, "caller" | "userId" | "key">,
): Promise<{ fieldsDigest: string; fromEntry: number } | null> {
  const [row] = await db
    .select({ fieldsDigest: continuations.fieldsDigest, fromEntry: continuations.fromEntry })
    .from(continuations)
    .where(
      and(
        eq(continuations.runId, runId),
        eq(continuations.caller, caller),
        eq(continuations.userId, userId),
        eq(continuations.key, key),
      ),
    )
    .limit(1);
  return row ?? null;
}
