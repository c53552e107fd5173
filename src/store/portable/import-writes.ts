import { and, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Requirement } from "../../domain/requirement.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Session, Visibility } from "../../domain/session.ts";
import type { Statement } from "../commit.ts";
import { hasRow, isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { rowSources, rowsWhere } from "../insert-rows.ts";
import type { MessageRow } from "../messages/message-rows.ts";
import { messages, requirements, runs, sessions } from "../schema/tables.ts";
import { labelStatements } from "../sessions/labels.ts";
import { sessionColumns } from "../sessions/sessions.ts";

// An import writes a hidden session piece by piece, and shows it by one last statement. Each statement names the import's
// fence, so that it changes nothing once another import has taken the session over. All statements can be repeated.

/** Which import a hidden session belongs to. */
export interface ImportFence {
  sessionId: string;
  fence: string;
}

/** Stores the hidden session, which is blank so far, unless its id is taken; changes a row if it did. */
export function claimStatement(db: Database, session: Session): Statement {
  return db
    .insert(sessions)
    .select(rowsWhere(sessions, [sessionColumns(session)], sql`1`))
    .onConflictDoUpdate({
      target: sessions.sessionId,
      set: { fence: sql`excluded.fence` },
      setWhere: sql`${sessions.fence} = excluded.fence`,
    });
}

/** Takes over the session of an import that has not written since `before`; changes a row if it did. */
export function takeOverStatement(db: Database, session: Session, before: number): Statement {
  const { sessionId, fence, hiddenAt } = session;
  const { sessionType, agentId, teamId, workflowId, userId, componentId, createdAt, updatedAt } =
    sessionColumns(session);
  const isAbandoned = and(eq(sessions.visibility, "importing"), lt(sessions.hiddenAt, before));
  return db
    .update(sessions)
    .set({ fence, hiddenAt, sessionType, agentId, teamId, workflowId, userId, componentId, createdAt, updatedAt })
    .where(and(eq(sessions.sessionId, sessionId), sql`(${isAbandoned} or ${sessions.fence} = ${fence})`));
}

export interface ImportedRows {
  runs: readonly RunRow[];
  messages: readonly MessageRow[];
  requirements: readonly Requirement[];
}

/** A batch, and how many rows each of its statements has to change. If one changes fewer, rows of it were refused. */
export interface CountedStatements {
  statements: [Statement, ...Statement[]];
  expected: number[];
}

/**
 * Adds rows to the hidden session and notes that its import still lives. A run that another session has is not added.
 */
export function addStatements(
  db: Database,
  { sessionId, fence }: ImportFence,
  rows: ImportedRows,
  nowMs: number,
): CountedStatements {
  const isOurs = isImporting(db, sessionId, fence);
  const alive = db
    .update(sessions)
    .set({ hiddenAt: nowMs })
    .where(and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence), eq(sessions.visibility, "importing")));
  const statements: [Statement, ...Statement[]] = [alive];
  const expected = [1];
  const add = (size: number, statement: Statement) => {
    statements.push(statement);
    expected.push(size);
  };
  // A repeated batch finds its own rows and reports again that it changed them; rows of others stay and count as
  // missing.
  for (const { source, size } of rowSources(runs, rows.runs, isOurs)) {
    // A run of this import with another run index is another run with the same id, so it is refused.
    const isSame = sql`${runs.fence} = excluded.fence and ${runs.runIndex} is excluded.run_index`;
    add(
      size,
      db
        .insert(runs)
        .select(source)
        .onConflictDoUpdate({ target: runs.runId, set: { fence: sql`excluded.fence` }, setWhere: isSame }),
    );
  }
  for (const { source, size } of rowSources(messages, rows.messages, isOurs)) {
    add(
      size,
      db
        .insert(messages)
        .select(source)
        .onConflictDoUpdate({
          target: [messages.sessionId, messages.runIndex, messages.messageIndex],
          set: { runId: sql`excluded.run_id` },
          setWhere: sql`${messages.runId} = excluded.run_id`,
        }),
    );
  }
  for (const { source, size } of rowSources(requirements, rows.requirements, isOurs)) {
    add(
      size,
      db
        .insert(requirements)
        .select(source)
        .onConflictDoUpdate({
          target: requirements.requirementId,
          set: { runId: sql`excluded.run_id` },
          setWhere: sql`${requirements.sessionId} = excluded.session_id and ${requirements.runId} = excluded.run_id`,
        }),
    );
  }
  return { statements, expected };
}

