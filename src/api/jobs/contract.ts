import { z } from "@hono/zod-openapi";
import { NO_CONTROL_PATTERN } from "../../domain/control.ts";
import { type ItemStatus, type JobStatus, MAX_JOB_IDS } from "../../domain/job.ts";
import { MAX_NAME_CODE_POINTS } from "../../domain/limits.ts";
import type { RouteScope } from "../../http/scope.ts";
import { IdempotencyHeader } from "../shared/idempotency.ts";
import { instantField } from "../shared/instant.ts";
import {
  AgentId,
  booleanFieldOr,
  boundedList,
  DatabaseParameter,
  integerOr,
  JobId,
  optionalField,
  optionalParameter,
  SessionId,
  TeamId,
  UserId,
} from "../shared/request-fields.ts";
import { defineRoute, failures, json, jsonBody } from "../shared/route.ts";
import { count, idText, isoTime, like, oneGiven, orNull } from "../shared/values.ts";

const JOB_STATUSES = ["running", "completed", "cancelled", "stopped"] as const satisfies JobStatus[];
const ITEM_STATUSES = ["waiting", "working", "done"] as const satisfies ItemStatus[];
const tags = ["Jobs"];

/** The fields of every job. */
export const JobShape = z.object({
  job_id: idText(),
  kind: like("naming"),
  status: z.enum(JOB_STATUSES),
  stop_reason: z.string().nullable().openapi({ description: "Why it stopped by itself: `max_tokens`." }),
  total: count("Its items: one per id that was given, or per session that was found."),
  done: count(),
  skipped: count(),
  failed: count(),
  remaining: count("Not done; of a job that has ended, not to be done."),
  progress: z.number().openapi({ description: "What is done, from 0 to 1." }),
  created_at: isoTime(),
  started_at: isoTime().nullable(),
  ended_at: isoTime().nullable(),
});

/** The fields of every item. */
export const ItemShape = z.object({
  position: count(),
  session_id: idText(),
  status: z.enum(ITEM_STATUSES),
  error: z.string().nullable().openapi({ description: "What the model's provider said, where it is the reason." }),
  attempts: count(),
  updated_at: isoTime(),
});

const NamingJob = JobShape.extend({
  named: count("Named by the model."),
  fallback: count("Named, but not by the model, whose answer could not be used."),
  prompt_tokens: count(),
  completion_tokens: count(),
  total_tokens: count(),
  max_tokens: count().nullable(),
  overwrite: z.enum(["never", "generated"]),
}).openapi("NamingJob");

/** The outcomes of an item, in the words of naming jobs. */
const OUTCOMES = ["named", "fallback", "skipped", "failed"] as const;

const NamingJobItem = ItemShape.extend({
  outcome: z.enum(OUTCOMES).nullable(),
  reason: z.string().nullable().openapi({
    description:
      "Why it was skipped (`already_named`, `named_by_hand`, `renamed_meanwhile`, `no_messages`, `duplicate`), why it failed (`not_found`, `model_unavailable`, `model_refused`, `gave_up`, …), or what it waits for.",
  }),
  prompt_tokens: count(),
  completion_tokens: count(),
}).openapi("NamingJobItem");

const page = (entry: z.ZodType) =>
  z.object({ data: z.array(entry), meta: z.object({ limit: count(), next_cursor: z.string().nullable() }) });

const Paging = z.object({
  limit: integerOr(20, { description: "How many at most.", ge: 1, le: 1000 }),
  cursor: optionalParameter(z.string()).openapi({ description: "Where an earlier answer ended." }),
});

interface JobWords<Path extends string> {
  path: Path;
  /** For operation ids: `naming_job`. */
  operation: string;
  /** For sentences: `naming job`. */
  noun: string;
  job: z.ZodType;
  item: z.ZodType;
  outcomes: readonly string[];
  /** What reading such jobs needs, and what cancelling them does. */
  scopes: { read: RouteScope; change: RouteScope };
}

