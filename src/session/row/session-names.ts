import { preconditionFailed } from "../../domain/error.ts";
import { type IfMatch, isMatched } from "../../domain/etag.ts";
import type { ItemResult } from "../../domain/job.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { type Principal, SERVER } from "../../domain/principal.ts";
import type { Session } from "../../domain/session.ts";
import type { Component } from "../../domain/team.ts";
import { payerOf } from "../../domain/usage.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { type JobNaming, nameForJob } from "./name-for-job.ts";
import { type GeneratedName, generatedChange, isAutomaticallyDue, isNamedAsThen } from "./names.ts";
import type { Plan, SessionRows } from "./session-rows.ts";
import { usedBeside } from "./used-beside.ts";

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
    const asked = found.value;
    const generated = await generatedChange(this.#deps, asked, { fallback, jobId: null });
    if (!generated.ok) {
      return generated;
    }
    const plan: Plan = (session) =>
      isMatched(ifMatch, session) ? changeIfNewest(session, asked, generated.value) : fail(preconditionFailed());
    return this.#rows.write(principal, plan, this.#used(payerOf(principal, asked), generated.value));
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
    const generated = await generatedChange(this.#deps, session, { fallback: null, jobId: null });
    if (generated.ok) {
      const plan: Plan = (now) => changeIfNewest(now, session, generated.value);
      await this.#rows.write(SERVER, plan, this.#used(session.userId, generated.value));
    }
  }

  #used(payer: Session["userId"], { used }: GeneratedName) {
    return { along: usedBeside(this.#deps, payer, used) };
  }
}

const changeIfNewest = (session: Session, asked: Session, { change }: GeneratedName) =>
  ok(isNamedAsThen(session, asked) ? { name: change } : {});
