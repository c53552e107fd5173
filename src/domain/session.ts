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

/** Of a summary that a model made, and of what a model is shown of any. */
export const MAX_SUMMARY_CODE_POINTS = 4_000;

/** AgentOS's summary, as stored and shown. */
export interface SessionSummary {
  summary: string;
  topics?: string[];
  updated_at?: string;
}

/** How a generated name, or the fallback that stands in for one, came about. */
export interface NameDetails {
  /** Null when no model was asked. */
  model: string | null;
  promptTokens: number;
  completionTokens: number;
  /** How often the model was asked. */
  attempts: number;
  /** The job that asked; null for a caller or the server itself. */
  jobId: string | null;
}

/** What was said last, as a list shows it. */
export interface MessagePreview {
  role: "user" | "assistant";
  /** One masked line of at most 200 code points. */
  text: string;
  at: number;
}

/**
 * Where a session shows. `deleted` ones wait for their purge, and `importing` ones for their last line: neither exists for
 * anybody, but their ids are taken.
 */
export type Visibility = "listed" | "archived" | "deleted" | "importing";

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
  /** Null for a name that a person gave. */
  nameDetails: NameDetails | null;
  /** The first user message as one masked line of at most 200 code points: the name that shows while none is set. */
  firstMessage: string | null;
  state: JsonObject | null;
  metadata: JsonObject | null;
  summary: SessionSummary | null;
  /** The run index up to which, inclusive, the summary was made; null when no model made one. */
  summarizedThrough: number | null;
  lastMessage: MessagePreview | null;
  tags: string[];
  visibility: Visibility;
  pinnedAt: number | null;
  archivedAt: number | null;
  /** Since when it is `deleted` or `importing`. */
  hiddenAt: number | null;
  /** How long it is kept after its last change; null: as its agent or the deployment says. */
  ttlSeconds: number | null;
  /** From which run index on its messages are not in the search index, or under another owner; null when all are. */
  unindexedFrom: number | null;
  /** AgentOS's agent_data, team_data or workflow_data. */
  componentData: Json;
  metrics: TokenMetrics | null;
  /** The run index that the next run to start is given. */
  nextRunIndex: number;
  completedRuns: number;
  /** How many user and assistant messages its started runs have. */
  chatMessages: number;
  /** Counts the changes of what callers may change: what an ETag says. */
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

type Identity = "sessionId" | "sessionType" | "agentId" | "teamId" | "workflowId" | "userId" | "fence" | "createdAt";

/** A session in which nothing has happened yet. */
export function blankSession(identity: Pick<Session, Identity>): Session {
  return {
    ...identity,
    name: null,
    nameSource: null,
    nameVersion: 0,
    nameUpdatedAt: null,
    nameDetails: null,
    firstMessage: null,
    state: null,
    metadata: null,
    summary: null,
    summarizedThrough: null,
    lastMessage: null,
    tags: [],
    visibility: "listed",
    pinnedAt: null,
    archivedAt: null,
    hiddenAt: null,
    ttlSeconds: null,
    unindexedFrom: null,
    componentData: null,
    metrics: null,
    nextRunIndex: 0,
    completedRuns: 0,
    chatMessages: 0,
    version: 0,
    forkedFromSessionId: null,
    updatedAt: identity.createdAt,
  };
}

/** Whether the session exists for nobody, though its id is taken. */
export function isHidden({ visibility }: Pick<Session, "visibility">): boolean {
  return visibility === "deleted" || visibility === "importing";
}
