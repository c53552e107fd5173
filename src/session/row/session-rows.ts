import { databaseUnavailable, preconditionFailed, sessionNotFound } from "../../domain/error.ts";
import { type IfMatch, isMatched } from "../../domain/etag.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { maySee, type Principal } from "../../domain/principal.ts";
import type { Session } from "../../domain/session.ts";
import type { SessionPatch } from "../../domain/session-fields.ts";
import { commit, type Statement, whyNotWritten } from "../../store/commit.ts";
import { patchedSession, patchStatements } from "../../store/sessions/writes.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { isNotLanded, type Leftovers, whyNotLanded } from "../recovery/leftovers.ts";
import type { SessionMemory } from "./memory.ts";

/** How often a write is planned, if the row is not as it was remembered. */
const MAX_ATTEMPTS = 3;

/** Decides what to write on the row as it stands. Nothing is written for an empty patch. */
export type Plan = (session: Session) => Outcome<SessionPatch>;

interface WriteOptions {
  /** Called when D1 has it. */
  onWritten?: () => void;
  /** Repeatable statements of the same batch. If nothing is written, they are noted alone. */
  along?: readonly Statement[];
}

/**
 * The session's row as callers see and change it. Changes are written in line: each is planned on the row
 * that the last one left.
 */
export class SessionRows {
  readonly #deps: SessionDependencies;
  readonly #memory: SessionMemory;
  readonly #leftovers: Leftovers;

  constructor(deps: SessionDependencies, memory: SessionMemory, leftovers: Leftovers) {
    this.#deps = deps;
    this.#memory = memory;
    this.#leftovers = leftovers;
  }

  async find(principal: Principal): Promise<Outcome<Session>> {
    const row = await this.#memory.row();
    if (row === null) {
      return fail(databaseUnavailable());
    }
    return row.value === null || !maySee(principal, row.value) ? fail(sessionNotFound()) : ok(row.value);
  }

  /** The session if the caller's `If-Match` holds. Checked first, so that no guardrail or model is called for a change that fails. */
  findMatching(principal: Principal, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    return ifMatch === null
      ? this.find(principal)
      : this.write(principal, (session) => (isMatched(ifMatch, session) ? ok({}) : fail(preconditionFailed())));
  }

  /** Writes what the plan says, in line with all writes of the row. Answers the session as it stands after that. */
  async write(
    principal: Principal,
    plan: Plan,
    { onWritten = () => {}, along = [] }: WriteOptions = {},
  ): Promise<Outcome<Session>> {
    let isWritten = false;
    const written = await this.#leftovers.writeRow(() =>
      this.#write(principal, plan, {
        along,
        onWritten: () => {
          isWritten = true;
          onWritten();
        },
      }),
    );
    if (!isWritten) this.note(along);
    return isNotLanded(written) ? fail(whyNotLanded(written)) : written;
  }

  /** Writes repeatable statements that are about no row of the session. Nobody waits for this. */
  note([first, ...rest]: readonly Statement[]): void {
    if (first !== undefined) this.#deps.background(commit(this.#deps.db, [first, ...rest]).then(() => {}));
  }

  async #write(
    principal: Principal,
    plan: Plan,
    { onWritten, along }: Required<WriteOptions>,
  ): Promise<Outcome<Session>> {
    // The remembered row may be wrong: a run may have settled since, or the session was made anew without the object.
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await this.find(principal);
      if (!found.ok) {
        return found;
      }
      const before = found.value;
      const planned = plan(before);
      if (!planned.ok && planned.failure.code === "precondition_failed" && attempt === 0) {
        // A run may have settled. The caller has read that in D1, and memory does not know it yet.
        this.#memory.drop();
        continue;
      }
      if (!planned.ok) {
        return planned;
      }
      const patch = planned.value;
      if (Object.keys(patch).length === 0) {
        return ok(before);
      }
      const after = patchedSession(before, patch, this.#deps.now());
      const mark = this.#memory.mark();
      const [first, ...rest] = patchStatements(this.#deps.db, before, after, patch);
      const committed = await commit(this.#deps.db, [first, ...rest, ...along]);
      if (committed.kind === "written" && committed.changed[0]) {
        onWritten();
        return ok(this.#remember(mark, before, after, patch));
      }
      this.#memory.drop();
      if (committed.kind !== "written") {
        return fail(whyNotWritten(committed));
      }
    }
    return fail(databaseUnavailable());
  }

  /** Remembers a patch that was written. Answers the session as it stands now. */
  #remember(mark: number, before: Session, after: Session, patch: SessionPatch): Session {
    if ((this.#memory.session ?? before).version !== before.version) {
      // A run settled after this patch was written, and was remembered before it. The run's state is the newer one.
      this.#memory.drop();
      return after;
    }
    this.#memory.updateSince(mark, (now) => patchedSession(now, patch, after.updatedAt));
    return this.#memory.session ?? after;
  }
}
