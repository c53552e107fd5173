import type { Session } from "../../domain/session.ts";
import type { Run, RunEnd } from "../../engine/run/state.ts";
import { type Committed, commit, type Statement } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { settleStatements } from "../../store/runs/settle.ts";
import { refusedRuns, settlementOf } from "./settlement.ts";

/** What became of a settle. `kept` is what was stored: the run, or what fits of it when D1 refused it for its content. */
export type Settled =
  | { kind: "landed"; kept: Run }
  /** Another writer closed the run, or the session is gone: there was nothing left to write. */
  | { kind: "fenced" }
  /** D1 has not taken it: the database is full, or D1 was away. It is to be written again later. */
  | { kind: "full" }
  | { kind: "unknown" };

export interface SettledRun {
  run: Run;
  end: RunEnd;
  /** The session's row; null when there is no such session. */
  session: Session | null;
  /** Statements of the same batch that stand before the settle. */
  before?: readonly Statement[];
}

/** Writes a run's pause or end to D1: whole, or as ERROR `storage` with what fits when D1 refuses its content. */
export async function settle(db: Database, { run, end, session, before = [] }: SettledRun): Promise<Settled> {
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
  return { kind: committed.kind === "full" ? "full" : "unknown" };
}
