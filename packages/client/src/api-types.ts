// Made from /openapi.json by `npm run client-types`. A test makes it anew and compares.

export interface CreateSession {
  /** Id of a session: any text without control characters. */
  session_id?: string;
  /** A name; left out, the first message shows. */
  session_name?: string | null;
  /** At most 128 KB. */
  session_state?: Record<string, unknown> | null;
  /** At most 128 KB. */
  metadata?: Record<string, unknown> | null;
  /** All tags that it has then. An empty list takes them away. */
  tags?: string[] | null;
  /** Whether it is pinned. */
  pinned?: boolean | null;
  /** Whether it is left out of lists unless they ask for it. */
  archived?: boolean | null;
  /** How long it is kept after its last change; a merge patch with null takes it away. */
  ttl_seconds?: number | null;
  /** Id of a user; with it only that user's sessions exist. */
  user_id?: string;
  /** Id of an agent of this deployment. */
  agent_id?: string;
  /** Id of a team of this deployment. */
  team_id?: string;
  /** Id of a workflow. */
  workflow_id?: string;
}

export interface FieldError {
  type: string;
  loc: (string | number)[];
  msg: string;
  /** What was sent, when it is short. */
  input?: unknown;
  ctx?: Record<string, unknown>;
}

export type HistoryMessage = Message & {
  /** The run that it is of. */
  run_id: string;
  /** How that run stands. */
  run_status: "PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED";
};

export interface Me {
  /** Who acts, as logs and the audit name it. */
  actor: string;
  /** The user; null for the security key, which is none. */
  user_id: string | null;
  /** Whether only what is the user's own exists for the caller. */
  confined: boolean;
  /** Whether the caller may do everything. */
  admin: boolean;
  /** What the caller may do. Of an admin it is the deployment's admin scope alone, which stands for all. */
  scopes: string[];
  /** Epoch seconds. */
  expires_at: number | null;
}

export interface Message {
  id: string;
  role: "system" | "user" | "assistant" | "tool";
  content?: string;
  /** What the model thought. */
  reasoning_content?: string;
  from_history: boolean;
  stop_after_tool_call: boolean;
  /** As OpenAI writes them. */
  tool_calls?: Record<string, unknown>[];
  tool_call_id?: string;
  tool_name?: string;
  tool_args?: Record<string, unknown>;
  tool_call_error?: boolean;
  /** True where what the provider said beside the text was too large to keep for it. */
  provider_data_dropped?: boolean;
  metrics?: Metrics;
  /** Epoch seconds. */
  created_at: number;
}

export interface MessagePage {
  data: HistoryMessage[];
  meta: {
    limit: number | null;
    has_more: boolean;
    before: string | null;
    after: string | null;
  };
}

export interface Metrics {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  audio_input_tokens?: number;
  audio_output_tokens?: number;
  cache_read_tokens?: number;
  cache_write_tokens?: number;
  reasoning_tokens?: number;
  /** In the provider's currency, where it tells one. */
  cost?: number;
  /** Seconds. */
  time_to_first_token?: number;
  /** Seconds. */
  duration?: number;
  /** Where the run's time went, in seconds. */
  timings?: {
    queue?: number;
    hydrate?: number;
    accept?: number;
    model?: number;
  };
  /** The same numbers by model. */
  details?: Record<string, unknown>;
}

export interface ModelRequestCompletedEvent {
  event: "ModelRequestCompleted" | "TeamModelRequestCompleted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  model?: string;
  model_provider?: string;
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  reasoning_tokens?: number;
  cache_read_tokens?: number;
  cache_write_tokens?: number;
  audio_input_tokens?: number;
  audio_output_tokens?: number;
  /** In the provider's currency, where it tells one. */
  cost?: number;
  /** Seconds. */
  time_to_first_token?: number;
}

export interface ModelRequestStartedEvent {
  event: "ModelRequestStarted" | "TeamModelRequestStarted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  model?: string;
  model_provider?: string;
}

