import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import { type Quota, type UsageKey, usageKey } from "../../domain/usage.ts";
import type { Statement } from "../commit.ts";
import { allOf, hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { type DriverRow, driverColumns, driverRow, insertNew, setColumns, valuesWhere } from "../insert-rows.ts";
import { type KnownTexts, noteOwnTexts } from "../messages/system-texts.ts";
import { storedRun } from "../run-rows.ts";
import { runs, runUsage, sessions } from "../schema/tables.ts";
import { sessionColumns } from "../sessions/sessions.ts";
import { type Placed, Template, type Value } from "../template.ts";
import { isBelow, mayHaveSession, mayRun, type QuotaAt, quotaAt } from "../usage/guard.ts";
import { settleUsage, usageRow } from "../usage/ledger.ts";
import { notWithdrawn } from "../withdrawn-runs.ts";
import { runIsOurs, sessionIsOurs } from "./fences.ts";
import { claimRequirements } from "./requirement-writes.ts";
import { indexRunMessages, insertMessages, placeMessages } from "./run-messages.ts";

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
  start: { input: Message[]; changes: ChangedSessionColumns; known: KnownTexts } | null;
  /** Of a confined caller: the run is stored, and its session made, only while the user may use more. */
  quota: Quota | null;
  nowMs: number;
}

/** Stores a run that starts or waits; the statement at `acceptedAt` changes 1 row if it did. Repeatable. */
export function acceptStatements(db: Database, acceptance: Acceptance): [Statement, ...Statement[]] {
  const { run, newSession, start, quota, nowMs } = acceptance;
  const usage = usageKey(run, []);
  const statements: [Statement, ...Statement[]] = [acceptRun(db, acceptance, usage), ...addUsageOf(db, run, usage)];
  if (start !== null) {
    statements.push(...startRows(db, run, start.input, start.known));
    if (newSession === null) {
      statements.push(...changeSession(db, run, start.changes));
    }
    statements.push(...indexInput(db, run, start.input));
  }
  if (newSession !== null) {
    const stillWanted = allOf(notWithdrawn(db, run.runId), mayRun(db, quota, nowMs, usage));
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
  {
    run,
    team,
    input,
    known,
  }: { run: RunRow; team: { runId: string; fence: string }; input: Message[]; known: KnownTexts },
): [Statement, ...Statement[]] {
  const { runId } = run;
  const accepted = acceptMember.bind(db, {
    row: driverRow(runs, storedRun(run, input)),
    runId,
    teamRunId: team.runId,
    teamFence: team.fence,
  });
  return [accepted, ...startRows(db, run, input, known)];
}

interface AcceptedMember {
  row: DriverRow;
  runId: string;
  teamRunId: string;
  teamFence: string;
}

const acceptMember = new Template<AcceptedMember>((db, { row, runId, teamRunId, teamFence }) =>
  insertRun(db, row, sql`${runIsOurs(db, teamRunId, teamFence)} and ${notWithdrawn(db, runId)}`),
);

/** Starts a waiting run; the first statement changes 1 row if it did. Repeatable with the same fence. */
export function startStatements(
  db: Database,
  start: {
    run: RunRow;
    sessionFence: string;
    input: Message[];
    changes: ChangedSessionColumns;
    known: KnownTexts;
  },
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
    ...startRows(db, run, start.input, start.known),
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

function acceptRun(
  db: Database,
  { run, sessionFence, start, quota, nowMs }: Acceptance,
  usage: UsageKey | null,
): Statement {
  const { runId, sessionId } = run;
  const row = driverRow(runs, storedRun(run, start?.input ?? []));
  const limits = quotaAt(quota, nowMs);
  const own = limits && usage;
  return accept.bind(db, { row, runId, sessionId, sessionFence, limits, own });
}

/** `own` is the run's row of the ledger, where there are limits. */
interface AcceptedRun {
  row: DriverRow;
  runId: string;
  sessionId: string;
  sessionFence: string;
  limits: QuotaAt | null;
  own: UsageKey | null;
}

const accept = new Template<AcceptedRun>((db, { row, runId, sessionId, sessionFence, limits, own }) => {
  const stillWanted = allOf(notWithdrawn(db, runId), isBelow(db, limits, own));
  return insertRun(db, row, allOf(sessionIsOurs(db, sessionId, sessionFence), stillWanted));
});

/** A repeated batch finds its own row and reports again that it changed it; a row with another fence stays as it is. */
function insertRun(db: Database, row: Placed<DriverRow>, condition: SQL) {
  return db
    .insert(runs)
    .select(valuesWhere([row], condition))
    .onConflictDoUpdate({
      target: runs.runId,
      set: { fence: sql`excluded.fence` },
      setWhere: sql`${runs.fence} = excluded.fence`,
    });
}

function addUsageOf(db: Database, { runId, fence }: RunRow, usage: UsageKey | null): Statement[] {
  return usage === null ? [] : [addUsage.bind(db, { row: usageRow(usage), runId, fence })];
}

const addUsage = new Template<{ row: DriverRow; runId: string; fence: string }>((db, { row, runId, fence }) => {
  const isStored = hasRow(db, runs, and(eq(runs.runId, runId), eq(runs.fence, fence)));
  return db
    .insert(runUsage)
    .select(valuesWhere([row], isStored))
    .onConflictDoNothing();
});

function startRows(db: Database, run: RunRow, input: Message[], known: KnownTexts): Statement[] {
  return insertMessages(db, run, placeMessages(run, 0, input), known);
}

/** Stands behind the change of the session in the batch, so that docs get the user who claims the session as their owner. */
function indexInput(db: Database, run: RunRow, input: readonly Message[]): Statement[] {
  return indexRunMessages(db, run, placeMessages(run, 0, input));
}

function changeSession(
  db: Database,
  { runId, sessionId, fence, runIndex, memberSlots }: RunRow,
  changes: ChangedSessionColumns,
): Statement[] {
  const isOurs = runIsOurs(db, runId, fence);
  // The session is from before texts were stored once, and is looked through now, once.
  const note = changes.systemKnown === true ? [noteOwnTexts(db, sessionId, isOurs)] : [];
  const nextRunIndex = (runIndex ?? 0) - memberSlots;
  const change = changeOnce.bind(db, { set: driverColumns(sessions, changes), sessionId, nextRunIndex, runId, fence });
  // Requirements are listed by the session's owner, so a claim must change them too.
  const claim = changes.userId == null ? [] : [claimRequirements(db, sessionId, changes.userId, isOurs)];
  return [...note, change, ...claim];
}

interface ChangedSession {
  set: Record<string, Value>;
  sessionId: string;
  nextRunIndex: number;
  runId: string;
  fence: string;
}

const changeOnce = new Template<ChangedSession>((db, { set, sessionId, nextRunIndex, runId, fence }) =>
  db
    .update(sessions)
    .set(setColumns(set))
    .where(
      and(
        eq(sessions.sessionId, sessionId),
        // The row is changed once: if the batch is repeated or arrives late, what others have changed since then stays.
        sql`${sessions.nextRunIndex} = ${nextRunIndex}`,
        runIsOurs(db, runId, fence),
      ),
    ),
);
