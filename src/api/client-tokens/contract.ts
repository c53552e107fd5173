import { z } from "@hono/zod-openapi";
import { MAX_TOOL_CLAIMS_BYTES } from "../../domain/limits.ts";
import { bodyObject, boundedList, integerField, optionalField, UserId } from "../shared/request-fields.ts";
import { defineRoute, failures, json, jsonBody } from "../shared/route.ts";
import { idText, orNull, seconds } from "../shared/values.ts";

export const DEFAULT_SECONDS = 600;
const MAX_SECONDS = 86_400;
const MAX_SCOPES = 100;

const limit = (description: string) => integerField({ description: `${description}; 0: without limit.`, ge: 0 });

/** Strict: a misspelt limit would be none. */
const Limits = z
  .strictObject({
    concurrent_runs: limit("Runs at once"),
    runs_per_day: limit("Runs a day"),
    tokens_per_day: limit("Tokens a day"),
    max_sessions: limit("Sessions"),
  })
  .openapi("UserLimits", { description: "What it leaves out, the deployment's settings say." });

const CreateClientToken = z
  .object({
    user_id: UserId.openapi({ description: "Who the token's bearer is. Not `sa:…`, and not `__…`." }),
    scopes: boundedList(z.string().max(256), MAX_SCOPES).nullish().openapi({
      description: "What it may do; `JWT_DEFAULT_SCOPES` if it is left out. Never more than its maker holds.",
    }),
    expires_in_seconds: optionalField(
      integerField({
        description: `${DEFAULT_SECONDS} if it is left out. The token ends with the service account that makes it.`,
        ge: 1,
        le: MAX_SECONDS,
      }),
    ),
    limits: orNull(Limits).optional(),
    claims: bodyObject(
      `What tools are told of the user, as \`context.claims\`: ${MAX_TOOL_CLAIMS_BYTES} bytes at most.`,
    ),
  })
  .openapi("CreateClientToken");

const ClientToken = z
  .object({
    token: z
      .string()
      .openapi({ description: "For `Authorization: Bearer …`.", example: "es_ct_eyJhbGciOiJIUzI1NiIs…" }),
    user_id: idText(),
    scopes: z.array(z.string()),
    expires_at: seconds(),
  })
  .openapi("ClientToken");

export const createClientToken = defineRoute({
  method: "post",
  path: "/client-tokens",
  operationId: "create_client_token",
  // Whoever speaks for one user only cannot make a token for another.
  scope: ["client_tokens:write", "users:act"],
  user: "none",
  summary: "Make a token for a user's browser",
  description:
    "With it a page calls this server directly, as that user. It cannot be revoked, so it lives for minutes; ask for the next one before it ends.",
  tags: ["Client tokens"],
  request: { body: jsonBody(CreateClientToken, { required: true }) },
  responses: { 201: json(ClientToken, "The token, shown this once"), ...failures(400) },
});
