import { z } from "@hono/zod-openapi";
import { ROLES } from "../../domain/message.ts";
import { RUN_STATUSES } from "../../domain/run.ts";
import { AgentId, integer, parameter, RunId, SessionId, TeamId } from "../shared/common.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { RunOutput } from "../shared/shapes.ts";
import { count, idText, seconds } from "../shared/values.ts";

const Checkpoint = z
  .object({
    checkpoint_id: z.string().openapi({ example: "5", pattern: "^\\d+$" }),
    run_id: idText(),
    session_id: idText(),
    message_index: count("How many messages of the run stand before it."),
    continue_from: count("What to send as `continue_from` to go on from here."),
    status: z.enum(RUN_STATUSES),
    reason: z.enum(["checkpoint", "end", "snapshot"]),
    created_at: seconds(),
    message_id: idText().nullable(),
    message_role: z.enum(ROLES).nullable(),
    message_preview: z.string().nullable().openapi({ description: "The last message before it, shortened." }),
    is_latest: z.boolean(),
  })
  .openapi("Checkpoint");

const Checkpoints = z
  .object({ run_id: idText(), session_id: idText(), checkpoints: z.array(Checkpoint) })
  .openapi("Checkpoints");

const Snapshot = z.object({ checkpoint: Checkpoint, snapshot: RunOutput }).openapi("CheckpointSnapshot");

const agentRun = z.object({ agent_id: AgentId, run_id: RunId });
const teamRun = z.object({ team_id: TeamId, run_id: RunId });
const message_index = integer({ description: "How many messages to keep: a `message_index` of the list." }).openapi({
  param: { required: true },
});
const query = z.object({
  session_id: parameter(SessionId).openapi({ description: "The session that the run is in." }),
});
const tags = ["Runs"];

const list = {
  summary: "Where a run could be continued from",
  tags,
  responses: { 200: json(Checkpoints, "The checkpoints, oldest first"), ...failures(404) },
};
const snapshot = {
  summary: "A run as it stood at a checkpoint",
  description: "Its messages and tools end there; between checkpoints, at the one before.",
  tags,
  responses: { 200: json(Snapshot, "The checkpoint, and the run up to it"), ...failures(400, 404) },
};

export const listAgentCheckpoints = defineRoute({
  method: "get",
  path: "/agents/{agent_id}/runs/{run_id}/checkpoints",
  operationId: "list_agent_run_checkpoints",
  user: "caller",
  ...list,
  request: { params: agentRun, query },
});

export const getAgentCheckpoint = defineRoute({
  method: "get",
  path: "/agents/{agent_id}/runs/{run_id}/checkpoints/{message_index}",
  operationId: "get_agent_run_checkpoint",
  user: "caller",
  ...snapshot,
  request: { params: agentRun.extend({ message_index }), query },
});

export const listTeamCheckpoints = defineRoute({
  method: "get",
  path: "/teams/{team_id}/runs/{run_id}/checkpoints",
  operationId: "list_team_run_checkpoints",
  user: "caller",
  ...list,
  request: { params: teamRun, query },
});

export const getTeamCheckpoint = defineRoute({
  method: "get",
  path: "/teams/{team_id}/runs/{run_id}/checkpoints/{message_index}",
  operationId: "get_team_run_checkpoint",
  user: "caller",
  ...snapshot,
  request: { params: teamRun.extend({ message_index }), query },
});
