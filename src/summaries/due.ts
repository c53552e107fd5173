import type { Agent } from "../domain/agent.ts";
import type { Session } from "../domain/session.ts";

/** After how many completed runs a session of the agent is summarized by itself; null is never. */
export function summaryEvery(agent: Agent): number | null {
  const every = agent.summaries?.every ?? 0;
  return every > 0 ? every : null;
}

/** Whether so many runs can have completed since the last summary: what no run index was given to has not. */
export function mayBeDue({ nextRunIndex, summarizedThrough }: SummarizedSession, every: number): boolean {
  return nextRunIndex - 1 - (summarizedThrough ?? -1) >= every;
}

type SummarizedSession = Pick<Session, "nextRunIndex" | "summarizedThrough">;
