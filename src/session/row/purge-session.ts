import type { Session } from "../../domain/session.ts";
import { log } from "../../lib/log.ts";
import { commit, type Statement } from "../../store/commit.ts";
import { PURGED_TABLES, purgeStatement } from "../../store/sessions/hiding.ts";
import { deleteStatements } from "../../store/sessions/writes.ts";
import type { RunLane } from "../lane/run-lane.ts";

/** How long a caller is kept waiting for it; the object's alarm goes on then. */
const PURGE_MS = 10_000;

/**
 * Removes the rows of a session whose purge has begun, batch by batch, the session's own row last. An object that dies
 * over it leaves nothing that another one would not find.
 */
export async function purgeRows(lane: RunLane, session: Session): Promise<"going_on" | "purged"> {
  const { db, now } = lane.deps;
  const endsAt = now() + PURGE_MS;
  for (const table of PURGED_TABLES) {
    for (let changed = 1; changed > 0; ) {
      if (now() > endsAt) {
        lane.alarm.again();
        return "going_on";
      }
      const removed = await write(lane, [purgeStatement(db, table, session)]);
      if (removed === null) {
        return "going_on";
      }
      changed = removed;
    }
  }
  // The same once more, for what was written meanwhile, and the row itself.
  if ((await write(lane, deleteStatements(db, session, now()))) === null) {
    return "going_on";
  }
  lane.clear();
  return "purged";
}

/** How many rows the last statement changed; null where D1 did not say: the alarm tries again. */
async function write(lane: RunLane, statements: [Statement, ...Statement[]]): Promise<number | null> {
  const committed = await commit(lane.deps.db, statements);
  if (committed.kind === "written") {
    return committed.changed.at(-1) ?? 0;
  }
  if (committed.kind === "refused") {
    log("error", "purge.refused", { session_id: lane.deps.sessionId, reason: committed.constraint });
  }
  lane.alarm.failed();
  return null;
}
