import { and, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import { NOT_ANSWERED, type Requirement } from "../../domain/requirement.ts";
import type { Statement } from "../commit.ts";
import { isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { insertNew } from "../insert-rows.ts";
import { requirements } from "../schema/tables.ts";

// The statements that write requirements. They go into the batches of their run, and each changes something only while
// its condition holds: the fence of the run or of the session, with four parameters at most. All can be repeated.

/** Stores requirements; one that is there already stays as it is. */
export function insertRequirements(db: Database, rows: readonly Requirement[], condition: SQL): Statement[] {
  return insertNew(db, requirements, rows, condition);
}

/**
 * Closes open requirements with what a person, or time, said to them; each statement changes 1 row if its requirement
 * was open. A repeated statement finds its own answer and changes the row again; the answer of anybody else stays.
 */
export function answerStatements(db: Database, answered: readonly Requirement[], condition: SQL): Statement[] {
  return answered.map((requirement) => {
    const { requirementId, status, answer, answerNote, answeredBy, actor, answeredAt } = requirement;
    const columns = { status, answer, answerNote, answeredBy, actor, answeredAt };
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

/** Opens requirements again, as if nobody had answered them. */
export function reopenStatement(db: Database, ids: readonly string[], condition: SQL): Statement {
  return db
    .update(requirements)
    .set(NOT_ANSWERED)
    .where(
      and(isAmong(requirements.requirementId, ids), inArray(requirements.status, ["answered", "expired"]), condition),
    );
}

/** Closes the open requirements of a run that has ended, so that nobody is asked any more. */
export function cancelOpen(db: Database, runId: string, condition: SQL): Statement {
  return db
    .update(requirements)
    .set({ status: "cancelled" })
    .where(and(eq(requirements.runId, runId), eq(requirements.status, "open"), condition));
}

/** Gives all requirements of the session its owner; null takes a claim back. */
export function claimRequirements(db: Database, sessionId: string, userId: string | null, condition: SQL): Statement {
  return db
    .update(requirements)
    .set({ userId })
    .where(and(eq(requirements.sessionId, sessionId), sql`${requirements.userId} is not ${userId}`, condition));
}
