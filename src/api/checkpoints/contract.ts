import { z } from "@hono/zod-openapi";
import { ROLES } from "../../domain/message.ts";
import { RUN_STATUSES } from "../../domain/run.ts";
import { tags } from "../runs/contract.ts";
import { type ComponentType, componentPath } from "../shared/component-path.ts";
import { integer, parameter, SessionId } from "../shared/request-fields.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { RunOutput } from "../shared/shapes.ts";
import { count, idText, seconds } from "../shared/values.ts";

const Checkpoint = z
  .object({
    checkpoint_id: z.string().openapi({ example: "5", pattern: "^\\d+$" }),
    run_id: idText(),
    session_id: idText(),
    message_index: count("How many messages of the run stand before it, also those that the caller is not shown."),
    continue_from: count("What to send as `continue_from` to go on from here."),
    status: z.enum(RUN_STATUSES).openapi({ example: "COMPLETED" }),
    reason: z.enum(["checkpoint", "end", "snapshot"]),
    created_at: seconds(),
    message_id: idText().nullable(),
    message_role: z.enum(ROLES).nullable(),
    message_preview: z
      .string()
      .nullable()
      .openapi({ description: "The last message before it, shortened; null where the caller is not shown it." }),
    is_latest: z.boolean(),
  })
  .openapi("Checkpoint");

const Checkpoints = z
  .object({ run_id: idText(), session_id: idText(), checkpoints: z.array(Checkpoint) })
  .openapi("Checkpoints");

const Snapshot = z.object({ checkpoint: Checkpoint, snapshot: RunOutput }).openapi("CheckpointSnapshot");

const message_index = integer({ description: "How many messages to keep: a `message_index` of the list." }).openapi({
  param: { required: true },
});
const query = z.object({
  session_id: parameter(SessionId).openapi({ description: "The session that the run is in." }),
});

export function checkpointRoutes(type: ComponentType) {
  const { run, runParams, mayRead, mayRunThere } = componentPath(type);
  return {
    listCheckpoints: defineRoute({
      method: "get",
      path: `${run}/checkpoints`,
      operationId: `list_${type}_run_checkpoints`,
      scope: [mayRead, mayRunThere],
      user: "caller",
      summary: "Where a run could be continued from",
      description: "Behind each whole round: a number of the run's messages, for `continue_from`.",
      tags,
      request: { params: runParams, query },
      responses: { 200: json(Checkpoints, "The checkpoints, oldest first"), ...failures(404) },
    }),

    getCheckpoint: defineRoute({
      method: "get",
      path: `${run}/checkpoints/{message_index}`,
      operationId: `get_${type}_run_checkpoint`,
      scope: [mayRead, mayRunThere],
      user: "caller",
      summary: "A run as it stood at a checkpoint",
      description:
        "Its messages and tools end there; between checkpoints, at the one before. Without `config:read` system messages are left out, and the numbers stay.",
      tags,
      request: { params: runParams.extend({ message_index }), query },
      responses: { 200: json(Snapshot, "The checkpoint, and the run up to it"), ...failures(400, 404) },
    }),
  };
}
