import { z } from "@hono/zod-openapi";
import {
  ACCOUNT_NAME,
  DEFAULT_ACCOUNT_SCOPES,
  DEFAULT_EXPIRY_DAYS,
  DEFAULT_OVERLAP_SECONDS,
  isAccountName,
  MAX_ACCOUNT_NAME_CHARS,
  MAX_EXPIRY_DAYS,
  MAX_OVERLAP_SECONDS,
} from "../../domain/service-account.ts";
import { fieldIssue } from "../../http/field-errors.ts";
import {
  booleanFieldOr,
  booleanOr,
  boundedList,
  integerField,
  integerOr,
  optionalField,
  optionalParameter,
  ServiceAccountId,
} from "../shared/request-fields.ts";
import { defineRoute, failures, json, jsonBody } from "../shared/route.ts";
import { count, idText, like, seconds, text } from "../shared/values.ts";

const tags = ["Service Accounts"];

const SLUG =
  "Value error, Name must be a lowercase slug: start with a letter or digit, then letters, digits, '_' or '-' (max 63 chars)";

const Name = z
  .string()
  .superRefine((name, ctx) => {
    if ([...name].length > MAX_ACCOUNT_NAME_CHARS) {
      const limit = { max_length: MAX_ACCOUNT_NAME_CHARS };
      ctx.addIssue(fieldIssue("string_too_long", `String should have at most ${limit.max_length} characters`, limit));
    } else if (!isAccountName(name)) {
      ctx.addIssue(fieldIssue("value_error", SLUG));
    }
  })
  .openapi({
    type: "string",
    pattern: ACCOUNT_NAME.source,
    maxLength: MAX_ACCOUNT_NAME_CHARS,
    example: "github-actions",
  });

const MAX_SCOPES = 100;

const ScopeItem = z
  .object({
    scope: z.string().max(256).openapi({ example: "agents:run" }),
    effect: z.enum(["allow", "deny"]).default("allow").openapi({ description: "`allow`." }),
  })
  .openapi("ScopeItem");

/** A token is only ever granted something. */
const Grants = boundedList(ScopeItem, MAX_SCOPES).superRefine((items, ctx) => {
  const denied = items.find(({ effect }) => effect === "deny");
  if (denied === undefined) return;
  const got = `(got 'deny' for '${denied.scope}')`;
  ctx.addIssue(fieldIssue("value_error", `Value error, Token scopes are grants: effect must be 'allow' ${got}`));
});

const CreateServiceAccount = z
  .object({
    name: Name,
    scopes: Grants.nullish().openapi({
      description: `What the token may do; ${DEFAULT_ACCOUNT_SCOPES.join(", ")} if it is left out. Never more than its maker holds.`,
    }),
    expires_in_days: optionalField(
      integerField({
        description: `When the token ends; ${DEFAULT_EXPIRY_DAYS} days if it is left out. One that a service account makes ends with it.`,
        ge: 1,
        le: MAX_EXPIRY_DAYS,
      }),
    ),
    never_expires: booleanFieldOr(
      false,
      "Makes a token without an end, whatever `expires_in_days` says; not if a service account with an end makes it.",
    ),
    allow_privileged_scopes: booleanFieldOr(
      false,
      "Needed for scopes that write, delete, administer, name users, or manage tokens.",
    ),
  })
  .openapi("CreateServiceAccount");

const Scope = z
  .object({
    id: z.null(),
    raw: text("As it was asked for.", "agents:run"),
    namespace: like("agents"),
    sub_namespace: z.string().nullable().openapi({ description: "The one agent or team that it is for, or `*`." }),
    permission: like("run"),
    value: z.literal("allow"),
  })
  .openapi("TokenScope");

