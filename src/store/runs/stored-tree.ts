import { and, asc, eq, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Requirement } from "../../domain/requirement.ts";
import type { Database } from "../database.ts";
import { wholeMessage } from "../messages/message-rows.ts";
import { runColumns } from "../run-rows.ts";
import { messages, requirements, runs } from "../schema/tables.ts";
import { isThere, type SeenSession } from "../visibility.ts";
import { type StoredRun, withMessages } from "./runs.ts";

/**
 * A run with its messages, its member runs at any depth, and all their requirements. If the run is a member run of a team,
 * `members` also holds other runs of the same tree.
 */
export interface StoredTree extends StoredRun {
  members: StoredRun[];
  requirements: Requirement[];
}

/** The run with its tree; null if the session has no such run. */
export async function findRunTree(db: Database, session: SeenSession, runId: string): Promise<StoredTree | null> {
  const { sessionId } = session;
  const own = (column: SQL) => sql`(select ${column} from ${runs} where ${runs.runId} = ${runId})`;
  const firstIndex = own(sql`${runs.runIndex} - ${runs.memberSlots}`);
  // If the run is a team's and a member run itself, its member runs stand behind it, before the tree's top-level run.
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
      .select(runColumns)
      .from(runs)
      .where(and(eq(runs.runId, runId), eq(runs.sessionId, sessionId), isThere(db, session)))
      .limit(1),
    db
      .select(runColumns)
      .from(runs)
      .where(and(eq(runs.sessionId, sessionId), inTree, sql`${runs.runId} <> ${runId}`))
      .orderBy(asc(runs.runIndex)),
    db
      .select(wholeMessage)
      .from(messages)
      .where(and(eq(messages.sessionId, sessionId), inTree))
      .orderBy(asc(messages.runIndex), asc(messages.messageIndex)),
    db
      .select()
      .from(requirements)
      .where(or(eq(requirements.runId, runId), eq(requirements.memberRunId, runId)))
      .orderBy(asc(requirements.position)),
  ]);
  const [found] = withMessages(row === undefined ? [] : [row], rows);
  return found === undefined ? null : { ...found, members: withMessages(members, rows), requirements: waited };
}
