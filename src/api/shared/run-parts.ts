import { z } from "@hono/zod-openapi";
import { ROLES } from "../../domain/message.ts";
import { APPROVAL_TYPES } from "../../domain/tool.ts";
import { anyObject, count, idText, isoTime, like, seconds } from "./values.ts";

// The parts that runs and their events have in common, as AgentOS shows them.

export const Metrics = z
  .looseObject({
    input_tokens: count().optional(),
    output_tokens: count().optional(),
    total_tokens: count().optional(),
    audio_input_tokens: count().optional(),
    audio_output_tokens: count().optional(),
    cache_read_tokens: count().optional(),
    cache_write_tokens: count().optional(),
    reasoning_tokens: count().optional(),
    cost: z.number().optional().openapi({ description: "In the provider's currency, where it tells one." }),
    time_to_first_token: z.number().optional().openapi({ description: "Seconds." }),
    duration: z.number().optional().openapi({ description: "Seconds." }),
    timings: z
      .looseObject({
        queue: z.number().optional(),
        hydrate: z.number().optional(),
        accept: z.number().optional(),
        model: z.number().optional(),
      })
      .optional()
      .openapi({ description: "Where the run's time went, in seconds." }),
    details: anyObject().optional().openapi({ description: "The same numbers by model." }),
  })
  .openapi("Metrics");

export const Message = z
  .looseObject({
    id: idText(),
    role: z.enum(ROLES).openapi({ example: "user" }),
    content: z.string().optional().openapi({ example: "Hello!" }),
    reasoning_content: z.string().optional().openapi({ description: "What the model thought." }),
    from_history: z.boolean(),
    stop_after_tool_call: z.boolean(),
    tool_calls: z.array(anyObject()).optional().openapi({ description: "As OpenAI writes them." }),
    tool_call_id: z.string().optional(),
    tool_name: z.string().optional(),
    tool_args: anyObject().optional(),
    tool_call_error: z.boolean().optional(),
    provider_data_dropped: z.boolean().optional().openapi({
      description: "True where what the provider said beside the text was too large to keep for it.",
    }),
    metrics: Metrics.optional(),
    created_at: seconds(),
  })
  .openapi("Message");

const asked = (what: string) =>
  z
    .boolean()
    .nullable()
    .openapi({
      description: `True while the call waits for ${what}, false once it was answered; null for a call that never waited for it.`,
    });

const UserInputField = z
  .looseObject({
    name: like("to"),
    field_type: z.string().openapi({ description: "The name of a Python type.", example: "str" }),
    description: z.string().nullable(),
    value: z.unknown().openapi({ description: "Null as long as nobody has filled it in." }),
  })
  .openapi("UserInputField", { description: "A value of a call that a person fills in." });

export const ToolExecution = z
  .looseObject({
    tool_call_id: like("call_1"),
    tool_name: like("delete_record"),
    tool_args: anyObject().nullable(),
    tool_call_error: z.boolean().nullable(),
    result: z.string().nullable(),
    metrics: anyObject().nullable(),
    requires_confirmation: asked("a confirmation"),
    confirmed: z.boolean().nullable().openapi({ description: "What was answered; null where nothing was." }),
    confirmation_note: z.string().nullable(),
    requires_user_input: asked("values that a person fills in"),
    user_input_schema: z.array(UserInputField).nullable(),
    answered: z.boolean().nullable().openapi({ description: "True once the values were filled in, or refused." }),
    external_execution_required: asked("a result from elsewhere"),
    child_run_id: idText("The member run that it made.").nullish(),
    approval_type: z.enum(APPROVAL_TYPES).nullish().openapi({
      description: "`required`: what it waits for is answered by callers with `approvals:write` only.",
    }),
    created_at: seconds(),
  })
  .openapi("ToolExecution", { description: "All of AgentOS's keys are always there, null when unset." });

/** AgentOS's RunRequirement: one thing that a paused run waits for. */
export const RunRequirement = z
  .looseObject({
    id: idText(),
    created_at: isoTime(),
    tool_execution: ToolExecution,
    confirmation: z.boolean().optional(),
    confirmation_note: z.string().optional(),
    external_execution_result: z.string().optional(),
    user_input_schema: z.array(UserInputField).optional(),
    member_agent_id: idText("Of a member's call: who it is.").optional(),
    member_agent_name: z.string().optional(),
    member_run_id: idText().optional(),
    note: z.string().optional(),
    expires_at: isoTime().optional(),
    answered_by: idText().optional(),
    actor: z.string().optional().openapi({ description: "Who answered, by the credential that was shown." }),
    answered_at: isoTime().optional(),
  })
  .openapi("RunRequirement", { description: "Keys without a value are left out." });

export const SessionSummary = z
  .object({
    summary: like("Ada plans a trip to Kyoto in May."),
    topics: z.array(z.string()).optional(),
    updated_at: z.string().optional().openapi({
      description: "ISO 8601 without an offset, as AgentOS writes it; of UTC where the model made the summary.",
      example: "2026-11-22T10:15:00",
    }),
  })
  .openapi("SessionSummary");
