import { z } from "@hono/zod-openapi";
import {
  ITEM_OUTCOMES,
  type Job,
  type JobItem,
  MAX_CONFINED_JOB_IDS,
  MAX_JOB_IDS,
  SLICE_SIZE,
} from "../../domain/job.ts";
import { MAX_NAME_CODE_POINTS } from "../../domain/limits.ts";
import { SESSION_TYPES } from "../../domain/session.ts";
import { BULK_ACTIONS } from "../../domain/session-fields.ts";
import { shownSaying, type View } from "../../domain/view.ts";
import { ItemShape, JobShape, jobRoutes } from "../jobs/contract.ts";
import { jobJson } from "../jobs/json.ts";
import { bodyConditions } from "../sessions/fields.ts";
import { isoSeconds } from "../shared/json.ts";
import {
  AgentId,
  boundedList,
  ComponentId,
  DatabaseParameter,
  IdempotencyKey,
  SessionId,
  TeamId,
  UserId,
} from "../shared/request-fields.ts";
import { defineRoute, failures, json, jsonBody } from "../shared/route.ts";
import { count, oneGiven, orNull } from "../shared/values.ts";
import { actionFields, actionVariants } from "./actions.ts";

const AnyJob = JobShape.extend({
  action: z.enum(BULK_ACTIONS).nullable().openapi({ description: "Of a job of the kind `bulk`: what it does." }),
  succeeded: count("Changed as asked; of a naming job, named by the model."),
  fallback: count("Of a naming job: named, but not by the model."),
}).openapi("Job");

const AnyJobItem = ItemShape.extend({
  outcome: z.enum(ITEM_OUTCOMES).nullable(),
  reason: z.string().nullable().openapi({
    description:
      "Why it was skipped (`unchanged`: it is as it was to be; `duplicate`), why it failed (`not_found`, `name_refused`, `too_many_tags`, `gave_up`, …), or what it waits for. Of a naming job, as there.",
  }),
}).openapi("JobItem");

export const anyJobRoutes = jobRoutes({
  path: "/jobs",
  operation: "job",
  noun: "job",
  job: AnyJob,
  item: AnyJobItem,
  outcomes: ITEM_OUTCOMES,
  scopes: { read: ["sessions:read"], change: ["sessions:write"] },
});

/** Strict, and no condition may be empty or null: a misspelt or blank condition would let every session in. */
const Filter = z
  .strictObject({
    type: z.enum(SESSION_TYPES).optional(),
    agent_id: AgentId.optional(),
    team_id: TeamId.optional(),
    component_id: ComponentId.optional(),
    user_id: UserId.optional().openapi({
      description: "Only of this user, beside what the request's own `user_id` says.",
    }),
    session_name: z
      .string()
      .min(1)
      .max(MAX_NAME_CODE_POINTS)
      .optional()
      .openapi({ description: "Part of the name that shows." }),
    ...bodyConditions,
  })
  .openapi("BulkFilter", {
    description:
      "The conditions of `GET /sessions`, and `user_id`; one of `agent_id`, `team_id` and `component_id`; of more than 100,000 sessions the oldest. None may be empty or null.",
  });

export type BulkFilter = z.output<typeof Filter>;

/** Strict: with a misspelt `user_id` the request would mean the sessions of all users. */
const ChangeSessions = z
  .strictObject({
    action: z.enum(BULK_ACTIONS),
    session_ids: boundedList(SessionId, MAX_JOB_IDS)
      .min(1)
      .nullish()
      .openapi({ description: `Not with \`filter\`. At most ${MAX_CONFINED_JOB_IDS} without \`users:act\`.` }),
    filter: orNull(Filter).optional(),
    ...actionFields,
    user_id: UserId.nullish(),
  })
  .openapi("ChangeSessions", {
    description: "Either `session_ids` or `filter`; for `rename`, `names`. `all` goes with `delete` by `filter`.",
    example: { action: "archive", session_ids: ["my-session"] },
    oneOf: [...oneGiven("session_ids", "filter", "names").flatMap(actionVariants)],
  });

export type ChangeSessionsBody = z.output<typeof ChangeSessions>;

export const changeSessions = defineRoute({
  method: "post",
  path: "/sessions/bulk",
  operationId: "change_sessions",
  scope: [{ anyOf: ["sessions:write", "sessions:delete"] }],
  // One request may be work for 25,000 items, which all users' jobs share.
  isCostly: true,
  user: "caller",
  summary: "Rename, tag, archive, pin or delete many sessions",
  description:
    `Up to ${SLICE_SIZE} sessions are changed before the answer, which is the job and what became of each. ` +
    "More are a job that works in the background. A filter finds sessions as they are when the job is made. " +
    "With `user_id` only that user's sessions exist, and the job exists for that user.",
  tags: ["Jobs"],
  request: {
    query: z.object({ db_id: DatabaseParameter }),
    headers: z.object({ "Idempotency-Key": IdempotencyKey.optional() }),
    body: jsonBody(ChangeSessions, { required: true }),
  },
  responses: {
    200: json(
      AnyJob.extend({ items: z.array(AnyJobItem) }).openapi("DoneJob"),
      "The job, which is done, with its items",
      LOCATION(),
    ),
    202: json(AnyJob, "The job", LOCATION()),
    ...failures(404, 409, 413),
  },
});

function LOCATION() {
  return { Location: { description: "Where to look at it.", schema: { type: "string" as const } } };
}

export function anyJobJson(job: Job) {
  const { params, succeeded, fallback } = job;
  return { ...jobJson(job), action: params.action ?? null, succeeded, fallback };
}

export function anyItemJson({ sessionId, touchedAt, ...item }: JobItem, view: View) {
  const { position, status, outcome, reason, error, attempts } = item;
  return {
    position,
    session_id: sessionId,
    status,
    outcome,
    reason,
    error: error === null ? null : shownSaying(error, view),
    attempts,
    updated_at: isoSeconds(touchedAt),
  };
}
