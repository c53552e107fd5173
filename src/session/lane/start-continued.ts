import { historyRuns } from "../../domain/agent.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import { historyBefore } from "../../domain/run-origin.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import { commit, readOrNull } from "../../store/commit.ts";
import { windowRuns } from "../../store/messages/messages.ts";
import { type Continuation, continueStatements } from "../../store/runs/continue.ts";
import { findRunTree, type StoredTree } from "../../store/runs/stored-tree.ts";
import type { LiveRun } from "../drive/live-run.ts";
import type { LookAgain } from "../row/look-again.ts";
import { resolve } from "../start/resolve-component.ts";
import type { RunLane } from "./run-lane.ts";
import { allMembers } from "../drive/driven-tree.ts";
import type { StartOutcome } from "./start-waiting.ts";

/**
 * Goes on with a paused run whose requirements are answered, and with the member runs that are paused in it. It writes
 * behind its own messages, and its model sees the history that stood before it.
 */
export async function startContinued(lane: RunLane, live: LiveRun): Promise<StartOutcome | LookAgain> {
  const { deps, memory } = lane;
  const { component, model, error } = resolve(deps, live.row);
  const row = await memory.row();
  // Its place in history is fixed since it started, so both are read at once.
  const window = { lastNRuns: historyRuns(component), beforeRunIndex: historyBefore(live.row) };
  const read = await readOrNull(
    Promise.all([findRunTree(deps.db, deps.sessionId, live.runId), windowRuns(deps.db, deps.sessionId, window)]),
  );
  if (row === null || read === null) {
    return "away";
  }
  const [tree, history] = read.value;
  const looked = row.value;
  if (looked === null || tree === null || !waits(tree.row)) {
    return "gone";
  }
  const note: Continuation = {
    runId: live.runId,
    sessionId: deps.sessionId,
    waitedFence: tree.row.fence,
    fence: deps.newId(),
    memberRunIds: tree.members.flatMap((member) => (member.row.status === "PAUSED" ? [member.row.runId] : [])),
  };
  const committed = await lane.leftovers.writeRow(async () => {
    const session = await memory.rowInLine(looked);
    if (session === "away" || session === "look_again") {
      return session;
    }
    lane.leftovers.note(live.runId, { phase: "continuing", note });
    const written = await commit(deps.db, continueStatements(deps.db, note, session.fence));
    if (written.kind === "unknown") {
      // Before the next write in line is planned: it goes behind what is put back.
      lane.leftovers.abandon(live.runId);
    }
    return { ...written, state: session.state ?? {} };
  });
  if (committed === null || committed === "away" || committed === "look_again") {
    return committed ?? "away";
  }
  if (committed.kind === "unknown") {
    return "away";
  }
  if (committed.kind === "refused" || !committed.changed.at(-1)) {
    lane.leftovers.forget(live.runId);
    // Whether it waits still shows in the next look.
    return "look_again";
  }
  begin(
    lane,
    live,
    tree,
    { fence: note.fence, state: committed.state },
    { component, model, history, failure: error, continues: true },
  );
  return "started";
}

const waits = (row: RunRow): boolean => row.status === "PAUSED" && row.waiting;

function begin(
  lane: RunLane,
  live: LiveRun,
  tree: StoredTree,
  { fence, state }: { fence: string; state: JsonObject },
  drive: Parameters<RunLane["resumeDrive"]>[3],
): void {
  // A reader that came while it waited holds on to the run that it was shown.
  const run = live.run ?? continuedTree(tree);
  // Callers may have changed it while the run was paused.
  run.state = state;
  for (const one of [run, ...allMembers(run)]) {
    if (one.end === null) {
      one.head.fence = fence;
    }
  }
  live.row = { ...tree.row, status: "RUNNING", waiting: false, fence };
  live.input = tree.messages.slice(0, tree.row.inputMessages);
  lane.resumeDrive(live, run, inputsOf(tree), drive);
}

/** A stored tree whose paused runs go on. */
export function continuedTree(tree: StoredTree) {
  const goingOn = <Stored extends { row: RunRow }>(stored: Stored): Stored =>
    stored.row.status === "PAUSED" ? { ...stored, row: { ...stored.row, status: "RUNNING" } } : stored;
  return runTree(goingOn(tree), tree.members.map(goingOn), tree.requirements);
}

function inputsOf({ members }: StoredTree): Map<string, readonly Message[]> {
  return new Map(members.map(({ row, messages }) => [row.runId, messages.slice(0, row.inputMessages)]));
}
