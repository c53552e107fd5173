import type { Session } from "../../domain/session.ts";
import { log } from "../../lib/log.ts";
import { commit, type Statement } from "../../store/commit.ts";
import { PURGED_TABLES, purgeStatement } from "../../store/sessions/hiding.ts";
import { deleteStatements } from "../../store/sessions/writes.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Alarm } from "../recovery/alarm.ts";

/** How long a caller waits for a purge. After that the object's alarm goes on with it. */
const PURGE_MS = 10_000;

/**
 * Removes the rows of a session whose purge has begun, batch by batch, the session's own row last. If the object dies
 * meanwhile, the next instance finds that row and goes on.
 */
export async function purgeRows(
  deps: SessionDependencies,
  alarm: Alarm,
  session: Session,
): Promise<"going_on" | "purged"> {
  const { db, now } = deps;
  const endsAt = now() + PURGE_MS;
  const write = async (statements: [Statement, ...Statement[]]): Promise<number | null> => {
    const removed = await removedRows(deps, statements);
    if (removed === null) {
      alarm.failed();
    }
    return removed;
  };
  for (const table of PURGED_TABLES) {
    for (let changed = 1; changed > 0; ) {
      if (now() > endsAt) {
        alarm.again();
        return "going_on";
      }
      const removed = await write([purgeStatement(db, table, session)]);
      if (removed === null) {
        return "going_on";
      }
      changed = removed;
    }
  }
  // The last batch removes what was written meanwhile, and the session's own row.
  return (await write(deleteStatements(db, session, now()))) === null ? "going_on" : "purged";
}

/** How many rows the last statement changed; null if D1 did not say, or took none of it: then the alarm tries again. */
async function removedRows(
  { db, sessionId }: SessionDependencies,
  statements: [Statement, ...Statement[]],
): Promise<number | null> {
  const committed = await commit(db, statements);
  if (committed.kind === "written") {
    return committed.changed.at(-1) ?? 0;
  }
  if (committed.kind === "refused") {
    log("error", "purge.refused", { session_id: sessionId, reason: committed.constraint });
  }
  return null;
}
