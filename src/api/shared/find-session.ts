import { AppError, SESSION_NOT_FOUND, sessionNotFound } from "../../domain/error.ts";
import type { Session, SessionType } from "../../domain/session.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { type Database, openDatabase } from "../../store/database.ts";
import { findSession } from "../../store/sessions/sessions.ts";
import type { SeenSession } from "../../store/visibility.ts";

/** The query parameters that all session routes share. */
export interface Scope {
  type?: SessionType | undefined;
}

export const database = (c: AppContext): Database => openDatabase(c.get("config").db);

/** The session as the caller sees it: what is in it is read for the caller alone, too. */
export const seen = (c: AppContext, sessionId: string): SeenSession => ({ principal: principal(c), sessionId });

const TYPE_NAMES: Record<SessionType, string> = {
  agent: "Agent Session",
  team: "Team Session",
  workflow: "Workflow Session",
};

/** AgentOS's texts for a session that does not exist for the caller. They differ by route. */
export const notFoundTexts = {
  detail: (id: string, scope: Scope) => `${scope.type ? TYPE_NAMES[scope.type] : "Session"} with id '${id}' not found`,
  change: (id: string) => `Session with id '${id}' not found`,
  runs: (id: string) => `Session with ID ${id} not found`,
  /** The text for the routes that list an agent's runs of a session, or fork it. A session's object says the same. */
  plain: SESSION_NOT_FOUND,
  /** The text for a route that reads one run: the caller is told that the run is missing. */
  oneRun: "Run not found",
};

/** The session, read from D1; throws the 404 with this text if none exists for the caller. */
export async function requireSession(c: AppContext, sessionId: string, scope: Scope, detail: string): Promise<Session> {
  const session = await findSession(database(c), principal(c), sessionId, scope.type);
  if (session === null) throw new AppError(sessionNotFound(detail));
  return session;
}
