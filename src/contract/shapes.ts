import { z } from "@hono/zod-openapi";
import { ROLES } from "../domain/message.ts";
import { RUN_STATUSES } from "../domain/run.ts";
import { SESSION_TYPES } from "../domain/session.ts";

/**
 * What answers look like: AgentOS's objects, for the document. They are open (fields may be added) and say nothing of
 * how handlers build them.
 */

const seconds = () => z.int().openapi({ description: "Epoch seconds.", example: 1795298563 });
const isoTime = () => z.string().openapi({ format: "date-time", example: "2026-11-21T22:02:43Z" });
const anyObject = () => z.record(z.string(), z.unknown());
const text = (description: string) => z.string().openapi({ description });

export const Metrics = z
  .looseObject({
    input_tokens: z.int().optional(),
    output_tokens: z.int().optional(),
    total_tokens: z.int().optional(),
    time_to_first_token: z.number().optional().openapi({ description: "Seconds." }),
    duration: z.number().optional().openapi({ description: "Seconds." }),
    timings: z
      .looseObject({
        queue: z.number().optional(),
        hydrate: z.number().optional(),
        accept: z.number().optional(),
        model: z.number().optional(),
      })
      .optional()
      .openapi({ description: "Where the run's time went, in seconds." }),
    details: anyObject().optional(),
  })
  .openapi("Metrics");

export const Message = z
  .looseObject({
    id: z.string(),
    role: z.enum(ROLES),
    content: z.string().optional(),
    from_history: z.boolean(),
    stop_after_tool_call: z.boolean(),
    tool_calls: z.array(anyObject()).optional().openapi({ description: "As OpenAI writes them." }),
    tool_call_id: z.string().optional(),
    tool_name: z.string().optional(),
    tool_args: anyObject().optional(),
    tool_call_error: z.boolean().optional(),
    metrics: Metrics.optional(),
    created_at: seconds(),
  })
  .openapi("Message");

export const ToolExecution = z
  .looseObject({
    tool_call_id: z.string(),
    tool_name: z.string(),
    tool_args: anyObject().nullable(),
    tool_call_error: z.boolean().nullable(),
    result: z.string().nullable(),
    metrics: anyObject().nullable(),
    created_at: seconds(),
  })
  .openapi("ToolExecution", { description: "All of AgentOS's keys are always there, null when unset." });

/** What a paused run waits for; AgentOS's RunRequirement. */
export const RunRequirement = z
  .looseObject({
    id: z.string(),
    created_at: z.string(),
    tool_execution: ToolExecution,
    confirmation: z.boolean().optional(),
    confirmation_note: z.string().optional(),
    external_execution_result: z.string().optional(),
    user_input_schema: z.array(anyObject()).optional(),
    member_agent_id: z.string().optional().openapi({ description: "Of a member's call: who it is." }),
    member_agent_name: z.string().optional(),
    member_run_id: z.string().optional(),
    note: z.string().optional(),
    expires_at: z.string().optional(),
    answered_by: z.string().optional(),
    answered_at: z.string().optional(),
  })
  .openapi("RunRequirement", { description: "Keys without a value are left out." });

export const SessionSummary = z
  .object({
    summary: z.string(),
    topics: z.array(z.string()).optional(),
    updated_at: z.string().optional().openapi({
      description: "ISO 8601 without an offset, as AgentOS writes it; of UTC where the model made the summary.",
      example: "2026-11-22T10:15:00",
    }),
  })
  .openapi("SessionSummary");

export const RunEvent = z
  .looseObject({
    event: z.string().openapi({ example: "RunContent" }),
    event_index: z.int().openapi({ description: "From 0, one more per event; also the stream's `id:`." }),
    run_id: z.string(),
    session_id: z.string().optional(),
    agent_id: z.string().optional(),
    agent_name: z.string().optional(),
    team_id: z.string().optional().openapi({ description: "Of a team's own events, whose names begin with `Team`." }),
    team_name: z.string().optional(),
    parent_run_id: z.string().optional().openapi({ description: "Of a member run's events: its team's run." }),
    nested_depth: z.int(),
    content: z.unknown().openapi({ description: "A delta in RunContent, the whole text in RunCompleted." }),
    tool: ToolExecution.optional(),
    tools: z.array(ToolExecution).optional().openapi({ description: "The calls that a paused run waits for." }),
    requirements: z.array(RunRequirement).optional(),
    session_summary: SessionSummary.optional().openapi({
      description: "In SessionSummaryCompleted, unless none was made.",
    }),
    session_cache: z.enum(["hit", "miss", "bypass"]).optional(),
    persisted: z.boolean().optional().openapi({ description: "False: kept by the session, not yet in the database." }),
    created_at: seconds(),
  })
  .openapi("RunEvent");

const origin = {
  forked_from_run_id: z.string().nullish(),
  forked_from_message_index: z.int().nullish(),
  forked_from_session_id: z.string().nullish(),
  regenerated_from: z.string().nullish(),
};

/** What a run answers; AgentOS's RunOutput. */
export const RunOutput = z
  .looseObject({
    run_id: z.string(),
    agent_id: z.string().optional(),
    agent_name: z.string().optional(),
    team_id: z.string().optional().openapi({ description: "Of a team's run, instead of the agent's." }),
    team_name: z.string().optional(),
    parent_run_id: z.string().optional().openapi({ description: "Of a member run: its team's run." }),
    session_id: z.string(),
    user_id: z.string().optional(),
    status: z.enum(RUN_STATUSES),
    content: z.unknown(),
    content_type: z.string().optional(),
    model: z.string().optional(),
    model_provider: z.string().optional(),
    session_state: anyObject().optional(),
    session_cache: z.enum(["hit", "miss", "bypass"]).optional(),
    metrics: Metrics.optional(),
    messages: z.array(Message).optional(),
    tools: z.array(ToolExecution).optional(),
    requirements: z
      .array(RunRequirement)
      .optional()
      .openapi({ description: "Of a paused run what is open; later what was asked, and who answered." }),
    member_responses: z.array(anyObject()).optional().openapi({ description: "The member runs of a team's run." }),
    input: anyObject().optional(),
    ...origin,
    created_at: seconds(),
  })
  .openapi("RunOutput");

