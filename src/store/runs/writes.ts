import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import { type Quota, usageKey } from "../../domain/usage.ts";
import type { Statement } from "../commit.ts";
import { allOf, hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { insertNew, rowsWhere } from "../insert-rows.ts";
import { indexMessages } from "../messages/message-docs.ts";
import { noteOwnTexts } from "../messages/system-texts.ts";
import { insertMessages, placeMessages } from "../messages/writes.ts";
import { storedRun } from "../run-rows.ts";
import { runs, sessions } from "../schema/tables.ts";
import { sessionColumns } from "../sessions/sessions.ts";
import { mayHaveSession, mayRun } from "../usage/guard.ts";
import { addUsage, settleUsage } from "../usage/ledger.ts";
import { notWithdrawn } from "../withdrawn-runs.ts";
import { runIsOurs, sessionIsOurs } from "./fences.ts";
import { claimRequirements } from "./requirement-writes.ts";

// The batches that accept and start runs. Each can be repeated, and changes nothing if it arrives late: that is what
// the fences and the other conditions of each statement are for. None of them is redundant.

/**
 * The columns of the session that a run's start changes. Those that keep their value are left out, because D1 would write
 * their indexes again. They are values, never increments, so that the batch can be repeated.
 */
export type ChangedSessionColumns = Partial<typeof sessions.$inferInsert>;

/**
 * A run that is to be stored. Each statement of its batch holds only while the session is ours and the run not
 * withdrawn.
 */
export interface Acceptance {
  run: RunRow;
  /** The session's fence as this object knows it. */
  sessionFence: string;
  /** Set if the run makes the session. */
  newSession: Session | null;
  /** Set if the run starts at once. A run that waits stores its messages when it starts. */
  start: { input: Message[]; changes: ChangedSessionColumns } | null;
  /** Of a confined caller: the run is stored, and its session made, only while the user may use more. */
  quota: Quota | null;
  nowMs: number;
}

/** Stores a run that starts or waits; the statement at `acceptedAt` changes 1 row if it did. Repeatable. */
export function acceptStatements(db: Database, acceptance: Acceptance): [Statement, ...Statement[]] {
  const { run, sessionFence, newSession, start, quota, nowMs } = acceptance;
  const usage = usageKey(run, []);
  const stillWanted = allOf(notWithdrawn(db, run.runId), mayRun(db, quota, nowMs, usage));
  const mayBeStored = allOf(sessionIsOurs(db, run.sessionId, sessionFence), stillWanted);
  const isStored = hasRow(db, runs, and(eq(runs.runId, run.runId), eq(runs.fence, run.fence)));
  const statements: [Statement, ...Statement[]] = [
    insertRun(db, run, start?.input ?? [], mayBeStored),
    ...addUsage(db, usage, isStored),
  ];
  if (start !== null) {
    statements.push(...startRows(db, run, start.input));
    if (newSession === null) {
      statements.push(...changeSession(db, run, start.changes));
    }
    statements.push(...indexInput(db, run, start.input));
  }
  if (newSession !== null) {
    const mayBeMade = allOf(stillWanted, mayHaveSession(db, quota, newSession.sessionId));
    statements.unshift(...insertNew(db, sessions, [sessionColumns(newSession)], mayBeMade));
  }
  return statements;
}

/** The index of the statement that tells whether the run was stored. */
export const acceptedAt = (acceptance: Acceptance): number => (acceptance.newSession === null ? 0 : 1);

/**
 * Stores a member run if its team run still runs and it was not withdrawn; the first statement changes 1 row if it did.
 */
export function acceptMemberStatements(
  db: Database,
  { run, team, input }: { run: RunRow; team: { runId: string; fence: string }; input: Message[] },
): [Statement, ...Statement[]] {
  const mayStart = sql`${runIsOurs(db, team.runId, team.fence)} and ${notWithdrawn(db, run.runId)}`;
  return [insertRun(db, run, input, mayStart), ...startRows(db, run, input)];
}

/** Starts a waiting run; the first statement changes 1 row if it did. Repeatable with the same fence. */
export function startStatements(
  db: Database,
  start: { run: RunRow; sessionFence: string; input: Message[]; changes: ChangedSessionColumns },
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
      modelName: run.modelName,
      sessionCache: run.sessionCache,
      sessionState: run.sessionState,
      memberSlots: run.memberSlots,
      startedAt: run.startedAt,
    })
    .where(
      and(
        eq(runs.runId, run.runId),
        sql`(${runs.status} = 'PENDING' or (${runs.status} = 'RUNNING' and ${runs.fence} = ${run.fence}))`,
        sessionIsOurs(db, run.sessionId, start.sessionFence),
      ),
    );
  return [
    startRun,
    ...startRows(db, run, start.input),
    ...changeSession(db, run, start.changes),
    ...indexInput(db, run, start.input),
  ];
}

/** Cancels a run that has not started; the first statement changes 1 row if it was still waiting. Repeatable. */
export function cancelWaiting(
  db: Database,
  run: RunRow,
  events: string,
  settledAt: number,
): [Statement, ...Statement[]] {
  const isRun = eq(runs.runId, run.runId);
  const isCancelled = hasRow(db, runs, and(isRun, eq(runs.status, "CANCELLED")));
  return [
    db
      .update(runs)
      .set({ status: "CANCELLED", waiting: false, events, settledAt })
      .where(and(isRun, eq(runs.status, "PENDING"))),
    ...settleUsage(db, usageKey(run, []), { tokens: 0, settled: true }, isCancelled),
  ];
}

/** A repeated batch finds its own row and reports again that it changed it; a row with another fence stays as it is. */
function insertRun(db: Database, run: RunRow, input: readonly Message[], condition: SQL): Statement {
  return db
    .insert(runs)
    .select(rowsWhere(runs, [storedRun(run, input)], condition))
    .onConflictDoUpdate({
      target: runs.runId,
      set: { fence: sql`excluded.fence` },
      setWhere: sql`${runs.fence} = excluded.fence`,
    });
}

function startRows(db: Database, run: RunRow, input: Message[]): Statement[] {
  return insertMessages(db, run, placeMessages(run, 0, input), runIsOurs(db, run.runId, run.fence));
}

/** Stands behind the change of the session in the batch, so that docs get the user who claims the session as their owner. */
function indexInput(db: Database, run: RunRow, input: readonly Message[]): Statement[] {
  return indexMessages(db, run.sessionId, placeMessages(run, 0, input), runIsOurs(db, run.runId, run.fence));
}

function changeSession(db: Database, run: RunRow, changes: ChangedSessionColumns): Statement[] {
  const isOurs = runIsOurs(db, run.runId, run.fence);
  // The session is from before texts were stored once, and is looked through now, once.
  const note = changes.systemKnown === true ? [noteOwnTexts(db, run.sessionId, isOurs)] : [];
  const change = db
    .update(sessions)
    .set(changes)
    .where(
      and(
        eq(sessions.sessionId, run.sessionId),
        // The row is changed once: if the batch is repeated or arrives late, what others have changed since then stays.
        sql`${sessions.nextRunIndex} = ${(run.runIndex ?? 0) - run.memberSlots}`,
        isOurs,
      ),
    );
  // Requirements are listed by the session's owner, so a claim must change them too.
  const claim = changes.userId == null ? [] : [claimRequirements(db, run.sessionId, changes.userId, isOurs)];
  return [...note, change, ...claim];
}
