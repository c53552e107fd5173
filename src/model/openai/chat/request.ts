/** A request as Chat Completions takes it. Pure. */
import type { JsonObject } from "../../../domain/json.ts";
import type { AnswerSchema, ModelRequest, ToolSpec } from "../../../domain/model.ts";
import type { FilledField } from "../refusal/parameters.ts";
import { type ChosenTool, chosenTool, identifiers, type RequestOptions, withoutOurs } from "../request-parts.ts";
import { toWireMessages } from "./messages.ts";

export function toWireRequest(
  request: ModelRequest,
  { settings, source, server }: RequestOptions,
  fields: readonly FilledField[],
): JsonObject {
  const maxTokens = request.maxTokens ?? settings.maxOutputTokens;
  const effort = request.reasoningEffort ?? settings.reasoning?.effort;
  const filled = server === "google" ? [...fields, "thought_signature" as const] : fields;
  const body: Record<string, unknown> = {
    model: settings.id,
    messages: toWireMessages(request.messages, source, filled),
    // An empty list of tools is refused, and so is a choice without a list.
    ...(request.tools.length > 0 && {
      tools: request.tools.map(toWireTool),
      tool_choice: toWireChoice(chosenTool(request, settings.toolChoice)),
      ...(settings.parallelToolCalls !== undefined && { parallel_tool_calls: settings.parallelToolCalls }),
    }),
    // OpenAI's newer models refuse `max_tokens`, and most other servers know nothing else. A wrong guess is found out.
    ...(maxTokens !== undefined && {
      [server === "openai" || server === "azure" ? "max_completion_tokens" : "max_tokens"]: maxTokens,
    }),
    ...(settings.temperature !== undefined && { temperature: settings.temperature }),
    ...(settings.topP !== undefined && { top_p: settings.topP }),
    ...(request.answerSchema !== undefined && { response_format: toResponseFormat(request.answerSchema) }),
    // As the deployer wrote them: providers have words of their own for these.
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(settings.verbosity !== undefined && { verbosity: settings.verbosity }),
    ...(server === "openai" && identifiers(request)),
    stream: true,
    stream_options: { include_usage: true },
    ...withoutOurs(settings.extraBody ?? {}),
  };
  return body as JsonObject;
}

/** The choice in the form of Chat Completions. */
const toWireChoice = (chosen: ChosenTool) =>
  typeof chosen === "string" ? chosen : { type: "function", function: { name: chosen.tool } };

const toResponseFormat = ({ name, schema }: AnswerSchema) => ({
  type: "json_schema",
  json_schema: { name, strict: true, schema },
});

const toWireTool = ({ name, description, parameters }: ToolSpec) => ({
  type: "function",
  function: { name, description, parameters },
});
