import { DurableObject } from "cloudflare:workers";
import { agents, teams } from "../agents/index.ts";
import { agentNotFound, modelNotConfigured, teamNotFound } from "../domain/error.ts";
import type { IfMatch } from "../domain/etag.ts";
import type { ItemResult } from "../domain/job.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Principal } from "../domain/principal.ts";
import type { Session, SessionType } from "../domain/session.ts";
import { findComponent } from "../domain/team.ts";
import { type Config, readConfig } from "../env.ts";
import { errorFields, log } from "../lib/log.ts";
import { modelSource } from "../model/model-source.ts";
import { openDatabase } from "../store/database.ts";
import type { ContinueCall, ReadMode, ResumeAnswer, ResumeCall, RunAnswer, RunCall } from "./calls.ts";
import type { JobChange } from "./row/change-for-job.ts";
import type { DeleteOptions, ExpireCall, PurgeCall, Removed } from "./row/delete-session.ts";
import { eventStream, resumeStream } from "./drive/event-stream.ts";
import { Journal } from "./recovery/journal.ts";
import type { LiveRun } from "./drive/live-run.ts";
import { LiveSession } from "./live-session.ts";
import type { JobNaming } from "./row/name-for-job.ts";
import { missedEvents } from "./people/resume-run.ts";
import type { RequestedPatch } from "./row/patch.ts";

/**
 * The Durable Object of one session, named by the session's id: turns the platform into what `LiveSession` is handed,
 * and remote calls into its own. Expected failures come back as data; what is thrown is a bug or the platform's.
 */
