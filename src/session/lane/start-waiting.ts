import { historyRuns } from "../../domain/agent.ts";
import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import type { RunError, RunRow } from "../../domain/run.ts";
import { isHidden, type Session } from "../../domain/session.ts";
import { seconds } from "../../engine/run/metrics.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { commit, readOrNull } from "../../store/commit.ts";
import { startStatements } from "../../store/runs/writes.ts";
import { findRun } from "../../store/runs/runs.ts";
import { cancelPaused, storeCancelled } from "./cancelled-run.ts";
import type { LiveRun } from "../drive/live-run.ts";
import { decideOnLook, type LookAgain } from "../row/look-again.ts";
import { resolve } from "../start/resolve-component.ts";
import type { RunLane } from "./run-lane.ts";
import { castOf, loadOrigin } from "../start/run-origin.ts";
import { planStart } from "../start/run-start.ts";
import { mergedState } from "../start/session-start.ts";
import { startContinued } from "./start-continued.ts";

/** `away`: D1 did not take the start, the run still waits. `gone`: it was cancelled or deleted elsewhere. */
export type StartOutcome = "started" | "away" | "gone";

/**
 * Starts a run that has waited: its messages and its place in history are written now. What cannot be helped any more
 * (its agent is gone, the deployment has no model) ends it as a failed run, since its headers went out long ago.
 */
export async function startWaitingRun(lane: RunLane, live: LiveRun): Promise<StartOutcome> {
  return (await decideOnLook(lane.memory, () => lookAndStart(lane, live))) ?? "away";
}

async function lookAndStart(lane: RunLane, live: LiveRun): Promise<StartOutcome | LookAgain> {
  const { deps, memory } = lane;
  const row = await memory.row();
  if (row?.value != null && isHidden(row.value)) {
    return cancelInstead(lane, live);
  }
  if (live.row.status === "PAUSED") {
    return startContinued(lane, live);
  }
  const queuedMs = deps.now() - live.acceptedAt;
  const { component, model, error } = resolve(deps, live.row);
  const loadedAt = deps.now();
  const loaded = await memory.load(historyRuns(component), component.cacheSession === false);
  if (loaded === null) {
    return "away";
  }
  if (loaded.session === null) {
    return "gone";
  }
  if (isForeign(live.row, loaded.session)) {
    return (await storeCancelled(deps.db, lane.leftovers, live.row, deps.now())) ? "gone" : "away";
  }
  const origin = await loadOrigin(deps, live.row.origin, historyRuns(component));
  if (origin === null) {
    return "away";
  }
  const hydrate = seconds(deps.now() - loadedAt);
  const acceptedAt = deps.now();
  const { session: looked } = loaded;
  const written = await lane.leftovers.writeRow(async () => {
    const session = await memory.rowInLine(looked);
    if (session === "away" || session === "look_again") {
      return session;
    }
    const byDefault = component.sessionState ?? null;
    const tooLarge = stateBytes(mergedState(session.state, live.row.inputState, byDefault)) > MAX_STATE_BYTES;
    const start = planStart({
      accepted: { ...live.row, fence: deps.newId(), inputState: tooLarge ? null : live.row.inputState },
      session,
      cast: castOf(deps, component),
      model,
      prefix: origin === "gone" ? null : origin.prefix,
      memberSlots: deps.settings.maxMemberRuns,
      cacheUse: loaded.cacheUse,
      timings: { queue: seconds(queuedMs), hydrate },
      nowMs: acceptedAt,
      newId: deps.newId,
    });
    const { runId, sessionId, runIndex, fence } = start.head;
    const previous = start.withdrawal.previous ?? {};
    lane.leftovers.note(runId, {
      phase: "starting",
      note: { runId, sessionId, runIndex: runIndex ?? 0, fence, previous },
    });
    const { row: run, input, changes } = start;
    const statements = startStatements(deps.db, { run, sessionFence: session.fence, input, changes });
    const committed = await commit(deps.db, statements);
    if (committed.kind === "unknown") {
      // Before the next write in line is planned: it goes behind what is put back.
      lane.leftovers.abandon(runId);
    }
    return { start, tooLarge, committed };
  });
  if (written === null || written === "away" || written === "look_again") {
    return written ?? "away";
  }
  const { start, tooLarge, committed } = written;
  if (committed.kind === "unknown") {
    return "away";
  }
  if (committed.kind === "refused" || !committed.changed[0]) {
    lane.leftovers.forget(live.runId);
    memory.drop();
    return notStarted(lane, live.runId);
  }
  const failure = tooLarge ? STATE_TOO_LARGE : error;
  const history = (origin === "gone" ? null : origin.history) ?? loaded.history;
  const accept = seconds(deps.now() - acceptedAt);
  lane.begin(live, start, { accept }, { component, model, history, failure, continues: false });
  return "started";
}

/** The session was deleted meanwhile: nothing starts in it. */
async function cancelInstead({ deps, leftovers }: RunLane, live: LiveRun): Promise<StartOutcome> {
  const isStored =
    live.row.status === "PAUSED"
      ? (await cancelPaused(deps, leftovers, live.runId)).kind !== "away"
      : await storeCancelled(deps.db, leftovers, live.row, deps.now());
  return isStored ? "gone" : "away";
}

/** A session without owner may be claimed while others wait in it; whose they are not is nothing of theirs to see. */
function isForeign(row: RunRow, session: Session): boolean {
  return row.userId !== null && session.userId !== null && row.userId !== session.userId;
}

/** What became of a run whose start changed nothing. */
async function notStarted({ deps }: RunLane, runId: string): Promise<StartOutcome | LookAgain> {
  const read = await readOrNull(findRun(deps.db, deps.sessionId, runId));
  if (read === null) {
    return "away";
  }
  return read.value?.row.status === "PENDING" ? "look_again" : "gone";
}

const STATE_TOO_LARGE: RunError = {
  type: "session_state_too_large",
  message: `The session's state with this run's session_state merged is larger than ${MAX_STATE_BYTES} bytes.`,
};

export const stateBytes = (state: object | null): number => (state === null ? 0 : utf8Bytes(JSON.stringify(state)));
