import type { Requirement } from "../../packages/client/src/index.ts";
import { type Asked, askedOf, runOfRow, type WaitingRun } from "./asked.ts";

/** What one run waits for, in the order in which it asked. */
export interface RunGroup {
  run: WaitingRun;
  asked: Asked[];
}

export interface SessionGroup {
  sessionId: string;
  runs: RunGroup[];
}

/** Rows that come newest first, by their sessions: the session that asked last stands first, in it the run that waits longest. */
export function groupBySession(rows: readonly Requirement[]): SessionGroup[] {
  const sessions = Map.groupBy(rows, (row) => row.session_id);
  return [...sessions].map(([sessionId, all]) => {
    const runs = Map.groupBy(all.toReversed(), (row) => row.run_id);
    return {
      sessionId,
      runs: [...runs.values()].flatMap((asked) => {
        const [first] = asked;
        return first ? [{ run: runOfRow(first), asked: asked.map((row) => askedOf(row, row.component_name)) }] : [];
      }),
    };
  });
}
