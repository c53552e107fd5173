import { sessionUnavailable } from "../domain/error.ts";
import { fail, type Outcome } from "../domain/outcome.ts";
import { errorFields, log } from "../lib/log.ts";
import type { LiveSession } from "./live-session.ts";
import { type AnyCalls, REMOTE_CALLS, type RemoteCall } from "./remote-calls.ts";

/** A session, through its object. If the platform fails a call, the answer is a failure, and the caller may try again. */
export type SessionClient = Pick<LiveSession, RemoteCall>;

export function sessionClient(sessions: Env["SESSIONS"], sessionId: string): SessionClient {
  const calls = REMOTE_CALLS.map((name) => {
    const call: AnyCalls[RemoteCall] = (...args) =>
      reached(sessionId, () => {
        // A stub is made per call: after an exception the old one stays broken.
        const object: AnyCalls = asClient(sessions.getByName(sessionId));
        return object[name](...args);
      });
    return [name, call];
  });
  return asClient(Object.fromEntries(calls));
}

/**
 * An object's stub, and the client, have a method for each remote call, and answer what `LiveSession` answers: only plain
 * data and streams cross between them, and arrive as they were sent. The cast is needed because the platform's types wrap
 * every result in promises and disposers, and lose unions.
 */
function asClient(callable: object): SessionClient {
  return callable as SessionClient;
}

async function reached<T>(sessionId: string, call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await call();
  } catch (error) {
    log("error", "session.unreachable", { session_id: sessionId, ...errorFields(error) });
    return fail(sessionUnavailable());
  }
}
