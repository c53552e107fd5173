import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Json, JsonObject } from "../../domain/json.ts";
import type { Role } from "../../domain/message.ts";
import type { ToolCall, Usage } from "../../domain/model.ts";
import type { Owner } from "../../domain/owner.ts";
import type { Answer, RequirementKind, RequirementStatus, UserInputField } from "../../domain/requirement.ts";
import type {
  HistoryDropped,
  RunError,
  RunFinishReason,
  RunMetrics,
  RunOrigin,
  RunStatus,
  SessionCacheUse,
} from "../../domain/run.ts";
import type {
  MessagePreview,
  NameDetails,
  NameSource,
  SessionSummary,
  SessionType,
  TokenMetrics,
  Visibility,
} from "../../domain/session.ts";
import type { ApprovalType, OnExpiry } from "../../domain/tool.ts";

/**
 * One row per session: all that a list shows. Instants are epoch milliseconds. See docs/storage.md. A column that holds what
 * callers set begins in `domain/session-fields.ts`, whose head says who else has to know of it. A column of the server's own
 * goes into `Session` too (`domain/session.ts`); types then ask for the rest. `store/sessions/fork.ts` copies every column that it does
 * not name, and a list reads it (`LISTED` in `store/sessions/list.ts`).
 */
export const sessions = sqliteTable(
  "sessions",
  {
    sessionId: text("session_id").primaryKey(),
    sessionType: text("session_type").$type<SessionType>().notNull(),
    agentId: text("agent_id"),
    teamId: text("team_id"),
    workflowId: text("workflow_id"),
    /** The id among the three that fits the type: what `component_id` filters by. */
    componentId: text("component_id"),
    userId: text("user_id").$type<Owner>(),
    name: text("name"),
    nameSource: text("name_source").$type<NameSource>(),
    nameVersion: integer("name_version").notNull().default(0),
    nameUpdatedAt: integer("name_updated_at"),
    nameDetails: text("name_details", { mode: "json" }).$type<NameDetails>(),
    /** The words of the name that shows, for the search (lib/search-words.ts); null where none shows. */
    nameWords: text("name_words"),
    /** `name` and `first_message` folded for a search that ignores case in any script (lib/text.ts). */
    nameFolded: text("name_folded"),
    firstMessage: text("first_message"),
    firstMessageFolded: text("first_message_folded"),
    state: text("session_state", { mode: "json" }).$type<JsonObject>(),
    metadata: text("metadata", { mode: "json" }).$type<JsonObject>(),
    summary: text("summary", { mode: "json" }).$type<SessionSummary>(),
    summarizedThrough: integer("summarized_through"),
    lastMessage: text("last_message", { mode: "json" }).$type<MessagePreview>(),
    tags: text("tags", { mode: "json" }).$type<string[]>().notNull().default([]),
    visibility: text("visibility").$type<Visibility>().notNull().default("listed"),
    pinnedAt: integer("pinned_at"),
    archivedAt: integer("archived_at"),
    hiddenAt: integer("hidden_at"),
    ttlSeconds: integer("ttl_seconds"),
    unindexedFrom: integer("unindexed_from"),
    componentData: text("component_data", { mode: "json" }).$type<Json>(),
    metrics: text("metrics", { mode: "json" }).$type<TokenMetrics>(),
    nextRunIndex: integer("next_run_index").notNull().default(0),
    completedRuns: integer("completed_runs").notNull().default(0),
    chatMessages: integer("chat_messages").notNull().default(0),
    version: integer("version").notNull().default(0),
    forkedFromSessionId: text("forked_from_session_id"),
    /** Whether `system_texts` says where system messages begin; null: nobody has looked yet. */
    systemKnown: integer("system_known", { mode: "boolean" }),
    fence: text("fence").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    index("sessions_created").on(table.visibility, table.createdAt, table.sessionId),
    index("sessions_updated").on(table.visibility, table.updatedAt, table.sessionId),
    index("sessions_user_created").on(table.userId, table.visibility, table.createdAt, table.sessionId),
    index("sessions_user_updated").on(table.userId, table.visibility, table.updatedAt, table.sessionId),
    index("sessions_component_created").on(table.componentId, table.visibility, table.createdAt, table.sessionId),
    index("sessions_component_updated").on(table.componentId, table.visibility, table.updatedAt, table.sessionId),
    index("sessions_unnamed")
      .on(table.createdAt, table.sessionId)
      .where(sql`"name_source" is null and "chat_messages" > 0`),
    index("sessions_pinned").on(table.pinnedAt, table.sessionId).where(sql`"pinned_at" is not null`),
    index("sessions_hidden").on(table.visibility, table.hiddenAt).where(sql`"hidden_at" is not null`),
    index("sessions_ttl")
      .on(sql`"updated_at" + "ttl_seconds" * 1000`, table.sessionId)
      .where(sql`"ttl_seconds" is not null and "hidden_at" is null`),
    index("sessions_unindexed").on(table.sessionId).where(sql`"unindexed_from" is not null and "hidden_at" is null`),
  ],
);

