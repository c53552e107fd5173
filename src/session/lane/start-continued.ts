import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { RunRow } from "../../domain/run.ts";
import { historyBefore } from "../../domain/run-origin.ts";
import type { Session } from "../../domain/session.ts";
import { historyWindow } from "../../engine/prompt/window.ts";
import type { Run } from "../../engine/run/state.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import { commit, readOrNull } from "../../store/commit.ts";
import { windowRuns } from "../../store/messages/window.ts";
import { type Continuation, continueStatements } from "../../store/runs/continue.ts";
import { findRunTree, type StoredTree } from "../../store/runs/stored-tree.ts";
import type { SessionContext } from "../context.ts";
import type { StartedRun } from "../drive/drive-to-end.ts";
import { allMembers } from "../drive/driven-tree.ts";
import type { LiveRun } from "../drive/live-run.ts";
import { isNotLanded } from "../recovery/leftovers.ts";
import type { LookAgain } from "../row/look-again.ts";
import { resolve } from "../start/resolve-component.ts";
import { type DriveWith, type StartOutcome, startedRun } from "./begin-run.ts";

type ContinueContext = Pick<SessionContext, "deps" | "memory" | "leftovers">;

/**
 * Continues a paused run whose requirements are answered, with the member runs that are paused in it. Its new messages go
 * behind its own, and its model sees the history that stood before the run.
 */
export async function startContinued(context: ContinueContext, live: LiveRun): Promise<StartOutcome | LookAgain> {
  const { deps, memory, leftovers } = context;
  const { component, model, error } = resolve(deps, live.row);
  const row = await memory.row();
  // The history before the run does not change, because the run has its place since it started. So both are read at once.
  const window = { ...historyWindow(component), beforeRunIndex: historyBefore(live.row) };
  const read = await readOrNull(
    Promise.all([
      findRunTree(deps.db, { sessionId: deps.sessionId, principal: null }, live.runId),
      windowRuns(deps.db, deps.sessionId, window),
    ]),
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
  const committed = await leftovers.writeRow(() => continueInLine(context, looked, note));
  if (isNotLanded(committed) || committed === "look_again") {
    return committed === "full" ? "away" : committed;
  }
  if (committed.kind === "full") {
    // The run goes on waiting, as it does while D1 is away.
    leftovers.forget(live.runId);
  }
  if (committed.kind === "unknown" || committed.kind === "full") {
    return "away";
  }
  if (committed.kind === "refused" || !committed.changed.at(-1)) {
    leftovers.forget(live.runId);
    // The next look shows whether the run still waits.
    return "look_again";
  }
  const { fence } = note;
  const drive = { component, model, history, failure: error, continues: true };
  return beginContinued(context, live, { tree, fence, state: committed.state }, drive);
}

const waits = (row: RunRow): boolean => row.status === "PAUSED" && row.waiting;

async function continueInLine({ deps, memory, leftovers }: ContinueContext, looked: Session, note: Continuation) {
  const session = await memory.rowInLine(looked);
  if (session === "away" || session === "look_again") {
    return session;
  }
  leftovers.note(note.runId, { phase: "continuing", note });
  const written = await commit(deps.db, continueStatements(deps.db, note, session.fence));
  if (written.kind === "unknown") {
    // This must happen within the line, so that the next write in line waits until this one has landed.
    leftovers.abandon(note.runId);
  }
  return { ...written, state: session.state ?? {} };
}

/** Journals the run, and the member runs in it, which D1 has as continued. The caller drives what is returned. */
function beginContinued(
  context: ContinueContext,
  live: LiveRun,
  { tree, fence, state }: { tree: StoredTree; fence: string; state: JsonObject },
  drive: DriveWith,
): StartedRun {
  // A reader that came while the run waited holds `live.run`. It is kept, so that this reader sees how the run goes on.
  const run = live.run ?? continuedTree(tree);
  // Callers may have changed the state while the run was paused.
  run.state = state;
  const goingOn = [run, ...allMembers(run)].filter(({ end }) => end === null);
  for (const { head } of goingOn) {
    head.fence = fence;
  }
  live.row = { ...tree.row, status: "RUNNING", waiting: false, fence };
  live.input = tree.messages.slice(0, tree.row.inputMessages);
  for (const { head } of goingOn) {
    context.leftovers.note(head.runId, { phase: "running", head, continues: true });
  }
  live.run = run;
  return startedRun(context, { live, run, memberInputs: memberInputsOf(tree) }, drive);
}

/** A stored tree whose paused runs go on. */
export function continuedTree(tree: StoredTree): Run {
  const goingOn = <Stored extends { row: RunRow }>(stored: Stored): Stored =>
    stored.row.status === "PAUSED" ? { ...stored, row: { ...stored.row, status: "RUNNING" } } : stored;
  return runTree(goingOn(tree), tree.members.map(goingOn), tree.requirements);
}

function memberInputsOf({ members }: StoredTree): Map<string, readonly Message[]> {
  return new Map(members.map(({ row, messages }) => [row.runId, messages.slice(0, row.inputMessages)]));
}
