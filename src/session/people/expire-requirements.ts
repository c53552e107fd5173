import type { Requirement } from "../../domain/requirement.ts";
import { isHidden } from "../../domain/session.ts";
import { expireRequirement } from "../../engine/people/requirements.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import { readOrNull } from "../../store/commit.ts";
import { expiredRequirements, nextExpiry } from "../../store/runs/requirements.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { cancelPaused } from "../lane/cancelled-run.ts";
import type { LaneContext } from "../lane/run-lane.ts";
import { isNotLanded } from "../recovery/leftovers.ts";
import { applyAnswers } from "./apply-answers.ts";

type ExpiryContext = Pick<LaneContext, "deps" | "memory" | "leftovers" | "alarm" | "lane">;

/**
 * Closes the requirements that nobody answered in time: their calls are rejected, or their runs cancelled, as their tools
 * say. False when that cannot be done now: the alarm tries again. To be called in line with arrivals.
 */
export async function expireRequirements(context: ExpiryContext): Promise<boolean> {
  const { memory, alarm } = context;
  if (!alarm.hasExpired()) {
    return true;
  }
  const row = await memory.row();
  if (row?.value != null && isHidden(row.value)) {
    // Nobody can answer in a deleted session. A restore sets the alarm, which looks again.
    alarm.nextExpiry(null);
    return true;
  }
  const isDone = row !== null && (await expireDue(context));
  if (!isDone) {
    alarm.failed();
  }
  return isDone;
}

async function expireDue(context: ExpiryContext): Promise<boolean> {
  const { db, sessionId, now } = context.deps;
  const read = await readOrNull(expiredRequirements(db, sessionId, now()));
  if (read === null) {
    return false;
  }
  for (const [runId, expired] of Map.groupBy(read.value, (requirement) => requirement.runId)) {
    if (!(await expire(context, runId, expired))) {
      return false;
    }
  }
  const next = await readOrNull(nextExpiry(db, sessionId));
  if (next === null) {
    return false;
  }
  context.alarm.nextExpiry(next.value);
  return true;
}

/** False when D1 is away, or the session has no room for the run to continue. */
async function expire(context: ExpiryContext, runId: string, due: readonly Requirement[]): Promise<boolean> {
  const { db, sessionId, now } = context.deps;
  const expired = due.map((requirement) => expireRequirement(requirement, now()));
  if (due.some(({ onExpiry }) => onExpiry === "cancel")) {
    return !isNotLanded((await cancelPaused(context, runId, expired)).kind);
  }
  const read = await readOrNull(findRunTree(db, { sessionId, principal: null }, runId));
  const tree = read?.value ?? null;
  if (read === null || tree === null || tree.row.status !== "PAUSED" || tree.row.waiting) {
    return read !== null;
  }
  const ids = new Set(expired.map(({ requirementId }) => requirementId));
  const open = tree.requirements.filter(({ status, requirementId }) => status === "open" && !ids.has(requirementId));
  const run = runTree(tree, tree.members, tree.requirements);
  const terms = { idempotency: null, onBusy: "enqueue" as const, arrivedAt: now(), quota: null, act: null };
  const applied = await applyAnswers(context, terms, { tree, run, answered: expired, open });
  return applied !== "look_again" && applied.ok;
}