/** Either `session_name` or `autogenerate: true`. */
export interface RenameSession {
  /** The name; empty takes it away. */
  session_name?: string | null;
  /** Ask the model for a name. */
  autogenerate?: boolean | null;
  /** What the session is called when the model has nothing usable. */
  fallback?: string | null;
  /** Id of a user; with it only that user's sessions exist. */
  user_id?: string;
}

export interface Requirement {
  id: string;
  status: "open" | "answered" | "expired" | "cancelled";
  kind: "confirmation" | "user_input" | "external_execution";
  session_id: string;
  /** The run to continue. */
  run_id: string;
  /** The agent under whose routes that run is continued. */
  run_agent_id: string | null;
  /** Or the team. */
  run_team_id: string | null;
  /** The agent whose call it is. */
  agent_id: string | null;
  /** Or the team, whose leader's call it is. */
  team_id: string | null;
  component_name: string;
  /** The session's owner. */
  user_id: string | null;
  /** Null unless a member of a team asks. */
  member_agent_id: string | null;
  member_agent_name: string | null;
  member_run_id: string | null;
  tool_execution: ToolExecution;
  /** `required`: the answer needs `approvals:write`. */
  approval_type: "required" | null;
  /** Why it is asked: `outcome unknown` for a call that may have run. */
  note: string | null;
  answer: "confirmed" | "rejected" | "filled" | "executed" | null;
  answer_note: string | null;
  answered_by: string | null;
  /** Who answered, by the credential that was shown: `user:ada`, `sa:billing`, `security_key`. */
  actor: string | null;
  answered_at: string | null;
  expires_at: string | null;
  on_expiry: "reject" | "cancel";
  created_at: string;
}

export interface RequirementList {
  data: Requirement[];
  meta: {
    limit: number;
    next_cursor: string | null;
    /** How many there are in all, without a `cursor` only. It stops at 1000. */
    total_count?: number;
    /** Only where there are more than `total_count` says. */
    total_count_capped?: true;
  };
}

export interface Run {
  run_id: string;
  /** Empty for a run of its own. */
  parent_run_id: string;
  agent_id?: string | null;
  team_id?: string | null;
  /** Empty for a run of nobody's. */
  user_id?: string | null;
  status: "PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED";
  run_input?: string | null;
  /** What it said; of a run that failed why, of one that waits for what. */
  content: string;
  /** What the model thought, as far as the agent shows it; else empty. */
  reasoning_content?: string | null;
  metrics?: Metrics | null;
  /** AgentOS's metadata of a run that was imported. */
  metadata?: Record<string, unknown>;
  messages?: Message[] | null;
  tools?: ToolExecution[] | null;
  events?: RunEvent[] | null;
  session_state?: Record<string, unknown> | null;
  forked_from_run_id?: string | null;
  forked_from_message_index?: number | null;
  forked_from_session_id?: string | null;
  regenerated_from?: string | null;
  /** The class of model that it asked last, such as `OpenAIChat` or `OpenAIResponses`, where it is known. */
  model_name?: string;
  /** What of the history the model was not sent, because its provider refused it: how many earlier runs, of how many runs what providers said beside the text, and the provider's words. */
  history_dropped?: {
    runs: number;
    without_provider_data: number;
    reason: string;
  };
  created_at: string;
}

export interface RunCancelledEvent {
  event: "RunCancelled" | "TeamRunCancelled";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  reason: string;
  /** What had been said. */
  content: string;
}

export interface RunCompletedEvent {
  event: "RunCompleted" | "TeamRunCompleted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  /** All that was said. */
  content: string;
  content_type?: string;
  /** All that the model thought, where it did. */
  reasoning_content?: string;
  session_state?: Record<string, unknown>;
  metrics?: Metrics;
  finish_reason?: string;
}

export interface RunContentCompletedEvent {
  event: "RunContentCompleted" | "TeamRunContentCompleted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
}

export interface RunContentEvent {
  event: "RunContent" | "TeamRunContent";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  /** A delta: what was said since the last one; empty where the model thought. */
  content: string;
  content_type?: string;
  /** A delta of what the model thought; empty where it said something. */
  reasoning_content?: string;
}

