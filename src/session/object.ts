import { DurableObject } from "cloudflare:workers";
import { agents, teams } from "../agents/index.ts";
import { agentNotFound, modelNotConfigured } from "../domain/error.ts";
import type { IfMatch } from "../domain/etag.ts";
import type { Message } from "../domain/message.ts";
import { fail, type Outcome, ok } from "../domain/outcome.ts";
import type { Principal } from "../domain/principal.ts";
import type { AnswerEntry } from "../domain/requirement.ts";
import type { Idempotency, OnBusy, RunRequest, RunStatus, RunTimings, SessionCacheUse } from "../domain/run.ts";
import type { Session } from "../domain/session.ts";
import type { ComponentRef } from "../domain/team.ts";
import type { Run } from "../engine/run-state.ts";
import { type Config, readConfig } from "../env.ts";
import { errorFields, log } from "../lib/log.ts";
import { modelSource } from "../model/model-source.ts";
import { openDatabase } from "../store/database.ts";
import { eventStream } from "./event-stream.ts";
import { Journal } from "./journal.ts";
import { LiveSession } from "./live-session.ts";
import type { RequestedPatch } from "./session-patch.ts";

/** How a caller wants to read a run: whole when it is over, as it happens, or later. */
export type ReadMode = { kind: "whole" } | { kind: "stream"; contentOnly: boolean } | { kind: "background" };

export interface RunCall {
  request: RunRequest;
  principal: Principal;
  onBusy: OnBusy;
  read: ReadMode;
}

/** Answers to what a paused run waits for. */
export interface ContinueCall {
  runId: string;
  component: ComponentRef;
  principal: Principal;
  entries: AnswerEntry[];
  /** Who answers; kept on the requirements. */
  answeredBy: string | null;
  /** Its `agentId` is the component's id and the run's: a key is one of this run. */
  idempotency: Idempotency | null;
  onBusy: OnBusy;
  read: ReadMode;
}

/** Asks for a run's events behind the one that was seen last. */
export interface ResumeCall {
  runId: string;
  component: ComponentRef;
  principal: Principal;
  /** Null: from the first. */
  lastEventIndex: number | null;
}

/** A run's missed events and those to come, with AgentOS's control events between them. */
export interface ResumeAnswer {
  status: RunStatus;
  /** How many events were missed. */
  missed: number;
  stream: ReadableStream<Uint8Array>;
}

/** A run that was let in. What is not known before the headers go out is null. */
export interface RunAnswer {
  runId: string;
  sessionId: string;
  sessionCache: SessionCacheUse | null;
  timings: RunTimings;
  result: /** `waitingBefore` is how many runs go before it. */
    | { kind: "background"; status: RunStatus; waitingBefore: number }
    | { kind: "stream"; stream: ReadableStream<Uint8Array> }
    | { kind: "whole"; run: Run; input: string; inputMessages: Message[]; persisted: boolean; settleMs: number };
}

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
    const agent = agents.get(request.component.id);
    if (agent === undefined) {
      return fail(agentNotFound());
    }
    const config = readConfig(this.env);
    const model = config.ok ? models(config.value)(agent.model) : null;
    if (model === null) {
      return fail(modelNotConfigured());
    }
    const admitted = await this.#live.startRun({ request, principal, onBusy, agent, model, arrivedAt });
    if (!admitted.ok) {
      return admitted;
    }
    const live = admitted.value;
    if (read.kind === "whole") {
      await live.done();
    }
    const { runId, sessionId, input } = live.row;
    const head = live.run?.head;
    const known = { runId, sessionId, sessionCache: head?.sessionCache ?? null, timings: head?.timings ?? {} };
    if (read.kind === "background") {
      return ok({ ...known, result: { kind: "background", status: "PENDING", waitingBefore: 0 } });
    }
    if (read.kind === "stream") {
      return ok({ ...known, result: { kind: "stream", stream: eventStream(live, read.contentOnly) } });
    }
    if (live.run === null) {
      throw new Error("A run that is over has no result.");
    }
    const { persisted, settleMs } = live;
    return ok({
      ...known,
      result: { kind: "whole", run: live.run, input, inputMessages: live.input, persisted, settleMs },
    });
  }

  continueRun(_call: ContinueCall): Promise<Outcome<RunAnswer>> {
    throw new Error("not built");
  }

  resumeRun(_call: ResumeCall): Promise<Outcome<ResumeAnswer>> {
    throw new Error("not built");
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

  deleteSession(principal: Principal): Promise<Outcome<null>> {
    return this.#live.delete(principal);
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

/** One source of models per configuration, so that clients are made once. */
const sources = new WeakMap<Config, ReturnType<typeof modelSource>>();

function models(config: Config): ReturnType<typeof modelSource> {
  const known = sources.get(config) ?? modelSource(config);
  sources.set(config, known);
  return known;
}

/** Where an object that an alarm wakes finds its session's id: the platform tells the name to callers' calls only. */
const SESSION_ID_KEY = "session_id";

function liveSession(ctx: DurableObjectState, config: Config): LiveSession {
  const { kv } = ctx.storage;
  const kept = kv.get<string>(SESSION_ID_KEY);
  const sessionId = ctx.id.name ?? kept;
  let isKept = kept !== undefined;
  if (sessionId === undefined) {
    throw new Error("A session object must be reached by its session's id.");
  }
  return new LiveSession({
    sessionId,
    db: openDatabase(config.db),
    journal: new Journal(ctx.storage.sql),
    agents,
    teams,
    models: models(config),
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
    background: (work) => ctx.waitUntil(work),
    settings: {
      maxToolRounds: config.maxToolRounds,
      toolTimeoutMs: config.toolTimeoutMs,
      namingModel: config.namingModel,
    },
  });
}
