import { and, eq } from "drizzle-orm";
import type { UsageKey } from "../../domain/usage.ts";
import type { Statement } from "../commit.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { removeRunDocs } from "../messages/message-docs.ts";
import { messages, runs, sessions } from "../schema/tables.ts";
import { takeBackUsage } from "../usage/ledger.ts";
import { forgetOldest, withdrawRun } from "../withdrawn-runs.ts";
import { runIsOurs } from "./fences.ts";
import { claimRequirements } from "./requirement-writes.ts";
import type { ChangedSessionColumns } from "./writes.ts";

// The batches that take back what D1 may have written for a run that will not be driven. Each can be repeated, and
// works whether the batch that it takes back was written, was not, or arrives later. No statement in them is redundant.

/** What the journal keeps so that an accept can be taken back. */
export interface Withdrawal {
  runId: string;
  sessionId: string;
  sessionFence: string;
  runIndex: number | null;
  startedSession: boolean;
  /** The changed columns of the session as they were before; null if the accept changed none. */
  previous: ChangedSessionColumns | null;
  /** The row that the accept added to the ledger; null if it added none. Journals from before there was one do not have it. */
  usage?: UsageKey | null;
}

/** Takes an accept back. Repeatable; if the accept arrives later, it finds its run id withdrawn and stores nothing. */
export function withdrawStatements(db: Database, note: Withdrawal, nowMs: number): [Statement, ...Statement[]] {
  const written = hasRow(db, runs, eq(runs.runId, note.runId));
  const statements: [Statement, ...Statement[]] = [withdrawRun(db, note.runId, nowMs), forgetOldest(db, nowMs)];
  if (note.previous !== null) {
    statements.push(
      db
        .update(sessions)
        .set(note.previous)
        .where(and(eq(sessions.sessionId, note.sessionId), written)),
    );
    if (note.previous.userId === null) {
      statements.push(claimRequirements(db, note.sessionId, null, written));
    }
  }
  if (note.runIndex !== null) {
    const keys = and(eq(messages.sessionId, note.sessionId), eq(messages.runIndex, note.runIndex));
    statements.push(
      removeRunDocs(db, note.sessionId, note.runIndex, written),
      db.delete(messages).where(and(keys, eq(messages.runId, note.runId))),
    );
  }
  statements.push(db.delete(runs).where(eq(runs.runId, note.runId)), ...takeBackUsage(db, note.usage ?? null));
  if (note.startedSession) {
    // A session that somebody has changed since is kept: every change moves `updated_at`.
    const untouched = and(eq(sessions.fence, note.sessionFence), eq(sessions.updatedAt, sessions.createdAt));
    statements.push(db.delete(sessions).where(and(eq(sessions.sessionId, note.sessionId), untouched)));
  }
  return statements;
}

/** What the journal keeps so that a run whose start was not confirmed can wait again. */
export interface StartNote {
  runId: string;
  sessionId: string;
  runIndex: number;
  fence: string;
  /** The changed columns of the session as they were before. */
  previous: ChangedSessionColumns;
}

/** Lets a run wait again if D1 never confirmed its start. Repeatable. */
export function putBackStatements(db: Database, note: StartNote): [Statement, ...Statement[]] {
  const started = runIsOurs(db, note.runId, note.fence);
  const keys = and(eq(messages.sessionId, note.sessionId), eq(messages.runIndex, note.runIndex));
  return [
    removeRunDocs(db, note.sessionId, note.runIndex, started),
    db.delete(messages).where(and(keys, eq(messages.runId, note.runId), started)),
    db
      .update(sessions)
      .set(note.previous)
      .where(and(eq(sessions.sessionId, note.sessionId), started)),
    ...(note.previous.userId === null ? [claimRequirements(db, note.sessionId, null, started)] : []),
    db
      .update(runs)
      .set({ status: "PENDING", waiting: true, runIndex: null, startedAt: null })
      .where(and(eq(runs.runId, note.runId), eq(runs.status, "RUNNING"), eq(runs.fence, note.fence))),
  ];
}

/** Makes accepts and starts void that an older instance has sent and that arrive late: they name the former fence. */
export function renewFence(db: Database, sessionId: string, newFence: string): Statement {
  return db.update(sessions).set({ fence: newFence }).where(eq(sessions.sessionId, sessionId));
}
