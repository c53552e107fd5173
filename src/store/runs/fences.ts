import { and, eq, type SQL } from "drizzle-orm";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { runs, sessions } from "../schema/tables.ts";
import type { Placed } from "../template.ts";

// Every write of a run names a fence: a write whose sender no longer owns the run or the session changes nothing.

/** Whether this attempt still owns the run. */
export function runIsOurs(db: Database, runId: Placed<string>, fence: Placed<string>): SQL {
  return hasRow(db, runs, and(eq(runs.runId, runId), eq(runs.status, "RUNNING"), eq(runs.fence, fence)));
}

/** Whether the session exists with the fence that this object knows. */
export function sessionIsOurs(db: Database, sessionId: Placed<string>, fence: Placed<string>): SQL {
  return hasRow(db, sessions, and(eq(sessions.sessionId, sessionId), eq(sessions.fence, fence)));
}
