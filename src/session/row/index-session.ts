import type { MessageKey } from "../../domain/message.ts";
import { isHidden, type Session } from "../../domain/session.ts";
import { log } from "../../lib/log.ts";
import { type Committed, commit, readOrNull } from "../../store/commit.ts";
import { indexStatements, readUnindexed } from "../../store/search/unindexed.ts";
import { sessionQuery, toSession } from "../../store/sessions/sessions.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Alarm } from "../recovery/alarm.ts";
import { restAfter } from "../recovery/indexing-pace.ts";
import { isNotLanded, type Leftovers, type NotLanded } from "../recovery/leftovers.ts";
import type { SessionMemory } from "./memory.ts";

/**
 * Indexes the messages of a session that was claimed, forked or imported, in steps between which runs go on. D1 says from
 * where on messages are missing in the index, so a step that was lost is done again.
 */
export class SessionIndexing {
  readonly #deps: SessionDependencies;
  readonly #memory: SessionMemory;
  readonly #leftovers: Leftovers;
  readonly #alarm: Alarm;
  /**
   * The last message that this object has indexed, and for which owner. It is in the run that
   * `unindexedFrom` names in D1.
   */
  #reached: { key: MessageKey; userId: string | null } | null = null;
  /** How many steps this instance may still do; null: as many as there are. */
  #steps: number | null = null;
  /** Whether D1 knows of a step since these were allowed. It notes runs only, so a long run takes several. */
  #isNoted = false;

  constructor(deps: SessionDependencies, memory: SessionMemory, leftovers: Leftovers, alarm: Alarm) {
    this.#deps = deps;
    this.#memory = memory;
    this.#leftovers = leftovers;
    this.#alarm = alarm;
  }

  /**
   * Has the alarm index messages, in so many steps at most; null: in as many as it takes. Steps that were allowed without a bound
   * are not bounded by it.
   */
  begin(steps: number | null): void {
    if (steps === null || !this.#alarm.isIndexing() || this.#steps !== null) {
      this.#steps = steps;
      this.#isNoted = false;
    }
    this.#alarm.index();
  }

  /** Indexes the next messages, if some are missing in the index; false when D1 is away. */
  async step(): Promise<boolean> {
    if (!this.#alarm.isIndexing()) {
      return true;
    }
    const startedAt = this.#deps.now();
    const isDone = await this.#index();
    this.#alarm.indexEvery(restAfter(this.#deps.now() - startedAt));
    if (!isDone) {
      this.#alarm.failed();
    }
    if (this.#steps !== null) {
      this.#steps -= 1;
      // The cron trigger hands out further steps. What D1 has not noted would be done again then, each time.
      if (this.#steps <= 0 && this.#isNoted) this.#alarm.indexed();
    }
    if (!this.#alarm.isIndexing()) {
      this.#steps = null;
    }
    return isDone;
  }

  async #index(): Promise<boolean> {
    const { db, sessionId } = this.#deps;
    const read = await readOrNull(sessionQuery(db, sessionId).execute());
    if (read === null) {
      return false;
    }
    const session = read.value[0] === undefined ? null : toSession(read.value[0]);
    if (session === null || isHidden(session) || session.unindexedFrom === null) {
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
    // Only the write is in line: no other write of the row should wait while texts are split into words.
    const statements = indexStatements(db, session, slice.value, nextFrom);
    const committed = await this.#leftovers.writeRow(() => commit(db, statements));
    if (isNotLanded(committed) || committed.kind !== "written") {
      return this.#refused(committed);
    }
    this.#reached = null;
    if (committed.changed.at(-1)) {
      this.#reached = goesOn ? { key: last, userId: session.userId } : null;
      this.#moveOn(nextFrom);
      this.#isNoted ||= nextFrom !== session.unindexedFrom;
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
    if (unindexedFrom === null) {
      this.#alarm.indexed();
    }
  }

  #refused(committed: Committed | NotLanded): false {
    if (!isNotLanded(committed) && committed.kind === "refused") {
      log("error", "index.refused", { session_id: this.#deps.sessionId, reason: committed.constraint });
    }
    return false;
  }
}
