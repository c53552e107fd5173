import type { Session } from "../../domain/session.ts";
import { findComponent } from "../../domain/team.ts";
import { applyFact } from "../../engine/run/apply-fact.ts";
import { interruption } from "../../engine/drive/interrupted.ts";
import { outcomeUnknown } from "../../engine/people/requirements.ts";
import { callArguments, type PendingCall } from "../../engine/run/calls.ts";
import { newRun, type RecordedFact, type Run, type RunEnd, type RunHead } from "../../engine/run/state.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import { type Committed, commit, readOrNull, type Statement } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { takeBackAnswers, waitAgainStatements } from "../../store/runs/continue.ts";
import { settleStatements } from "../../store/runs/settle.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { putBackStatements, takeOver, withdrawStatements } from "../../store/runs/undo.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { refusedRuns, settlementOf } from "./settlement.ts";

/** What became of a settle. `kept` is what was stored: the run, or what fits of it when D1 refused it for its content. */
export type Settled =
  | { kind: "landed"; kept: Run }
  /** Somebody else closed the run, or the session is gone: there was nothing left to write. */
  | { kind: "fenced" }
  | { kind: "unknown" };

/** Writes a run's pause or end to D1, whole or, when D1 refuses that for its content, as ERROR `storage` with what fits. */
export async function settle(
  db: Database,
  run: Run,
  end: RunEnd,
  session: Session | null,
  ...before: Statement[]
): Promise<Settled> {
  const write = (kept: Run, keptEnd: RunEnd) => {
    const [first, ...rest] = [...before, ...settleStatements(db, settlementOf(kept, keptEnd, session))];
    return first === undefined ? Promise.resolve<Committed>({ kind: "unknown" }) : commit(db, [first, ...rest]);
  };
  let committed = await write(run, end);
  let kept = run;
  for (const smaller of refusedRuns(run)) {
    if (committed.kind !== "refused" || smaller.end === null) {
      break;
    }
    committed = await write(smaller, smaller.end);
    kept = smaller;
  }
  if (committed.kind === "written") {
    return committed.changed.at(-1) ? { kind: "landed", kept } : { kind: "fenced" };
  }
  return { kind: "unknown" };
}

export interface Landing {
  deps: SessionDependencies;
  /** The session's row, fresh or remembered; null when D1 is away. */
  row(): Promise<{ value: Session | null } | null>;
  /** A run has paused again: when it goes on by itself somebody has to take it up, when it expires to wake. */
  onPaused(run: Run): void;
}

/**
 * Brings to D1 what an entry of the journal says is not there for certain, and removes the entry. False when D1 is
 * away; it is tried again then. Whatever an older instance still sends is void afterwards.
 */
export async function land(landing: Landing, runId: string, entry: JournalEntry): Promise<boolean> {
  const landed = await landEntry(landing, entry);
  if (landed) {
    landing.deps.journal.remove(runId);
  }
  return landed;
}

async function landEntry(landing: Landing, entry: JournalEntry): Promise<boolean> {
  const { db, now, newId, sessionId } = landing.deps;
  const takenOver = () => takeOver(db, sessionId, newId());
  switch (entry.phase) {
    case "accepting":
      return isDecided(await commit(db, [...withdrawStatements(db, entry.note, now()), takenOver()]));
    case "starting":
      return isDecided(await commit(db, [...putBackStatements(db, entry.note), takenOver()]));
    case "answering":
      return isDecided(await commit(db, takeBackAnswers(db, entry.note, newId())));
    case "continuing":
      return isDecided(await commit(db, [...waitAgainStatements(db, entry.note), takenOver()]));
    case "running":
      return landRun(landing, entry);
  }
}

