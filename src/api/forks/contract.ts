import { z } from "@hono/zod-openapi";
import { type ComponentType, componentPath, WITH_ARTICLE } from "../shared/component-path.ts";
import { SessionId } from "../shared/request-fields.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { idText } from "../shared/values.ts";

const Forked = z
  .object({
    session_id: idText("The new session.").openapi({ example: "e6cbeb5b-2a0c-4c83-9e5f-1f7c4f0f3b6a" }),
    forked_from_session_id: idText().openapi({ example: "my-session" }),
  })
  .openapi("ForkedSession");

const description =
  "The new session has the runs that have paused or settled, under new run ids, with name, state and metadata. Active and waiting runs are left out, and a paused run can be continued in the first session only.";
export function forkRoute(type: ComponentType) {
  const { component, componentParams, mayRunThere } = componentPath(type);
  return defineRoute({
    method: "post",
    path: `${component}/sessions/{session_id}/fork`,
    operationId: `fork_${type}_session`,
    scope: [mayRunThere],
    isCostly: true,
    user: "caller",
    summary: `Copy ${WITH_ARTICLE[type]}'s session into a new one`,
    description,
    tags: ["Sessions"],
    request: { params: z.object({ ...componentParams.shape, session_id: SessionId }) },
    responses: { 200: json(Forked, "The new session's id"), ...failures(400, 404) },
  });
}
