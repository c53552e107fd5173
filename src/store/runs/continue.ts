import { and, eq, or, type SQL } from "drizzle-orm";
import type { AuditEntry } from "../../domain/audit.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { Idempotency } from "../../domain/run.ts";
import type { Quota, UsageKey } from "../../domain/usage.ts";
import type { Statement } from "../commit.ts";
import { hasRow, isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { auditStatement } from "../doors/audit.ts";
import { insertNew } from "../insert-rows.ts";
import { continuations, runs } from "../schema/tables.ts";
import { mayRun } from "../usage/guard.ts";
import { addUsage, takeBackUsage } from "../usage/ledger.ts";
import { sessionIsOurs } from "./fences.ts";
import { answerStatements, reopenStatement } from "./requirement-writes.ts";

// The batches that answer a paused run and let it go on. Each can be repeated, and changes nothing if it arrives late:
// the fences that a statement names, and the second half of an `or`, are there for that. None of them is redundant.

/** Answers to a paused run. Each batch of answers names the fence that the one before it left. */
export interface AnsweredRun {
  runId: string;
  sessionId: string;
  previousFence: string;
  fence: string;
  answered: Requirement[];
  /** Set once all is answered: the run's place among those that wait. */
  position: number | null;
  /** The event log if it grew, because what is still open was told again. */
  events: string | null;
  key: { idempotency: Idempotency; fromEntry: number } | null;
  /** The row that a run which goes on adds to the ledger; null if it stays paused, or has no user. */
  usage: UsageKey | null;
  /** Of a confined caller: nothing is stored while the user may not use more. Null if the run stays paused. */
  quota: Quota | null;
  nowMs: number;
  /** What the audit gets of it. */
  act: AuditEntry | null;
}

/**
 * Stores answers and, once all are there, lets the run wait to go on; the first statement changes 1 row if it did.
 * Repeatable: a repeated batch finds the new fence and changes the same rows again.
 */
export function storeAnswers(db: Database, given: AnsweredRun): [Statement, ...Statement[]] {
  const { runId, sessionId, previousFence, fence, answered, position, events, key, usage, act } = given;
  const isPaused = and(eq(runs.runId, runId), eq(runs.sessionId, sessionId), eq(runs.status, "PAUSED"));
  const mayGoOn = mayRun(db, given.quota, given.nowMs, null);
  const before = and(eq(runs.fence, previousFence), eq(runs.waiting, false), mayGoOn);
  const updateRun = db
    .update(runs)
    .set({ fence, ...(position !== null && { waiting: true, position }), ...(events !== null && { events }) })
    .where(and(isPaused, or(before, eq(runs.fence, fence))));
  const isAnswered = hasRow(db, runs, and(isPaused, eq(runs.fence, fence)));
  const statements: [Statement, ...Statement[]] = [
    updateRun,
    ...answerStatements(db, answered, isAnswered),
    ...addUsage(db, usage, isAnswered),
  ];
  if (key !== null) {
    const { caller, userId, key: name, fieldsDigest } = key.idempotency;
    const row = { runId, caller, userId, key: name, sessionId, fieldsDigest, fromEntry: key.fromEntry };
    statements.push(...insertNew(db, continuations, [row], isAnswered));
  }
  if (act !== null) statements.push(auditStatement(db, act, isAnswered));
  return statements;
}

/** What the journal keeps so that answers can be taken back. */
export interface AnswerNote {
  runId: string;
  sessionId: string;
  previousFence: string;
  fence: string;
  requirementIds: string[];
  /** The event log as it was before the answers made it grow; null if they did not. */
  previousEvents: string | null;
  key: ContinuationKey | null;
  /** Journals from before there was a ledger do not have it. */
  usage?: UsageKey | null;
}

/**
 * Takes answers back, whether they were written, were not, or arrive later: the run gets a fence that no late batch of
 * them names. Repeatable with the same fence.
 */
export function takeBackAnswers(db: Database, note: AnswerNote, newFence: string): [Statement, ...Statement[]] {
  const { runId, fence, previousFence, requirementIds, previousEvents, key } = note;
  const isPaused = and(eq(runs.runId, runId), eq(runs.status, "PAUSED"));
  const isAnswered = hasRow(db, runs, and(isPaused, eq(runs.fence, fence)));
  const forgetKey =
    key === null ? [] : [db.delete(continuations).where(and(...isContinuation(runId, key), isAnswered))];
  const putBack = db
    .update(runs)
    .set({ fence: newFence, waiting: false, ...(previousEvents !== null && { events: previousEvents }) })
    // A late batch of answers names one of these two fences, so neither may stay.
    .where(and(isPaused, or(eq(runs.fence, fence), eq(runs.fence, previousFence))));
  const forgetUsage = takeBackUsage(db, note.usage ?? null, isAnswered);
  return [reopenStatement(db, requirementIds, isAnswered), ...forgetKey, ...forgetUsage, putBack];
}

/** Identifies one continue of a run among the callers' idempotency keys. */
type ContinuationKey = Pick<Idempotency, "caller" | "userId" | "key">;

/** Which part of a run's log answers the continue with this key; null if there was no such continue. */
export async function findContinuation(
  db: Database,
  runId: string,
  key: ContinuationKey,
): Promise<{ fieldsDigest: string; fromEntry: number } | null> {
  const [row] = await db
    .select({ fieldsDigest: continuations.fieldsDigest, fromEntry: continuations.fromEntry })
    .from(continuations)
    .where(and(...isContinuation(runId, key)))
    .limit(1);
  return row ?? null;
}

const isContinuation = (runId: string, { caller, userId, key }: ContinuationKey): SQL[] => [
  eq(continuations.runId, runId),
  eq(continuations.caller, caller),
  eq(continuations.userId, userId),
  eq(continuations.key, key),
];

/** A paused top-level run that goes on, with the member runs that go on in it. */
export interface Continuation {
  runId: string;
  sessionId: string;
  /** The fence that the run has while it waits. */
  waitedFence: string;
  /** The fence that the run and its member runs get when they go on. */
  fence: string;
  memberRunIds: string[];
}

/**
 * Lets a waiting run and its member runs go on; the last statement changes 1 row if it did. Repeatable with the same
 * fence.
 */
export function continueStatements(
  db: Database,
  { runId, sessionId, waitedFence, fence, memberRunIds }: Continuation,
  sessionFence: string,
): [Statement, ...Statement[]] {
  const waits = and(eq(runs.status, "PAUSED"), eq(runs.waiting, true), eq(runs.fence, waitedFence));
  const goesOn = and(eq(runs.status, "RUNNING"), eq(runs.fence, fence));
  const columns = { status: "RUNNING", waiting: false, fence } as const;
  const mayGoOn = hasRow(db, runs, and(eq(runs.runId, runId), waits, sessionIsOurs(db, sessionId, sessionFence)));
  const continueMembers = db
    .update(runs)
    .set(columns)
    .where(and(isAmong(runs.runId, memberRunIds), eq(runs.sessionId, sessionId), eq(runs.status, "PAUSED"), mayGoOn));
  const continueRun = db
    .update(runs)
    .set(columns)
    .where(and(eq(runs.runId, runId), or(waits, goesOn), sessionIsOurs(db, sessionId, sessionFence)));
  return memberRunIds.length === 0 ? [continueRun] : [continueMembers, continueRun];
}

/** Lets runs wait again if D1 never confirmed that they go on. Repeatable. */
export function waitAgainStatements(db: Database, note: Continuation): [Statement, ...Statement[]] {
  const { runId, sessionId, waitedFence, fence, memberRunIds } = note;
  const started = and(eq(runs.status, "RUNNING"), eq(runs.fence, fence));
  return [
    db
      .update(runs)
      .set({ status: "PAUSED", fence: waitedFence })
      .where(and(isAmong(runs.runId, memberRunIds), eq(runs.sessionId, sessionId), started)),
    db
      .update(runs)
      .set({ status: "PAUSED", waiting: true, fence: waitedFence })
      .where(and(eq(runs.runId, runId), started)),
  ];
}
