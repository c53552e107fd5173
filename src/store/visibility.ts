import { and, eq, inArray, type SQL } from "drizzle-orm";
import type { Principal } from "../domain/principal.ts";
import type { SessionType } from "../domain/session.ts";
import { hasRow } from "./conditions.ts";
import type { Database } from "./database.ts";
import { sessions } from "./schema/tables.ts";
import { ReadTemplate } from "./template.ts";

/** What decides which sessions exist for a principal. */
export type Whose = Pick<Principal, "userId">;

/**
 * Which sessions exist for the principal: with a user only that user's. A session that is deleted, or not wholly imported,
 * exists for nobody.
 */
export function visibleTo(principal: Whose): SQL | undefined {
  return and(ownedBy(principal), inArray(sessions.visibility, ["listed", "archived"]));
}

export function ownedBy(principal: Whose): SQL | undefined {
  return principal.userId === null ? undefined : eq(sessions.userId, principal.userId);
}

/** A session whose contents are read, and for whom; null: for the session's object, whose own they are. */
export interface SeenSession {
  sessionId: string;
  principal: Whose | null;
}

/**
 * Whether the session exists for who reads what is in it; no condition for its object. Between two reads of a request its
 * user may delete it, and another user may make one with its id. So each read asks again.
 */
export const isThere = (db: Database, { sessionId, principal }: SeenSession): SQL | undefined =>
  principal === null ? undefined : hasRow(db, sessions, and(eq(sessions.sessionId, sessionId), visibleTo(principal)));

const typeOf = new ReadTemplate(
  (db, { sessionId, userId, type }: Whose & { sessionId: string; type: SessionType | undefined }, _form: null) =>
    db
      .select({ sessionType: sessions.sessionType })
      .from(sessions)
      .where(
        and(
          eq(sessions.sessionId, sessionId),
          visibleTo({ userId }),
          type === undefined ? undefined : eq(sessions.sessionType, type),
        ),
      ),
);

/** Finds a row if the session exists for the principal (and is of the type, when one is asked for). */
export const whetherThereQuery = (db: Database, { userId }: Whose, sessionId: string, type?: SessionType) =>
  typeOf.bind(db, { sessionId, userId, type }, null);
