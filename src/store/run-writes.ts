import { and, eq, exists, lt, notExists, type SQL, sql } from "drizzle-orm";
import type { Message } from "../domain/message.ts";
import type { RunRow } from "../domain/run.ts";
import type { Session } from "../domain/session.ts";
import type { Statement } from "./commit.ts";
import type { Database } from "./database.ts";
import { messageRow } from "./message-rows.ts";
import { rowWhere } from "./row-values.ts";
import { messages, runs, sessions, withdrawnRuns } from "./schema.ts";
import { sessionColumns } from "./sessions.ts";

/**
 * Columns of the session that a run's start changes: only those that really change, so that no index is written for
 * nothing, and as values, never as increments, so that the batch can be repeated.
 */
export type SessionChanges = Partial<typeof sessions.$inferInsert>;

/** The statements that store a new run; each one holds only while the session is ours and the run not withdrawn. */
export interface Acceptance {
  run: RunRow;
  /** The session's fence as this object knows it. */
  sessionFence: string;
  /** Set when the run starts the session. */
  newSession: Session | null;
  /** Set when the run starts at once; a run that waits writes its messages when it starts. */
  start: { input: Message[]; changes: SessionChanges } | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Stores a run that starts, or waits; the statement at `acceptedAt` changes 1 row if it did. Repeatable. */
export function acceptStatements(db: Database, acceptance: Acceptance): [Statement, ...Statement[]] {
  const { run, sessionFence, newSession, start } = acceptance;
  const notWithdrawn = notExists(
    db.select({ one: sql`1` }).from(withdrawnRuns).where(eq(withdrawnRuns.runId, run.runId)),
  );
  // A repeated batch finds its own row and says again that it changed it; somebody else's row stays as it is.
  const insertRun = db
    .insert(runs)
    .select(rowWhere(runs, run, sql`${sessionIsOurs(db, run.sessionId, sessionFence)} and ${notWithdrawn}`))
    .onConflictDoUpdate({
      target: runs.runId,
      set: { fence: sql`excluded.fence` },
      setWhere: sql`${runs.fence} = excluded.fence`,
    });
  const statements: [Statement, ...Statement[]] = [insertRun];
  if (start !== null) {
    statements.push(...startRows(db, run, start.input));
    if (newSession === null) {
      statements.push(changeSession(db, run, start.changes));
    }
  }
  if (newSession !== null) {
    statements.unshift(
      db
        .insert(sessions)
        .select(rowWhere(sessions, sessionColumns(newSession), notWithdrawn))
        .onConflictDoNothing(),
    );
  }
  return statements;
}

/** Which of the accept's changes tells whether the run was stored. */
export const acceptedAt = (acceptance: Acceptance): number => (acceptance.newSession === null ? 0 : 1);

/** Starts a waiting run; the first statement changes 1 row if it did. Repeatable with the same fence. */
export function startStatements(
  db: Database,
  start: { run: RunRow; sessionFence: string; input: Message[]; changes: SessionChanges },
): [Statement, ...Statement[]] {
  const { run } = start;
  const startRun = db
    .update(runs)
    .set({
      status: "RUNNING",
      fence: run.fence,
      runIndex: run.runIndex,
      inputMessages: run.inputMessages,
      componentName: run.componentName,
      model: run.model,
      modelProvider: run.modelProvider,
      sessionCache: run.sessionCache,
      sessionState: run.sessionState,
      startedAt: run.startedAt,
    })
    .where(
      and(
        eq(runs.runId, run.runId),
        sql`(${runs.status} = 'PENDING' or ${runs.fence} = ${run.fence})`,
        sessionIsOurs(db, run.sessionId, start.sessionFence),
      ),
    );
  return [startRun, ...startRows(db, run, start.input), changeSession(db, run, start.changes)];
}

export interface Settlement {
  run: Pick<RunRow, "runId" | "sessionId" | "runIndex" | "fence" | "inputMessages">;
  produced: Message[];
  columns: Pick<RunRow, "status" | "metrics" | "finishReason" | "error" | "events" | "settledAt">;
  session: { metrics: Session["metrics"]; completedRuns: number; chatMessages: number; updatedAt: number };
}

/** Closes a run with what it produced; the last statement changes 1 row if this attempt still owned it. Repeatable. */
export function settleStatements(db: Database, settlement: Settlement): [Statement, ...Statement[]] {
  const { run, produced, columns, session } = settlement;
  const running = runIsOurs(db, run.runId, run.fence);
  const closeRun = db
    .update(runs)
    .set(columns)
    .where(and(eq(runs.runId, run.runId), eq(runs.status, "RUNNING"), eq(runs.fence, run.fence)));
  const countRun = db
    .update(sessions)
    .set({
      ...(session.metrics !== null && { metrics: session.metrics }),
      ...(session.completedRuns > 0 && { completedRuns: sql`${sessions.completedRuns} + ${session.completedRuns}` }),
      ...(session.chatMessages > 0 && { chatMessages: sql`${sessions.chatMessages} + ${session.chatMessages}` }),
      updatedAt: session.updatedAt,
    })
    .where(and(eq(sessions.sessionId, run.sessionId), running));
  const [first, ...rest] = [
    ...produced.map((message, nth) => insertMessage(db, run, run.inputMessages + nth, message, running)),
    countRun,
    closeRun,
  ];
  return first === undefined ? [closeRun] : [first, ...rest];
}

/** What must be known to take an accept back. */
export interface Withdrawal {
  runId: string;
  sessionId: string;
  sessionFence: string;
  runIndex: number | null;
  startedSession: boolean;
  /** How the changed columns of the session stood before; null when the accept changed none. */
  previous: SessionChanges | null;
}

/** Takes an accept back, whether it was written, was not, or arrives later. Repeatable. */
export function withdrawStatements(db: Database, note: Withdrawal, nowMs: number): [Statement, ...Statement[]] {
  const written = exists(db.select({ one: sql`1` }).from(runs).where(eq(runs.runId, note.runId)));
  const statements: [Statement, ...Statement[]] = [
    db.insert(withdrawnRuns).values({ runId: note.runId, withdrawnAt: nowMs }).onConflictDoNothing(),
    db.delete(withdrawnRuns).where(lt(withdrawnRuns.withdrawnAt, nowMs - DAY_MS)),
  ];
  if (note.previous !== null) {
    statements.push(
      db
        .update(sessions)
        .set(note.previous)
        .where(and(eq(sessions.sessionId, note.sessionId), written)),
    );
  }
  if (note.runIndex !== null) {
    const keys = and(eq(messages.sessionId, note.sessionId), eq(messages.runIndex, note.runIndex));
    statements.push(db.delete(messages).where(and(keys, eq(messages.runId, note.runId))));
  }
  statements.push(db.delete(runs).where(eq(runs.runId, note.runId)));
  if (note.startedSession) {
    // Whoever renamed or changed the session meanwhile moved `updated_at`, and keeps it.
    const untouched = and(eq(sessions.fence, note.sessionFence), eq(sessions.updatedAt, sessions.createdAt));
    statements.push(db.delete(sessions).where(and(eq(sessions.sessionId, note.sessionId), untouched)));
  }
  return statements;
}

/** Makes a run wait again whose start was not confirmed before the object died. Repeatable. */
export function putBackStatements(
  db: Database,
  run: { runId: string; sessionId: string; runIndex: number; fence: string },
): [Statement, ...Statement[]] {
  const started = runIsOurs(db, run.runId, run.fence);
  const keys = and(eq(messages.sessionId, run.sessionId), eq(messages.runIndex, run.runIndex));
  return [
    db.delete(messages).where(and(keys, eq(messages.runId, run.runId), started)),
    db
      .update(sessions)
      .set({ chatMessages: sql`${sessions.chatMessages} - 1` })
      .where(and(eq(sessions.sessionId, run.sessionId), started)),
    db
      .update(runs)
      .set({ status: "PENDING", runIndex: null, startedAt: null })
      .where(and(eq(runs.runId, run.runId), eq(runs.status, "RUNNING"), eq(runs.fence, run.fence))),
  ];
}

/** Makes every write of an older instance void: whatever it still sends names the fence that was. */
export function takeOver(db: Database, sessionId: string, newFence: string): Statement {
  return db.update(sessions).set({ fence: newFence }).where(eq(sessions.sessionId, sessionId));
}

/** Cancels a run that has not started; changes 1 row if it was still waiting. */
export function cancelWaiting(db: Database, runId: string, events: string, settledAt: number): Statement {
  return db
    .update(runs)
    .set({ status: "CANCELLED", events, settledAt })
    .where(and(eq(runs.runId, runId), eq(runs.status, "PENDING")));
}

function startRows(db: Database, run: RunRow, input: Message[]): Statement[] {
  const started = runIsOurs(db, run.runId, run.fence);
  return input.map((message, nth) => insertMessage(db, run, nth, message, started));
}

function insertMessage(
  db: Database,
  run: Pick<RunRow, "runId" | "sessionId" | "runIndex">,
  messageIndex: number,
  message: Message,
  condition: SQL,
): Statement {
  const row = messageRow(run.sessionId, { runId: run.runId, runIndex: run.runIndex ?? 0 }, messageIndex, message);
  return db
    .insert(messages)
    .select(rowWhere(messages, row, condition))
    .onConflictDoNothing();
}

function changeSession(db: Database, run: RunRow, changes: SessionChanges): Statement {
  return db
    .update(sessions)
    .set(changes)
    .where(and(eq(sessions.sessionId, run.sessionId), runIsOurs(db, run.runId, run.fence)));
}

function runIsOurs(db: Database, runId: string, fence: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(runs)
      .where(and(eq(runs.runId, runId), eq(runs.status, "RUNNING"), eq(runs.fence, fence))),
  );
}

function sessionIsOurs(db: Database, sessionId: string, fence: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(sessions)
      .where(and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence))),
  );
}
