import type { RunError } from "../domain/run.ts";
import type { Session } from "../domain/session.ts";
import { applyFact, type RecordedFact, type Run, type RunEnd } from "../engine/run-state.ts";
import { type Committed, commit, type Statement } from "../store/commit.ts";
import type { Database } from "../store/database.ts";
import { putBackStatements, takeOver, withdrawStatements } from "../store/run-undo.ts";
import { settleStatements } from "../store/run-writes.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import { refusedRuns, settlementOf } from "./settlement.ts";

/** What became of a settle. `kept` is what was stored: the run, or what fits of it when D1 refused it for its content. */
export type Settled =
  | { kind: "landed"; kept: Run }
  /** Somebody else closed the run, or the session is gone: there was nothing left to write. */
  | { kind: "fenced" }
  | { kind: "unknown" };

/** Writes an ended run to D1, whole or, when D1 refuses that for its content, as ERROR `storage` with what fits. */
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
    return committed.changes.at(-1) === 1 ? { kind: "landed", kept } : { kind: "fenced" };
  }
  return { kind: "unknown" };
}

export interface Landing {
  db: Database;
  journal: Journal;
  now(): number;
  newId(): string;
  /** The session's row, fresh or remembered; null when D1 is away. */
  row(): Promise<{ value: Session | null } | null>;
}

/**
 * Brings to D1 what an entry of the journal says is not there for certain, and removes the entry. False when D1 is
 * away; it is tried again then. Whatever an older instance still sends is void afterwards.
 */
export async function land(landing: Landing, runId: string, entry: JournalEntry): Promise<boolean> {
  const landed = await landEntry(landing, entry);
  if (landed) {
    landing.journal.remove(runId);
  }
  return landed;
}

async function landEntry({ db, journal, now, newId, row }: Landing, entry: JournalEntry): Promise<boolean> {
  switch (entry.phase) {
    case "accepting": {
      const { note } = entry;
      return isDecided(
        await commit(db, [...withdrawStatements(db, note, now()), takeOver(db, note.sessionId, newId())]),
      );
    }
    case "starting": {
      const { note } = entry;
      return isDecided(await commit(db, [...putBackStatements(db, note), takeOver(db, note.sessionId, newId())]));
    }
    case "running": {
      const { head } = entry;
      const run = journal.run(head);
      const end = run.end ?? interrupt(journal, run, now());
      const session = await row();
      if (session === null) {
        return false;
      }
      const settled = await settle(db, run, end, session.value, takeOver(db, head.sessionId, newId()));
      return settled.kind !== "unknown";
    }
  }
}

const INTERRUPTED: RunError = {
  type: "interrupted",
  message: "The run was interrupted before it ended; what had been written down by then was kept.",
};

/** A run whose instance died ends here, once: the end is written down first, so that every later try is the same. */
function interrupt(journal: Journal, run: Run, nowMs: number): RunEnd {
  const at = Math.max(0, nowMs - run.head.startedAt);
  const end: RecordedFact = { at, fact: { type: "failed", error: INTERRUPTED } };
  // Its readers have seen that it started, also where it died before anything of it was written down.
  const facts: RecordedFact[] = run.log.length === 0 ? [{ at: 0, fact: { type: "run_started" } }, end] : [end];
  journal.append(run.head.runId, facts);
  for (const recorded of facts) {
    applyFact(run, recorded);
  }
  return run.end ?? { status: "ERROR", error: INTERRUPTED, at: nowMs };
}

/** A refusal is an answer too: it would be the same the next time. */
function isDecided(committed: Committed): boolean {
  return committed.kind !== "unknown";
}
