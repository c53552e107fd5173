import type { Message } from "../../domain/message.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Session, SessionType } from "../../domain/session.ts";
import type { Database } from "../database.ts";
import { chatOf, recentChatQuery } from "../messages/messages.ts";
import type { SeenSession } from "../visibility.ts";
import { openRequirementsQuery } from "./list.ts";
import { seenSessionQuery, toSession } from "./sessions.ts";

/** What a session's detail shows of what is in it. */
export interface SessionContents {
  /** The newest messages of people and agents, oldest first. */
  chat: Message[];
  openRequirements: number;
}

/** What is in a session: at most `limit` messages. In one trip to D1. */
export async function readContents(db: Database, session: SeenSession, limit: number): Promise<SessionContents> {
  const [said, [open]] = await db.batch([recentChatQuery(db, session, limit), openRequirementsQuery(db, session)]);
  return { chat: chatOf(said, limit), openRequirements: open?.count ?? 0 };
}

/** The session with what is in it, in one trip to D1; null if none exists for the principal, or one of another type. */
export async function readDetail(
  db: Database,
  { sessionId, principal }: { sessionId: string; principal: Principal },
  sessionType: SessionType | undefined,
  limit: number,
): Promise<{ session: Session; contents: SessionContents } | null> {
  const seen: SeenSession = { sessionId, principal };
  const [[row], said, [open]] = await db.batch([
    seenSessionQuery(db, principal, sessionId, sessionType),
    recentChatQuery(db, seen, limit),
    openRequirementsQuery(db, seen),
  ]);
  if (row === undefined) return null;
  return { session: toSession(row), contents: { chat: chatOf(said, limit), openRequirements: open?.count ?? 0 } };
}
