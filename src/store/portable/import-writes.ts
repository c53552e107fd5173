import { and, eq, exists, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Requirement } from "../../domain/requirement.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Session, Visibility } from "../../domain/session.ts";
import type { Statement } from "../commit.ts";
import type { Database } from "../database.ts";
import { rowsWhere } from "../insert-rows.ts";
import type { MessageRow } from "../messages/rows.ts";
import { messages, requirements, runs, sessions } from "../schema/tables.ts";
import { labelStatements } from "../sessions/labels.ts";
import { sessionColumns } from "../sessions/sessions.ts";
import { groupRows, jsonRowsWhere } from "./bulk-rows.ts";

// An import writes a session that nobody sees, piece by piece, and shows it by one last statement. Each statement names
// the import's fence; all can be repeated.

/** Which import a hidden session belongs to. */
export interface ImportFence {
  sessionId: string;
  fence: string;
}

/** Takes the session's id, hidden, unless it is taken; changes a row if it did. `session` is as a new one. */
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

/** Takes over what an import left that has not written since `before`; changes a row if there is such a one. */
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

/** A batch, and how many rows each of its statements has to change: fewer, and it was in vain. */
export interface CountedStatements {
  statements: [Statement, ...Statement[]];
  expected: number[];
}

/** Adds rows to the hidden session, and says that its import lives. A run that another session has is not added. */
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
  for (const group of groupRows(runs, rows.runs)) {
    const source =
      group.kind === "json" ? jsonRowsWhere(runs, group.text, isOurs) : rowsWhere(runs, [group.row], isOurs);
    // The same run again finds its own row; with another place it is another run, and a refusal.
    const isSame = sql`${runs.fence} = excluded.fence and ${runs.runIndex} is excluded.run_index`;
    add(
      group.size,
      db
        .insert(runs)
        .select(source)
        .onConflictDoUpdate({ target: runs.runId, set: { fence: sql`excluded.fence` }, setWhere: isSame }),
    );
  }
  for (const group of groupRows(messages, rows.messages)) {
    const source =
      group.kind === "json" ? jsonRowsWhere(messages, group.text, isOurs) : rowsWhere(messages, [group.row], isOurs);
    add(
      group.size,
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
  for (const group of groupRows(requirements, rows.requirements)) {
    const source =
      group.kind === "json"
        ? jsonRowsWhere(requirements, group.text, isOurs)
        : rowsWhere(requirements, [group.row], isOurs);
    add(
      group.size,
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
 * Shows the session as it is given, if it is still this import's: the statement at `shownAt` changes a row if it did. What its
 * runs wait for is asked from then on.
 */
export function showStatements(db: Database, session: Session, open: readonly string[]): [Statement, ...Statement[]] {
  const { sessionId, fence } = session;
  const isOurs = isImporting(db, sessionId, fence);
  const reopen = db
    .update(requirements)
    .set({ status: "open" })
    .where(
      and(
        eq(requirements.sessionId, sessionId),
        sql`${requirements.requirementId} in (select value from json_each(${JSON.stringify(open)}))`,
        isOurs,
      ),
    );
  const { sessionId: _id, fence: _fence, ...columns } = sessionColumns(session);
  const isUnchanged = and(eq(sessions.version, session.version), eq(sessions.updatedAt, session.updatedAt));
  const show = db
    .update(sessions)
    .set(columns)
    .where(
      and(
        eq(sessions.sessionId, sessionId),
        eq(sessions.fence, fence),
        // A repeated batch finds what it wrote; what was changed since then stays.
        sql`(${sessions.visibility} = 'importing' or ${isUnchanged})`,
      ),
    );
  const labels = labelStatements(db, sessionId, session);
  return open.length === 0 ? [show, ...labels] : [reopen, show, ...labels];
}

/** Which of the statements shows the session. */
export const shownAt = (open: readonly string[]): number => (open.length === 0 ? 0 : 1);

/** Gives the hidden session another fence, so that nothing of its import arrives any more; changes a row if it did. */
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

/** Removes at most `limit` rows of the hidden session from each of its tables. */
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

/** Gives the id back, once nothing is left of the hidden session. */
export function releaseStatement(db: Database, { sessionId, fence }: ImportFence): Statement {
  return db
    .delete(sessions)
    .where(and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence), eq(sessions.visibility, "importing")));
}

function isImporting(db: Database, sessionId: string, fence: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(sessions)
      .where(and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence), eq(sessions.visibility, "importing"))),
  );
}

/** Where the session with this id shows, whoever asks; undefined when there is none. */
export async function visibilityOf(db: Database, sessionId: string): Promise<Visibility | undefined> {
  const [row] = await db
    .select({ visibility: sessions.visibility })
    .from(sessions)
    .where(eq(sessions.sessionId, sessionId))
    .limit(1);
  return row?.visibility;
}
