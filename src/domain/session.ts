import type { Json } from "./json.ts";
import type { Owner } from "./owner.ts";
import { blankFields, type SessionFields } from "./session-fields.ts";

export type { NameDetails, NameSource, SessionSummary, Visibility } from "./session-fields.ts";

export const SESSION_TYPES = ["agent", "team", "workflow"] as const;
export type SessionType = (typeof SESSION_TYPES)[number];

/** The length of a summary that a model made, and of what a model is shown of any summary. */
export const MAX_SUMMARY_CODE_POINTS = 4_000;

/** Tokens of a session or a run, in AgentOS's words, as stored and shown. */
export interface TokenMetrics {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  reasoning_tokens?: number;
  cache_read_tokens?: number;
  cache_write_tokens?: number;
  audio_input_tokens?: number;
  audio_output_tokens?: number;
  /** In the currency of the provider, if it tells one. */
  cost?: number;
  details?: { model: (Omit<TokenMetrics, "details"> & { id: string; provider: string })[] };
}

/** What was said last, as a list shows it. */
export interface MessagePreview {
  role: "user" | "assistant";
  /** One masked line of at most 200 code points. */
  text: string;
  at: number;
}

/** A session's row: everything about it but its runs and messages. Instants are epoch milliseconds. */
export interface Session extends SessionFields {
  sessionId: string;
  sessionType: SessionType;
  agentId: string | null;
  teamId: string | null;
  workflowId: string | null;
  /** The owner; null until the first run or creation with a user. */
  userId: Owner | null;
  /** The first user message as one masked line of at most 200 code points: the name that shows while none is set. */
  firstMessage: string | null;
  lastMessage: MessagePreview | null;
  /**
   * From which run index on its messages are not in the search index, or are there under another owner;
   * null when all are right.
   */
  unindexedFrom: number | null;
  /** AgentOS's agent_data, team_data or workflow_data. */
  componentData: Json;
  metrics: TokenMetrics | null;
  /** The run index that the next run to start is given. */
  nextRunIndex: number;
  completedRuns: number;
  /** How many user and assistant messages its started runs have. */
  chatMessages: number;
  /** Counts the changes of what callers may change. The ETag is made of it. */
  version: number;
  forkedFromSessionId: string | null;
  /** Whether the store knows where its system messages begin; null: nobody has looked yet, so its next run does. */
  systemKnown: boolean | null;
  /** Writes name it. It changes when the session is made anew, hidden or restored, and when a leftover of a run lands. */
  fence: string;
  createdAt: number;
  updatedAt: number;
}

/** What lists show of a session. The rest they do not read: what a name cost, alone, is as long as all else of a short session. */
export type ListedFields = Omit<
  Session,
  | "componentData"
  | "nameVersion"
  | "nameUpdatedAt"
  | "nameDetails"
  | "summarizedThrough"
  | "unindexedFrom"
  | "hiddenAt"
  | "version"
  | "fence"
>;

export function displayName(session: Pick<Session, "name" | "firstMessage">): string {
  return session.name ?? session.firstMessage ?? "";
}

type Identity = "sessionId" | "sessionType" | "agentId" | "teamId" | "workflowId" | "userId" | "fence" | "createdAt";

/** A session in which nothing has happened yet. */
export function blankSession(identity: Pick<Session, Identity>): Session {
  return {
    ...identity,
    ...blankFields(),
    firstMessage: null,
    lastMessage: null,
    unindexedFrom: null,
    componentData: null,
    metrics: null,
    nextRunIndex: 0,
    completedRuns: 0,
    chatMessages: 0,
    version: 0,
    forkedFromSessionId: null,
    systemKnown: true,
    updatedAt: identity.createdAt,
  };
}

/** Whether the session exists for nobody, though its id is taken. */
export function isHidden({ visibility }: Pick<Session, "visibility">): boolean {
  return visibility === "deleted" || visibility === "importing";
}