export interface RunContinuedEvent {
  event: "RunContinued" | "TeamRunContinued";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
}

export interface RunErrorEvent {
  event: "RunError" | "TeamRunError";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  /** Why it failed. */
  content?: string;
  error_type?: string;
}

export type RunEvent = RunStartedEvent | ModelRequestStartedEvent | RunContentEvent | ModelRequestCompletedEvent | ToolCallStartedEvent | ToolCallCompletedEvent | ToolCallErrorEvent | RunContentCompletedEvent | SessionSummaryStartedEvent | SessionSummaryCompletedEvent | RunCompletedEvent | RunErrorEvent | RunCancelledEvent | RunPausedEvent | RunContinuedEvent;

export interface RunOutput {
  run_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's run, instead of the agent's. */
  team_id?: string;
  team_name?: string;
  /** Of a member run: its team's run. */
  parent_run_id?: string;
  session_id: string;
  user_id?: string;
  status: "PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED";
  /** Why the model ended, of a run that completed. */
  finish_reason?: string;
  /** What it said; of a run that failed why, of one that waits for what. */
  content: string;
  content_type?: string;
  /** What the model thought, as far as the agent shows it. */
  reasoning_content?: string;
  /** The kind of failure, of a run that failed. */
  error_type?: string;
  model?: string;
  model_provider?: string;
  /** The class of model that it asked last, such as `OpenAIChat` or `OpenAIResponses`, where it is known. */
  model_name?: string;
  session_state?: Record<string, unknown>;
  session_cache?: "hit" | "miss" | "bypass";
  /** What of the history the model was not sent, because its provider refused it: how many earlier runs, of how many runs what providers said beside the text, and the provider's words. */
  history_dropped?: {
    runs: number;
    without_provider_data: number;
    reason: string;
  };
  metrics?: Metrics;
  /** AgentOS's metadata of a run that was imported. */
  metadata?: Record<string, unknown>;
  messages?: Message[];
  tools?: ToolExecution[];
  /** Of a paused run what is open; later what was asked, and who answered. */
  requirements?: RunRequirement[];
  /** The member runs of a team's run. */
  member_responses?: Record<string, unknown>[];
  input?: Record<string, unknown>;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  forked_from_run_id?: string | null;
  forked_from_message_index?: number | null;
  forked_from_session_id?: string | null;
  regenerated_from?: string | null;
  /** Epoch seconds. */
  created_at: number;
}

export interface RunPausedEvent {
  event: "RunPaused" | "TeamRunPaused";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  /** What it waits for, in words. */
  content: string;
  /** The calls that it waits for. */
  tools: ToolExecution[];
  requirements: RunRequirement[];
}

export interface RunRequest {
  /** What the user says; at most 256 KB. */
  message: string;
  /** Server-sent events as the run goes on, or one answer when it is over. */
  stream?: boolean;
  /** False leaves only content and the end in the stream. */
  stream_events?: boolean;
  /** While another run of the session is active: wait behind those that wait, be refused (409), or cancel the active run and be next. */
  on_busy?: "enqueue" | "reject" | "interrupt";
  /** With `stream=false`: answered at once with 202, and read later. With a stream it makes no difference: runs go on when their reader leaves. */
  background?: boolean;
  /** The session to run in; left out, a new one. One that does not exist begins, unless its id is `keyed-…`. */
  session_id?: string;
  /** Id of a user; with it only that user's sessions exist. */
  user_id?: string;
  /** Merged over the session's state, key by key; at most 128 KB. As JSON, or as its text. */
  session_state?: Record<string, unknown> | string;
}

/** Keys without a value are left out. */
export interface RunRequirement {
  id: string;
  created_at: string;
  tool_execution: ToolExecution;
  confirmation?: boolean;
  confirmation_note?: string;
  external_execution_result?: string;
  user_input_schema?: UserInputField[];
  /** Of a member's call: who it is. */
  member_agent_id?: string;
  member_agent_name?: string;
  member_run_id?: string;
  note?: string;
  expires_at?: string;
  answered_by?: string;
  /** Who answered, by the credential that was shown. */
  actor?: string;
  answered_at?: string;
}

