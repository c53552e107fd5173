import { z } from "@hono/zod-openapi";
import { ON_BUSY, RUN_STATUSES } from "../domain/run.ts";
import {
  AgentId,
  booleanOr,
  IdempotencyKey,
  jsonObject,
  optionalParameter,
  parameter,
  RunId,
  SessionId,
  UserId,
} from "./common.ts";
import { defineRoute, failures, formOrJsonBody, json } from "./route.ts";
import { RunItem, RunOutput } from "./shapes.ts";

/** The fields of a run request, as a form or as JSON; empty ones are left out before this sees them. */
export const RunFields = z
  .object({
    message: z
      .string()
      .refine((text) => text.trim() !== "", "the message must not be empty")
      .openapi({
        description: "What the user says; at most 256 KB.",
        example: "Hello!",
      }),
    stream: booleanOr(true, "Server-sent events as the run goes on, or one answer when it is over."),
    stream_events: booleanOr(true, "False leaves only content and the end in the stream."),
    session_id: SessionId.optional().openapi({ description: "The session to run in; left out, a new one." }),
    user_id: UserId.optional(),
    session_state: jsonObject("Merged over the session's state, key by key; at most 128 KB.").optional(),
    on_busy: z.enum(ON_BUSY).default("enqueue").openapi({
      description:
        "While another run of the session is active: wait behind those that wait, be refused (409), or cancel the active run and be next.",
    }),
  })
  .openapi("RunRequest");

/** The field without its optional wrapper, for the header that is read beside the body. */
export const IdempotencyHeader = z.object({ "Idempotency-Key": IdempotencyKey.optional() });

const AgentPath = z.object({ agent_id: AgentId });
const RunPath = z.object({ agent_id: AgentId, run_id: RunId });
const inSession = {
  session_id: parameter(SessionId).openapi({ description: "The session that the run is in." }),
  user_id: optionalParameter(UserId).openapi({ description: "Only if it is this user's session." }),
};
const tags = ["Runs"];

export const startRun = defineRoute({
  method: "post",
  path: "/agents/{agent_id}/runs",
  operationId: "create_agent_run",
  summary: "Run an agent",
  description:
    "Streams AgentOS's run events, or answers the finished run with `stream=false`. Every answer has `X-Run-Id` and `X-Session-Id`. A failure of the model is a run with status ERROR, not an HTTP error. The run goes on when its reader leaves.",
  tags,
  request: { params: AgentPath, headers: IdempotencyHeader, body: formOrJsonBody(RunFields) },
  responses: {
    200: {
      description: "The run's events, or the run",
      content: { "text/event-stream": { schema: z.string() }, "application/json": { schema: RunOutput } },
    },
    ...failures(400, 404, 409, 413, 429),
  },
});

export const listAgentRuns = defineRoute({
  method: "get",
  path: "/agents/{agent_id}/runs",
  operationId: "list_agent_runs",
  summary: "An agent's runs in a session",
  tags,
  request: {
    params: AgentPath,
    query: z.object({ ...inSession, status: optionalParameter(z.enum(RUN_STATUSES)) }),
  },
  responses: { 200: json(z.array(RunItem), "The runs, in the order of running"), ...failures(404) },
});

export const getAgentRun = defineRoute({
  method: "get",
  path: "/agents/{agent_id}/runs/{run_id}",
  operationId: "get_agent_run",
  summary: "One run",
  tags,
  request: { params: RunPath, query: z.object(inSession) },
  responses: { 200: json(RunOutput, "The run as it stands"), ...failures(404) },
});

export const cancelRun = defineRoute({
  method: "post",
  path: "/agents/{agent_id}/runs/{run_id}/cancel",
  operationId: "cancel_agent_run",
  summary: "Cancel a run",
  description: "Also of a run that waits. Unknown, settled and other users' runs are left alone, and answered alike.",
  tags,
  request: {
    params: RunPath,
    query: z.object({
      session_id: optionalParameter(SessionId),
      user_id: optionalParameter(UserId).openapi({ description: "Only if it is this user's session." }),
    }),
  },
  responses: { 200: json(z.object({}), "It is cancelled, or there was nothing to cancel"), ...failures(404) },
});
