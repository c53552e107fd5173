import { z } from "@hono/zod-openapi";
import { defineRoute, json } from "../shared/route.ts";
import { idText, seconds } from "../shared/values.ts";

const Me = z
  .object({
    actor: z.string().openapi({ description: "Who acts, as logs and the audit name it.", example: "user:ada" }),
    user_id: idText("The user; null for the security key, which is none.").nullable(),
    confined: z.boolean().openapi({ description: "Whether only what is the user's own exists for the caller." }),
    admin: z.boolean().openapi({ description: "Whether the caller may do everything." }),
    scopes: z.array(z.string()).openapi({
      description:
        "What the caller may do. Of an admin it is the deployment's admin scope alone, which stands for all.",
    }),
    expires_at: seconds().nullable(),
  })
  .openapi("Me");

export const getMe = defineRoute({
  method: "get",
  path: "/me",
  operationId: "get_me",
  scope: "credential",
  user: "none",
  summary: "Who the caller is, and what it may do",
  description:
    "As the server has understood the credential: for whom the caller acts, with which scopes, and until when.",
  tags: ["Discovery"],
  responses: { 200: json(Me, "What the credential says") },
});
