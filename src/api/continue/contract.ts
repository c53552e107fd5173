import { z } from "@hono/zod-openapi";
import { MAX_REQUIREMENTS } from "../../domain/limits.ts";
import type { ContinueFrom } from "../../domain/run-origin.ts";
import { readingFields, runAnswers, said, tags } from "../runs/contract.ts";
import { type ComponentType, componentPath } from "../shared/component-path.ts";
import { IdempotencyHeader } from "../shared/idempotency.ts";
import { booleanFieldOr, SessionId, UserId } from "../shared/request-fields.ts";
import { defineRoute, failures, formOrJsonBody } from "../shared/route.ts";

const tool_call_id = { type: "string", minLength: 1 } as const;
const answers = (entry: object, description: string) =>
  z
    .unknown()
    .optional()
    .openapi({
      type: ["array", "string"],
      maxItems: MAX_REQUIREMENTS,
      anyOf: [
        { type: "array", items: { type: "object", ...entry, additionalProperties: true }, maxItems: MAX_REQUIREMENTS },
        { type: "string", contentMediaType: "application/json" },
      ],
      description,
    });

/** The fields of a continue, as a form or as JSON. Those that are `unknown` here are answered with AgentOS's 400, not a 422. */
export const ContinueFields = z
  .object({
    tools: answers(
      { required: ["tool_call_id"], properties: { tool_call_id } },
      "The answers, as the `tools` of RunPaused with what a person said in them; as JSON, or as its text. Entries are matched by `tool_call_id`.",
    ),
    requirements: answers(
      {
        anyOf: [
          { required: ["id"], properties: { id: tool_call_id } },
          {
            required: ["tool_execution"],
            properties: {
              tool_execution: { type: "object", required: ["tool_call_id"], properties: { tool_call_id } },
            },
          },
        ],
      },
      "The answers, as the `requirements` of RunPaused; as JSON, or as its text. Entries are matched by `id`, or else by `tool_execution.tool_call_id`.",
    ),
    session_id: SessionId.optional().openapi({ description: "The session that the run is in. Required." }),
    user_id: UserId.optional(),
    answered_by: UserId.optional().openapi({
      description:
        "Who answers; kept on the requirements. Left out, `user_id`, else the caller. A user with a token answers as itself, whatever stands here.",
    }),
    ...readingFields,
    background: booleanFieldOr(false, "Accepted for AgentOS's clients: runs go on when their reader leaves."),
    input: said(
      "With `fork` or `continue_from`: what the user says next; at most 256 KB.",
      "the input must not be empty",
    ).optional(),
    continue_from: z
      .unknown()
      .optional()
      .openapi({
        type: ["string", "integer"],
        pattern: "^(end|last_user|\\s*[+-]?\\d+\\s*)$",
        minimum: 0,
        description:
          "Makes a new run that begins with this one's messages: all (`end`), up to the last of the user (`last_user`), or the first so many (a number).",
      }),
    fork: booleanFieldOr(false, "As `continue_from=end`."),
    regenerate: booleanFieldOr(
      false,
      "Makes a new run that answers the last user message again. While one does so for this run, or waits to, another is 409 `run_active` with that one's `X-Run-Id`, whatever `on_busy` and `replace_original` say; with its `Idempotency-Key` it is that one.",
    ),
    replace_original: booleanFieldOr(true, "With `regenerate`: this run becomes REGENERATED and leaves the history."),
    additional_instructions: z.string().optional().openapi({
      description:
        "With `regenerate`: what the new run is to heed as well, instead of what an older regenerate said; at most 256 KB.",
    }),
  })
  .openapi({
    required: ["session_id"],
    example: { session_id: "my-session", tools: [{ tool_call_id: "call_1", confirmed: true }] },
  });

/** Reads `continue_from`; null for a value that it may not have. */
export function readContinueFrom(given: unknown): ContinueFrom | null {
  const text = typeof given === "number" ? String(given) : given;
  if (text === "end" || text === "last_user") return text;
  return typeof text === "string" && /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : null;
}

export function continueRoute(type: ComponentType) {
  const path = componentPath(type);
  return defineRoute({
    method: "post",
    path: `${path.run}/continue`,
    operationId: `continue_${type}_run`,
    scope: [path.mayRun],
    isCostly: true,
    user: "caller",
    summary: "Continue a paused run, or make a new run from an older one",
    description:
      "Stores the answers to what the run waits for; once nothing is open it goes on under its id. An answer is given once: with the same `Idempotency-Key` a repeated request gets the first one's result. With `fork`, `continue_from` or `regenerate` a new run is made instead, with an id of its own.",
    tags,
    request: {
      params: path.runParams,
      headers: IdempotencyHeader,
      body: formOrJsonBody("ContinueRequest", ContinueFields),
    },
    responses: { ...runAnswers, ...failures(400, 404, 409, 413, 429) },
  });
}
