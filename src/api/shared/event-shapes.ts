import { z } from "@hono/zod-openapi";
import type { RunEventName } from "../../domain/event.ts";
import { COMPONENTS } from "./route.ts";
import { Metrics, RunRequirement, SessionSummary, ToolExecution } from "./run-parts.ts";
import { anyObject, count, idText, seconds, text } from "./values.ts";

// AgentOS's run events, one schema a kind. An agent's and a team's events of a kind have the same fields.

const common = {
  event_index: count("From 0, one more per event; also the stream's `id:`."),
  run_id: idText(),
  session_id: idText(),
  agent_id: idText().optional(),
  agent_name: z.string().optional(),
  team_id: idText("Of a team's own events, whose names begin with `Team`.").optional(),
  team_name: z.string().optional(),
  parent_run_id: idText("Of a member run's events: its team's run.").optional(),
  nested_depth: count(),
  persisted: z.boolean().optional().openapi({ description: "False: kept by the session, not yet in the database." }),
  created_at: seconds(),
};

function kind(name: RunEventName, fields: z.ZodRawShape) {
  const event = z.enum([name, `Team${name}`]).openapi({ example: name });
  return z.looseObject({ event, ...common, ...fields }).openapi(`${name}Event`);
}

const content = (description: string) => ({ content: text(description), content_type: z.string().optional() });
const model = { model: z.string().optional(), model_provider: z.string().optional() };
const sessionCache = z.enum(["hit", "miss", "bypass"]);
const tool = { tool: ToolExecution.optional() };

/** Each event's own fields, in the order of the document. An event without an entry here does not compile. */
const FIELDS = {
  RunStarted: { ...model, session_cache: sessionCache.optional() },
  ModelRequestStarted: model,
  RunContent: {
    ...content("A delta: what was said since the last one; empty where the model thought."),
    reasoning_content: text("A delta of what the model thought; empty where it said something.").optional(),
  },
  ModelRequestCompleted: {
    ...model,
    input_tokens: count().optional(),
    output_tokens: count().optional(),
    total_tokens: count().optional(),
    reasoning_tokens: count().optional(),
    cache_read_tokens: count().optional(),
    cache_write_tokens: count().optional(),
    audio_input_tokens: count().optional(),
    audio_output_tokens: count().optional(),
    cost: z.number().optional().openapi({ description: "In the provider's currency, where it tells one." }),
    time_to_first_token: z.number().optional().openapi({ description: "Seconds." }),
  },
  ToolCallStarted: tool,
  ToolCallCompleted: { ...tool, content: text("The call and how long it took.").optional() },
  ToolCallError: { ...tool, error: z.string() },
  RunContentCompleted: {},
  SessionSummaryStarted: {},
  SessionSummaryCompleted: { session_summary: SessionSummary.optional() },
  RunCompleted: {
    ...content("All that was said."),
    reasoning_content: text("All that the model thought, where it did.").optional(),
    session_state: anyObject().optional(),
    metrics: Metrics.optional(),
    finish_reason: z.string().optional(),
  },
  RunError: { content: text("Why it failed.").optional(), error_type: z.string().optional() },
  RunCancelled: { reason: z.string(), content: text("What had been said.") },
  RunPaused: {
    content: text("What it waits for, in words."),
    tools: z.array(ToolExecution).openapi({ description: "The calls that it waits for." }),
    requirements: z.array(RunRequirement),
  },
  RunContinued: {},
} satisfies Record<RunEventName, z.ZodRawShape>;

const kinds = Object.entries(FIELDS).map(([name, fields]) => kind(name as RunEventName, fields));

export const RunEvent = z
  .discriminatedUnion("event", kinds as [(typeof kinds)[number], ...typeof kinds])
  .openapi("RunEvent");

const NAMES = (Object.keys(FIELDS) as RunEventName[]).flatMap((name) => [name, `Team${name}` as const]);

/** The names of all kinds of events, an agent's and a team's. */
const EventName = z.enum(NAMES).openapi("RunEventName");

/** What a resume says of its own stream. Clients that know the events of runs pass these over. */
const ControlName = z.enum(["catch_up", "subscribed", "replay", "error"]);

/** The index of an event of a stream. OpenAPI before 3.2 has no schema for a whole stream, so one event is described. */
const id = z.string().optional().openapi({ pattern: "^\\d+$", description: "The event's index.", example: "0" });
/** The first event of a run, as it is sent. */
const EVENT = JSON.stringify({
  created_at: 1795298563,
  event: "RunStarted",
  agent_id: "assistant",
  agent_name: "Assistant",
  run_id: "80312efa-38f3-4188-a301-3eadecfbed8e",
  session_id: "my-session",
  nested_depth: 0,
  event_index: 0,
});
const json = { contentMediaType: "application/json" };
const runEvent = { ...json, contentSchema: { $ref: `${COMPONENTS}RunEvent` } };

/** One event of a run's stream. */
export const RunStreamEvent = z
  .object({
    id,
    event: EventName,
    data: z.string().openapi({
      ...runEvent,
      description: "A RunEvent, as JSON.",
      example: EVENT,
    }),
  })
  .openapi("RunStreamEvent");

/** One event of the stream that answers a resume. */
export const ResumeStreamEvent = z
  .object({
    id,
    event: z.union([EventName, ControlName]),
    data: z.string().openapi({
      ...json,
      example: EVENT,
      description:
        "A RunEvent, as JSON; or `catch_up`, `subscribed`, `replay` or `error`, which are of the stream and have no index.",
    }),
  })
  .openapi("ResumeStreamEvent");
