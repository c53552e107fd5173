import type { Session } from "../../domain/session.ts";
import { findComponent, type Registry } from "../../domain/team.ts";
import { interruption, mayRunAgain } from "../../engine/drive/interrupted.ts";
import { outcomeUnknown } from "../../engine/people/requirements.ts";
import { applyFact } from "../../engine/run/apply-fact.ts";
import { callArguments, type PendingCall } from "../../engine/run/calls.ts";
import { newRun, type RecordedFact, type Run, type RunEnd, type RunHead } from "../../engine/run/state.ts";
import { runTree } from "../../engine/run/stored-run.ts";
import { type Committed, commit, readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { takeBackAnswers, waitAgainStatements } from "../../store/runs/continue.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { putBackStatements, renewFence, withdrawStatements } from "../../store/runs/undo.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { type Settled, settle } from "./settle.ts";

/** What landing is done with. */
export interface LandingDependencies extends Registry {
  sessionId: string;
  db: Database;
  journal: Journal;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
}

export interface Landing {
  deps: LandingDependencies;
  /** The session's row, fresh or remembered; null when D1 is away. */
  row(): Promise<{ value: Session | null } | null>;
  /** Called for a top-level run that has landed: if it paused again, the lane has to take it up, or the alarm to expire it. */
  onRunLanded(run: Run): void;
}

type RunningEntry = Extract<JournalEntry, { phase: "running" }>;

/** What became of an entry that was to land. Where D1 is away, or full, the entry stays and is tried again. */
export type Landed = "landed" | "away" | "full";

/**
 * Brings to D1 what an entry of the journal has and D1 may not have, and removes the entry once that is done. Afterwards
 * every write that an older instance still sends is void.
 */
export async function land(landing: Landing, runId: string, entry: JournalEntry): Promise<Landed> {
  const landed = await landEntry(landing, entry);
  if (landed === "landed") {
    landing.deps.journal.remove(runId);
  }
  return landed;
}

async function landEntry(landing: Landing, entry: JournalEntry): Promise<Landed> {
  const { db, now, newId, sessionId } = landing.deps;
  const renewal = () => renewFence(db, sessionId, newId());
  switch (entry.phase) {
    case "accepting":
      return landedBy(await commit(db, [...withdrawStatements(db, entry.note, now()), renewal()]));
    case "starting":
      return landedBy(await commit(db, [...putBackStatements(db, entry.note), renewal()]));
    case "answering":
      return landedBy(await commit(db, takeBackAnswers(db, entry.note, newId())));
    case "continuing":
      return landedBy(await commit(db, [...waitAgainStatements(db, entry.note), renewal()]));
    case "running":
      return landRun(landing, entry);
  }
}

async function landRun(landing: Landing, entry: RunningEntry): Promise<Landed> {
  const { db, newId, sessionId } = landing.deps;
  const { head, continues } = entry;
  const isAlone = !continues && head.component.type === "agent";
  const stored = isAlone ? null : await storedRun(landing, head);
  if (stored === "away") {
    return "away";
  }
  if (stored === "gone") {
    return "landed";
  }
  if (stored !== null && (stored.end !== null || stored.head.fence !== head.fence)) {
    return landSettled(landing, stored);
  }
  const { run, end } = stoppedRun(landing, entry, stored);
  const session = await landing.row();
  if (session === null) {
    return "away";
  }
  const settled = await settle(db, { run, end, session: session.value, before: [renewFence(db, sessionId, newId())] });
  if (settled.kind === "landed" && run.head.parentRunId === null) {
    landing.onRunLanded(run);
  }
  return landedBy(settled);
}

/** Lands a run whose settle is in D1: only D1's answer was lost. */
async function landSettled(landing: Landing, stored: Run): Promise<Landed> {
  const { db, newId, sessionId } = landing.deps;
  const committed = await commit(db, [renewFence(db, sessionId, newId())]);
  const landed = landedBy(committed);
  if (landed === "landed" && stored.head.parentRunId === null) {
    landing.onRunLanded(stored);
  }
  return landed;
}

/** The run as the journal has it, with its end. If it has none, the death of its instance gives it one. */
function stoppedRun(
  landing: Landing,
  { head, continues }: RunningEntry,
  stored: Run | null,
): { run: Run; end: RunEnd } {
  const run = stored !== null && continues ? stored : newRun(head, stored?.requirements);
  if (stored !== null && run !== stored) {
    run.members.push(...stored.members);
  }
  const eventsBefore = run.eventCount;
  for (const recorded of landing.deps.journal.facts(head.runId)) {
    applyFact(run, recorded);
  }
  return { run, end: run.end ?? interrupt(landing.deps, run, continues, eventsBefore) };
}

/**
 * The run as D1 has it, with its member runs as they have landed. Its requirements are those of the whole run tree, since
 * they are stored under the top-level run.
 */
async function storedRun({ deps }: Landing, head: RunHead): Promise<Run | "away" | "gone"> {
  const read = await readOrNull(
    findRunTree(deps.db, { sessionId: deps.sessionId, principal: null }, topRunId(deps.journal, head)),
  );
  if (read === null) {
    return "away";
  }
  const tree = read.value;
  const stored = tree === null ? [] : [tree, ...tree.members];
  const own = stored.find(({ row }) => row.runId === head.runId);
  return tree === null || own === undefined ? "gone" : runTree(own, tree.members, tree.requirements);
}

/** The top-level run over a member run. The journal still has the runs between: they land after their members. */
function topRunId(journal: Journal, { runId, parentRunId }: RunHead): string {
  const parent = parentRunId === null ? undefined : journal.entries().get(parentRunId);
  return parent?.phase === "running" ? topRunId(journal, parent.head) : (parentRunId ?? runId);
}

/** Stops a run whose instance died. The stop is journaled before it is written to D1, so that a later try writes the same. */
function interrupt(deps: LandingDependencies, run: Run, continues: boolean, eventsBefore: number): RunEnd {
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

/**
 * The requirement by which a person says whether a call that had begun runs again; null for a call that may
 * run again unasked.
 */
function askAgain(deps: LandingDependencies, run: Run, pending: PendingCall, position: number) {
  const { call, nth } = pending;
  const { component, runId, parentRunId, sessionId, userId } = run.head;
  const tool = findComponent(deps, component)?.tools?.find(({ name }) => name === call.name);
  if (mayRunAgain(run, pending, tool)) {
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

/** A refusal is an answer too: it would be the same the next time. A full database is none: there may be room the next time. */
function landedBy({ kind }: Committed | Settled): Landed {
  return kind === "unknown" ? "away" : kind === "full" ? "full" : "landed";
}