async function landRun(
  landing: Landing,
  { head, continues }: Extract<JournalEntry, { phase: "running" }>,
): Promise<boolean> {
  const { db, journal, newId, sessionId } = landing.deps;
  const isAlone = !continues && head.component.type === "agent";
  const stored = isAlone ? null : await storedRun(landing, head);
  if (stored === "away") {
    return false;
  }
  if (stored === "gone") {
    return true;
  }
  if (stored !== null && (stored.end !== null || stored.head.fence !== head.fence)) {
    // Its settle was written, and only the answer lost.
    const committed = await commit(db, [takeOver(db, sessionId, newId())]);
    if (isDecided(committed) && head.parentRunId === null) {
      landing.onPaused(stored);
    }
    return isDecided(committed);
  }
  const run = stored !== null && continues ? stored : newRun(head, stored?.requirements);
  if (stored !== null && run !== stored) {
    run.members.push(...stored.members);
  }
  const eventsBefore = run.eventCount;
  for (const recorded of journal.facts(head.runId)) {
    applyFact(run, recorded);
  }
  const end = run.end ?? interrupt(landing, run, continues, eventsBefore);
  const session = await landing.row();
  if (session === null) {
    return false;
  }
  const settled = await settle(db, run, end, session.value, takeOver(db, sessionId, newId()));
  if (settled.kind === "landed" && run.head.parentRunId === null) {
    landing.onPaused(run);
  }
  return settled.kind !== "unknown";
}

/** The run as D1 has it, its member runs as they have landed, with all that the top-level run over it asked for. */
async function storedRun({ deps }: Landing, head: RunHead): Promise<Run | "away" | "gone"> {
  const read = await readOrNull(findRunTree(deps.db, deps.sessionId, topRunId(deps.journal, head)));
  if (read === null) {
    return "away";
  }
  const tree = read.value;
  const stored = tree === null ? [] : [tree, ...tree.members];
  const own = stored.find(({ row }) => row.runId === head.runId);
  return tree === null || own === undefined ? "gone" : runTree(own, tree.members, tree.requirements);
}

/** The runs that a member run is in land behind it: the journal still has them. */
function topRunId(journal: Journal, { runId, parentRunId }: RunHead): string {
  const parent = parentRunId === null ? undefined : journal.entries().get(parentRunId);
  return parent?.phase === "running" ? topRunId(journal, parent.head) : (parentRunId ?? runId);
}

/** A run whose instance died stops here, once: that is written down first, so that every later try is the same. */
function interrupt({ deps }: Landing, run: Run, continues: boolean, eventsBefore: number): RunEnd {
  const { journal, now } = deps;
  const at = Math.max(0, now() - run.head.startedAt);
  const { runId } = run.head;
  let position = Math.max(-1, ...run.requirements.map((requirement) => requirement.position));
  const facts = interruption(run, {
    continues,
    nextIndex: journal.nextFreeIndex(runId, eventsBefore),
    askAgain: (pending) => {
      position += 1;
      return askAgain(deps, run, pending, position);
    },
  });
  const recorded: RecordedFact[] = facts.map((fact) => ({ at: fact.type === "run_started" ? 0 : at, fact }));
  journal.append(runId, recorded, run.head.startedAt);
  for (const one of recorded) {
    applyFact(run, one);
  }
  if (run.end === null) {
    throw new Error("An interruption must stop its run.");
  }
  return run.end;
}

function askAgain(deps: SessionDependencies, run: Run, { call, nth }: PendingCall, position: number) {
  const { component, runId, parentRunId, sessionId, userId } = run.head;
  const tool = findComponent(deps, component)?.tools?.find(({ name }) => name === call.name);
  if (tool?.idempotent === true) {
    return null;
  }
  const place = {
    sessionId,
    runId: topRunId(deps.journal, run.head),
    memberRunId: parentRunId === null ? null : runId,
    agentId: component.type === "agent" ? component.id : null,
    teamId: component.type === "team" ? component.id : null,
    componentName: component.name,
    userId,
    position,
    call: nth,
    nowMs: deps.now(),
    newId: deps.newId,
  };
  return outcomeUnknown(tool, call, place, callArguments(run, nth));
}

/** A refusal is an answer too: it would be the same the next time. */
function isDecided(committed: Committed): boolean {
  return committed.kind !== "unknown";
}
