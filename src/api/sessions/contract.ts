import { z } from "@hono/zod-openapi";
import { MAX_NAME_CODE_POINTS } from "../../domain/limits.ts";
import { SESSION_TYPES } from "../../domain/session.ts";
import { Query, Rank } from "../search/contract.ts";
import {
  AgentId,
  boundedList,
  ComponentId,
  IfMatchHeader,
  integer,
  integerOr,
  optionalField,
  optionalParameter,
  SESSION_ETAG,
  SessionId,
  SessionScope,
  TeamId,
  UserId,
  WorkflowId,
} from "../shared/request-fields.ts";
import { defineRoute, failures, json, jsonBody, jsonOrMergePatchBody } from "../shared/route.ts";
import { SessionSummary } from "../shared/run-parts.ts";
import { createdFields, listConditions, mergedFields, replacedFields, typedNameField } from "./fields.ts";
import { SessionDetail, SessionList } from "./shapes.ts";

const SessionPath = z.object({ session_id: SessionId });
const tags = ["Sessions"];

/** A session with its ETag. */
const versioned = (description: string) => json(SessionDetail, description, SESSION_ETAG);

export const SORT_BY = ["created_at", "updated_at"] as const;

export const listSessions = defineRoute({
  method: "get",
  path: "/sessions",
  operationId: "list_sessions",
  scope: ["sessions:read"],
  user: "caller",
  summary: "List sessions",
  description:
    "By page, or with `cursor` from an answer's `meta.next_cursor`, which costs the same on any page. Counts stop at 10,000. " +
    "A page may end early, at 8 MB of state, metadata and summaries: `next_cursor` goes on behind its last session. " +
    "With `q` only what has these words in the name that shows: by cursor, newest creation first, without counts.",
  tags,
  request: {
    query: SessionScope.extend({
      component_id: optionalParameter(ComponentId),
      session_name: optionalParameter(z.string().max(MAX_NAME_CODE_POINTS)).openapi({
        description: "Part of the name that shows; upper and lower case are the same in every script.",
      }),
      ...listConditions,
      limit: integerOr(20, { description: "How many at most.", ge: 1, le: 1000 }),
      page: integer({ description: "From 1; not with `cursor`, and with `q` the first only.", ge: 0 }),
      sort_by: optionalParameter(z.enum(SORT_BY)).openapi({
        description: "Default created_at, the only one with `q`.",
      }),
      sort_order: optionalParameter(z.enum(["asc", "desc"])).openapi({
        description: "Default desc, the only one with `q`.",
      }),
      cursor: optionalParameter(z.string()).openapi({ description: "Where an earlier answer ended. Not with `page`." }),
      q: optionalParameter(Query),
      rank: optionalParameter(Rank).openapi({ description: "Of what `q` finds; not without it. Default newest." }),
    }),
  },
  responses: { 200: json(SessionList, "A page of sessions"), ...failures(404) },
});

export const createSession = defineRoute({
  method: "post",
  path: "/sessions",
  operationId: "create_session",
  scope: ["sessions:write"],
  user: "caller",
  summary: "Create a session",
  description: "Before its first run, or without one. A run in a session that does not exist makes it too.",
  tags,
  request: {
    query: SessionScope,
    body: jsonBody(
      z
        .object({
          session_id: optionalField(SessionId),
          ...createdFields,
          user_id: optionalField(UserId),
          agent_id: optionalField(AgentId),
          team_id: optionalField(TeamId),
          workflow_id: optionalField(WorkflowId),
        })
        .openapi("CreateSession", {
          example: { session_id: "my-session", agent_id: "assistant", session_name: "Kyoto in May" },
        }),
      { required: false },
    ),
  },
  responses: { 201: versioned("The session"), ...failures(404, 409, 413) },
});

export const deleteSessions = defineRoute({
  method: "delete",
  path: "/sessions",
  operationId: "delete_sessions",
  scope: ["sessions:delete"],
  isCostly: true,
  user: "caller",
  summary: "Delete several sessions",
  description: "As `DELETE /sessions/{session_id}`, one after the other.",
  tags,
  request: {
    query: SessionScope,
    body: jsonBody(
      z
        .object({
          session_ids: boundedList(SessionId).min(1),
          session_types: boundedList(z.enum(SESSION_TYPES)),
          user_id: optionalField(UserId),
        })
        .openapi("DeleteSessions"),
      { required: true },
    ),
  },
  responses: { 204: { description: "None of them exists any more" }, ...failures(400, 404) },
});

