import { z } from "@hono/zod-openapi";
import { ON_BUSY, RUN_STATUSES } from "../../domain/run.ts";
import { type ComponentType, componentPath, WITH_ARTICLE } from "../shared/component-path.ts";
import { RunStreamEvent } from "../shared/event-shapes.ts";
import { IdempotencyHeader } from "../shared/idempotency.ts";
import {
  booleanFieldOr,
  jsonObject,
  optionalParameter,
  parameter,
  SessionId,
  UserId,
} from "../shared/request-fields.ts";
import { defineRoute, failures, formOrJsonBody, json } from "../shared/route.ts";
import { RunItem, RunOutput } from "../shared/shapes.ts";
import { count, idText } from "../shared/values.ts";

/** How a caller reads a run, and what is to become of the run in a busy session. */
export const readingFields = {
  stream: booleanFieldOr(true, "Server-sent events as the run goes on, or one answer when it is over."),
  stream_events: booleanFieldOr(true, "False leaves only content and the end in the stream."),
  on_busy: z.enum(ON_BUSY).default("enqueue").openapi({
    description:
      "While another run of the session is active: wait behind those that wait, be refused (409), or cancel the active run and be next.",
  }),
};

/** A text of a body that must say something. */
export const said = (description: string, reason: string) =>
  z
    .string()
    .refine((text) => text.trim() !== "", reason)
    .openapi({ description, pattern: "\\S" });

/** The fields of a run request, as a form or as JSON. `readRunBody` has left out those that are empty. */
const RunFields = z.object({
  message: said("What the user says; at most 256 KB.", "the message must not be empty").openapi({
    example: "Hello!",
  }),
  ...readingFields,
  background: booleanFieldOr(
    false,
    "With `stream=false`: answered at once with 202, and read later. With a stream it makes no difference: runs go on when their reader leaves.",
  ),
  session_id: SessionId.optional().openapi({
    description:
      "The session to run in; left out, a new one. One that does not exist begins, unless its id is `keyed-…`.",
  }),
  user_id: UserId.optional(),
  session_state: jsonObject("Merged over the session's state, key by key; at most 128 KB.").optional(),
});

const TeamRunFields = z.object({
  ...RunFields.shape,
  monitor: booleanFieldOr(true, "Accepted for AgentOS's clients; not used."),
});

/** One that is streamed, in a session that begins with it. */
const RUN = { example: { message: "Hello!", session_id: "my-session" } };

/** The body of a run request, with its name in the document. */
export const runBody = {
  agent: { name: "RunRequest", fields: RunFields.openapi(RUN) },
  team: { name: "TeamRunRequest", fields: TeamRunFields.openapi(RUN) },
};

/** The answer of a run in the background. */
const WaitingRun = z
  .object({
    run_id: idText(),
    session_id: idText(),
    status: z.enum(RUN_STATUSES),
    queue_position: count("How many runs of the session go before it."),
  })
  .openapi("WaitingRun");

/** The body of a cancel, which may name session and user as other routes of runs do. The query counts before the body. */
export const CancelFields = z
  .object({ session_id: SessionId.optional(), user_id: UserId.optional() })
  .openapi({ example: { session_id: "my-session" } });

const inSession = {
  session_id: parameter(SessionId).openapi({ description: "The session that the run is in." }),
};
export const tags = ["Runs"];

/** A run's answer: its events, or the run when it is over. */
export const runAnswers = {
  200: {
    description: "The run's events, or the run",
    content: { "text/event-stream": { schema: RunStreamEvent }, "application/json": { schema: RunOutput } },
  },
};

/** The routes of an agent's or a team's runs. */
export function runRoutes(type: ComponentType) {
  const path = componentPath(type);
  const { name, fields } = runBody[type];
  return {
    startRun: defineRoute({
      method: "post",
      path: path.runs,
      operationId: `create_${type}_run`,
      scope: [path.mayRun],
      isCostly: true,
      user: "caller",
      summary: `Run ${WITH_ARTICLE[type]}`,
      description:
        "Streams AgentOS's run events, or answers the finished run with `stream=false`. Every answer has `X-Run-Id` and `X-Session-Id`. A failure of the model is a run with status ERROR, not an HTTP error. The run goes on when its reader leaves.",
      tags,
      request: { params: path.componentParams, headers: IdempotencyHeader, body: formOrJsonBody(name, fields) },
      responses: {
        ...runAnswers,
        202: json(WaitingRun, "The run, which goes on in the background"),
        ...failures(400, 404, 409, 413, 429),
      },
    }),

    listRuns: defineRoute({
      method: "get",
      path: path.runs,
      operationId: `list_${type}_runs`,
      scope: [path.mayRead, path.mayRunThere],
      user: "caller",
      summary: `The runs of ${WITH_ARTICLE[type]} in a session`,
      description: "In the order of running; runs that have not started stand behind the others.",
      tags,
      request: {
        params: path.componentParams,
        query: z.object({ ...inSession, status: optionalParameter(z.enum(RUN_STATUSES)) }),
      },
      responses: { 200: json(z.array(RunItem), "The runs, in the order of running"), ...failures(404) },
    }),

    getRun: defineRoute({
      method: "get",
      path: path.run,
      operationId: `get_${type}_run`,
      scope: [path.mayRead, path.mayRunThere],
      user: "caller",
      summary: `One run of ${WITH_ARTICLE[type]}`,
      description: "As the database has it: while it runs, what it was asked and its status.",
      tags,
      request: { params: path.runParams, query: z.object(inSession) },
      responses: { 200: json(RunOutput, "The run as it stands"), ...failures(404) },
    }),

    cancelRun: defineRoute({
      method: "post",
      path: `${path.run}/cancel`,
      operationId: `cancel_${type}_run`,
      scope: [path.mayRun],
      user: "caller",
      summary: `Cancel a run of ${WITH_ARTICLE[type]}`,
      description:
        "Also of a run that waits or is paused. Unknown, settled and other users' runs are left alone, and answered alike; without `users:act` a run that is not the caller's is 404. `session_id` and `user_id` may also stand in a body, as the other run routes have them.",
      tags,
      request: {
        params: path.runParams,
        query: z.object({
          session_id: optionalParameter(SessionId),
        }),
        body: formOrJsonBody("CancelRequest", CancelFields, { required: false }),
      },
      responses: { 200: json(z.object({}), "It is cancelled, or there was nothing to cancel"), ...failures(404) },
    }),
  };
}