/** One row per run. A run that waits is here before anybody is told so (PENDING, no run index yet). */
export const runs = sqliteTable(
  "runs",
  {
    runId: text("run_id").primaryKey(),
    sessionId: text("session_id").notNull(),
    runIndex: integer("run_index"),
    waiting: integer("waiting", { mode: "boolean" }).notNull().default(false),
    position: integer("position").notNull(),
    parentRunId: text("parent_run_id"),
    parentCall: integer("parent_call"),
    memberSlots: integer("member_slots").notNull().default(0),
    origin: text("origin", { mode: "json" }).$type<RunOrigin>(),
    agentId: text("agent_id"),
    teamId: text("team_id"),
    componentName: text("component_name"),
    userId: text("user_id").$type<Owner>(),
    status: text("status").$type<RunStatus>().notNull(),
    fence: text("fence").notNull(),
    /** Left out ('') where the run's first user message says the same. */
    input: text("input").notNull(),
    inputLeftOut: integer("input_left_out", { mode: "boolean" }),
    inputState: text("input_state", { mode: "json" }).$type<JsonObject>(),
    inputMessages: integer("input_messages").notNull().default(0),
    model: text("model"),
    modelProvider: text("model_provider"),
    modelName: text("model_name"),
    sessionCache: text("session_cache").$type<SessionCacheUse>(),
    sessionState: text("session_state", { mode: "json" }).$type<JsonObject>(),
    metrics: text("metrics", { mode: "json" }).$type<RunMetrics>(),
    historyDropped: text("history_dropped", { mode: "json" }).$type<HistoryDropped>(),
    metadata: text("metadata", { mode: "json" }).$type<JsonObject>(),
    claims: text("claims", { mode: "json" }).$type<JsonObject>(),
    finishReason: text("finish_reason").$type<RunFinishReason>(),
    error: text("error", { mode: "json" }).$type<RunError>(),
    events: text("events"),
    idempotencyCaller: text("idempotency_caller").notNull().default(""),
    idempotencyUser: text("idempotency_user").notNull().default(""),
    idempotencyAgent: text("idempotency_agent").notNull().default(""),
    idempotencyKey: text("idempotency_key").notNull().default(""),
    fieldsDigest: text("fields_digest").notNull().default(""),
    createdAt: integer("created_at").notNull(),
    startedAt: integer("started_at"),
    settledAt: integer("settled_at"),
  },
  (table) => [
    // Two objects can never give out the same run index. Runs that wait have none.
    uniqueIndex("runs_session_index").on(table.sessionId, table.runIndex),
    index("runs_waiting").on(table.sessionId, table.position).where(sql`"waiting" = 1`),
    uniqueIndex("runs_idempotency")
      .on(table.idempotencyCaller, table.idempotencyUser, table.idempotencyAgent, table.idempotencyKey)
      .where(sql`"idempotency_key" <> ''`),
  ],
);

