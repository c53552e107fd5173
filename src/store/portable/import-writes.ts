import { and, eq, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Requirement } from "../../domain/requirement.ts";
import type { RunRow } from "../../domain/run.ts";
import type { Session, Visibility } from "../../domain/session.ts";
import type { Statement } from "../commit.ts";
import { isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { rowSources } from "../insert-rows.ts";
import { indexMessagesOfAll, type MessageOfSession } from "../messages/message-docs.ts";
import type { MessageRow } from "../messages/message-rows.ts";
import { insertTextsOfAll, withSharedTexts } from "../messages/system-texts.ts";
import { storedRun } from "../run-rows.ts";
import { messages, requirements, runs, sessionLabels, sessions, systemTexts } from "../schema/tables.ts";
import { labelStatements } from "../sessions/labels.ts";
import { sessionColumns } from "../sessions/sessions.ts";

// An import writes a hidden session piece by piece, and shows it by one last statement. Each statement names the import's
// fence, so that it changes nothing once another import has taken the session over. All statements can be repeated.

/** Hidden sessions that one import writes: small ones together, a large one alone. Their statements do all of them or none. */
export interface ImportFence {
  sessionIds: readonly string[];
  fence: string;
}

/** Takes the ids of hidden sessions, of each unless it is taken; changes a row for each that it took. */
export function claimStatements(db: Database, claimed: readonly Session[]): Statement[] {
  return rowSources(sessions, claimed.map(sessionColumns), sql`1`).map(({ source }) =>
    db
      .insert(sessions)
      .select(source)
      .onConflictDoUpdate({
        target: sessions.sessionId,
        set: { fence: sql`excluded.fence` },
        setWhere: sql`${sessions.fence} = excluded.fence`,
      }),
  );
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
 * Adds rows to the hidden sessions and notes that their import still lives. A run that another session has is not added.
 */
export function addStatements(db: Database, ours: ImportFence, rows: ImportedRows, nowMs: number): CountedStatements {
  const isOurs = areAllImporting(ours);
  const alive = db
    .update(sessions)
    .set({ hiddenAt: nowMs })
    .where(and(isAmong(sessions.sessionId, ours.sessionIds), isOurs));
  // As `holdOwnText`: a run that has paused holds its system text itself.
  const paused = new Set(rows.runs.flatMap(({ runId, status }) => (status === "PAUSED" ? [runId] : [])));
  const { rows: messageRows, texts } = withSharedTexts(rows.messages, "", ({ runId }) => !paused.has(runId));
  const runRows = storedRuns(rows);
  const statements: [Statement, ...Statement[]] = [alive];
  const expected = [1];
  const add = (size: number, statement: Statement) => {
    statements.push(statement);
    expected.push(size);
  };
  // A repeated batch finds its own rows and reports again that it changed them; rows of others stay and count as
  // missing.
  for (const { source, size } of rowSources(runs, runRows, isOurs)) {
    // A run of this import in another session, or with another run index, is another run with the same id, so it is refused.
    const isSame = sql`${runs.fence} = excluded.fence and ${runs.sessionId} = excluded.session_id and ${runs.runIndex} is excluded.run_index`;
    add(
      size,
      db
        .insert(runs)
        .select(source)
        .onConflictDoUpdate({ target: runs.runId, set: { fence: sql`excluded.fence` }, setWhere: isSame }),
    );
  }
  for (const statement of insertTextsOfAll(db, texts, isOurs)) {
    // A text that is there already changes no row.
    add(0, statement);
  }
  for (const { source, size } of rowSources(messages, messageRows, isOurs)) {
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

/** The rows of runs. The messages of a run may come in a later batch: then its input is stored with it. */
function storedRuns(rows: ImportedRows) {
  const asked = new Map<string, MessageRow>();
  for (const message of rows.messages) {
    if (message.role === "user" && !asked.has(message.runId)) asked.set(message.runId, message);
  }
  return rows.runs.map((run) => {
    const first = asked.get(run.runId);
    return storedRun(run, first === undefined ? [] : [first]);
  });
}

/**
 * Shows the session if it still belongs to this import; the statement at `shownAt` changes a row if it did. From then
 * on people are asked what its runs wait for: the requirements in `open`.
 */
export function showStatements(db: Database, session: Session, open: readonly string[]): [Statement, ...Statement[]] {
  const { sessionId, fence } = session;
  const isOurs = areAllImporting({ sessionIds: [sessionId], fence });
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

/**
 * Shows sessions whose rows were whole when their ids were taken, all of them or none, and puts what was said into the
 * search index; the last statement changes rows if it did. A repeated batch finds them as it left them, or as somebody has changed them since, and changes nothing.
 */
export function showWholeStatements(
  db: Database,
  ours: ImportFence,
  { archived, labels, open, said }: WholeSessions,
): [Statement, ...Statement[]] {
  const { sessionIds, fence } = ours;
  const isOurs = areAllImporting(ours);
  const { visibility, hiddenAt } = sessions;
  const isHidden = sql`${visibility} = 'importing'`;
  const shown = sql`iif(${isAmong(sessions.sessionId, archived)}, 'archived', 'listed')`;
  const show = db
    .update(sessions)
    .set({
      visibility: sql`iif(${isHidden}, ${shown}, ${visibility})`,
      hiddenAt: sql`iif(${isHidden}, null, ${hiddenAt})`,
    })
    .where(and(isAmong(sessions.sessionId, sessionIds), eq(sessions.fence, fence), hasAll(ours, sql`1`)));
  const reopen = db
    .update(requirements)
    .set({ status: "open" })
    .where(and(isAmong(requirements.sessionId, sessionIds), isAmong(requirements.requirementId, open), isOurs));
  const label = rowSources(sessionLabels, labels, isOurs).map(({ source }) =>
    db.insert(sessionLabels).select(source).onConflictDoNothing(),
  );
  const index = indexMessagesOfAll(db, said, isOurs);
  const [first, ...rest] = [...(open.length === 0 ? [] : [reopen]), ...label, ...index, show];
  if (first === undefined) throw new Error("There is one statement at least.");
  return [first, ...rest];
}

/** What the rows of hidden sessions do not say yet. */
export interface WholeSessions {
  /** The ids of those that are archived. */
  archived: readonly string[];
  labels: readonly { sessionId: string; label: string }[];
  /** The ids of the requirements that wait for people. */
  open: readonly string[];
  /** What the search finds of them. */
  said: readonly MessageOfSession[];
}

/** Gives the hidden sessions another fence, which makes every late batch of their import void; changes a row for each. */
export function abandonStatement(db: Database, { sessionIds, fence }: ImportFence, newFence: string): Statement {
  return db
    .update(sessions)
    .set({ fence: newFence })
    .where(
      and(
        isAmong(sessions.sessionId, sessionIds),
        inArray(sessions.fence, [fence, newFence]),
        eq(sessions.visibility, "importing"),
      ),
    );
}

/** Removes at most `limit` rows of the hidden sessions from each table; leaves alone those that are not this import's. */
export function clearStatements(db: Database, ours: ImportFence, limit: number): [Statement, ...Statement[]] {
  const [first, ...rest] = [messages, systemTexts, requirements, runs].map((table) => {
    const some = sql`select rowid from ${table} where ${table.sessionId} in (${importing(ours)}) limit ${limit}`;
    return db.delete(table).where(sql`rowid in (${some})`);
  });
  if (first === undefined) throw new Error("There are four tables.");
  return [first, ...rest];
}

/** Removes the hidden sessions' own rows, which frees their ids. Comes last, once their other rows are gone. */
export function releaseStatement(db: Database, ours: ImportFence): Statement {
  return db.delete(sessions).where(sql`${sessions.sessionId} in (${importing(ours)})`);
}

/** The ids of those that are hidden and still belong to this import. */
const importing = ({ sessionIds, fence }: ImportFence): SQL =>
  sql`select ${sessions.sessionId} from ${sessions} where ${and(
    isAmong(sessions.sessionId, sessionIds),
    eq(sessions.fence, fence),
    eq(sessions.visibility, "importing"),
  )}`;

/** Whether all of them are hidden and still belong to this import. */
const areAllImporting = (ours: ImportFence): SQL => hasAll(ours, eq(sessions.visibility, "importing"));

function hasAll({ sessionIds, fence }: ImportFence, condition: SQL): SQL {
  const ours = and(isAmong(sessions.sessionId, sessionIds), eq(sessions.fence, fence), condition);
  return sql`(select count(*) from ${sessions} where ${ours}) = ${sql.raw(String(sessionIds.length))}`;
}

/** Who has an id that an import asked for. */
export interface IdHolder {
  sessionId: string;
  fence: string;
  visibility: Visibility;
  hiddenAt: number | null;
}

/** The sessions that have these ids, whoever owns them. */
export async function idHolders(db: Database, sessionIds: readonly string[]): Promise<IdHolder[]> {
  const { sessionId, fence, visibility, hiddenAt } = sessions;
  return db
    .select({ sessionId, fence, visibility, hiddenAt })
    .from(sessions)
    .where(isAmong(sessions.sessionId, sessionIds));
}
