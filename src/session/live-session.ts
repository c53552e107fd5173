import type { Agent } from "../domain/agent.ts";
import { databaseUnavailable, sessionNotFound } from "../domain/error.ts";
import { fail, ok, type Outcome } from "../domain/outcome.ts";
import { maySee, type Principal } from "../domain/principal.ts";
import type { Session } from "../domain/session.ts";
import { log } from "../lib/log.ts";
import { Serial } from "../lib/serial.ts";
import { commit } from "../store/commit.ts";
import {
  deleteStatements,
  type NameChange,
  patchedSession,
  patchStatement,
  type SessionPatch,
} from "../store/session-writes.ts";
import { type Arrival, admit } from "./admit.ts";
import type { SessionDependencies } from "./dependencies.ts";
import type { LiveRun } from "./live-run.ts";
import { RunLane } from "./run-lane.ts";
import { SessionMemory } from "./session-memory.ts";
import { generatedChange, isAutomaticallyDue, manualChange } from "./session-names.ts";

/** What a caller changes; a name is as it was typed, `""` takes it away. */
export type RequestedPatch = Omit<SessionPatch, "name"> & { name?: string };

/**
 * A session while its object lives: the only one that writes its rows. Runs go through the lane, one at a time;
 * everything else is applied on arrival. Knows no platform.
 */
export class LiveSession {
  readonly #deps: SessionDependencies;
  readonly #memory: SessionMemory;
  readonly #lane: RunLane;
  /** Runs are let in one at a time, in the order in which they arrive. */
  readonly #arrivals = new Serial();
  /** Changes of the row, one at a time. */
  readonly #rowWrites = new Serial();

  constructor(deps: SessionDependencies) {
    this.#deps = deps;
    this.#memory = new SessionMemory(deps.db, deps.sessionId);
    this.#lane = new RunLane(deps, this.#memory, this.#rowWrites, (agent) => this.#afterCompletion(agent));
  }

  /** Lets a run in; the run that is answered is stored, and goes on whether or not anybody reads it. */
  startRun(arrival: Arrival): Promise<Outcome<LiveRun>> {
    return this.#arrivals.run(() => admit(this.#lane, arrival));
  }

  /** Cancels a run, waiting or active; one that is unknown, settled or somebody else's stays as it is. */
  async cancelRun(principal: Principal, runId: string): Promise<Outcome<null>> {
    const woken = this.#lane.has(runId) || (await this.wake());
    const row = await this.#memory.row();
    if (!woken || row === null) {
      return fail(databaseUnavailable());
    }
    if (row.value === null || !maySee(principal, row.value.userId)) {
      return ok(null);
    }
    return (await this.#lane.cancel(runId)) ? ok(null) : fail(databaseUnavailable());
  }

  /** Changes the session's name, state, metadata or summary; answers it as it stands then. */
  async patch(principal: Principal, requested: RequestedPatch): Promise<Outcome<Session>> {
    return this.#change(principal, async (session) => {
      const { name, ...rest } = requested;
      if (name === undefined) {
        return ok(rest);
      }
      const change = await manualChange(this.#deps, session, name);
      return change.ok ? ok({ ...rest, name: change.value }) : change;
    });
  }