export const getSession = defineRoute({
  method: "get",
  path: "/sessions/{session_id}",
  operationId: "get_session",
  scope: ["sessions:read"],
  user: "caller",
  summary: "A session with the newest part of its chat history",
  description:
    "With the ETag that `If-Match` of a change wants. What is older has `GET /sessions/{session_id}/messages`.",
  tags,
  request: { params: SessionPath, query: SessionScope },
  responses: { 200: versioned("The session"), ...failures(404) },
});

export const UpdateSession = z
  .object({ ...replacedFields, user_id: optionalField(UserId) })
  .openapi({ example: { session_name: "Kyoto in May" } });

/** The same document as a merge patch. */
export const SessionMergePatch = z
  .object({ ...mergedFields, user_id: optionalField(UserId) })
  .openapi({ example: { session_state: { nights: 4 } } });

export const patchSession = defineRoute({
  method: "patch",
  path: "/sessions/{session_id}",
  operationId: "update_session",
  scope: ["sessions:write"],
  user: "caller",
  summary: "Change a session: name, state, metadata, summary, tags, pin, archive, time to live",
  description:
    "What is given replaces the field as a whole; null or left out leaves it. With `application/merge-patch+json` it is merged as RFC 7396 says, and null takes away. Does not wait for a run.",
  tags,
  request: {
    params: SessionPath,
    query: SessionScope,
    headers: IfMatchHeader,
    body: jsonOrMergePatchBody(["UpdateSession", UpdateSession], ["SessionMergePatch", SessionMergePatch]),
  },
  responses: { 200: versioned("The session as it stands then"), ...failures(404, 412, 413) },
});

export const deleteSession = defineRoute({
  method: "delete",
  path: "/sessions/{session_id}",
  operationId: "delete_session",
  scope: ["sessions:delete"],
  user: "caller",
  summary: "Delete a session",
  description:
    "Its active and waiting runs are cancelled. It is gone at once, or, where `DELETE_UNDO_SECONDS` is set, can be restored for that long, in which its id stays taken. Answers alike when there is no such session.",
  tags,
  request: { params: SessionPath, query: SessionScope },
  responses: { 204: { description: "It does not exist any more" }, ...failures(404) },
});

export const renameSession = defineRoute({
  method: "post",
  path: "/sessions/{session_id}/rename",
  operationId: "rename_session",
  scope: ["sessions:write"],
  user: "caller",
  summary: "Name a session, by hand or by model",
  description:
    "Either `session_name`, or `autogenerate: true` with an optional `fallback`. Does not wait for a run. Where the model's provider fails the session gets the fallback, and `name_error` has what the provider said.",
  tags,
  request: {
    params: SessionPath,
    query: SessionScope,
    headers: IfMatchHeader,
    body: jsonBody(
      z
        .object({
          session_name: typedNameField("The name; empty takes it away.").nullish(),
          autogenerate: z.boolean().nullish().openapi({ description: "Ask the model for a name." }),
          fallback: optionalField(typedNameField("What the session is called when the model has nothing usable.")),
          user_id: optionalField(UserId),
        })
        .openapi("RenameSession", {
          description: "Either `session_name` or `autogenerate: true`.",
          example: { session_name: "Kyoto in May" },
          oneOf: [
            {
              required: ["session_name"],
              properties: { session_name: { type: "string" }, autogenerate: { enum: [false, null] } },
            },
            {
              required: ["autogenerate"],
              properties: { autogenerate: { enum: [true] }, session_name: { type: "null" } },
            },
          ],
        }),
      { required: true },
    ),
  },
  responses: { 200: versioned("The session as it stands then"), ...failures(404, 412) },
});

export const summarizeSession = defineRoute({
  method: "post",
  path: "/sessions/{session_id}/summary",
  operationId: "summarize_session",
  scope: ["sessions:write"],
  isCostly: true,
  user: "caller",
  summary: "Bring a session's summary up to date, by model",
  description:
    "From the summary so far, whoever wrote it, and what completed runs said since; of a long session as much as four requests to the model take, and the rest the next time. Where nothing was said since, the model is not asked. A summary that is written meanwhile stays. Does not wait for a run. Where none is made the answer is 503, whose `detail` ends with what the provider said.",
  tags,
  request: { params: SessionPath, query: SessionScope, headers: IfMatchHeader },
  responses: { 200: json(SessionSummary, "The summary as it stands then", SESSION_ETAG), ...failures(400, 404, 412) },
});
