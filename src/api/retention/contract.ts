import { z } from "@hono/zod-openapi";
import { SessionDetail } from "../sessions/shapes.ts";
import { DatabaseParameter, SESSION_ETAG, SessionId, SessionScope, UserId } from "../shared/request-fields.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { count } from "../shared/values.ts";

export const restoreSession = defineRoute({
  method: "post",
  path: "/sessions/{session_id}/restore",
  operationId: "restore_session",
  scope: ["sessions:delete"],
  isCostly: true,
  user: "caller",
  summary: "Bring a deleted session back",
  description:
    "As it was, archived or not; its time to live begins anew. Runs that were active or waited when it was deleted are cancelled, paused ones can be continued. 404 when it was not deleted, or is gone for good.",
  tags: ["Sessions"],
  request: { params: z.object({ session_id: SessionId }), query: SessionScope },
  responses: { 200: json(SessionDetail, "The session as it stands then", SESSION_ETAG), ...failures(404) },
});

export const eraseUser = defineRoute({
  method: "delete",
  path: "/users/{user_id}/sessions",
  operationId: "erase_user_sessions",
  scope: ["sessions:delete"],
  isCostly: true,
  user: "caller",
  summary: "Erase everything of a user",
  description:
    "All sessions of the user, archived and deleted ones too, with their runs, messages and search entries, what runs wait for, and the jobs and idempotency keys that name the user or only those sessions. There is no way back. What arrives for the user meanwhile may go with it. Where end users erase themselves, what they used today is kept until midnight (UTC). The audit keeps that the user was erased.",
  tags: ["Users"],
  request: {
    params: z.object({ user_id: UserId }),
    query: z.object({
      db_id: DatabaseParameter,
    }),
  },
  responses: {
    204: { description: "Nothing of the user is left" },
    202: json(
      z
        .object({
          remaining: count("Sessions that are left; counted up to 10,000."),
        })
        .openapi("Erasing"),
      "More than one call may erase: it goes on by itself, and the same call answers how far it is",
    ),
    ...failures(404),
  },
});
