import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Principal } from "../../domain/principal.ts";
import { displayName, type Session, type SessionType } from "../../domain/session.ts";
import { DECIDING_COLUMNS } from "../../domain/session-fields.ts";
import type { Quota } from "../../domain/usage.ts";
import { searchWords } from "../../lib/search-words.ts";
import { fold } from "../../lib/text.ts";
import type { Database } from "../database.ts";
import { rowsWhere } from "../insert-rows.ts";
import { sessions } from "../schema/tables.ts";
import { ReadTemplate } from "../template.ts";
import { mayHaveSession } from "../usage/guard.ts";
import { visibleTo, type Whose } from "../visibility.ts";
import { labelStatements } from "./labels.ts";

type SessionRow = typeof sessions.$inferSelect;

/** The session of a row. */
export function toSession(row: SessionRow): Session {
  const { componentId: _id, nameFolded: _name, firstMessageFolded: _first, nameWords: _words, ...session } = row;
  return session;
}

/** All columns of a session, with those that only lists and the search use. */
export function sessionColumns(session: Session): Required<typeof sessions.$inferInsert> {
  return {
    ...session,
    componentId: componentId(session),
    nameWords: nameWords(session),
    nameFolded: session.name === null ? null : fold(session.name),
    firstMessageFolded: session.firstMessage === null ? null : fold(session.firstMessage),
  };
}

/** The words by which the search finds a session: those of the name that shows; null if none shows. */
export const nameWords = (session: Pick<Session, "name" | "firstMessage">): string | null =>
  searchWords(displayName(session)) || null;

/** The agent, team or workflow that a session of its type belongs to. */
export function componentId(
  session: Pick<Session, "sessionType" | "agentId" | "teamId" | "workflowId">,
): string | null {
  switch (session.sessionType) {
    case "agent":
      return session.agentId;
    case "team":
      return session.teamId;
    case "workflow":
      return session.workflowId;
  }
}

/** The query for one session, to be sent in a batch or on its own. `toSession` turns its row into a session. */
export function sessionQuery(db: Database, sessionId: string) {
  return db.select().from(sessions).where(eq(sessions.sessionId, sessionId)).limit(1);
}

interface Sought extends Whose {
  sessionId: string;
  sessionType: SessionType | undefined;
}

const isSought = (sought: Sought) =>
  and(eq(sessions.sessionId, sought.sessionId), visibleTo(sought), ofType(sought.sessionType));

const seen = new ReadTemplate((db, sought: Sought, _form: null) =>
  db.select().from(sessions).where(isSought(sought)).limit(1),
);

/** The query for one session if it exists for the principal (and is of the type, when one is asked for). */
export const seenSessionQuery = (db: Database, { userId }: Whose, sessionId: string, sessionType?: SessionType) =>
  seen.bind(db, { userId, sessionId, sessionType }, null);

/** The session of `seenSessionQuery`; null if there is none. */
export async function findSession(
  db: Database,
  principal: Principal,
  sessionId: string,
  sessionType?: SessionType,
): Promise<Session | null> {
  const [[row]] = await db.batch([seenSessionQuery(db, principal, sessionId, sessionType)]);
  return row === undefined ? null : toSession(row);
}

/** The ids among these whose sessions exist for the principal. */
export async function visibleIds(db: Database, principal: Principal, ids: readonly string[]): Promise<string[]> {
  // All ids are one parameter, since D1 binds at most 100.
  const listed = sql`${sessions.sessionId} in (select value from json_each(${JSON.stringify(ids)}))`;
  const rows = await db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(listed, visibleTo(principal)));
  return rows.map((row) => row.sessionId);
}

/** The names of these sessions, and where the names came from. Sessions that do not exist for the principal are left out. */
export function namesOfSessions(db: Database, principal: Principal, ids: readonly string[]) {
  const { sessionId, nameSource, nameDetails, chatMessages } = sessions;
  return db
    .select({ sessionId, nameSource, nameDetails, chatMessages })
    .from(sessions)
    .where(and(sql`${sessionId} in (select value from json_each(${JSON.stringify(ids)}))`, visibleTo(principal)));
}

const DECIDING = Object.fromEntries(DECIDING_COLUMNS.map((name) => [name, sessions[name]])) as Pick<
  typeof sessions,
  (typeof DECIDING_COLUMNS)[number]
>;

/**
 * The columns by which a bulk change is decided before an object is asked. The caller checks whom each
 * session exists for.
 */
export function directoryOfSessions(db: Database, ids: readonly string[]) {
  const { sessionId, userId, hiddenAt, updatedAt } = sessions;
  return db
    .select({ sessionId, userId, hiddenAt, updatedAt, ...DECIDING })
    .from(sessions)
    .where(sql`${sessions.sessionId} in (select value from json_each(${JSON.stringify(ids)}))`);
}

/** Creates the session unless its id is taken, or its user may have no further one; answers whether it did. */
export async function createSession(db: Database, session: Session, quota: Quota | null = null): Promise<boolean> {
  const row = sessionColumns(session);
  const mayHave = mayHaveSession(db, quota, session.sessionId);
  const insert =
    mayHave === undefined
      ? db.insert(sessions).values(row).onConflictDoNothing()
      : db
          .insert(sessions)
          .select(rowsWhere(sessions, [row], mayHave))
          .onConflictDoNothing();
  const hasLabels = session.tags.length > 0 || session.metadata !== null;
  const [result] = await db.batch([insert, ...(hasLabels ? labelStatements(db, session.sessionId, session) : [])]);
  return result.meta.changes > 0;
}

export function ofType(sessionType: SessionType | undefined): SQL | undefined {
  return sessionType === undefined ? undefined : eq(sessions.sessionType, sessionType);
}
