import { and, eq, exists, or, sql } from "drizzle-orm";
import type { Requirement } from "../../domain/requirement.ts";
import type { Idempotency } from "../../domain/run.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { rowsWhere } from "../insert-rows.ts";
import { continuations, runs } from "../schema/tables.ts";
import { isOneOf, sessionIsOurs } from "./fences.ts";
import { answerStatements, reopenStatement } from "./requirement-writes.ts";

/** Answers to a paused run. Of all its answers each one names the fence that the one before it left. */
export interface AnsweredRun {
  runId: string;
  sessionId: string;
  previousFence: string;
  fence: string;
  answered: Requirement[];
  /** Set when all is answered: its place among those that wait to run. */
  position: number | null;
  /** The event log, where it grew: what is still open was told again. */
  events: string | null;
  key: { idempotency: Idempotency; fromEntry: number } | null;
}

/** Stores answers, and that the run waits to go on when all are there; the first statement changes 1 row if it did. Repeatable. */
export function storeAnswers(db: Database, given: AnsweredRun): [Statement, ...Statement[]] {
  const { runId, sessionId, previousFence, fence, answered, position, events, key } = given;
  const isPaused = and(eq(runs.runId, runId), eq(runs.sessionId, sessionId), eq(runs.status, "PAUSED"));
  const before = and(eq(runs.fence, previousFence), eq(runs.waiting, false));
  const updateRun = db
    .update(runs)
    .set({ fence, ...(position !== null && { waiting: true, position }), ...(events !== null && { events }) })
    .where(and(isPaused, or(before, eq(runs.fence, fence))));
  const isAnswered = exists(
    db
      .select({ one: sql`1` })
      .from(runs)
      .where(and(isPaused, eq(runs.fence, fence))),
  );
  const statements: [Statement, ...Statement[]] = [updateRun, ...answerStatements(db, answered, isAnswered)];
  if (key !== null) {
    const { caller, userId, key: name, fieldsDigest } = key.idempotency;
    const row = { runId, caller, userId, key: name, sessionId, fieldsDigest, fromEntry: key.fromEntry };
    statements.push(
      db
        .insert(continuations)
        .select(rowsWhere(continuations, [row], isAnswered))
        .onConflictDoNothing(),
    );
  }
  return statements;
}

/** What must be known to take answers back. */
export interface AnswerNote {
  runId: string;
  sessionId: string;
  previousFence: string;
  fence: string;
  requirementIds: string[];
  /** The event log as it was, where the answers made it grow. */
  previousEvents: string | null;
  key: Pick<Idempotency, "caller" | "userId" | "key"> | null;
}

/** Takes answers back, whether they were written, were not, or arrive later. Repeatable with the same fence. */
export function takeBackAnswers(db: Database, note: AnswerNote, newFence: string): [Statement, ...Statement[]] {
  const { runId, fence, previousFence, requirementIds, previousEvents, key } = note;
  const isPaused = and(eq(runs.runId, runId), eq(runs.status, "PAUSED"));
  const isAnswered = exists(
    db
      .select({ one: sql`1` })
      .from(runs)
      .where(and(isPaused, eq(runs.fence, fence))),
  );
  const forgetKey =
    key === null
      ? []
      : [
          db
            .delete(continuations)
            .where(
              and(
                eq(continuations.runId, runId),
                eq(continuations.caller, key.caller),
                eq(continuations.userId, key.userId),
                eq(continuations.key, key.key),
                isAnswered,
              ),
            ),
        ];
  const putBack = db
    .update(runs)
    .set({ fence: newFence, waiting: false, ...(previousEvents !== null && { events: previousEvents }) })
    // Whatever arrives late names one of the two.
    .where(and(isPaused, or(eq(runs.fence, fence), eq(runs.fence, previousFence))));
  return [reopenStatement(db, requirementIds, isAnswered), ...forgetKey, putBack];
}

/** A paused top-level run that goes on, with the member runs that go on in it. */
export interface Continuation {
  runId: string;
  sessionId: string;
  /** As the run waited with it, and as all of them run. */
  waitedFence: string;
  fence: string;
  memberRunIds: string[];
}

/** Starts paused runs anew; the last statement changes 1 row if it did. Repeatable with the same fence. */
export function continueStatements(
  db: Database,
  { runId, sessionId, waitedFence, fence, memberRunIds }: Continuation,
  sessionFence: string,
): [Statement, ...Statement[]] {
  const waits = and(eq(runs.status, "PAUSED"), eq(runs.waiting, true), eq(runs.fence, waitedFence));
  const goesOn = and(eq(runs.status, "RUNNING"), eq(runs.fence, fence));
  const columns = { status: "RUNNING", waiting: false, fence } as const;
  const mayGoOn = exists(
    db
      .select({ one: sql`1` })
      .from(runs)
      .where(and(eq(runs.runId, runId), waits, sessionIsOurs(db, sessionId, sessionFence))),
  );
  const continueMembers = db
    .update(runs)
    .set(columns)
    .where(and(isOneOf(memberRunIds), eq(runs.sessionId, sessionId), eq(runs.status, "PAUSED"), mayGoOn));
  const continueRun = db
    .update(runs)
    .set(columns)
    .where(and(eq(runs.runId, runId), or(waits, goesOn), sessionIsOurs(db, sessionId, sessionFence)));
  return memberRunIds.length === 0 ? [continueRun] : [continueMembers, continueRun];
}

/** Makes runs wait to go on again whose start was not confirmed. Repeatable. */
export function waitAgainStatements(db: Database, note: Continuation): [Statement, ...Statement[]] {
  const { runId, sessionId, waitedFence, fence, memberRunIds } = note;
  const started = and(eq(runs.status, "RUNNING"), eq(runs.fence, fence));
  return [
    db
      .update(runs)
      .set({ status: "PAUSED", fence: waitedFence })
      .where(and(isOneOf(memberRunIds), eq(runs.sessionId, sessionId), started)),
    db
      .update(runs)
      .set({ status: "PAUSED", waiting: true, fence: waitedFence })
      .where(and(eq(runs.runId, runId), started)),
  ];
}