export interface RunStartedEvent {
  event: "RunStarted" | "TeamRunStarted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  model?: string;
  model_provider?: string;
  session_cache?: "hit" | "miss" | "bypass";
}

export interface Session {
  session_id: string;
  /** The name that shows: the one that was set, else the first message, shortened. */
  session_name: string;
  /** Who gave the name. Left out where there is none, so that the first message shows. */
  name_source?: "manual" | "generated" | "fallback" | null;
  user_id?: string | null;
  agent_id?: string | null;
  team_id?: string | null;
  workflow_id?: string | null;
  session_state?: Record<string, unknown> | null;
  metadata?: Record<string, unknown> | null;
  session_summary?: SessionSummary | null;
  metrics?: Metrics | null;
  total_tokens?: number | null;
  tags: string[];
  pinned: boolean;
  pinned_at?: string | null;
  archived: boolean;
  archived_at?: string | null;
  /** Where it has its own: how long it is kept after its last change. */
  ttl_seconds?: number | null;
  /** How many runs have completed, those of members apart. */
  run_count: number;
  /** What people and agents said to each other. */
  message_count: number;
  last_message?: {
    role: "user" | "assistant";
    /** One line of at most 200 characters, secrets masked. */
    text: string;
    created_at: string;
  } | null;
  /** How many things its runs wait for people to do. */
  open_requirements: number;
  /** The session it was copied from. */
  forked_from_session_id?: string;
  created_at: string;
  updated_at: string;
  session_type: "agent" | "team" | "workflow";
  /** Where what was looked for begins and ends, in UTF-16 units. */
  highlights?: number[][];
}

export interface SessionDetail {
  session_id: string;
  /** The name that shows: the one that was set, else the first message, shortened. */
  session_name: string;
  /** Who gave the name. Left out where there is none, so that the first message shows. */
  name_source?: "manual" | "generated" | "fallback" | null;
  user_id?: string | null;
  agent_id?: string | null;
  team_id?: string | null;
  workflow_id?: string | null;
  session_state?: Record<string, unknown> | null;
  metadata?: Record<string, unknown> | null;
  session_summary?: SessionSummary | null;
  metrics?: Metrics | null;
  total_tokens?: number | null;
  tags: string[];
  pinned: boolean;
  pinned_at?: string | null;
  archived: boolean;
  archived_at?: string | null;
  /** Where it has its own: how long it is kept after its last change. */
  ttl_seconds?: number | null;
  /** How many runs have completed, those of members apart. */
  run_count: number;
  /** What people and agents said to each other. */
  message_count: number;
  last_message?: {
    role: "user" | "assistant";
    /** One line of at most 200 characters, secrets masked. */
    text: string;
    created_at: string;
  } | null;
  /** How many things its runs wait for people to do. */
  open_requirements: number;
  /** The session it was copied from. */
  forked_from_session_id?: string;
  created_at: string;
  updated_at: string;
  /** The session's id, in an agent's session. */
  agent_session_id?: string;
  agent_data?: Record<string, unknown> | null;
  team_data?: Record<string, unknown> | null;
  workflow_data?: Record<string, unknown> | null;
  chat_history?: Message[];
  chat_history_total?: number;
  /** Where the name is a fallback because the model's provider failed: what that said. */
  name_error?: string;
}

export interface SessionList {
  data: Session[];
  meta: {
    page?: number;
    limit: number;
    total_pages?: number;
    /** Counted up to 10,000. */
    total_count?: number;
    total_count_capped?: boolean;
    search_time_ms: number;
    next_cursor?: string | null;
    /** With `rank=relevance`: how many matches were put in order, the newest 1,000 at most. */
    ranked?: number;
    /** There may be older matches, which were not. */
    ranked_capped?: boolean;
  };
}

