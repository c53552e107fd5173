import { z } from "@hono/zod-openapi";
import { AgentId, SessionId, TeamId } from "../shared/common.ts";
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
const tags = ["Sessions"];
const responses = { 200: json(Forked, "The new session's id"), ...failures(400, 404) };

export const forkAgentSession = defineRoute({
  method: "post",
  path: "/agents/{agent_id}/sessions/{session_id}/fork",
  operationId: "fork_agent_session",
  user: "caller",
  summary: "Copy an agent's session into a new one",
  description,
  tags,
  request: { params: z.object({ agent_id: AgentId, session_id: SessionId }) },
  responses,
});

export const forkTeamSession = defineRoute({
  method: "post",
  path: "/teams/{team_id}/sessions/{session_id}/fork",
  operationId: "fork_team_session",
  user: "caller",
  summary: "Copy a team's session into a new one",
  description,
  tags,
  request: { params: z.object({ team_id: TeamId, session_id: SessionId }) },
  responses,
});
