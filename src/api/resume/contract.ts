import { z } from "@hono/zod-openapi";
import { tags } from "../runs/contract.ts";
import { type ComponentType, componentPath } from "../shared/component-path.ts";
import { ResumeStreamEvent } from "../shared/event-shapes.ts";
import { integer, integerField, optionalParameter, SessionId, UserId } from "../shared/request-fields.ts";
import { defineRoute, failures, formOrJsonBody } from "../shared/route.ts";

const seen = {
  description: "The `event_index` that was seen last; left out or -1, all events are sent.",
  ge: -1,
};
const lastSeen = integer(seen);

const sessionId = "The session that the run is in. Required.";

/** The fields of a resume, as a form or as JSON. */
export const ResumeFields = z
  .object({
    session_id: SessionId.optional().openapi({ description: sessionId }),
    user_id: UserId.optional(),
    last_event_index: integerField(seen),
  })
  .openapi({ required: ["session_id"], example: { session_id: "my-session", last_event_index: -1 } });

/** Readers of server-sent events send it when they connect again: the `id:` of the last event, which is its index. */
export const LastEventHeader = z.object({ "Last-Event-ID": lastSeen });

const description =
  "The events behind the one that was seen last, then the live ones, with AgentOS's control events (`catch_up`, `subscribed`, `replay`, `error`) among them, which have no index. A run that does not exist for the caller is the event `error`. `Last-Event-ID` goes before `last_event_index`.";

const noneLeft = { description: "The run is over or paused, and all of its events were seen" };

const events = { description: "The events", content: { "text/event-stream": { schema: ResumeStreamEvent } } };

export function resumeRoutes(type: ComponentType) {
  const path = componentPath(type);
  return {
    resumeRun: defineRoute({
      method: "post",
      path: `${path.run}/resume`,
      operationId: `resume_${type}_run`,
      scope: [path.mayRunThere],
      user: "caller",
      summary: "Read on in a run's events",
      description: `${description} With \`Last-Event-ID\` the answer is 204 where all was seen, as to GET.`,
      tags,
      request: {
        params: path.runParams,
        headers: LastEventHeader,
        body: formOrJsonBody("ResumeRequest", ResumeFields),
      },
      responses: { 200: events, 204: noneLeft, ...failures(400, 404, 429) },
    }),

    followRun: defineRoute({
      method: "get",
      path: `${path.run}/resume`,
      operationId: `follow_${type}_run`,
      scope: [path.mayRunThere],
      user: "caller",
      summary: "Read on in a run's events, as a browser's EventSource does",
      description,
      tags,
      request: {
        params: path.runParams,
        headers: LastEventHeader,
        query: z.object({
          session_id: optionalParameter(SessionId).openapi({ description: sessionId, param: { required: true } }),
          last_event_index: lastSeen,
        }),
      },
      responses: {
        200: events,
        204: noneLeft,
        ...failures(400, 404, 429),
      },
    }),
  };
}
