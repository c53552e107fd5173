import { z } from "@hono/zod-openapi";
import { MAX_LISTED_RUNS, PREVIEW_CHARS } from "../../domain/limits.ts";
import { RUN_STATUSES } from "../../domain/run.ts";
import { integer, list, optionalParameter, RunId, SessionId, SessionScope } from "../shared/request-fields.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { orEmpty, RunItem } from "../shared/shapes.ts";
import { idText, isoTime, text } from "../shared/values.ts";

const SessionPath = z.object({ session_id: SessionId });
const tags = ["Sessions"];

/** Which runs of a session are asked for. */
const RunsQuery = SessionScope.extend({
  created_after: integer({ description: "Epoch seconds, inclusive." }),
  created_before: integer({ description: "Epoch seconds, inclusive." }),
  status: list(
    z.string().openapi({ enum: [...RUN_STATUSES] }),
    "Repeats: only runs of these statuses, in upper or lower case. One that is none is refused (400).",
  ),
  before: optionalParameter(RunId).openapi({
    description:
      "The id of a run of this session: only the runs that stand before it. For what is older, the first of an answer.",
  }),
});

export const listSessionRuns = defineRoute({
  method: "get",
  path: "/sessions/{session_id}/runs",
  operationId: "list_session_runs",
  scope: ["sessions:read"],
  user: "caller",
  summary: "The runs of a session",
  description:
    "Streamed, in the order of running; runs that have not started come last. All of them, unless `limit` or `before` says otherwise. Member runs count as runs, and stand right before the run that they are part of.",
  tags,
  request: {
    params: SessionPath,
    query: RunsQuery.extend({
      limit: integer({
        description: "The newest this many. Fewer are given only where there are no more.",
        ge: 1,
        le: MAX_LISTED_RUNS,
      }),
    }),
  },
  responses: { 200: json(z.array(RunItem), "The runs"), ...failures(400, 404) },
});

const preview = (what: string, example: string) => text(`${what}, its first ${PREVIEW_CHARS} characters.`, example);

/** AgentOS's SessionRunPreviewSchema. */
const RunPreview = z
  .object({
    run_id: idText(),
    parent_run_id: orEmpty("The team's run of a member run; else empty."),
    agent_id: idText().optional().openapi({ example: "assistant" }),
    team_id: idText("Of a team's run, instead of the agent's.").optional(),
    user_id: orEmpty("Empty for a run of nobody's."),
    status: z.enum(RUN_STATUSES).openapi({ example: "COMPLETED" }),
    run_input: preview("What it was asked", "Hello!"),
    content_preview: preview(
      "What it said; of a run that failed why, of one that waits for what",
      "Hello! How can I help?",
    ),
    created_at: isoTime(),
  })
  .openapi("RunPreview");

export const listRunPreviews = defineRoute({
  method: "get",
  path: "/sessions/{session_id}/run-previews",
  operationId: "get_session_run_previews",
  scope: ["sessions:read"],
  user: "caller",
  summary: "The runs of a session in short",
  description:
    "For lists that are asked for often: no messages, events or metrics. In the order of `GET /sessions/{session_id}/runs`, with its filters.",
  tags,
  request: {
    params: SessionPath,
    query: RunsQuery.extend({
      limit: integer({
        description: `The newest this many; ${MAX_LISTED_RUNS} where it is left out.`,
        ge: 1,
        le: MAX_LISTED_RUNS,
      }),
    }),
  },
  responses: { 200: json(z.array(RunPreview), "The runs"), ...failures(400, 404) },
});

export const getSessionRun = defineRoute({
  method: "get",
  path: "/sessions/{session_id}/runs/{run_id}",
  operationId: "get_session_run",
  scope: ["sessions:read"],
  user: "caller",
  summary: "One run of a session",
  description: "As the database has it, with its messages, tools and events, and null where AgentOS has null.",
  tags,
  request: { params: SessionPath.extend({ run_id: RunId }), query: SessionScope },
  responses: { 200: json(RunItem, "The run"), ...failures(404) },
});
