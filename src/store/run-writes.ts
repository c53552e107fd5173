import { and, eq, exists, notExists, or, type SQL, sql } from "drizzle-orm";
import type { Message } from "../domain/message.ts";
import type { RunRow } from "../domain/run.ts";
import type { Session } from "../domain/session.ts";
import type { Statement } from "./commit.ts";
import type { Database } from "./database.ts";
import { messageRow } from "./message-rows.ts";
import { rowsWhere } from "./row-values.ts";
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

/** Stores a run that starts, or waits; the statement at `acceptedAt` changes 1 row if it did. Repeatable. */
export function acceptStatements(db: Database, acceptance: Acceptance): [Statement, ...Statement[]] {
  const { run, sessionFence, newSession, start } = acceptance;
  const notWithdrawn = notExists(
    db.select({ one: sql`1` }).from(withdrawnRuns).where(eq(withdrawnRuns.runId, run.runId)),
  );
  // A repeated batch finds its own row and says again that it changed it; somebody else's row stays as it is.
  const insertRun = db
    .insert(runs)
    .select(rowsWhere(runs, [run], sql`${sessionIsOurs(db, run.sessionId, sessionFence)} and ${notWithdrawn}`))
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
        .select(rowsWhere(sessions, [sessionColumns(newSession)], notWithdrawn))
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
      waiting: false,
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
        sql`(${runs.status} = 'PENDING' or (${runs.status} = 'RUNNING' and ${runs.fence} = ${run.fence}))`,
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
  // A repeated batch finds the run as it closed it and says again that it did.
  const isClosedSo = and(eq(runs.status, columns.status), sql`${runs.settledAt} = ${columns.settledAt}`);
  const closeRun = db
    .update(runs)
    .set(columns)
    .where(and(eq(runs.runId, run.runId), eq(runs.fence, run.fence), or(eq(runs.status, "RUNNING"), isClosedSo)));
  const countRun = db
    .update(sessions)
    .set({
      ...(session.metrics !== null && { metrics: session.metrics }),
      ...(session.completedRuns > 0 && { completedRuns: sql`${sessions.completedRuns} + ${session.completedRuns}` }),
      ...(session.chatMessages > 0 && { chatMessages: sql`${sessions.chatMessages} + ${session.chatMessages}` }),
      updatedAt: sql`max(${sessions.updatedAt}, ${session.updatedAt})`,
    })
    .where(and(eq(sessions.sessionId, run.sessionId), running));
  const [first, ...rest] = [...insertMessages(db, run, run.inputMessages, produced, running), countRun, closeRun];
  return first === undefined ? [closeRun] : [first, ...rest];
}

/** Cancels a run that has not started; changes 1 row if it was still waiting. */
export function cancelWaiting(db: Database, runId: string, events: string, settledAt: number): Statement {
  return db
    .update(runs)
    .set({ status: "CANCELLED", waiting: false, events, settledAt })
    .where(and(eq(runs.runId, runId), eq(runs.status, "PENDING")));
}

function startRows(db: Database, run: RunRow, input: Message[]): Statement[] {
  const started = runIsOurs(db, run.runId, run.fence);
  return insertMessages(db, run, 0, input, started);
}

/** D1 binds at most 100 parameters per statement: a message has 15, the condition three. */
const MESSAGES_PER_STATEMENT = 6;

function insertMessages(
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

function changeSession(db: Database, run: RunRow, changes: SessionChanges): Statement {
  return db
    .update(sessions)
    .set(changes)
    .where(
      and(
        eq(sessions.sessionId, run.sessionId),
        // Only once: whatever changed the row since then stays when the batch is repeated or arrives late.
        sql`${sessions.nextRunIndex} = ${run.runIndex}`,
        runIsOurs(db, run.runId, run.fence),
      ),
    );
}

/** Whether this attempt still owns the run. */
export function runIsOurs(db: Database, runId: string, fence: string): SQL {
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
