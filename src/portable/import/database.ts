import type { Session } from "../../domain/session.ts";
import { log } from "../../lib/log.ts";
import { type Committed, commit, type NotWritten, readOrNull, type Statement } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import {
  abandonStatement,
  type CountedStatements,
  claimStatements,
  clearStatements,
  type IdHolder,
  type ImportFence,
  idHolders,
  releaseStatement,
  shownAt,
  showStatements,
  showWholeStatements,
  takeOverStatement,
  type WholeSessions,
} from "../../store/portable/import-writes.ts";

/** Why a session cannot be imported. `isAway`: D1 does not answer, or is full, so no other session can be imported either. */
export interface Trouble {
  reason: string;
  isAway: boolean;
}

/** How long an import may write nothing before it counts as dead. */
export const ABANDONED_AFTER_MS = 2 * 60_000;
const ROWS_A_STEP = 5_000;

const AWAY: Trouble = { reason: "The database did not answer.", isAway: true };
const FULL: Trouble = { reason: "The database is full. Deleting sessions makes room.", isAway: true };
const TAKEN_OVER: Trouble = { reason: "Another import has taken the session over.", isAway: false };
const IN_VAIN: Trouble = {
  reason: "A run, message or requirement of it is there already, in another session or twice in this one.",
  isAway: false,
};

/** Sends the batches of an import and says what became of each. Counts the statements. */
export class ImportDatabase {
  readonly #db: Database;
  #sent = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** How many statements were sent to D1: an invocation may send 1,000. */
  get sent(): number {
    return this.#sent;
  }

  /** Takes the id for a hidden session. If an import that died holds it, what that left is removed first. */
  async claim(session: Session): Promise<Trouble | "taken" | null> {
    const claimed = await this.#commit(claimStatements(this.#db, [session]));
    if (claimed.kind !== "written") {
      return troubleOf(claimed);
    }
    if (claimed.changed[0]) {
      return null;
    }
    const before = (session.hiddenAt ?? 0) - ABANDONED_AFTER_MS;
    const taken = await this.#commit([takeOverStatement(this.#db, session, before)]);
    if (taken.kind !== "written") {
      return troubleOf(taken);
    }
    return taken.changed[0] ? this.#clear({ sessionIds: [session.sessionId], fence: session.fence }) : "taken";
  }

  /** Takes the ids for hidden sessions, as far as they are free; answers who has them now. */
  async claimFree(sessions: readonly Session[]): Promise<{ trouble: Trouble } | { holders: IdHolder[] }> {
    const claimed = await this.#commit(claimStatements(this.#db, sessions));
    if (claimed.kind !== "written") {
      return { trouble: troubleOf(claimed) };
    }
    const ids = sessions.map(({ sessionId }) => sessionId);
    const read = await this.read((db) => idHolders(db, ids));
    return read === null ? { trouble: AWAY } : { holders: read.value };
  }

  /** Writes rows, all of which must be new. */
  async add(statementsOf: (db: Database) => CountedStatements): Promise<Trouble | null> {
    const { statements, expected } = statementsOf(this.#db);
    const committed = await this.#commit(statements);
    if (committed.kind !== "written") {
      return troubleOf(committed);
    }
    if (!committed.changed[0]) {
      return TAKEN_OVER;
    }
    return expected.every((rows, nth) => (committed.changed[nth] ?? 0) >= rows) ? null : IN_VAIN;
  }

  async show(session: Session, open: readonly string[]): Promise<Trouble | null> {
    const committed = await this.#commit(showStatements(this.#db, session, open));
    if (committed.kind !== "written") {
      return troubleOf(committed);
    }
    return committed.changed[shownAt(open)] ? null : TAKEN_OVER;
  }

  /** Shows sessions that were claimed with their whole rows: all of them, or none. */
  async showWhole(ours: ImportFence, sessions: WholeSessions): Promise<Trouble | null> {
    const committed = await this.#commit(showWholeStatements(this.#db, ours, sessions));
    if (committed.kind !== "written") {
      return troubleOf(committed);
    }
    return committed.changed.at(-1) ? null : TAKEN_OVER;
  }

  /** Removes hidden sessions. If D1 does not answer, they stay hidden. Does not throw. */
  async abandon(fence: ImportFence, newFence: string): Promise<void> {
    // The fence changes first: otherwise a late batch could show a session while it is being removed.
    const abandoned = await this.#commit([abandonStatement(this.#db, fence, newFence)]);
    if (abandoned.kind !== "written" || !abandoned.changed[0]) {
      return;
    }
    const ours = { sessionIds: fence.sessionIds, fence: newFence };
    if ((await this.#clear(ours)) === null) {
      await this.#commit([releaseStatement(this.#db, ours)]);
    }
  }

  async read<T>(query: (db: Database) => Promise<T>): Promise<{ value: T } | null> {
    this.#sent += 1;
    return readOrNull(query(this.#db));
  }

  async #clear(fence: ImportFence): Promise<Trouble | null> {
    for (;;) {
      const cleared = await this.#commit(clearStatements(this.#db, fence, ROWS_A_STEP));
      if (cleared.kind !== "written") {
        return troubleOf(cleared);
      }
      if (cleared.changed.every((rows) => rows === 0)) {
        return null;
      }
    }
  }

  async #commit(statements: readonly Statement[]): Promise<Committed> {
    const [first, ...rest] = statements;
    if (first === undefined) throw new Error("A batch has one statement at least.");
    this.#sent += statements.length;
    return commit(this.#db, [first, ...rest]);
  }
}

function troubleOf(committed: NotWritten): Trouble {
  if (committed.kind === "unknown") {
    return AWAY;
  }
  if (committed.kind === "full") {
    return FULL;
  }
  // Rows were checked before. Still refused are, say, two runs of one run index, or a row that is too large after all.
  log("warn", "import.refused", { reason: committed.constraint });
  return { reason: "The database refused what the session holds.", isAway: false };
}
