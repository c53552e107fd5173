import type { AgentEvent } from "../../packages/client/src/index.ts";

/** One event, or several of one name in a row, as deltas are. */
export interface EventRow {
  name: string;
  first: number;
  events: AgentEvent[];
}

/** The rows with more events. Of those that are there only the last one may become another one. */
export function withEvents(rows: readonly EventRow[], events: readonly AgentEvent[]): EventRow[] {
  const all = rows.map((row, at) => (at === rows.length - 1 ? { ...row, events: [...row.events] } : row));
  for (const event of events) {
    const { event: name, run_id: runId, event_index: first } = event;
    const last = all.at(-1);
    const isMore = name.endsWith("RunContent") && last?.name === name && last.events[0]?.run_id === runId;
    if (isMore) last.events.push(event);
    else all.push({ name, first, events: [event] });
  }
  return all;
}
