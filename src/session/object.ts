import { DurableObject } from "cloudflare:workers";
import { agents, providers, teams } from "../agents/index.ts";
import { type Config, readConfig } from "../env.ts";
import { errorFields, log } from "../lib/log.ts";
import { modelSource } from "../model/model-source.ts";
import { openDatabase } from "../store/database.ts";
import { LiveSession } from "./live-session.ts";
import { Journal } from "./recovery/journal.ts";
import { type AnyCalls, REMOTE_CALLS } from "./remote-calls.ts";

/**
 * The Durable Object of one session; its name is the session's id. It hands `LiveSession` what that needs of the platform,
 * and passes remote calls on to it. An expected failure is an answer; an exception is a bug, or the platform's.
 */
export class SessionObject extends DurableObject<Env> {
  readonly #live: LiveSession;

  static {
    // RPC can call every method on the prototype. So only the remote calls are put there, and nothing else of LiveSession.
    for (const name of REMOTE_CALLS) {
      Object.defineProperty(SessionObject.prototype, name, {
        value(this: SessionObject, ...args: unknown[]) {
          const calls: AnyCalls = this.#live;
          return calls[name](...args);
        },
      });
    }
  }

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const config = readConfig(env, providers);
    if (!config.ok) {
      throw new Error("The server is not configured correctly.");
    }
    this.#live = liveSession(ctx, config.value);
  }

  override async alarm(): Promise<void> {
    // Never throws: the platform gives up on an alarm that has failed six times. This one is set again instead.
    try {
      await this.#live.alarm();
    } catch (error) {
      log("error", "alarm.failed_unexpectedly", errorFields(error));
      await this.ctx.storage.setAlarm(Date.now() + FAILED_ALARM_MS);
    }
  }
}

const FAILED_ALARM_MS = 60_000;

/** Under this key the object keeps its session's id: an object that its alarm wakes is not told its name. */
const SESSION_ID_KEY = "session_id";
/** Under this key the object keeps when the first open requirement expires. */
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
      if (at === null) {
        void ctx.storage.deleteAlarm();
        return;
      }
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
      sessionTtlSeconds: config.sessionTtlSeconds,
      deleteUndoSeconds: config.deleteUndoSeconds,
      summaryModel: config.summaryModel,
    },
  });
}
