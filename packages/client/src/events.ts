import type { RunEvent } from "./api-types.ts";

/** An event of a kind that this client does not know yet. */
export interface UnknownEvent {
  /** Any other name. A type for "none of these texts" does not exist, so this one says what no known name begins with. */
  event: `unknown ${string}`;
  event_index: number;
  run_id: string;
  session_id: string;
  parent_run_id?: string;
  [field: string]: unknown;
}

/** An event of a run or of a member of it. `event` says which: `if (event.event === "RunPaused") event.requirements`. */
export type AgentEvent = RunEvent | UnknownEvent;

/** An event's name without `Team`, which a team's own events begin with. */
export const kindOf = ({ event }: AgentEvent): string => event.replace(/^Team/, "");
