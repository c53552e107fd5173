import type { Session } from "../../domain/session.ts";
import { log } from "../../lib/log.ts";
import { type Committed, commit, readOrNull, type Statement } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import {
  abandonStatement,
  type CountedStatements,
  claimStatement,
  clearStatements,
  type ImportFence,
  releaseStatement,
  shownAt,
  showStatements,
  takeOverStatement,
} from "../../store/portable/import-writes.ts";

/** Why a session does not come in; `isAway`: because D1 does not answer, so that nothing else will either. */
export interface Trouble {
  reason: string;
  isAway: boolean;
}

/** After which time an import that writes nothing more is taken for dead. */
const ABANDONED_AFTER_MS = 2 * 60_000;
const ROWS_A_STEP = 5_000;

const AWAY: Trouble = { reason: "The database did not answer.", isAway: true };
const TAKEN_OVER: Trouble = { reason: "Another import has taken the session over.", isAway: false };
const IN_VAIN: Trouble = {
  reason: "A run, message or requirement of it is there already, in another session or twice in this one.",
  isAway: false,
};

/** How an import writes: each batch, and what its end means. Counts what it sends. */
export class ImportDatabase {
  readonly #db: Database;
  #sent = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** How many statements D1 was sent: an invocation may send 1,000. */
  get sent(): number {
    return this.#sent;
  }

  /** Takes the id for a hidden session, also from an import that died; whatever that left is removed first. */
  async claim(session: Session): Promise<Trouble | "taken" | null> {
    const claimed = await this.#commit([claimStatement(this.#db, session)]);
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
    return taken.changed[0] ? this.#clear(session) : "taken";
  }

  /** Writes rows that must all be new. */
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

  /** Removes the hidden session. Gives up where D1 does: it stays hidden. Does not throw. */
  async abandon(fence: ImportFence, newFence: string): Promise<void> {
    // First the fence, so that a batch that arrives late does not show what is being removed.
    const abandoned = await this.#commit([abandonStatement(this.#db, fence, newFence)]);
    if (abandoned.kind !== "written" || !abandoned.changed[0]) {
      return;
    }
    const ours = { sessionId: fence.sessionId, fence: newFence };
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

  async #commit(statements: [Statement, ...Statement[]]): Promise<Committed> {
    this.#sent += statements.length;
    return commit(this.#db, statements);
  }
}

function troubleOf(committed: Exclude<Committed, { kind: "written" }>): Trouble {
  if (committed.kind === "unknown") {
    return AWAY;
  }
  // What was validated should pass; two runs of one place, or a row that is too large after all, do not.
  log("warn", "import.refused", { reason: committed.constraint });
  return { reason: "The database refused what the session holds.", isAway: false };
}