/**
 * Shows the session if it still belongs to this import; the statement at `shownAt` changes a row if it did. From then
 * on people are asked what its runs wait for: the requirements in `open`.
 */
export function showStatements(db: Database, session: Session, open: readonly string[]): [Statement, ...Statement[]] {
  const { sessionId, fence } = session;
  const isOurs = isImporting(db, sessionId, fence);
  const reopen = db
    .update(requirements)
    .set({ status: "open" })
    .where(and(eq(requirements.sessionId, sessionId), isAmong(requirements.requirementId, open), isOurs));
  const { sessionId: _id, fence: _fence, ...columns } = sessionColumns(session);
  const isUnchanged = and(eq(sessions.version, session.version), eq(sessions.updatedAt, session.updatedAt));
  const show = db
    .update(sessions)
    .set(columns)
    .where(
      and(
        eq(sessions.sessionId, sessionId),
        eq(sessions.fence, fence),
        // A repeated batch finds the session as it wrote it; a session that was changed since then stays as it is.
        sql`(${sessions.visibility} = 'importing' or ${isUnchanged})`,
      ),
    );
  const labels = labelStatements(db, sessionId, session);
  return open.length === 0 ? [show, ...labels] : [reopen, show, ...labels];
}

/** The index of the statement that shows the session. */
export const shownAt = (open: readonly string[]): number => (open.length === 0 ? 0 : 1);

/** Gives the hidden session another fence, which makes every late batch of its import void; changes a row if it did. */
export function abandonStatement(db: Database, { sessionId, fence }: ImportFence, newFence: string): Statement {
  return db
    .update(sessions)
    .set({ fence: newFence })
    .where(
      and(
        eq(sessions.sessionId, sessionId),
        inArray(sessions.fence, [fence, newFence]),
        eq(sessions.visibility, "importing"),
      ),
    );
}

/** Removes at most `limit` rows of the hidden session from each table. */
export function clearStatements(
  db: Database,
  { sessionId, fence }: ImportFence,
  limit: number,
): [Statement, ...Statement[]] {
  const isOurs = isImporting(db, sessionId, fence);
  const [first, ...rest] = [messages, requirements, runs].map((table) =>
    db
      .delete(table)
      .where(
        and(sql`rowid in (select rowid from ${table} where ${eq(table.sessionId, sessionId)} limit ${limit})`, isOurs),
      ),
  );
  if (first === undefined) throw new Error("There are three tables.");
  return [first, ...rest];
}

/** Removes the hidden session's own row, which frees its id. Comes last, once its other rows are gone. */
export function releaseStatement(db: Database, { sessionId, fence }: ImportFence): Statement {
  return db
    .delete(sessions)
    .where(and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence), eq(sessions.visibility, "importing")));
}

function isImporting(db: Database, sessionId: string, fence: string): SQL {
  return hasRow(
    db,
    sessions,
    and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence), eq(sessions.visibility, "importing")),
  );
}

/** The visibility of the session with this id, whoever owns it; undefined if there is none. */
export async function visibilityOf(db: Database, sessionId: string): Promise<Visibility | undefined> {
  const [row] = await db
    .select({ visibility: sessions.visibility })
    .from(sessions)
    .where(eq(sessions.sessionId, sessionId))
    .limit(1);
  return row?.visibility;
}
