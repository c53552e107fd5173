import type { Requirement } from "../../packages/client/src/index.ts";
import { type Asked, askedOfRow, runOfRow, type WaitingRun } from "./asked.ts";

/** What one run waits for, in the order in which it asked. */
export interface RunGroup {
  run: WaitingRun;
  asked: Asked[];
}

export interface SessionGroup {
  sessionId: string;
  /** When it asked last. */
  askedAt: string;
  runs: RunGroup[];
}

/** Rows that come newest first, by their sessions: the session that asked last stands first, in it the run that waits longest. */
export function groupBySession(rows: readonly Requirement[]): SessionGroup[] {
  const sessions = new Map<string, { askedAt: string; runs: Map<string, RunGroup> }>();
  for (const row of rows) {
    const { session_id: sessionId, run_id: runId, created_at: askedAt } = row;
    const session = sessions.get(sessionId) ?? { askedAt, runs: new Map() };
    const group = session.runs.get(runId) ?? { run: runOfRow(row), asked: [] };
    group.asked.unshift(askedOfRow(row));
    session.runs.set(runId, group);
    sessions.set(sessionId, session);
  }
  return [...sessions].map(([sessionId, { askedAt, runs }]) => ({
    sessionId,
    askedAt,
    runs: [...runs.values()].reverse(),
  }));
}
