import { blankSession } from "../../domain/session.ts";
import type { Database } from "../../store/database.ts";
import { addStatements } from "../../store/portable/import-writes.ts";
import type { LateFields } from "../agno/session.ts";
import type { ImportDatabase, Trouble } from "./database.ts";
import { placedRows, placedSession, type WrittenAs } from "./ids.ts";
import type { SessionRows } from "./session-rows.ts";

/**
 * A session that is imported by itself: hidden, in pieces, in the order of its lines. Each method answers what is wrong,
 * or null. Once one has answered that something is wrong, only `abandon` may be called.
 */
export class SessionImport {
  readonly #store: ImportDatabase;
  readonly #rows: SessionRows;
  readonly #as: WrittenAs;

  constructor(store: ImportDatabase, rows: SessionRows, as: WrittenAs) {
    this.#store = store;
    this.#rows = rows;
    this.#as = as;
  }

  get sessionId(): string {
    return this.#as.ids.sessionId;
  }

  /** Takes the session's id for a hidden session; `taken` if another session has it. */
  begin(nowMs: number): Promise<Trouble | "taken" | null> {
    const { sessionType, agentId, teamId, workflowId, createdAt } = this.#rows.draft;
    const identity = { sessionId: this.sessionId, sessionType, agentId, teamId, workflowId, createdAt };
    const hidden = blankSession({ ...identity, userId: this.#rows.userId, fence: this.#as.fence });
    return this.#store.claim({ ...hidden, visibility: "importing", hiddenAt: nowMs });
  }

  /** Writes what the session's rows hold. */
  async flush(nowMs: number): Promise<Trouble | null> {
    if (this.#rows.size.rows === 0) {
      return null;
    }
    const rows = await placedRows(this.#rows.held(), this.#as);
    this.#rows.written();
    const ours = { sessionIds: [this.sessionId], fence: this.#as.fence };
    return this.#store.add((db: Database) => addStatements(db, ours, rows, nowMs));
  }

  /** Writes the rest and shows the session. */
  async finish(late: LateFields, nowMs: number): Promise<Trouble | null> {
    const trouble = await this.flush(nowMs);
    if (trouble !== null) return trouble;
    const open: string[] = [];
    for (const id of this.#rows.open) open.push(await this.#as.ids.mapped(id));
    return this.#store.show(placedSession(this.#rows.session(late), this.#as), open);
  }

  /**
   * Takes back what was written. If D1 does not answer, the session stays hidden until a later import takes it over or
   * it is purged.
   */
  abandon(newFence: string): Promise<void> {
    return this.#store.abandon({ sessionIds: [this.sessionId], fence: this.#as.fence }, newFence);
  }
}