export interface SessionMergePatch {
  /** The name; null or empty takes it away. */
  session_name?: string | null;
  /** At most 128 KB once it is merged. */
  session_state?: Record<string, unknown> | null;
  /** At most 128 KB once it is merged. */
  metadata?: Record<string, unknown> | null;
  summary?: {
    summary?: string | null;
    topics?: string[] | null;
    updated_at?: string | null;
  } | null;
  /** All tags that it has then; null takes them away. */
  tags?: string[] | null;
  /** Whether it is pinned; null is false. */
  pinned?: boolean | null;
  /** Whether it is left out of lists unless they ask for it; null is false. */
  archived?: boolean | null;
  /** How long it is kept after its last change; null: as its agent or the deployment says. */
  ttl_seconds?: number | null;
  /** Id of a user; with it only that user's sessions exist. */
  user_id?: string;
}

export interface SessionSummary {
  summary: string;
  topics?: string[];
  /** ISO 8601 without an offset, as AgentOS writes it; of UTC where the model made the summary. */
  updated_at?: string;
}

export interface SessionSummaryCompletedEvent {
  event: "SessionSummaryCompleted" | "TeamSessionSummaryCompleted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  session_summary?: SessionSummary;
}

export interface SessionSummaryStartedEvent {
  event: "SessionSummaryStarted" | "TeamSessionSummaryStarted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
}

export interface ToolCallCompletedEvent {
  event: "ToolCallCompleted" | "TeamToolCallCompleted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  tool?: ToolExecution;
  /** The call and how long it took. */
  content?: string;
}

export interface ToolCallErrorEvent {
  event: "ToolCallError" | "TeamToolCallError";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  tool?: ToolExecution;
  error: string;
}

export interface ToolCallStartedEvent {
  event: "ToolCallStarted" | "TeamToolCallStarted";
  /** From 0, one more per event; also the stream's `id:`. */
  event_index: number;
  run_id: string;
  session_id: string;
  agent_id?: string;
  agent_name?: string;
  /** Of a team's own events, whose names begin with `Team`. */
  team_id?: string;
  team_name?: string;
  /** Of a member run's events: its team's run. */
  parent_run_id?: string;
  nested_depth: number;
  /** False: kept by the session, not yet in the database. */
  persisted?: boolean;
  /** Epoch seconds. */
  created_at: number;
  tool?: ToolExecution;
}

/** All of AgentOS's keys are always there, null when unset. */
export interface ToolExecution {
  tool_call_id: string;
  tool_name: string;
  tool_args: Record<string, unknown> | null;
  tool_call_error: boolean | null;
  result: string | null;
  metrics: Record<string, unknown> | null;
  /** True while the call waits for a confirmation, false once it was answered; null for a call that never waited for it. */
  requires_confirmation: boolean | null;
  /** What was answered; null where nothing was. */
  confirmed: boolean | null;
  confirmation_note: string | null;
  /** True while the call waits for values that a person fills in, false once it was answered; null for a call that never waited for it. */
  requires_user_input: boolean | null;
  user_input_schema: UserInputField[] | null;
  /** True once the values were filled in, or refused. */
  answered: boolean | null;
  /** True while the call waits for a result from elsewhere, false once it was answered; null for a call that never waited for it. */
  external_execution_required: boolean | null;
  /** The member run that it made. */
  child_run_id?: string | null;
  /** `required`: what it waits for is answered by callers with `approvals:write` only. */
  approval_type?: "required" | null;
  /** Epoch seconds. */
  created_at: number;
}

/** A value of a call that a person fills in. */
export interface UserInputField {
  name: string;
  /** The name of a Python type. */
  field_type: string;
  description: string | null;
  /** Null as long as nobody has filled it in. */
  value?: unknown;
}

export interface WaitingRun {
  run_id: string;
  session_id: string;
  status: "PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED";
  /** How many runs of the session go before it. */
  queue_position: number;
}

