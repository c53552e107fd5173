import type { Metrics, OpenRequirement, RunOutput, ToolExecution } from "../../packages/client/src/index.ts";
import type { RunStatus, RunView } from "./run-view.ts";

/** What the server says of a run beside its events: a list's row and a run's own answer have it both. */
export interface Said {
  status: RunStatus;
  tools?: readonly ToolExecution[] | null;
  metrics?: Metrics | null;
  history_dropped?: RunOutput["history_dropped"];
  regenerated_from?: string | null;
  /** Epoch seconds, or ISO 8601. */
  created_at: number | string;
  persisted?: boolean;
  /** Of a paused run: what is open. */
  requirements?: RunOutput["requirements"];
  /** The same of a team's members. */
  member_responses?: readonly unknown[];
}

/** An event, with the fields that any of them may have. */
export interface Told {
  event: string;
  run_id: string;
  parent_run_id?: string;
  agent_id?: string;
  agent_name?: string;
  team_id?: string;
  team_name?: string;
  /** Epoch seconds. One that was made of what is stored does not say it. */
  created_at?: number;
  content?: string;
  reasoning_content?: string;
  model?: string;
  tool?: ToolExecution;
  requirements?: OpenRequirement[];
  reason?: string;
  error_type?: string;
  finish_reason?: string;
  metrics?: Metrics;
  persisted?: boolean;
}

/** An event's name without `Team`, which a team's own events begin with. */
export const kindOf = ({ event }: Pick<Told, "event">): string => event.replace(/^Team/, "");

/** Who speaks. */
export function componentOf({
  agent_id: agentId,
  agent_name: agentName,
  team_id: teamId,
  team_name: teamName,
}: Told): RunView["of"] {
  return teamId === undefined
    ? { kind: "agent", id: agentId ?? "", name: agentName || (agentId ?? "") }
    : { kind: "team", id: teamId, name: teamName || teamId };
}

export const secondsOf = ({ created_at: at = Number.NaN }: Told): number => at;
