import type { Outcome } from "../domain/outcome.ts";
import type { LiveSession } from "./live-session.ts";

/** The methods of `LiveSession` that may be called from outside: what they answer is plain data, or says what failed. */
type RemoteMethod = {
  [Name in keyof LiveSession]: LiveSession[Name] extends (...args: never[]) => Promise<Outcome<unknown>> ? Name : never;
}[keyof LiveSession];

/**
 * The remote calls of a session's object. A call is declared where it is done, as a method of `LiveSession` that answers
 * an `Outcome`. It is called by its name over RPC, so a name must not change while objects of an older deployment live,
 * and `name`, `id`, `fetch`, `connect` and `alarm` are the platform's. The object's methods and the client follow from
 * this table, which does not compile while a method is missing. No other method of `LiveSession` can be reached.
 */
const REMOTE_METHODS = {
  startRun: true,
  continueRun: true,
  resumeRun: true,
  cancelRun: true,
  patchSession: true,
  generateName: true,
  summarizeSession: true,
  nameForJob: true,
  changeForJob: true,
  index: true,
  deleteSession: true,
  restoreSession: true,
  expireSession: true,
  purgeSession: true,
} satisfies Record<RemoteMethod, true>;

export type RemoteCall = keyof typeof REMOTE_METHODS;

export const REMOTE_CALLS = Object.keys(REMOTE_METHODS) as RemoteCall[];

/** The remote calls where their arguments are only passed on. Written as a method, so that each call of `LiveSession` is one. */
export type AnyCalls = Record<RemoteCall, { call(...args: unknown[]): Promise<Outcome<unknown>> }["call"]>;
