import { z } from "@hono/zod-openapi";
import { ID_PATTERN } from "../../domain/id.ts";
import { MAX_ID_CHARS } from "../../domain/limits.ts";
import { RUN_STATUSES } from "../../domain/run.ts";
import { RunEvent } from "./event-shapes.ts";
import { Message, Metrics, RunRequirement, ToolExecution } from "./run-parts.ts";
import { anyObject, count, idText, isoTime, maybe, seconds, text } from "./values.ts";

/**
 * What answers look like: AgentOS's objects, for the document. They are open (fields may be added) and say nothing of
 * how handlers build them.
 */

/** AgentOS's lists of runs have an empty text if there is no id. */
export const orEmpty = (description: string) =>
  z.string().openapi({ description, pattern: `^$|${ID_PATTERN}`, maxLength: MAX_ID_CHARS, example: "" });

const origin = {
  forked_from_run_id: idText().nullish(),
  forked_from_message_index: count().nullish(),
  forked_from_session_id: idText().nullish(),
  regenerated_from: idText().nullish(),
};

const modelName = z.string().optional().openapi({
  description: "The class of model that it asked last, such as `OpenAIChat` or `OpenAIResponses`, where it is known.",
});

const HistoryDropped = z.object({ runs: count(), without_provider_data: count(), reason: z.string() }).openapi({
  description:
    "What of the history the model was not sent, because its provider refused it: how many earlier runs, of how many runs " +
    "what providers said beside the text, and the provider's words.",
});

const Status = z.enum(RUN_STATUSES).openapi({ example: "COMPLETED" });

/** What a run answers; AgentOS's RunOutput. */
export const RunOutput = z
  .looseObject({
    run_id: idText(),
    agent_id: idText().optional().openapi({ example: "assistant" }),
    agent_name: z.string().optional().openapi({ example: "Assistant" }),
    team_id: idText("Of a team's run, instead of the agent's.").optional(),
    team_name: z.string().optional(),
    parent_run_id: idText("Of a member run: its team's run.").optional(),
    session_id: idText(),
    user_id: idText().optional(),
    status: Status,
    finish_reason: z.string().optional().openapi({ description: "Why the model ended, of a run that completed." }),
    content: text("What it said; of a run that failed why, of one that waits for what.", "Hello! How can I help?"),
    content_type: z.string().optional(),
    reasoning_content: text("What the model thought, as far as the agent shows it.").optional(),
    error_type: z.string().optional().openapi({ description: "The kind of failure, of a run that failed." }),
    model: z.string().optional(),
    model_provider: z.string().optional(),
    model_name: modelName,
    session_state: anyObject().optional(),
    session_cache: z.enum(["hit", "miss", "bypass"]).optional(),
    history_dropped: HistoryDropped.optional(),
    metrics: Metrics.optional(),
    metadata: anyObject().optional().openapi({ description: "AgentOS's metadata of a run that was imported." }),
    messages: z.array(Message).optional(),
    tools: z.array(ToolExecution).optional(),
    requirements: z
      .array(RunRequirement)
      .optional()
      .openapi({ description: "Of a paused run what is open; later what was asked, and who answered." }),
    member_responses: z.array(anyObject()).optional().openapi({ description: "The member runs of a team's run." }),
    input: anyObject().optional(),
    persisted: z.boolean().optional().openapi({ description: "False: kept by the session, not yet in the database." }),
    ...origin,
    created_at: seconds(),
  })
  .openapi("RunOutput");

/** A run in a session's list of runs; AgentOS's RunSchema. */
export const RunItem = z
  .looseObject({
    run_id: idText(),
    parent_run_id: orEmpty("Empty for a run of its own."),
    agent_id: idText().nullish(),
    team_id: idText().nullish(),
    user_id: orEmpty("Empty for a run of nobody's.").nullish(),
    status: Status,
    run_input: z.string().nullish(),
    content: text("What it said; of a run that failed why, of one that waits for what.", "Hello! How can I help?"),
    reasoning_content: text("What the model thought, as far as the agent shows it; else empty.").nullish(),
    metrics: maybe(Metrics),
    metadata: anyObject().optional().openapi({ description: "AgentOS's metadata of a run that was imported." }),
    messages: z.array(Message).nullish(),
    tools: z.array(ToolExecution).nullish(),
    events: z.array(RunEvent).nullish(),
    session_state: anyObject().nullish(),
    ...origin,
    model_name: modelName,
    history_dropped: HistoryDropped.optional(),
    created_at: isoTime(),
  })
  .openapi("Run");

/** Where in a text the words are that were looked for. */
export const Highlights = z
  .array(z.array(count()).min(2).max(2))
  .openapi({ description: "Where what was looked for begins and ends, in UTF-16 units.", example: [[0, 5]] });

/** What a search says of its page. */
export const searchMeta = {
  ranked: count("With `rank=relevance`: how many matches were put in order, the newest 1,000 at most.").optional(),
  ranked_capped: z.boolean().optional().openapi({ description: "There may be older matches, which were not." }),
};
