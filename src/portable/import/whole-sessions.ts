import type { Session } from "../../domain/session.ts";
import type { MessageOfSession } from "../../store/messages/message-docs.ts";
import { addStatements, type IdHolder, type ImportFence } from "../../store/portable/import-writes.ts";
import { allLabels } from "../../store/sessions/labels.ts";
import type { LateFields } from "../agno/session.ts";
import {
  beginSession,
  type ImportOptions,
  type ImportWrites,
  isAbandoned,
  type Taken,
  takenBy,
} from "./begin-session.ts";
import type { Trouble } from "./database.ts";
import { ImportIds, placedRows, placedSession, type RenamedSessions, rememberRenamed } from "./ids.ts";
import type { HeldRows, SessionRows } from "./session-rows.ts";

/** A session all of whose lines have come, and none of whose rows is written. */
export interface WholeSession {
  rows: SessionRows;
  late: LateFields;
}

/** What became of a session. `no_room`: it is left to another request, because this one may send D1 no more statements. */
export type Written =
  | { kind: "imported"; sessionId: string; newId: string | null; isIndexed: boolean }
  | ({ kind: "taken" } & Taken)
  | { kind: "trouble"; trouble: Trouble }
  | { kind: "no_room" };

/** A session under the id that it asks for. */
interface Placed {
  whole: WholeSession;
  ids: ImportIds;
  newId: string | null;
}

/** An id is taken with the whole row, so that showing the session changes nothing but its visibility and `hidden_at`. */
interface Claimed extends Placed {
  session: Session;
  rows: HeldRows;
}

/** Behind so many statements no batch is tried in halves. It leaves room to take back what is not shown. */
const MAX_STATEMENTS = 900;

/**
 * Writes sessions in shared batches: one takes their ids, one adds their rows, one shows them. If D1 refuses a batch for
 * what one of them holds, halves are tried, so that the others come in. Answers what became of each, in their order. Does
 * not throw.
 */
export async function writeTogether(
  wholes: readonly WholeSession[],
  renamed: RenamedSessions,
  options: ImportOptions,
  writes: ImportWrites,
): Promise<Written[]> {
  const together = new Together(renamed, options, writes);
  await together.write(wholes);
  return wholes.map((whole) => together.outcomes.get(whole) ?? { kind: "no_room" });
}

class Together {
  readonly outcomes = new Map<WholeSession, Written>();
  readonly #renamed: RenamedSessions;
  readonly #options: ImportOptions;
  readonly #writes: ImportWrites;
  readonly #fence: string;
  #isAway = false;

  constructor(renamed: RenamedSessions, options: ImportOptions, writes: ImportWrites) {
    this.#renamed = renamed;
    this.#options = options;
    this.#writes = writes;
    this.#fence = writes.newId();
  }

