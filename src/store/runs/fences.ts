import { and, eq, exists, type SQL, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { runs, sessions } from "../schema/tables.ts";

// What must still stand when a write of a run arrives: whoever does not own it any more changes nothing.

/** One parameter, however many ids: D1 binds at most 100. */
export function isOneOf(runIds: readonly string[]): SQL {
  return sql`${runs.runId} in (select value from json_each(${JSON.stringify(runIds)}))`;
}

/** Whether this attempt still owns the run. */
export function runIsOurs(db: Database, runId: string, fence: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(runs)
      .where(and(eq(runs.runId, runId), eq(runs.status, "RUNNING"), eq(runs.fence, fence))),
  );
}

/** Whether the session is there as this object knows it. */
export function sessionIsOurs(db: Database, sessionId: string, fence: string): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(sessions)
      .where(and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence))),
  );
}
