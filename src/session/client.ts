import { sessionUnavailable } from "../domain/error.ts";
import type { IfMatch } from "../domain/etag.ts";
import type { ItemResult } from "../domain/job.ts";
import { fail, type Outcome } from "../domain/outcome.ts";
import type { Principal } from "../domain/principal.ts";
import type { Session, SessionType } from "../domain/session.ts";
import { errorFields, log } from "../lib/log.ts";
import type { ContinueCall, ResumeAnswer, ResumeCall, RunAnswer, RunCall } from "./calls.ts";
import type { JobChange } from "./row/change-for-job.ts";
import type { DeleteOptions, ExpireCall, PurgeCall, Removed } from "./row/delete-session.ts";
import type { JobNaming } from "./row/name-for-job.ts";
import type { SessionObject } from "./object.ts";
import type { RequestedPatch } from "./row/patch.ts";

export type SessionNamespace = DurableObjectNamespace<SessionObject>;

/** The session with this id, through its object. What the platform refuses is a failure the caller may try again. */
export interface SessionClient {
  startRun(call: RunCall): Promise<Outcome<RunAnswer>>;
  continueRun(call: ContinueCall): Promise<Outcome<RunAnswer>>;
  resumeRun(call: ResumeCall): Promise<Outcome<ResumeAnswer>>;
  cancelRun(principal: Principal, runId: string): Promise<Outcome<null>>;
  patchSession(principal: Principal, patch: RequestedPatch): Promise<Outcome<Session>>;
  generateName(principal: Principal, fallback: string | null, ifMatch: IfMatch | null): Promise<Outcome<Session>>;
  summarizeSession(principal: Principal, ifMatch: IfMatch | null): Promise<Outcome<Session>>;
  nameForJob(naming: JobNaming): Promise<Outcome<ItemResult>>;
  changeForJob(change: JobChange): Promise<Outcome<ItemResult>>;
  /** Has a session that came to be without its object see to the search index, and to what expires; does not wait for it. */
  index(): Promise<Outcome<null>>;
  deleteSession(principal: Principal, options: DeleteOptions): Promise<Outcome<null>>;
  restoreSession(principal: Principal, type: SessionType | null): Promise<Outcome<Session>>;
  expireSession(call: ExpireCall): Promise<Outcome<Removed>>;
  purgeSession(call: PurgeCall): Promise<Outcome<Removed>>;
}

export function sessionClient(sessions: SessionNamespace, sessionId: string): SessionClient {
  // A stub is made per call: after an exception the old one stays broken.
  const stub = () => asClient(sessions.getByName(sessionId));
  return {
    startRun: (call) => reached(sessionId, () => stub().startRun(call)),
    continueRun: (call) => reached(sessionId, () => stub().continueRun(call)),
    resumeRun: (call) => reached(sessionId, () => stub().resumeRun(call)),
    cancelRun: (principal, runId) => reached(sessionId, () => stub().cancelRun(principal, runId)),
    patchSession: (principal, patch) => reached(sessionId, () => stub().patchSession(principal, patch)),
    generateName: (principal, fallback, ifMatch) =>
      reached(sessionId, () => stub().generateName(principal, fallback, ifMatch)),
    summarizeSession: (principal, ifMatch) => reached(sessionId, () => stub().summarizeSession(principal, ifMatch)),
    nameForJob: (naming) => reached(sessionId, () => stub().nameForJob(naming)),
    changeForJob: (change) => reached(sessionId, () => stub().changeForJob(change)),
    index: () => reached(sessionId, () => stub().index()),
    deleteSession: (principal, options) => reached(sessionId, () => stub().deleteSession(principal, options)),
    restoreSession: (principal, type) => reached(sessionId, () => stub().restoreSession(principal, type)),
    expireSession: (call) => reached(sessionId, () => stub().expireSession(call)),
    purgeSession: (call) => reached(sessionId, () => stub().purgeSession(call)),
  };
}

/**
 * The stub's methods are the object's own: only plain data and streams cross between them, which arrive as they were
 * sent. The platform's types wrap every result in promises and disposers, and lose unions over it.
 */
function asClient(stub: DurableObjectStub<SessionObject>): SessionClient {
  return stub as unknown as SessionClient;
}

async function reached<T>(sessionId: string, call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await call();
  } catch (error) {
    log("error", "session.unreachable", { session_id: sessionId, ...errorFields(error) });
    return fail(sessionUnavailable());
  }
}
