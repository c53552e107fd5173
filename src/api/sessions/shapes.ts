import { z } from "@hono/zod-openapi";
import { MAX_NAME_CODE_POINTS } from "../../domain/limits.ts";
import { SESSION_TYPES } from "../../domain/session.ts";
import { Message, Metrics, SessionSummary } from "../shared/run-parts.ts";
import { Highlights, searchMeta } from "../shared/shapes.ts";
import { anyObject, count, idText, isoTime, maybe, text } from "../shared/values.ts";
import { directoryShape } from "./fields.ts";

/** What answers show of sessions, for the document. The objects are open: fields may be added. */

const NameSource = z.enum(["manual", "generated", "fallback"]);

const sessionFields = {
  session_id: idText(),
  session_name: text("The name that shows: the one that was set, else the first message, shortened.", "Kyoto in May"),
  name_source: NameSource.nullish().openapi({
    description: "Who gave the name. Left out where there is none, so that the first message shows.",
  }),
  user_id: idText().nullish(),
  agent_id: idText().nullish(),
  team_id: idText().nullish(),
  workflow_id: idText().nullish(),
  session_state: anyObject().nullish(),
  metadata: anyObject().nullish(),
  session_summary: maybe(SessionSummary),
  metrics: maybe(Metrics),
  total_tokens: count().nullish(),
  ...directoryShape,
  run_count: count("How many runs have completed, those of members apart."),
  message_count: count("What people and agents said to each other."),
  last_message: z
    .object({
      role: z.enum(["user", "assistant"]),
      text: text(`One line of at most ${MAX_NAME_CODE_POINTS} characters, secrets masked.`),
      created_at: isoTime(),
    })
    .nullish(),
  open_requirements: count("How many things its runs wait for people to do."),
  forked_from_session_id: idText("The session it was copied from.").optional(),
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
      page: count().optional(),
      limit: count(),
      total_pages: count().optional(),
      total_count: count("Counted up to 10,000.").optional(),
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
    agent_session_id: idText("The session's id, in an agent's session.").optional(),
    agent_data: anyObject().nullish(),
    team_data: anyObject().nullish(),
    workflow_data: anyObject().nullish(),
    chat_history: z.array(Message).optional(),
    chat_history_total: count().optional(),
    name_error: z.string().optional().openapi({
      description: "Where the name is a fallback because the model's provider failed: what that said.",
    }),
  })
  .openapi("SessionDetail");

export const SessionName = z
  .object({
    session_id: idText(),
    session_name: text("Empty when no name is set.", "Kyoto in May"),
    display_name: text("The name that shows.", "Kyoto in May"),
    source: NameSource.nullable(),
    version: count("Counts the changes of the name."),
    updated_at: isoTime().nullable(),
    model: z.string().nullable().openapi({ description: "The model that was asked for the name; null when none was." }),
    prompt_tokens: count("Over all attempts, as the provider told.").nullable(),
    completion_tokens: count().nullable(),
    total_tokens: count().nullable(),
    attempts: count("How often the model was asked.").nullable(),
    job_id: idText("The naming job that asked.").nullable(),
    error: z.string().nullable().openapi({
      description: "What the model's provider said instead of a name; null where it answered.",
    }),
    generated_at: isoTime().nullable(),
  })
  .openapi("SessionName", {
    description: "What a generated or a fallback name cost is null for a name that a person gave.",
  });
