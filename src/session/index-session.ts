import type { MessageKey } from "../domain/message.ts";
import type { Session } from "../domain/session.ts";
import { log } from "../lib/log.ts";
import { type Committed, commit, readOrNull } from "../store/commit.ts";
import { anyDocQuery } from "../store/message-docs.ts";
import { sessionQuery, toSession } from "../store/sessions.ts";
import { indexStatements, readUnindexed, removeLeftDocs } from "../store/unindexed.ts";
import type { Alarm } from "./alarm.ts";
import type { SessionDependencies } from "./dependencies.ts";
import type { Leftovers } from "./leftovers.ts";
import type { SessionMemory } from "./session-memory.ts";

/** Whether something of a session that is gone may be in the search index, kept where it outlives the object. */
export interface RemovalNote {
  get(): boolean;
  set(isLeft: boolean): void;
}

/**
 * Brings the search index to where the session is, in steps between which runs go on: a session that was claimed, forked,
 * imported, or deleted with more in it than one batch removes. D1 says what is to be done; a step that is lost is done again.
 */
export class SessionIndexing {
  readonly #deps: SessionDependencies;
  readonly #memory: SessionMemory;
  readonly #leftovers: Leftovers;
  readonly #alarm: Alarm;
  /** How far this object has come within the run that D1 names, and for which owner. */
  #reached: { key: MessageKey; userId: string | null } | null = null;

  constructor(deps: SessionDependencies, memory: SessionMemory, leftovers: Leftovers, alarm: Alarm) {
    this.#deps = deps;
    this.#memory = memory;
    this.#leftovers = leftovers;
    this.#alarm = alarm;
  }

  /** One bounded step, when there is something to do; false when D1 is away. */
  async step(): Promise<boolean> {
    if (!this.#alarm.isIndexing() && !this.#deps.removal.get()) {
      return true;
    }
    const isDone = (await this.#remove()) && (await this.#index());
    if (!isDone) {
      this.#alarm.failed();
    }
    return isDone;
  }

  /** To be called before the session is deleted: whoever dies then is woken, and removes what is left. */
  beforeDelete({ chatMessages }: Session): void {
    if (chatMessages > 0) {
      this.#deps.removal.set(true);
      this.#alarm.watch();
    }
  }

  async afterDelete(): Promise<void> {
    this.#reached = null;
    if (!this.#deps.removal.get()) {
      return;
    }
    const read = await readOrNull(anyDocQuery(this.#deps.db, this.#deps.sessionId).execute());
    if (read?.value.length === 0) {
      this.#deps.removal.set(false);
    } else {
      this.#alarm.index();
    }
  }

  async #remove(): Promise<boolean> {
    if (!this.#deps.removal.get()) {
      return true;
    }
    const { db, sessionId } = this.#deps;
    const committed = await this.#leftovers.writeRow(() => commit(db, [removeLeftDocs(db, sessionId)]));
    if (committed?.kind !== "written") {
      return this.#refused(committed);
    }
    if (committed.changed[0] === 0) {
      this.#deps.removal.set(false);
    } else {
      this.#alarm.index();
    }
    return true;
  }

  async #index(): Promise<boolean> {
    const { db, sessionId } = this.#deps;
    const read = await readOrNull(sessionQuery(db, sessionId).execute());
    if (read === null) {
      return false;
    }
    const session = read.value[0] === undefined ? null : toSession(read.value[0]);
    if (session === null || session.unindexedFrom === null) {
      this.#moveOn(null);
      return true;
    }
    const slice = await readOrNull(readUnindexed(db, sessionId, this.#from(session, session.unindexedFrom)));
    if (slice === null) {
      return false;
    }
    const last = slice.value.messages.at(-1)?.key ?? null;
    const goesOn = slice.value.goesOn && last !== null;
    const nextFrom = goesOn ? last.runIndex : null;
    // Only the write is in line: nobody waits for texts to be taken apart.
    const statements = indexStatements(db, session, slice.value, nextFrom);
    const committed = await this.#leftovers.writeRow(() => commit(db, statements));
    if (committed?.kind !== "written") {
      return this.#refused(committed);
    }
    this.#reached = null;
    if (committed.changed.at(-1)) {
      this.#reached = goesOn ? { key: last, userId: session.userId } : null;
      this.#moveOn(nextFrom);
    }
    return true;
  }

  #from({ userId }: Session, unindexedFrom: number): MessageKey {
    const reached = this.#reached;
    const isThere = reached !== null && reached.key.runIndex === unindexedFrom && reached.userId === userId;
    return isThere ? reached.key : { runIndex: unindexedFrom, messageIndex: -1 };
  }

  #moveOn(unindexedFrom: number | null): void {
    this.#memory.update((session) => ({ ...session, unindexedFrom }));
    if (unindexedFrom === null && !this.#deps.removal.get()) {
      this.#alarm.indexed();
    }
  }

  #refused(committed: Committed | null): false {
    if (committed?.kind === "refused") {
      log("error", "index.refused", { session_id: this.#deps.sessionId, reason: committed.constraint });
    }
    return false;
  }
}