export class SessionObject extends DurableObject<Env> {
  readonly #live: LiveSession;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const config = readConfig(env);
    if (!config.ok) {
      throw new Error("The server is not configured correctly.");
    }
    this.#live = liveSession(ctx, config.value);
  }

  async startRun({ request, principal, onBusy, read }: RunCall): Promise<Outcome<RunAnswer>> {
    const arrivedAt = Date.now();
    const { type } = request.component;
    const component = findComponent({ agents, teams }, request.component);
    if (component === undefined) {
      return fail(type === "agent" ? agentNotFound() : teamNotFound());
    }
    const config = readConfig(this.env);
    const model = config.ok ? modelSource(config.value)(component.model) : null;
    if (model === null) {
      return fail(modelNotConfigured());
    }
    const admitted = await this.#live.startRun({ request, principal, onBusy, component, model, arrivedAt });
    return admitted.ok ? ok(await this.#answer(admitted.value, read)) : admitted;
  }

  async continueRun({ read, ...call }: ContinueCall): Promise<Outcome<RunAnswer>> {
    const continued = await this.#live.continueRun({ ...call, arrivedAt: Date.now() });
    return continued.ok ? ok(await this.#answer(continued.value.live, read, continued.value.fromEntry)) : continued;
  }

  async resumeRun({ lastEventIndex, ...call }: ResumeCall): Promise<Outcome<ResumeAnswer>> {
    const found = await this.#live.resumeRun(call);
    if (!found.ok) {
      return found;
    }
    const live = found.value;
    const missed = missedEvents(live, lastEventIndex);
    return ok({ status: live.row.status, missed, stream: resumeStream(live, lastEventIndex, missed) });
  }

  async #answer(live: LiveRun, read: ReadMode, fromEntry = 0): Promise<RunAnswer> {
    if (read.kind === "whole") {
      await live.done();
    }
    const { runId, sessionId, input } = live.row;
    const head = live.run?.head;
    const known = { runId, sessionId, sessionCache: head?.sessionCache ?? null, timings: head?.timings ?? {} };
    if (read.kind === "background") {
      const waitingBefore = this.#live.waitingBefore(live);
      return { ...known, result: { kind: "background", status: "PENDING", waitingBefore } };
    }
    if (read.kind === "stream") {
      return { ...known, result: { kind: "stream", stream: eventStream(live, read.contentOnly, fromEntry) } };
    }
    if (live.run === null) {
      throw new Error("A run that is over has no result.");
    }
    const { persisted, settleMs } = live;
    return {
      ...known,
      result: { kind: "whole", run: live.run, input, inputMessages: live.input, persisted, settleMs },
    };
  }

  cancelRun(principal: Principal, runId: string): Promise<Outcome<null>> {
    return this.#live.cancelRun(principal, runId);
  }

  patchSession(principal: Principal, patch: RequestedPatch): Promise<Outcome<Session>> {
    return this.#live.patch(principal, patch);
  }

  generateName(principal: Principal, fallback: string | null, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    return this.#live.generateName(principal, fallback, ifMatch);
  }

  summarizeSession(principal: Principal, ifMatch: IfMatch | null): Promise<Outcome<Session>> {
    return this.#live.summarize(principal, ifMatch);
  }

  async nameForJob(naming: JobNaming): Promise<Outcome<ItemResult>> {
    return ok(await this.#live.nameForJob(naming));
  }

  async changeForJob(change: JobChange): Promise<Outcome<ItemResult>> {
    return ok(await this.#live.changeForJob(change));
  }

  deleteSession(principal: Principal, options: DeleteOptions): Promise<Outcome<null>> {
    return this.#live.delete(principal, options);
  }

  restoreSession(principal: Principal, type: SessionType | null): Promise<Outcome<Session>> {
    return this.#live.restore(principal, type);
  }

  expireSession(call: ExpireCall): Promise<Outcome<Removed>> {
    return this.#live.expire(call);
  }

  purgeSession(call: PurgeCall): Promise<Outcome<Removed>> {
    return this.#live.purge(call);
  }

  async index(): Promise<Outcome<null>> {
    return this.#live.index();
  }

  override async alarm(): Promise<void> {
    // Never throws: the platform gives up on an alarm that fails six times, and ours sets itself again.
    try {
      await this.#live.alarm();
    } catch (error) {
      log("error", "alarm.failed_unexpectedly", errorFields(error));
      await this.ctx.storage.setAlarm(Date.now() + FAILED_ALARM_MS);
    }
  }
}

const FAILED_ALARM_MS = 60_000;

/** Where an object that an alarm wakes finds its session's id: the platform tells the name to callers' calls only. */
const SESSION_ID_KEY = "session_id";
/** When the first open requirement expires. */
const EXPIRY_KEY = "expires_at";

function liveSession(ctx: DurableObjectState, config: Config): LiveSession {
  const { kv } = ctx.storage;
  const kept = kv.get<string>(SESSION_ID_KEY);
  const sessionId = ctx.id.name ?? kept;
  let isKept = kept !== undefined;
  if (sessionId === undefined) {
    throw new Error("A session object must be reached by its session's id.");
  }
  const journal = new Journal(ctx.storage.sql);
  return new LiveSession({
    sessionId,
    db: openDatabase(config.db),
    journal,
    agents,
    teams,
    models: modelSource(config),
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    setAlarm: (at) => {
      // https://github.com/cloudflare/workerd/issues/6850: an object that its alarm wakes has no name.
      if (!isKept) {
        kv.put(SESSION_ID_KEY, sessionId);
        isKept = true;
      }
      void ctx.storage.setAlarm(at);
    },
    expiry: {
      get: () => kv.get<number>(EXPIRY_KEY) ?? null,
      set: (at) => (at === null ? void kv.delete(EXPIRY_KEY) : kv.put(EXPIRY_KEY, at)),
    },
    forgetStorage: () => {
      isKept = false;
      journal.forget();
      void ctx.storage.deleteAll();
    },
    background: (work) => ctx.waitUntil(work),
    settings: {
      maxToolRounds: config.maxToolRounds,
      toolTimeoutMs: config.toolTimeoutMs,
      maxMemberRuns: config.maxMemberRuns,
      namingModel: config.namingModel,
      namingReasoningEffort: config.namingReasoningEffort,
      deleteUndoSeconds: config.deleteUndoSeconds,
      summaryModel: config.summaryModel,
    },
  });
}