const account = {
  id: idText(),
  name: like("github-actions"),
  principal: z.string().openapi({ description: "The user that its sessions belong to.", example: "sa:github-actions" }),
  user_id: idText("To whom it belongs; null: the security key made it.").nullable(),
  token_prefix: text("How its token begins.", "es_pat_3fX"),
  scopes: z.array(Scope),
  created_at: seconds(),
  expires_at: seconds().nullable(),
  last_used_at: seconds().nullable().openapi({ description: "Noted at most once a minute." }),
  revoked_at: seconds().nullable(),
  created_by: z.string().nullable(),
};
const ServiceAccountBody = z.object(account).openapi("ServiceAccount");
const NewServiceAccount = z
  .object({ ...account, token: text("Shown this once, and stored nowhere.", "es_pat_3fX…") })
  .openapi("NewServiceAccount");

export const createServiceAccount = defineRoute({
  method: "post",
  path: "/service-accounts",
  operationId: "create_service_account",
  scope: ["service_accounts:write"],
  isCostly: true,
  user: "none",
  summary: "Make a token for a machine",
  description:
    "The token acts as the user `sa:<name>`, and sees only what is that user's, unless it holds `users:act`. Its maker grants no more than it holds. A caller that may not name users gets 409 for a name that somebody else's account had, or that something belongs to already.",
  tags,
  request: { body: jsonBody(CreateServiceAccount, { required: true }) },
  responses: { 201: json(NewServiceAccount, "The account, with its token"), ...failures(400, 409) },
});

export const listServiceAccounts = defineRoute({
  method: "get",
  path: "/service-accounts",
  operationId: "list_service_accounts",
  scope: ["service_accounts:read"],
  user: "none",
  summary: "The service accounts, newest first",
  description: "Without their tokens. A caller that may not name users sees those that it made.",
  tags,
  request: {
    query: z.object({
      include_revoked: booleanOr(true, "Also those that were revoked."),
      limit: integerOr(20, { description: "How many at most.", ge: 1, le: 100 }),
      page: integerOr(1, { description: "Which page.", ge: 1 }),
      sort_by: optionalParameter(z.string()).openapi({
        description: "`created_at`, `name`, `last_used_at` or `expires_at`; any other text counts as the first.",
      }),
      sort_order: optionalParameter(z.string()).openapi({ description: "`asc`; any other text is `desc`." }),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          data: z.array(ServiceAccountBody),
          meta: z.object({
            page: count(),
            limit: count(),
            total_pages: count(),
            total_count: count(),
            search_time_ms: z.number(),
          }),
        })
        .openapi("ServiceAccounts"),
      "A page of accounts",
    ),
  },
});

const params = z.object({ service_account_id: ServiceAccountId });

export const revokeServiceAccount = defineRoute({
  method: "delete",
  path: "/service-accounts/{service_account_id}",
  operationId: "revoke_service_account",
  scope: ["service_accounts:delete"],
  user: "none",
  summary: "Revoke the token of a machine",
  description: "The token ends at once where this is answered, and within 30 seconds everywhere. Again it is 204.",
  tags,
  request: { params },
  responses: { 204: { description: "The token is revoked" }, ...failures(404) },
});

const RotateServiceAccount = z
  .object({
    overlap_seconds: optionalField(
      integerField({
        description: `For how long the old token goes on; ${DEFAULT_OVERLAP_SECONDS} if it is left out.`,
        ge: 0,
        le: MAX_OVERLAP_SECONDS,
      }),
    ),
  })
  .openapi("RotateServiceAccount");

export const rotateServiceAccount = defineRoute({
  method: "post",
  path: "/service-accounts/{service_account_id}/rotate",
  operationId: "rotate_service_account",
  scope: ["service_accounts:write"],
  isCostly: true,
  user: "none",
  summary: "Replace the token of a machine",
  description:
    "Makes a new token of the same name, scopes and lifetime; the caller must hold the scopes, and if it is a service account itself, end no earlier. The old one ends after the overlap, or when it would have ended. While both are taken neither is rotated again.",
  tags,
  request: { params, body: jsonBody(RotateServiceAccount, { required: false }) },
  responses: { 201: json(NewServiceAccount, "The account, with its new token"), ...failures(404, 409) },
});
