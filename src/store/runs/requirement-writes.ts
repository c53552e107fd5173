import { and, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import type { Requirement } from "../../domain/requirement.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { rowsWhere } from "../insert-rows.ts";
import { requirements } from "../schema/tables.ts";

/**
 * The statements that write requirements, for the batches of their run. Each holds only while `condition` does: the
 * fence of the run or session, with four parameters at most. All can be repeated.
 */

/** D1 binds at most 100 parameters per statement: a requirement has 24, the condition four. */
const ROWS_PER_STATEMENT = 4;

/** Stores requirements; one that is there already stays as it is. */
export function insertRequirements(db: Database, rows: readonly Requirement[], condition: SQL): Statement[] {
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const some = rows.slice(from, from + ROWS_PER_STATEMENT);
    statements.push(
      db
        .insert(requirements)
        .select(rowsWhere(requirements, some, condition))
        .onConflictDoNothing(),
    );
  }
  return statements;
}

/**
 * Closes open requirements with what a person, or time, said to them; each statement changes 1 row if its requirement
 * was open. A repeated one finds its own answer and says again that it changed it; another answer stays.
 */
export function answerStatements(db: Database, answered: readonly Requirement[], condition: SQL): Statement[] {
  return answered.map((requirement) => {
    const { requirementId, status, answer, answerNote, answeredBy, answeredAt } = requirement;
    const columns = { status, answer, answerNote, answeredBy, answeredAt };
    const isOurs = and(
      eq(requirements.status, status),
      sql`${requirements.answeredAt} = ${answeredAt}`,
      sql`${requirements.answeredBy} is ${answeredBy}`,
    );
    return db
      .update(requirements)
      .set(columns)
      .where(
        and(eq(requirements.requirementId, requirementId), or(eq(requirements.status, "open"), isOurs), condition),
      );
  });
}

/** Takes answers back, as if nobody had given them. */
export function reopenStatement(db: Database, ids: readonly string[], condition: SQL): Statement {
  const columns = { status: "open", answer: null, answerNote: null, answeredBy: null, answeredAt: null } as const;
  return db
    .update(requirements)
    .set(columns)
    .where(
      and(
        // One parameter, however many ids.
        sql`${requirements.requirementId} in (select value from json_each(${JSON.stringify(ids)}))`,
        inArray(requirements.status, ["answered", "expired"]),
        condition,
      ),
    );
}

/** Closes what the run waits for because it ended: nobody is asked any more. */
export function cancelOpen(db: Database, runId: string, condition: SQL): Statement {
  return db
    .update(requirements)
    .set({ status: "cancelled" })
    .where(and(eq(requirements.runId, runId), eq(requirements.status, "open"), condition));
}

/** Gives the session's requirements the session's owner; null takes a claim back. */
export function claimRequirements(db: Database, sessionId: string, userId: string | null, condition: SQL): Statement {
  return db
    .update(requirements)
    .set({ userId })
    .where(and(eq(requirements.sessionId, sessionId), sql`${requirements.userId} is not ${userId}`, condition));
}