  async write(wholes: readonly WholeSession[]): Promise<void> {
    const own = wholes.map((whole) => {
      const ids = new ImportIds(whole.rows.draft.sessionId, false, this.#renamed);
      return { whole, ids, newId: null };
    });
    const { claimed, taken } = await this.#claim(own);
    const again = this.#options.onConflict === "new" ? taken.map(({ whole }) => this.#underNewId(whole)) : [];
    const anew = await this.#claim(again);
    const all = [...claimed, ...anew.claimed];
    await this.#addAndShow(all);
    const left = all.filter(({ whole }) => this.outcomes.get(whole)?.kind !== "imported");
    if (left.length > 0) await this.#writes.store.abandon(this.#fenceOf(left), this.#writes.newId());
  }

  #underNewId(whole: WholeSession): Placed {
    const newId = this.#writes.newId();
    return { whole, ids: new ImportIds(newId, true, this.#renamed), newId };
  }

  /** Takes the ids of all that are free. What has become of the others is said, for now. */
  async #claim(placed: readonly Placed[]): Promise<{ claimed: Claimed[]; taken: Placed[] }> {
    const nowMs = this.#writes.now();
    const asked: Claimed[] = [];
    for (const one of placed) {
      const as = { ids: one.ids, fence: this.#fence };
      const rows = await placedRows(one.whole.rows.held(), as);
      const session = placedSession(one.whole.rows.session(one.whole.late), as);
      // The batch that shows the session puts its messages into the search index.
      asked.push({ ...one, rows, session: { ...session, unindexedFrom: null } });
    }
    const answer =
      asked.length === 0 || this.#isAway
        ? { holders: [] }
        : await this.#writes.store.claimFree(
            asked.map(({ session }) => ({ ...session, visibility: "importing", hiddenAt: nowMs })),
          );
    if ("trouble" in answer) {
      await this.#eachAlone(asked, answer.trouble);
      return { claimed: [], taken: [] };
    }
    const holders = new Map(answer.holders.map((holder) => [holder.sessionId, holder]));
    const claimed: Claimed[] = [];
    const taken: Placed[] = [];
    for (const one of asked) {
      const holder = holders.get(one.ids.sessionId);
      if (holder?.fence === this.#fence) claimed.push(one);
      else if (await this.#isTaken(one, holder, nowMs)) taken.push(one);
    }
    return { claimed, taken };
  }

  /** Whether another session has the id. An id that a dead import holds is free, and so is one that is free again by now. */
  async #isTaken(one: Placed, holder: IdHolder | undefined, nowMs: number): Promise<boolean> {
    if (holder === undefined || isAbandoned(holder, nowMs)) {
      await this.#alone(one.whole);
      return false;
    }
    this.outcomes.set(one.whole, { kind: "taken", ...takenBy(holder.visibility) });
    return true;
  }

  /** Adds the rows of hidden sessions and shows them. */
  async #addAndShow(claimed: readonly Claimed[]): Promise<void> {
    if (claimed.length === 0 || this.#isAway) {
      for (const { whole } of claimed) this.outcomes.set(whole, { kind: "no_room" });
      return;
    }
    const trouble = (await this.#add(claimed)) ?? (await this.#show(claimed));
    if (trouble === null) {
      for (const { whole, ids, newId } of claimed)
        this.#imported(whole, { sessionId: ids.sessionId, newId, isIndexed: true });
    } else if (trouble.isAway || claimed.length === 1) {
      this.#failed(claimed, trouble);
    } else if (this.#writes.store.sent > MAX_STATEMENTS) {
      for (const { whole } of claimed) this.outcomes.set(whole, { kind: "no_room" });
    } else {
      const half = Math.ceil(claimed.length / 2);
      await this.#addAndShow(claimed.slice(0, half));
      await this.#addAndShow(claimed.slice(half));
    }
  }

  async #add(claimed: readonly Claimed[]): Promise<Trouble | null> {
    const rows: HeldRows = {
      runs: claimed.flatMap((one) => one.rows.runs),
      messages: claimed.flatMap((one) => one.rows.messages),
      requirements: claimed.flatMap((one) => one.rows.requirements),
    };
    const { store, now } = this.#writes;
    return store.add((db) => addStatements(db, this.#fenceOf(claimed), rows, now()));
  }

  async #show(claimed: readonly Claimed[]): Promise<Trouble | null> {
    const open: string[] = [];
    for (const { whole, ids } of claimed) {
      for (const id of whole.rows.open) open.push(await ids.mapped(id));
    }
    return this.#writes.store.showWhole(this.#fenceOf(claimed), {
      archived: claimed.filter(({ session }) => session.visibility === "archived").map(({ ids }) => ids.sessionId),
      labels: claimed.flatMap(({ session, ids: { sessionId } }) =>
        allLabels(session).map((label) => ({ sessionId, label })),
      ),
      open,
      said: claimed.flatMap(({ rows }) => saidIn(rows)),
    });
  }

  /** D1 refused the batch that takes their ids, so one of them is to blame. */
  async #eachAlone(placed: readonly Placed[], trouble: Trouble): Promise<void> {
    if (trouble.isAway) return this.#failed(placed, trouble);
    for (const { whole } of placed) await this.#alone(whole);
  }

  async #alone(whole: WholeSession): Promise<void> {
    if (this.#isAway || this.#writes.store.sent > MAX_STATEMENTS) return;
    const begun = await beginSession(whole.rows, this.#renamed, this.#options, this.#writes);
    if (begun.kind !== "begun") {
      this.outcomes.set(whole, begun);
      this.#isAway ||= begun.kind === "trouble" && begun.trouble.isAway;
      return;
    }
    const { session, newId } = begun;
    const trouble = await session.finish(whole.late, this.#writes.now());
    if (trouble === null) {
      return this.#imported(whole, { sessionId: session.sessionId, newId, isIndexed: false });
    }
    this.#failed([{ whole }], trouble);
    await session.abandon(this.#writes.newId());
  }

  #imported(whole: WholeSession, as: Omit<Extract<Written, { kind: "imported" }>, "kind">): void {
    if (as.newId !== null) rememberRenamed(this.#renamed, whole.rows.draft.sessionId, as.newId);
    this.outcomes.set(whole, { kind: "imported", ...as });
  }

  #failed(placed: readonly Pick<Placed, "whole">[], trouble: Trouble): void {
    this.#isAway ||= trouble.isAway;
    for (const { whole } of placed) this.outcomes.set(whole, { kind: "trouble", trouble });
  }

  #fenceOf(claimed: readonly Placed[]): ImportFence {
    return { sessionIds: claimed.map(({ ids }) => ids.sessionId), fence: this.#fence };
  }
}

/** The messages of top-level runs, which the search finds. */
function saidIn({ runs, messages }: HeldRows): MessageOfSession[] {
  const members = new Set(runs.flatMap(({ runId, parentRunId }) => (parentRunId === null ? [] : [runId])));
  return messages.flatMap((row) =>
    members.has(row.runId)
      ? []
      : [{ sessionId: row.sessionId, runIndex: row.runIndex, messageIndex: row.messageIndex, message: row }],
  );
}
