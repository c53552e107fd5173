import { and, eq, exists, gte, lte, or, type SQL, sql } from "drizzle-orm";
import type { Session } from "../../domain/session.ts";
import { patchedFields, plainColumns, type SessionPatch } from "../../domain/session-fields.ts";
import { PLACE_HELD_MS } from "../../domain/usage.ts";
import { fold } from "../../lib/text.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import {
  continuations,
  messageDocs,
  messages,
  requirements,
  runs,
  sessionLabels,
  sessions,
  systemTexts,
} from "../schema/tables.ts";
import { freePlaces } from "../usage/ledger.ts";
import { forgetOldest, withdrawFirstRun } from "../withdrawn-runs.ts";
import { labelStatements } from "./labels.ts";
import { nameWords } from "./sessions.ts";

/**
 * The session as it stands after a patch that changes something. `updatedAt` always moves: by it, an accept that is withdrawn
 * sees that somebody has changed the session since.
 */
export function patchedSession(session: Session, patch: SessionPatch, nowMs: number): Session {
  return {
    ...patchedFields(session, patch, nowMs),
    version: session.version + 1,
    updatedAt: Math.max(nowMs, session.updatedAt + 1),
  };
}

/**
 * Writes a patch, and the labels that follow from it. The first statement changes rows unless the session is gone, has another
 * fence, or was changed by anybody else since `before`. Repeatable.
 */
export function patchStatements(
  db: Database,
  before: Session,
  after: Session,
  patch: SessionPatch,
): [Statement, ...Statement[]] {
  return [patchStatement(db, before, after, patch), ...labelStatements(db, before.sessionId, patch)];
}

/**
 * Writes the patched columns of `after`. Changes 1 row unless the session is gone, has another fence, or was changed by anybody
 * else since `before`. Repeatable.
 */
function patchStatement(db: Database, before: Session, after: Session, patch: SessionPatch): Statement {
  const columns = {
    ...(patch.name !== undefined && {
      name: after.name,
      nameFolded: after.name === null ? null : fold(after.name),
      nameSource: after.nameSource,
      nameVersion: after.nameVersion,
      nameUpdatedAt: after.nameUpdatedAt,
      nameDetails: after.nameDetails,
      nameWords: nameWords(after),
    }),
    ...plainColumns(patch),
    version: after.version,
  };
  const isAsPlanned = and(
    eq(sessions.version, before.version),
    // Each change moves `updated_at`: a change that arrives late finds a newer instant here, and undoes nothing.
    lte(sessions.updatedAt, after.updatedAt),
  );
  // A repeated batch finds what it wrote before, and answers again that a row changed. A run that settled since may have moved
  // `updated_at` on. The version is not enough to know the own write by: a settle that changed the state may have raised it to
  // the same number.
  const isWritten = and(
    gte(sessions.updatedAt, after.updatedAt),
    ...Object.entries(columns).map(([name, value]) => {
      const column = sessions[name as keyof typeof columns];
      return sql`${column} is ${sql.param(value, column)}`;
    }),
  );
  return db
    .update(sessions)
    .set({ ...columns, updatedAt: sql`max(${sessions.updatedAt}, ${after.updatedAt})` })
    .where(and(eq(sessions.sessionId, before.sessionId), eq(sessions.fence, before.fence), or(isAsPlanned, isWritten)));
}

/**
 * A session as it was when a write was decided. If its fence or visibility is another one by then, the
 * write changes nothing.
 */
export type SessionAsRead = Pick<Session, "sessionId" | "fence" | "visibility">;

/** Whether the session is still there as it was seen. */
export function isAsRead({ sessionId, fence, visibility }: SessionAsRead): SQL | undefined {
  return and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence), eq(sessions.visibility, visibility));
}

/**
 * Removes this incarnation of the session with all that is in it. The last statement changes 1 row if it did. A batch that
 * arrives late leaves a later session of that id alone.
 */
export function deleteStatements(db: Database, seen: SessionAsRead, nowMs: number): [Statement, ...Statement[]] {
  const { sessionId } = seen;
  const isThere = exists(db.select({ one: sql`1` }).from(sessions).where(isAsRead(seen)));
  return [
    withdrawFirstRun(db, sessionId, isThere, nowMs),
    forgetOldest(db, nowMs),
    freePlaces(db, sessionId, nowMs - PLACE_HELD_MS, isThere),
    db.delete(requirements).where(and(eq(requirements.sessionId, sessionId), isThere)),
    db.delete(continuations).where(and(eq(continuations.sessionId, sessionId), isThere)),
    db.delete(sessionLabels).where(and(eq(sessionLabels.sessionId, sessionId), isThere)),
    db.delete(messageDocs).where(and(eq(messageDocs.sessionId, sessionId), isThere)),
    db.delete(messages).where(and(eq(messages.sessionId, sessionId), isThere)),
    db.delete(systemTexts).where(and(eq(systemTexts.sessionId, sessionId), isThere)),
    db.delete(runs).where(and(eq(runs.sessionId, sessionId), isThere)),
    db.delete(sessions).where(isAsRead(seen)),
  ];
}
