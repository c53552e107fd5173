import { and, eq, exists, sql } from "drizzle-orm";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { removeRunDocs } from "../messages/message-docs.ts";
import { messages, runs, sessions } from "../schema/tables.ts";
import { forgetOldest, withdrawRun } from "../withdrawn-runs.ts";
import { runIsOurs } from "./fences.ts";
import { claimRequirements } from "./requirement-writes.ts";
import type { SessionChanges } from "./writes.ts";

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
  statements.push(db.delete(runs).where(eq(runs.runId, note.runId)));
  if (note.startedSession) {
    // Whoever renamed or changed the session meanwhile moved `updated_at`, and keeps it.
    const untouched = and(eq(sessions.fence, note.sessionFence), eq(sessions.updatedAt, sessions.createdAt));
    statements.push(db.delete(sessions).where(and(eq(sessions.sessionId, note.sessionId), untouched)));
  }
  return statements;
}

/** What must be known to make a waiting run wait again. */
export interface StartNote {
  runId: string;
  sessionId: string;
  runIndex: number;
  fence: string;
  /** How the changed columns of the session stood before. */
  previous: SessionChanges;
}

/** Makes a run wait again whose start was not confirmed. Repeatable. */
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

/** Makes every write of an older instance void: whatever it still sends names the fence that was. */
export function takeOver(db: Database, sessionId: string, newFence: string): Statement {
  return db.update(sessions).set({ fence: newFence }).where(eq(sessions.sessionId, sessionId));
}
