import { z } from "@hono/zod-openapi";
import { integerOr, optionalParameter } from "../shared/request-fields.ts";
import { defineRoute, json } from "../shared/route.ts";
import { count, seconds } from "../shared/values.ts";

const AuditItem = z
  .object({
    created_at: seconds(),
    actor: z
      .string()
      .openapi({ description: "`user:…`, `sa:…`, `security_key` or `development`.", example: "user:ada" }),
    action: z.string().openapi({ example: "service_account.created" }),
    target: z.string().nullable().openapi({ description: "The user, session, run or machine that it was done to." }),
    before: z.unknown(),
    after: z.unknown(),
    metadata: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi("AuditItem");

export const listAudit = defineRoute({
  method: "get",
  path: "/authz/audit",
  operationId: "list_audit",
  scope: ["audit:read"],
  user: "none",
  summary: "Who did what, newest first",
  description:
    "Tokens of machines made, rotated and revoked; users erased; imports; exports and bulk deletes; what was deleted, restored or answered in somebody else's session. Kept for 400 days.",
  tags: ["Audit"],
  request: {
    query: z.object({
      limit: integerOr(100, { description: "How many at most.", ge: 1, le: 1000 }),
      cursor: optionalParameter(z.string()).openapi({ description: "Where an earlier answer ended." }),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          data: z.array(AuditItem),
          meta: z.object({ limit: count(), next_cursor: z.string().nullable() }),
        })
        .openapi("Audit"),
      "A page of acts",
    ),
  },
});
