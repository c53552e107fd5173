import { COMPONENTS, type Component, call } from "./server.ts";

/** A session, as the list has it. */
export interface Session {
  session_id: string;
  session_name: string;
  agent_id?: string | null;
  team_id?: string | null;
  archived: boolean;
  updated_at: string;
}

export interface SessionPage {
  data: Session[];
  meta: { next_cursor?: string | null };
}

export function listSessions(query: Record<string, string>): Promise<SessionPage> {
  return call("GET", `/sessions?${new URLSearchParams({ archived: "false", ...query })}`);
}

/** A model reads the conversation and names it. */
export function nameSession(sessionId: string, fallback: string): Promise<Session> {
  const body = { autogenerate: true, fallback };
  return call("POST", `/sessions/${encodeURIComponent(sessionId)}/rename`, body);
}

/** Whom a session is with; null for somebody that these pages do not know. */
export function componentOf({ agent_id, team_id }: Pick<Session, "agent_id" | "team_id">): Component | null {
  const path = team_id == null ? `agents/${agent_id}` : `teams/${team_id}`;
  return path in COMPONENTS ? (path as Component) : null;
}
