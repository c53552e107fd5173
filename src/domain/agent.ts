import type { JsonObject } from "./json.ts";
import type { ModelChoice } from "./model-choice.ts";
import type { Session } from "./session.ts";
import type { Tool } from "./tool.ts";

/** How sessions of an agent get their names. */
interface NamingPolicy {
  /**
   * How many runs of a session complete before the server names it. While the session has no name, or only a fallback, the
   * server tries again after twice as many runs, and so on. 0 is never.
   */
  after?: number;
  /** The model that names. Left out, it is `NAMING_MODEL`, else the agent's own. */
  model?: ModelChoice;
  /**
   * The deployer's guardrail. It sees every name that a person or a model gives, and answers the name to take. Null, or an
   * exception, refuses the name. `session` is the row as it stands, without runs.
   */
  accept?(name: string, session: Session): string | null | Promise<string | null>;
}

/** How sessions of an agent are summarized. */
interface SummaryPolicy {
  /** After how many completed runs a summary is made, each time. 0, or left out, is never. */
  every?: number;
  /** The model that summarizes. Left out, it is `SUMMARY_MODEL`, else the agent's own. */
  model?: ModelChoice;
  /** Whether the agent's model sees the summary, before the conversation. Default false. */
  addToContext?: boolean;
  /** Whether a run waits for the summary that is due after it; its events show that. Default false. */
  runWaits?: boolean;
}

/** An agent as a deployer writes it. */
export interface Agent {
  id: string;
  name: string;
  description?: string;
  /** The id of the model at the provider, or the model with settings. Left out, it is the deployment's `OPENAI_MODEL`. */
  model?: ModelChoice;
  instructions?: string;
  /** What the agent is good for; a team's leader is told. */
  role?: string;
  tools?: Tool[];
  /** The values of its sessions' state for keys that neither a caller nor a tool has set. */
  sessionState?: JsonObject;
  /** How many earlier runs the model sees; 0 is none. Default 3. */
  numHistoryRuns?: number;
  /** Instead of runs: how many earlier messages the model sees (Agno's `num_history_messages`). */
  numHistoryMessages?: number;
  /** How many of the earlier tool calls, with their results, the model sees: the newest ones (Agno's `max_tool_calls_from_history`). Left out, all. */
  maxToolCallsFromHistory?: number;
  /** How many bytes of history the model is sent: whole runs, newest first. Default 256 KB, at most 1 MB. */
  maxHistoryBytes?: number;
  /**
   * What happens when the provider refuses a request with history. Default: the provider is asked again with less of the
   * history.
   */
  onRefusedHistory?: "drop" | "fail";
  /** Whether callers see what the model thinks. False keeps it for the provider only. Default true. */
  showReasoning?: boolean;
  /** False reads the session from D1 on every run. Default true. */
  cacheSession?: boolean;
  naming?: NamingPolicy;
  summaries?: SummaryPolicy;
  /** How long its sessions are kept after their last change. Left out, it is `SESSION_TTL_SECONDS`. */
  sessionTtlSeconds?: number;
}

export const DEFAULT_HISTORY_RUNS = 3;
export const DEFAULT_NAMING_AFTER = 2;

/** How many earlier runs a model is sent at most. If only messages are counted, no more runs than messages are needed. */
export function historyRuns({ numHistoryRuns, numHistoryMessages }: Agent): number {
  return numHistoryRuns ?? numHistoryMessages ?? DEFAULT_HISTORY_RUNS;
}

/** The agents of a deployment, by id. */
export type AgentRegistry = ReadonlyMap<string, Agent>;
