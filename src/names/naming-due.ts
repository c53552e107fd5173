import { type Agent, DEFAULT_NAMING_AFTER } from "../domain/agent.ts";
import type { Session } from "../domain/session.ts";

/** Whether a session is to be named by itself now: after N completed runs, and at 2N, 4N, … while it has no real name. */
export function isNamingDue(agent: Agent, session: Pick<Session, "completedRuns" | "nameSource">): boolean {
  const after = agent.naming?.after ?? DEFAULT_NAMING_AFTER;
  const { completedRuns, nameSource } = session;
  if (after <= 0 || completedRuns === 0 || completedRuns % after !== 0) {
    return false;
  }
  const times = completedRuns / after;
  const isPowerOfTwo = Number.isInteger(Math.log2(times));
  return isPowerOfTwo && (nameSource === null || nameSource === "fallback");
}
