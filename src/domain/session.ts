import type { Json, JsonObject } from "./json.ts";

export const SESSION_TYPES = ["agent", "team", "workflow"] as const;
export type SessionType = (typeof SESSION_TYPES)[number];

/** Where a session's name came from; null when it has none and shows its first message. */
export type NameSource = "manual" | "generated" | "fallback";

/** Tokens of a session or a run, in AgentOS's words, as stored and shown. */
export interface TokenMetrics {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  reasoning_tokens?: number;
  cache_read_tokens?: number;
  details?: {
    model: { id: string; provider: string; input_tokens: number; output_tokens: number; total_tokens: number }[];
  };
}

/** AgentOS's summary, as stored and shown. */
export interface SessionSummary {
  summary: string;
  topics?: string[];
  updated_at?: string;
}

/** A session's row: everything about it but its runs and messages. Instants are epoch milliseconds. */
export interface Session {
  sessionId: string;
  sessionType: SessionType;
  agentId: string | null;
  teamId: string | null;
  workflowId: string | null;
  /** The owner; null until the first run or creation with a user. */
  userId: string | null;
  name: string | null;
  nameSource: NameSource | null;
  /** Counts the changes of the name. */
  nameVersion: number;
  nameUpdatedAt: number | null;
  /** The first user message as one masked line of at most 200 code points: the name that shows while none is set. */
  firstMessage: string | null;
  state: JsonObject | null;
  metadata: JsonObject | null;
  summary: SessionSummary | null;
  /** AgentOS's agent_data, team_data or workflow_data. */
  componentData: Json;
  metrics: TokenMetrics | null;
  /** The run index that the next run to start is given. */
  nextRunIndex: number;
  completedRuns: number;
  /** How many user and assistant messages its started runs have. */
  chatMessages: number;
  /** Counts the changes of name, state, metadata and summary: what an ETag says. */
  version: number;
  forkedFromSessionId: string | null;
  /** Changes with every incarnation of the session and with every takeover from a dead object; writes name it. */
  fence: string;
  createdAt: number;
  updatedAt: number;
}

export function displayName(session: Pick<Session, "name" | "firstMessage">): string {
  return session.name ?? session.firstMessage ?? "";
}
