import { z } from "@hono/zod-openapi";
import { DatabaseParameter, UserId } from "../shared/request-fields.ts";
import { defineRoute, json } from "../shared/route.ts";
import { count, idText, isoTime } from "../shared/values.ts";

const Usage = z
  .object({
    user_id: idText(),
    runs: count("Runs, continues, and forks of end users, that began since midnight (UTC)."),
    tokens: count(
      "What these used, with their member runs, as far as they have paused or ended; and names and summaries of the user's sessions.",
    ),
    active: count("How many of the user's runs are active or wait, of those that began within the last hour."),
    limits: z
      .object({
        concurrent_runs: count(),
        runs_per_day: count(),
        tokens_per_day: count(),
        max_sessions: count(),
      })
      .openapi({
        description: "0: none. They hold for end users, and not for callers that may speak for any user.",
      }),
    resets_at: isoTime().openapi({ description: "When the next day begins." }),
  })
  .openapi("UserUsage");

export const userUsage = defineRoute({
  method: "get",
  path: "/users/{user_id}/usage",
  operationId: "get_user_usage",
  scope: ["sessions:read"],
  user: "caller",
  summary: "What a user has used today",
  description:
    "An end user may ask for itself only, and is told its own limits. Staff are told the deployment's: those that a user's token may name are not known without it.",
  tags: ["Users"],
  request: { params: z.object({ user_id: UserId }), query: z.object({ db_id: DatabaseParameter }) },
  responses: { 200: json(Usage, "Since midnight (UTC)") },
});