export interface MessagesQuery {
  /** Kind of session; found out when left out. */
  type?: "agent" | "team" | "workflow";
  /** The newest this many; at most 1,000, and 8 MB of text, are given. 0 or less gives none. */
  limit?: number;
  /** Only of the newest runs that pass the other filters. 0 or less gives none. */
  last_n_runs?: number;
  /** `meta.before` of an answer: what is older. Not with `after`. */
  before?: string;
  /** `meta.after` of an answer: what is newer. Not with `before`. */
  after?: string;
  /** Only the runs of this agent. */
  agent_id?: string;
  /** Only the runs of this team; in a team's session also those it did as a member of another. */
  team_id?: string;
  /** Repeats. */
  skip_roles?: ("system" | "user" | "assistant" | "tool")[];
  /** Repeats; default PAUSED, CANCELLED, ERROR, REGENERATED; empty skips none. */
  skip_statuses?: ("PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED")[];
  /** Agno's parameter; copies of history are never stored here. */
  skip_history_messages?: boolean;
  /** Repeats. In a team's session: only what these members did for the team; empty shows all runs at any depth. */
  member_ids?: string[];
  /** In a team's session: leave out what members did for the team. Does not count beside `member_ids` or `team_id`. */
  skip_member_messages?: boolean;
}

export interface RequirementsQuery {
  /** Default open. */
  status?: "open" | "answered" | "expired" | "cancelled";
  /** Only calls of this agent, also as a member. */
  agent_id?: string;
  /** How many at most. */
  limit?: number;
}

export interface RunsQuery {
  /** Kind of session; found out when left out. */
  type?: "agent" | "team" | "workflow";
  /** Epoch seconds, inclusive. */
  created_after?: number;
  /** Epoch seconds, inclusive. */
  created_before?: number;
  /** Repeats: only runs of these statuses, in upper or lower case. One that is none is refused (400). */
  status?: ("PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED")[];
  /** The id of a run of this session: only the runs that stand before it. For what is older, the first of an answer. */
  before?: string;
  /** The newest this many. Fewer are given only where there are no more. */
  limit?: number;
}

export interface SessionsQuery {
  /** Kind of session; found out when left out. */
  type?: "agent" | "team" | "workflow";
  /** Id of the agent, team or workflow that a session belongs to. */
  component_id?: string;
  /** Part of the name that shows; upper and lower case are the same in every script. */
  session_name?: string;
  /** A tag that it has, as it was typed; repeat it for sessions that have all of them. */
  tag?: string[];
  /** `key:value` of its metadata, where the value is text, a number, true, false or null; repeat it for sessions that have all of them. The first colon ends the key; at most 128 bytes. */
  metadata?: string[];
  /** Default false: archived sessions are left out. */
  archived?: "false" | "true" | "all";
  /** Whether it is pinned. */
  pinned?: boolean;
  /** Whether a run of it waits for people. */
  has_open_requirements?: boolean;
  /** True: something was said in it, and it has no name. False: it has one. */
  unnamed?: boolean;
  /** ISO 8601 with `Z` or an offset, or epoch seconds. Inclusive. */
  created_after?: string | number;
  /** ISO 8601 with `Z` or an offset, or epoch seconds. Inclusive, to the end of the second. */
  created_before?: string | number;
  /** ISO 8601 with `Z` or an offset, or epoch seconds. Inclusive. */
  updated_after?: string | number;
  /** ISO 8601 with `Z` or an offset, or epoch seconds. Inclusive, to the end of the second. */
  updated_before?: string | number;
  /** How many at most. */
  limit?: number;
  /** Default created_at, the only one with `q`. */
  sort_by?: "created_at" | "updated_at";
  /** Default desc, the only one with `q`. */
  sort_order?: "asc" | "desc";
  /** Words, all of which are looked for, in any case and without regard to accents; words in double quotes stand together. Nothing else has a meaning. Without a word, as in "!?", nothing is found. */
  q?: string;
  /** Of what `q` finds; not without it. Default newest. */
  rank?: "newest" | "relevance";
}
