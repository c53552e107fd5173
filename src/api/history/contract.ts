import { z } from "@hono/zod-openapi";
import { ROLES } from "../../domain/message.ts";
import { RUN_STATUSES } from "../../domain/run.ts";
import { SessionName } from "../sessions/shapes.ts";
import {
  AgentId,
  booleanOr,
  integer,
  list,
  optionalParameter,
  SESSION_ETAG,
  SessionId,
  SessionScope,
  TeamId,
} from "../shared/request-fields.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { Message } from "../shared/run-parts.ts";
import { idText } from "../shared/values.ts";

const HistoryMessage = Message.extend({
  run_id: idText("The run that it is of."),
  run_status: z.enum(RUN_STATUSES).openapi({ description: "How that run stands.", example: "COMPLETED" }),
}).openapi("HistoryMessage");

const MessagePage = z
  .object({
    data: z.array(HistoryMessage),
    meta: z.object({
      limit: z.int().nullable(),
      has_more: z.boolean(),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  })
  .openapi("MessagePage");

const SessionPath = z.object({ session_id: SessionId });

const paging = {
  limit: integer({
    description: "The newest this many; at most 1,000, and 8 MB of text, are given. 0 or less gives none.",
  }),
  last_n_runs: integer({ description: "Only of the newest runs that pass the other filters. 0 or less gives none." }),
  before: optionalParameter(z.string()).openapi({
    description: "`meta.before` of an answer: what is older. Not with `after`.",
  }),
  after: optionalParameter(z.string()).openapi({
    description: "`meta.after` of an answer: what is newer. Not with `before`.",
  }),
};

export const getMessages = defineRoute({
  method: "get",
  path: "/sessions/{session_id}/messages",
  operationId: "get_session_messages",
  scope: ["sessions:read"],
  user: "caller",
  summary: "A session's messages, as Agno's get_messages",
  description:
    "Without a cursor Agno's result; with one a page (100 unless `limit` says otherwise) of what passes the filters, oldest first. Runs of a team's members are shown in the team's sessions only, where `member_ids`, `team_id` or `skip_member_messages=false` asks for them.",
  tags: ["History"],
  request: {
    params: SessionPath,
    query: SessionScope.extend({
      ...paging,
      agent_id: optionalParameter(AgentId).openapi({ description: "Only the runs of this agent." }),
      team_id: optionalParameter(TeamId).openapi({
        description: "Only the runs of this team; in a team's session also those it did as a member of another.",
      }),
      skip_roles: list(z.enum(ROLES), "Repeats."),
      skip_statuses: list(
        z.enum(RUN_STATUSES),
        "Repeats; default PAUSED, CANCELLED, ERROR, REGENERATED; empty skips none.",
      ),
      skip_history_messages: booleanOr(true, "Agno's parameter; copies of history are never stored here."),
      member_ids: list(
        AgentId.openapi({ description: "Id of an agent or team." }),
        "Repeats. In a team's session: only what these members did for the team; empty shows all runs at any depth.",
      ),
      skip_member_messages: booleanOr(
        true,
        "In a team's session: leave out what members did for the team. Does not count beside `member_ids` or `team_id`.",
      ),
    }),
  },
  responses: { 200: json(MessagePage, "The messages, oldest first"), ...failures(404) },
});

export const getChatHistory = defineRoute({
  method: "get",
  path: "/sessions/{session_id}/chat-history",
  operationId: "get_session_chat_history",
  scope: ["sessions:read"],
  user: "caller",
  summary: "What users and agents said, in runs of any status",
  description:
    "Agno's get_chat_history: no system and no tool messages. In a team's session: without its members' runs.",
  tags: ["History"],
  request: { params: SessionPath, query: SessionScope.extend(paging) },
  responses: { 200: json(MessagePage, "The messages, oldest first"), ...failures(404) },
});

export const getSessionName = defineRoute({
  method: "get",
  path: "/sessions/{session_id}/name",
  operationId: "get_session_name",
  scope: ["sessions:read"],
  user: "caller",
  summary: "A session's name, and where it came from",
  description: "Given by a person, by a model, or not at all; and what a model's name cost.",
  tags: ["Sessions"],
  request: { params: SessionPath, query: SessionScope },
  responses: { 200: json(SessionName, "The name", SESSION_ETAG), ...failures(404) },
});
