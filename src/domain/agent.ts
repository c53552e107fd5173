import type { JsonObject } from "./json.ts";
import type { Session } from "./session.ts";
import type { Tool } from "./tool.ts";

/** How sessions of an agent get their names. */
interface NamingPolicy {
  /** The completed run after which a session is named by itself, and again at twice that while it has no real name. 0 is off. */
  after?: number;
  /** The model that names; else `NAMING_MODEL`, else the agent's own. */
  model?: string;
  /**
   * The deployer's guardrail: sees every name that a person or a model gives, may change it, and refuses it with null
   * or by throwing. `session` is the row as it stands, without runs.
   */
  accept?(name: string, session: Session): string | null | Promise<string | null>;
}

/** How sessions of an agent are summarized. */
interface SummaryPolicy {
  /** After every so many completed runs a summary is made by itself. 0, or left out, is off. */
  every?: number;
  /** The model that summarizes; else `SUMMARY_MODEL`, else the agent's own. */
  model?: string;
  /** Whether the agent's model is shown the summary before each conversation. Default false. */
  addToContext?: boolean;
  /** Whether a run ends only when the summary that is due after it is made; its events show that. Default false. */
  runWaits?: boolean;
}

/** An agent as a deployer writes it. */
export interface Agent {
  id: string;
  name: string;
  description?: string;
  /** Id of the model at the provider; left out, the deployment's `OPENAI_MODEL`. */
  model?: string;
  instructions?: string;
  /** What it is good for, as a team's leader is told. */
  role?: string;
  tools?: Tool[];
  /** The state of its sessions where neither a caller nor a tool has set a key. */
  sessionState?: JsonObject;
  /** How many earlier runs the model sees. Default 3; 0 is none. */
  numHistoryRuns?: number;
  /** False reads the session from D1 on every run. Default true. */
  cacheSession?: boolean;
  naming?: NamingPolicy;
  summaries?: SummaryPolicy;
  /** How long its sessions are kept after their last change; left out, `SESSION_TTL_SECONDS`. */
  sessionTtlSeconds?: number;
}

export const DEFAULT_HISTORY_RUNS = 3;
export const DEFAULT_NAMING_AFTER = 2;

export function historyRuns(agent: Agent): number {
  return agent.numHistoryRuns ?? DEFAULT_HISTORY_RUNS;
}

/** The agents of a deployment, by id. */
export type AgentRegistry = ReadonlyMap<string, Agent>;