/** A run in a session's list of runs; AgentOS's RunSchema. */
export const RunItem = z
  .looseObject({
    run_id: z.string(),
    parent_run_id: text("Empty for a run of its own."),
    agent_id: z.string().nullish(),
    user_id: z.string().nullish(),
    status: z.enum(RUN_STATUSES),
    run_input: z.string().nullish(),
    content: z.unknown(),
    metrics: Metrics.nullish(),
    messages: z.array(Message).nullish(),
    tools: z.array(ToolExecution).nullish(),
    events: z.array(RunEvent).nullish(),
    session_state: anyObject().nullish(),
    ...origin,
    created_at: isoTime(),
  })
  .openapi("Run");

/** Where in a text the words are that were looked for. */
export const Highlights = z
  .array(z.array(z.int()).min(2).max(2))
  .openapi({ description: "Where what was looked for begins and ends, in UTF-16 units.", example: [[0, 5]] });

/** What a search says of its page. */
export const searchMeta = {
  ranked: z
    .int()
    .optional()
    .openapi({ description: "With `rank=relevance`: how many matches were put in order, the newest 1,000 at most." }),
  ranked_capped: z.boolean().optional().openapi({ description: "There may be older matches, which were not." }),
};

const sessionFields = {
  session_id: z.string(),
  session_name: text("The name that shows: the one that was set, else the first message, shortened."),
  user_id: z.string().nullish(),
  agent_id: z.string().nullish(),
  team_id: z.string().nullish(),
  workflow_id: z.string().nullish(),
  session_state: anyObject().nullish(),
  metadata: anyObject().nullish(),
  session_summary: SessionSummary.nullish(),
  metrics: Metrics.nullish(),
  total_tokens: z.int().nullish(),
  tags: z.array(z.string()),
  pinned: z.boolean(),
  pinned_at: isoTime().nullish(),
  archived: z.boolean(),
  archived_at: isoTime().nullish(),
  ttl_seconds: z
    .int()
    .nullish()
    .openapi({ description: "Where it has its own: how long it is kept after its last change." }),
  run_count: z.int().openapi({ description: "How many runs have completed, those of members apart." }),
  message_count: z.int().openapi({ description: "What people and agents said to each other." }),
  last_message: z
    .object({
      role: z.enum(["user", "assistant"]),
      text: text("One line of at most 200 characters, secrets masked."),
      created_at: isoTime(),
    })
    .nullish(),
  open_requirements: z.int().openapi({ description: "How many things its runs wait for people to do." }),
  forked_from_session_id: z.string().optional().openapi({ description: "The session it was copied from." }),
  created_at: isoTime(),
  updated_at: isoTime(),
};

/** A session in the list. */
export const SessionItem = z
  .looseObject({ ...sessionFields, session_type: z.enum(SESSION_TYPES), highlights: Highlights.optional() })
  .openapi("Session");

export const SessionList = z
  .object({
    data: z.array(SessionItem),
    meta: z.looseObject({
      page: z.int().optional(),
      limit: z.int(),
      total_pages: z.int().optional(),
      total_count: z.int().optional().openapi({ description: "Counted up to 10,000." }),
      total_count_capped: z.boolean().optional(),
      search_time_ms: z.number(),
      next_cursor: z.string().nullish(),
      ...searchMeta,
    }),
  })
  .openapi("SessionList");

/** A session with the newest part of its history. Agents' sessions have `agent_data`, teams' `team_data`. */
export const SessionDetail = z
  .looseObject({
    ...sessionFields,
    agent_session_id: z.string().optional().openapi({ description: "The session's id, in an agent's session." }),
    agent_data: anyObject().nullish(),
    team_data: anyObject().nullish(),
    workflow_data: anyObject().nullish(),
    chat_history: z.array(Message).optional(),
    chat_history_total: z.int().optional(),
  })
  .openapi("SessionDetail");

export const SessionName = z
  .object({
    session_id: z.string(),
    session_name: text("Empty when no name is set."),
    display_name: text("The name that shows."),
    source: z.enum(["manual", "generated", "fallback"]).nullable(),
    version: z.int().openapi({ description: "Counts the changes of the name." }),
    updated_at: isoTime().nullable(),
    model: z.string().nullable().openapi({ description: "The model that was asked for the name; null when none was." }),
    prompt_tokens: z.int().nullable().openapi({ description: "Over all attempts, as the provider told." }),
    completion_tokens: z.int().nullable(),
    total_tokens: z.int().nullable(),
    attempts: z.int().nullable().openapi({ description: "How often the model was asked." }),
    job_id: z.string().nullable().openapi({ description: "The naming job that asked." }),
    generated_at: isoTime().nullable(),
  })
  .openapi("SessionName", {
    description: "What a generated or a fallback name cost is null for a name that a person gave.",
  });

export const MessagePage = z
  .object({
    data: z.array(Message),
    meta: z.object({
      limit: z.int().nullable(),
      has_more: z.boolean(),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  })
  .openapi("MessagePage");