  /** Has the model name the session; if the name changed meanwhile, the newer one stays. Answers the session as it is. */
  async generateName(principal: Principal, fallback: string | null): Promise<Outcome<Session>> {
    const found = await this.#find(principal);
    if (!found.ok) {
      return found;
    }
    const change = await generatedChange(this.#deps, found.value, fallback);
    return change.ok ? this.#applyGenerated(principal, found.value, change.value) : change;
  }

  /** Deletes the session with everything in it; one that does not exist for the caller is left alone. */
  delete(principal: Principal): Promise<Outcome<null>> {
    // In line with arrivals, so that no run is being let in while its session goes.
    return this.#arrivals.run(async () => {
      const landed = await this.#lane.land();
      const row = await this.#memory.row();
      if (!landed || row === null) {
        return fail(databaseUnavailable());
      }
      if (row.value === null || !maySee(principal, row.value.userId)) {
        return ok(null);
      }
      const statements = deleteStatements(this.#deps.db, this.#deps.sessionId);
      return this.#rowWrites.run(async () => {
        const committed = await commit(this.#deps.db, statements);
        if (committed.kind !== "written") {
          this.#memory.drop();
          return fail(databaseUnavailable());
        }
        this.#lane.clear();
        return ok(null);
      });
    });
  }

  /** Does what is left to do: lands what D1 has not, and takes up waiting runs. False when D1 is away. */
  wake(): Promise<boolean> {
    return this.#arrivals.run(async () => {
      if (!(await this.#lane.land())) {
        return false;
      }
      const loaded = await this.#memory.load(0, false);
      this.#lane.adopt(this.#memory.takePending());
      this.#lane.startNext();
      return loaded !== null;
    });
  }

  /** What the object's alarm calls; it is set again while there is anything to be woken for. */
  async alarm(): Promise<void> {
    await this.wake();
    this.#lane.rearm();
  }

  async #find(principal: Principal): Promise<Outcome<Session>> {
    const row = await this.#memory.row();
    if (row === null) {
      return fail(databaseUnavailable());
    }
    return row.value === null || !maySee(principal, row.value.userId) ? fail(sessionNotFound()) : ok(row.value);
  }

  /** Plans a change on the row as it stands and writes it, in line with other changes of the row. */
  async #change(
    principal: Principal,
    plan: (session: Session) => Promise<Outcome<SessionPatch>>,
  ): Promise<Outcome<Session>> {
    // What an unconfirmed accept may have changed is decided first, or its withdrawal would undo this change.
    if (!(await this.#lane.land())) {
      return fail(databaseUnavailable());
    }
    const found = await this.#find(principal);
    if (!found.ok) {
      return found;
    }
    const planned = await plan(found.value);
    return planned.ok ? this.#rowWrites.run(() => this.#write(principal, planned.value, () => true)) : planned;
  }

  async #write(
    principal: Principal,
    patch: SessionPatch,
    stillWanted: (session: Session) => boolean,
  ): Promise<Outcome<Session>> {
    // Twice: the row that memory knew may have been deleted and made anew without the object.
    for (let attempt = 0; attempt < 2; attempt++) {
      const found = await this.#find(principal);
      if (!found.ok) {
        return found;
      }
      const before = found.value;
      if (Object.keys(patch).length === 0 || !stillWanted(before)) {
        return ok(before);
      }
      const after = patchedSession(before, patch, this.#deps.now());
      const committed = await commit(this.#deps.db, [patchStatement(this.#deps.db, before, after, patch)]);
      if (committed.kind === "written" && committed.changes[0] === 1) {
        this.#memory.update((now) => patchedSession(now, patch, this.#deps.now()));
        return ok(this.#memory.session ?? after);
      }
      this.#memory.drop();
      if (committed.kind !== "written") {
        return fail(databaseUnavailable());
      }
    }
    return fail(sessionNotFound());
  }

  async #applyGenerated(principal: Principal, asked: Session, change: NameChange): Promise<Outcome<Session>> {
    if (!(await this.#lane.land())) {
      return fail(databaseUnavailable());
    }
    const isUnchanged = (session: Session) =>
      session.nameVersion === asked.nameVersion && session.createdAt === asked.createdAt;
    return this.#rowWrites.run(() => this.#write(principal, { name: change }, isUnchanged));
  }

  #afterCompletion(agent: Agent): void {
    const { session } = this.#memory;
    if (session === null || !isAutomaticallyDue(this.#deps, session, agent)) {
      return;
    }
    const anyone: Principal = { caller: "development", userId: null };
    this.#deps.background(
      generatedChange(this.#deps, session, null)
        .then(async (change) => {
          if (change.ok) {
            await this.#applyGenerated(anyone, session, change.value);
          }
        })
        .catch((error: unknown) => log("error", "naming.failed_unexpectedly", { error: String(error) })),
    );
  }
}