/** The routes that read and cancel jobs of some kinds. */
export function jobRoutes<Path extends string>({ path, operation, noun, job, item, outcomes, scopes }: JobWords<Path>) {
  const params = z.object({ job_id: JobId });
  return {
    listJobs: defineRoute({
      method: "get",
      path,
      operationId: `list_${operation}s`,
      scope: scopes.read,
      user: "caller",
      summary: `The ${noun}s, newest first`,
      description: "Jobs can be read for 30 days after their end.",
      tags,
      request: { query: Paging },
      responses: { 200: json(page(job), "A page of jobs") },
    }),

    getJob: defineRoute({
      method: "get",
      path: `${path}/{job_id}`,
      operationId: `get_${operation}`,
      scope: scopes.read,
      user: "caller",
      summary: `How far a ${noun} is`,
      description:
        "Looking at a job that runs also sends again what nobody has touched for `SWEEP_AFTER_MS`, a minute unless set.",
      tags,
      request: { params },
      responses: { 200: json(job, "The job as it stands"), ...failures(404) },
    }),

    listItems: defineRoute({
      method: "get",
      path: `${path}/{job_id}/items`,
      operationId: `list_${operation}_items`,
      scope: scopes.read,
      user: "caller",
      summary: `What became of each session of a ${noun}`,
      description: "In the order in which the ids were given, or in which the sessions were created.",
      tags,
      request: {
        params,
        query: Paging.extend({
          status: optionalParameter(z.enum(ITEM_STATUSES)),
          outcome: optionalParameter(z.enum(outcomes)),
        }),
      },
      responses: { 200: json(page(item), "A page of items"), ...failures(404) },
    }),

    cancelJob: defineRoute({
      method: "post",
      path: `${path}/{job_id}/cancel`,
      operationId: `cancel_${operation}`,
      scope: scopes.change,
      user: "caller",
      summary: `Cancel a ${noun}`,
      description: "What is under way is finished, what is done stays. A job that has ended is left as it is.",
      tags,
      request: { params },
      responses: { 200: json(job, "The job as it stands"), ...failures(404) },
    }),
  };
}

export const namingJobRoutes = jobRoutes({
  path: "/naming-jobs",
  operation: "naming_job",
  noun: "naming job",
  job: NamingJob,
  item: NamingJobItem,
  outcomes: OUTCOMES,
  // Naming jobs spend models at will.
  scopes: { read: ["sessions:read", "users:act"], change: ["sessions:write", "users:act"] },
});

/** Strict, and no id may be empty: a misspelt or blank condition would let every session in. */
const Filter = z
  .strictObject({
    unnamed: booleanFieldOr(true, "Only sessions with messages that have no name, or only a fallback; false: all."),
    agent_id: AgentId.nullish(),
    team_id: TeamId.nullish(),
    user_id: UserId.nullish().openapi({
      description: "Only of this user, beside what the request's own `user_id` says.",
    }),
    updated_after: optionalField(instantField("from", "Only sessions that changed after it.")),
  })
  .openapi("JobFilter", { description: "Sessions that are listed; of more than 100,000 the oldest." });

const NameSessions = z
  .object({
    session_ids: boundedList(SessionId, MAX_JOB_IDS).min(1).nullish().openapi({ description: "Not with `filter`." }),
    filter: orNull(Filter).optional(),
    overwrite: z.enum(["never", "generated"]).default("never").openapi({
      description: "Which names may be replaced beside fallbacks: none, or generated ones. One given by hand never is.",
    }),
    fallback: z.string().nullish().openapi({
      description: "The name where the model has none that can be used; left out, the first message, shortened.",
      maxLength: MAX_NAME_CODE_POINTS,
      pattern: NO_CONTROL_PATTERN,
    }),
    max_tokens: z.int().min(1).nullish().openapi({ description: "The job stops when they are spent." }),
    user_id: optionalField(UserId),
  })
  .openapi("NameSessions", {
    description: "Either `session_ids` or `filter`.",
    oneOf: oneGiven("session_ids", "filter"),
    example: { session_ids: ["my-session"] },
  });

export const nameSessions = defineRoute({
  method: "post",
  path: "/sessions/names",
  operationId: "name_sessions",
  scope: ["sessions:write", "users:act"],
  user: "caller",
  summary: "Name many sessions",
  description:
    "Answers a job at once, which names the sessions one by one in the background. With `user_id` it finds that user's sessions only, and exists for that user.",
  tags,
  request: {
    query: z.object({ db_id: DatabaseParameter }),
    headers: IdempotencyHeader,
    body: jsonBody(NameSessions, { required: true }),
  },
  responses: {
    202: json(NamingJob, "The job", {
      Location: { description: "Where to look at it.", schema: { type: "string" } },
    }),
    ...failures(404, 409, 413),
  },
});
