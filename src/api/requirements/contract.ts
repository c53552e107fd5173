import { z } from "@hono/zod-openapi";
import { MAX_COUNTED_REQUIREMENTS } from "../../domain/limits.ts";
import { REQUIREMENT_KINDS, REQUIREMENT_STATUSES } from "../../domain/requirement.ts";
import { APPROVAL_TYPES, ON_EXPIRY } from "../../domain/tool.ts";
import { AgentId, integerOr, optionalParameter } from "../shared/request-fields.ts";
import { defineRoute, json } from "../shared/route.ts";
import { ToolExecution } from "../shared/run-parts.ts";
import { count, idText, isoTime, like, text } from "../shared/values.ts";

const ANSWERS = ["confirmed", "rejected", "filled", "executed"] as const;

const RequirementShape = z
  .object({
    id: idText(),
    status: z.enum(REQUIREMENT_STATUSES),
    kind: z.enum(REQUIREMENT_KINDS),
    session_id: idText(),
    run_id: idText("The run to continue."),
    run_agent_id: idText("The agent under whose routes that run is continued.").nullable(),
    run_team_id: idText("Or the team.").nullable(),
    agent_id: idText("The agent whose call it is.").nullable(),
    team_id: idText("Or the team, whose leader's call it is.").nullable(),
    component_name: like("Operator"),
    user_id: idText("The session's owner.").nullable(),
    member_agent_id: idText("Null unless a member of a team asks.").nullable(),
    member_agent_name: z.string().nullable(),
    member_run_id: idText().nullable(),
    tool_execution: ToolExecution,
    approval_type: z.enum(APPROVAL_TYPES).nullable().openapi({
      description: "`required`: the answer needs `approvals:write`.",
    }),
    note: text("Why it is asked: `outcome unknown` for a call that may have run.").nullable(),
    answer: z.enum(ANSWERS).nullable(),
    answer_note: z.string().nullable(),
    answered_by: idText().nullable(),
    actor: z.string().nullable().openapi({
      description: "Who answered, by the credential that was shown: `user:ada`, `sa:billing`, `security_key`.",
    }),
    answered_at: isoTime().nullable(),
    expires_at: isoTime().nullable(),
    on_expiry: z.enum(ON_EXPIRY),
    created_at: isoTime(),
  })
  .openapi("Requirement");

const RequirementList = z
  .object({
    data: z.array(RequirementShape),
    meta: z.object({
      limit: count(),
      next_cursor: z.string().nullable(),
      total_count: count(
        `How many there are in all, without a \`cursor\` only. It stops at ${MAX_COUNTED_REQUIREMENTS}.`,
      ).optional(),
      total_count_capped: z.literal(true).optional().openapi({
        description: "Only where there are more than `total_count` says.",
      }),
    }),
  })
  .openapi("RequirementList");

export const listRequirements = defineRoute({
  method: "get",
  path: "/requirements",
  operationId: "list_requirements",
  scope: ["approvals:read"],
  user: "caller",
  summary: "What runs wait for people to do",
  description:
    "Across sessions, newest first: the inbox of who approves. Answer with the `continue` route of the run. " +
    "`cursor` is an earlier answer's `meta.next_cursor`.",
  tags: ["Requirements"],
  request: {
    query: z.object({
      status: optionalParameter(z.enum(REQUIREMENT_STATUSES)).openapi({ description: "Default open." }),
      agent_id: optionalParameter(AgentId).openapi({ description: "Only calls of this agent, also as a member." }),
      limit: integerOr(20, { description: "How many at most.", ge: 1, le: 100 }),
      cursor: optionalParameter(z.string()).openapi({ description: "Where an earlier answer ended." }),
    }),
  },
  responses: { 200: json(RequirementList, "A page of requirements") },
});