/** One row per message, never changed; the key is the order of history. */
export const messages = sqliteTable(
  "messages",
  {
    sessionId: text("session_id").notNull(),
    runIndex: integer("run_index").notNull(),
    messageIndex: integer("message_index").notNull(),
    runId: text("run_id").notNull(),
    messageId: text("message_id").notNull(),
    role: text("role").$type<Role>().notNull(),
    /** Left out ('') where `system_text` names the text in `system_texts`. */
    content: text("content").notNull(),
    systemText: text("system_text"),
    reasoningContent: text("reasoning_content"),
    providerSource: text("provider_source"),
    providerData: text("provider_data"),
    toolCalls: text("tool_calls", { mode: "json" }).$type<ToolCall[]>(),
    toolCallId: text("tool_call_id"),
    toolName: text("tool_name"),
    toolArgs: text("tool_args", { mode: "json" }).$type<JsonObject>(),
    toolCallError: integer("tool_call_error", { mode: "boolean" }),
    usage: text("usage", { mode: "json" }).$type<Usage>(),
    timeToFirstTokenMs: integer("time_to_first_token_ms"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.runIndex, table.messageIndex] })],
);

/**
 * What system messages of a session say, each text once. The row without a name stands for system messages that hold their text
 * themselves (a trigger writes it), so that together the rows tell from which run index on there are system messages.
 */
export const systemTexts = sqliteTable(
  "system_texts",
  {
    sessionId: text("session_id").notNull(),
    /** A digest of the text; "" for none. */
    textId: text("text_id").notNull(),
    /** The agent or team whose text it is; "" for several. */
    componentId: text("component_id").notNull(),
    /** No run below this index has it. */
    firstRunIndex: integer("first_run_index").notNull(),
    content: text("content").notNull(),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.textId] })],
);

/** One row per thing that a run waits, or waited, for. */
export const requirements = sqliteTable(
  "requirements",
  {
    requirementId: text("requirement_id").primaryKey(),
    sessionId: text("session_id").notNull(),
    runId: text("run_id").notNull(),
    position: integer("position").notNull(),
    memberRunId: text("member_run_id"),
    agentId: text("agent_id"),
    teamId: text("team_id"),
    componentName: text("component_name").notNull(),
    userId: text("user_id"),
    kind: text("kind").$type<RequirementKind>().notNull(),
    status: text("status").$type<RequirementStatus>().notNull(),
    toolCallId: text("tool_call_id").notNull(),
    call: integer("call").notNull(),
    toolName: text("tool_name").notNull(),
    toolArgs: text("tool_args", { mode: "json" }).$type<JsonObject>().notNull(),
    fields: text("fields", { mode: "json" }).$type<UserInputField[]>(),
    note: text("note"),
    answer: text("answer", { mode: "json" }).$type<Answer>(),
    answerNote: text("answer_note"),
    answeredBy: text("answered_by"),
    actor: text("actor"),
    approvalType: text("approval_type").$type<ApprovalType>(),
    answeredAt: integer("answered_at"),
    expiresAt: integer("expires_at"),
    onExpiry: text("on_expiry").$type<OnExpiry>().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("requirements_run").on(table.runId, table.position),
    index("requirements_member").on(table.memberRunId).where(sql`"member_run_id" is not null`),
    index("requirements_session").on(table.sessionId, table.status, table.expiresAt),
    index("requirements_status").on(table.status, table.createdAt, table.requirementId),
    index("requirements_user").on(table.userId, table.status, table.createdAt, table.requirementId),
    index("requirements_agent").on(table.agentId, table.status, table.createdAt, table.requirementId),
  ],
);

/** A continue that came with an idempotency key: which stretch of its run it asked for. */
export const continuations = sqliteTable(
  "continuations",
  {
    runId: text("run_id").notNull(),
    caller: text("caller").notNull(),
    /** "" for none. */
    userId: text("user_id").notNull(),
    key: text("key").notNull(),
    sessionId: text("session_id").notNull(),
    fieldsDigest: text("fields_digest").notNull(),
    /** How many entries the run's event log had when the continue came. Its answer is the next ones, up to a pause or end. */
    fromEntry: integer("from_entry").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.caller, table.userId, table.key] }),
    index("continuations_session").on(table.sessionId),
  ],
);

/**
 * Runs whose accept was taken back because D1 did not answer whether it was written. An accept that arrives late finds
 * its run id here, and changes nothing.
 */
export const withdrawnRuns = sqliteTable("withdrawn_runs", {
  runId: text("run_id").primaryKey(),
  withdrawnAt: integer("withdrawn_at").notNull(),
});

export * from "./directory.ts";
export * from "./doors.ts";
export * from "./jobs.ts";
