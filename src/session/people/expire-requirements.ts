import type { Requirement } from "../../domain/requirement.ts";
import { isHidden } from "../../domain/session.ts";
import { expireRequirement } from "../../engine/people/requirements.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import { readOrNull } from "../../store/commit.ts";
import { expiredRequirements, nextExpiry } from "../../store/runs/requirements.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { applyAnswers } from "./apply-answers.ts";
import { cancelPaused } from "../lane/cancelled-run.ts";
import type { RunLane } from "../lane/run-lane.ts";

/**
 * Closes the requirements that nobody answered in time: their calls are rejected, or their runs cancelled, as their tools
 * say. False when that cannot be done now: the alarm tries again. To be called in line with arrivals.
 */
export async function expireRequirements(lane: RunLane): Promise<boolean> {
  if (!lane.alarm.hasExpired()) {
    return true;
  }
  const row = await lane.memory.row();
  if (row?.value != null && isHidden(row.value)) {
    // Nobody can answer in a deleted session; when it is restored it is looked again.
    lane.alarm.nextExpiry(null);
    return true;
  }
  const isDone = row !== null && (await expireDue(lane));
  if (!isDone) {
    lane.alarm.failed();
  }
  return isDone;
}

async function expireDue(lane: RunLane): Promise<boolean> {
  const { db, sessionId, now } = lane.deps;
  const read = await readOrNull(expiredRequirements(db, sessionId, now()));
  if (read === null) {
    return false;
  }
  for (const [runId, expired] of Map.groupBy(read.value, (requirement) => requirement.runId)) {
    if (!(await expire(lane, runId, expired))) {
      return false;
    }
  }
  const next = await readOrNull(nextExpiry(db, sessionId));
  if (next === null) {
    return false;
  }
  lane.alarm.nextExpiry(next.value);
  return true;
}

/** False when D1 is away, or the session has no room for a run to go on. */
async function expire(lane: RunLane, runId: string, due: readonly Requirement[]): Promise<boolean> {
  const { db, sessionId, now } = lane.deps;
  const expired = due.map((requirement) => expireRequirement(requirement, now()));
  if (due.some(({ onExpiry }) => onExpiry === "cancel")) {
    return (await cancelPaused(lane.deps, lane.leftovers, runId, expired)).kind !== "away";
  }
  const read = await readOrNull(findRunTree(db, sessionId, runId));
  const tree = read?.value ?? null;
  if (read === null || tree === null || tree.row.status !== "PAUSED" || tree.row.waiting) {
    return read !== null;
  }
  const ids = new Set(expired.map(({ requirementId }) => requirementId));
  const open = tree.requirements.filter(({ status, requirementId }) => status === "open" && !ids.has(requirementId));
  const run = runTree(tree, tree.members, tree.requirements);
  const terms = { idempotency: null, onBusy: "enqueue" as const, arrivedAt: now() };
  const applied = await applyAnswers(lane, terms, { tree, run, answered: expired, open });
  return applied !== "look_again" && applied.ok;
}
