import { databaseUnavailable, idempotencyConflict } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Idempotency } from "../../domain/run.ts";
import { readOrNull } from "../../store/commit.ts";
import { findByKey } from "../../store/runs/runs.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { type LiveRun, storedLive } from "../drive/live-run.ts";
import type { LaneContext } from "./run-lane.ts";

/** The run that was stored under the key, live or as it settled; null when there is none. */
export async function runOfKey(
  { deps, lane }: Pick<LaneContext, "deps" | "lane">,
  idempotency: Idempotency,
): Promise<Outcome<LiveRun> | null> {
  const read = await readOrNull(findByKey(deps.db, idempotency));
  if (read === null) {
    return fail(databaseUnavailable());
  }
  if (read.value === null) {
    return null;
  }
  const { runId, sessionId, fieldsDigest } = read.value;
  const live = lane.byKey(idempotency);
  if (live !== null || fieldsDigest !== idempotency.fieldsDigest) {
    return live === null ? fail(idempotencyConflict(runId)) : sameRun(live, idempotency);
  }
  const stored = await readOrNull(findRunTree(deps.db, { sessionId, principal: null }, runId));
  if (stored?.value == null) {
    return stored === null ? fail(databaseUnavailable()) : null;
  }
  return ok(storedLive(stored.value));
}

/** The live run that has the key. Fails if this request has other fields, because a key names one request only. */
export function sameRun(live: LiveRun, idempotency: Idempotency): Outcome<LiveRun> {
  return live.row.fieldsDigest === idempotency.fieldsDigest ? ok(live) : fail(idempotencyConflict(live.runId));
}
