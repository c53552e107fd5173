import type { Agent } from "../../domain/agent.ts";

/** What is wrong with how an agent's or team's sessions are summarized, as a sentence; null when nothing is. */
export function summariesProblem({ summaries }: Agent, owner: string): string | null {
  const { every = 0, model, runWaits } = summaries ?? {};
  if (!Number.isSafeInteger(every) || every < 0) {
    return `${owner} has summaries.every ${every}. It must be a whole number of runs; 0 is never.`;
  }
  if (runWaits === true && every === 0) {
    return `${owner} has summaries.runWaits without summaries.every. Say after how many runs a summary is made.`;
  }
  return model === "" ? `${owner} has an empty summaries.model. Name one, or leave it out.` : null;
}
