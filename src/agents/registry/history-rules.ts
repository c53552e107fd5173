import type { Agent } from "../../domain/agent.ts";
import { MAX_HISTORY_WINDOW_BYTES } from "../../domain/limits.ts";

const ON_REFUSED_HISTORY: readonly NonNullable<Agent["onRefusedHistory"]>[] = ["drop", "fail"];

/** How much of a session's history the model of an agent or team is sent. */
export function historyProblem(agent: Agent, owner: string): string | null {
  const { numHistoryRuns, numHistoryMessages, maxToolCallsFromHistory, maxHistoryBytes, onRefusedHistory } = agent;
  const counts = { numHistoryRuns, numHistoryMessages, maxToolCallsFromHistory };
  for (const [name, count] of Object.entries(counts)) {
    if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0)) {
      return `${owner} has ${name} ${count}. It must be a whole number; 0 is none.`;
    }
  }
  if (numHistoryRuns !== undefined && numHistoryMessages !== undefined) {
    return `${owner} has numHistoryRuns and numHistoryMessages. Keep one of them.`;
  }
  const bytes = maxHistoryBytes ?? 1;
  if (!(Number.isSafeInteger(bytes) && bytes >= 1 && bytes <= MAX_HISTORY_WINDOW_BYTES)) {
    return `${owner} has maxHistoryBytes ${maxHistoryBytes}. It must be a whole number from 1 to ${MAX_HISTORY_WINDOW_BYTES}.`;
  }
  if (onRefusedHistory !== undefined && !ON_REFUSED_HISTORY.includes(onRefusedHistory)) {
    return `${owner} has the unknown onRefusedHistory '${onRefusedHistory}'. It must be ${ON_REFUSED_HISTORY.join(" or ")}.`;
  }
  return null;
}
