import { answeredAgain, databaseUnavailable, type Failure, runNotContinuable } from "../../domain/error.ts";
import { readOrNull } from "../../store/commit.ts";
import { statusOfRun } from "../../store/runs/runs.ts";
import type { AdmitContext, Arrival } from "./accept-run.ts";

/**
 * Why the run may not answer an older one again: another run is about to, or has done so since the caller's request looked
 * at the older one. Null if neither is so. The lane must know all runs that wait.
 */
export async function whyNotAgain(
  { deps, lane }: Pick<AdmitContext, "deps" | "lane">,
  { request: { origin }, olderStatus }: Arrival,
): Promise<Failure | null> {
  if (origin?.type !== "regenerated") {
    return null;
  }
  const { runId } = origin;
  const other = lane.answering(runId);
  if (other !== null) {
    return answeredAgain(runId, other.runId);
  }
  const status = await readOrNull(statusOfRun(deps.db, { sessionId: deps.sessionId, principal: null }, runId));
  if (status === null) {
    return databaseUnavailable();
  }
  return status.value === "REGENERATED" && olderStatus !== "REGENERATED"
    ? runNotContinuable(runId, "another run answered it again meanwhile")
    : null;
}
