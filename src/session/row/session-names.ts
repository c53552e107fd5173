import { preconditionFailed } from "../../domain/error.ts";
import { type IfMatch, isMatched } from "../../domain/etag.ts";
import type { ItemResult } from "../../domain/job.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { type Principal, SERVER } from "../../domain/principal.ts";
import type { Session } from "../../domain/session.ts";
import type { NameChange } from "../../domain/session-fields.ts";
import type { Component } from "../../domain/team.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { type JobNaming, nameForJob } from "./name-for-job.ts";
import { generatedChange, isAutomaticallyDue, isNamedAsThen } from "./names.ts";
import type { SessionRows } from "./session-rows.ts";

/** Has a model name the session: on request, for jobs, and once enough runs have completed. If the name changes meanwhile, the newer one stays. */
export class SessionNames {
  readonly #deps: SessionDependencies;
  readonly #rows: SessionRows;
  /** The namings that are under way for jobs, by job: a job that asks twice at once gets the same one. */
  readonly #ofJobs = new Map<string, Promise<ItemResult>>();

  constructor(deps: SessionDependencies, rows: SessionRows) {
    this.#deps = deps;
    this.#rows = rows;
  }

  /** Answers the session as it stands after that. */
  async generate(principal: Principal, fallback: string | null, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    const found = await this.#rows.findMatching(principal, ifMatch);
    if (!found.ok) {
      return found;
    }
    const change = await generatedChange(this.#deps, found.value, { fallback, jobId: null });
    return change.ok ? this.#apply(principal, found.value, change.value.change, ifMatch) : change;
  }

  /** Names the session for a job; asked twice at once by one job, it does so once. */
  forJob(naming: JobNaming): Promise<ItemResult> {
    const { jobId } = naming;
    const result =
      this.#ofJobs.get(jobId) ?? nameForJob(this.#deps, this.#rows, naming).finally(() => this.#ofJobs.delete(jobId));
    this.#ofJobs.set(jobId, result);
    return result;
  }

  /** To be called when a completed run is stored. Names the session if a name is due. */
  async runCompleted(session: Session, component: Component): Promise<void> {
    if (!isAutomaticallyDue(this.#deps, session, component)) {
      return;
    }
    const change = await generatedChange(this.#deps, session, { fallback: null, jobId: null });
    if (change.ok) {
      await this.#apply(SERVER, session, change.value.change, null);
    }
  }

  #apply(principal: Principal, asked: Session, change: NameChange, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    return this.#rows.write(principal, (session) => {
      if (!isMatched(ifMatch, session)) {
        return fail(preconditionFailed());
      }
      return ok(isNamedAsThen(session, asked) ? { name: change } : {});
    });
  }
}
