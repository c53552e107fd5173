/** A request as the Responses API takes it. Pure. */
import type { FunctionTool, ResponseTextConfig, ToolChoiceFunction } from "openai/resources/responses/responses";
import type { JsonObject } from "../../../domain/json.ts";
import type { AnswerSchema, ModelRequest, ToolSpec } from "../../../domain/model.ts";
import type { ModelSettings } from "../../../domain/model-choice.ts";
import { chosenTool, identifiers, type RequestOptions, withoutOurs } from "../request-parts.ts";
import { toInput } from "./input.ts";
import { strictSchema } from "./strict-schema.ts";

/** Less than this is refused. */
const MIN_OUTPUT_TOKENS = 16;

/**
 * The whole body, with every parameter that is wished. The provider stores nothing: what it needs of earlier answers goes
 * with every request, reasoning encrypted.
 */
export function toResponsesRequest(request: ModelRequest, { settings, source, server }: RequestOptions): JsonObject {
  const maxTokens = request.maxTokens ?? settings.maxOutputTokens;
  const body: Record<string, unknown> = {
    model: settings.id,
    input: toInput(request.messages, source),
    ...(request.tools.length > 0 && toTools(request, settings)),
    ...(maxTokens !== undefined && { max_output_tokens: Math.max(MIN_OUTPUT_TOKENS, maxTokens) }),
    ...(settings.temperature !== undefined && { temperature: settings.temperature }),
    ...(settings.topP !== undefined && { top_p: settings.topP }),
    ...filled("reasoning", {
      effort: request.reasoningEffort ?? settings.reasoning?.effort,
      summary: settings.reasoning?.summary,
    }),
    ...filled("text", { format: toFormat(request.answerSchema), verbosity: settings.verbosity }),
    ...(server === "openai" && identifiers(request)),
    include: ["reasoning.encrypted_content"],
    store: false,
    stream: true,
    ...withoutOurs(settings.extraBody ?? {}),
  };
  return body as JsonObject;
}

/** A parameter of several members, without those that are undefined; none if all are. */
function filled(name: string, members: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return given.length === 0 ? {} : { [name]: Object.fromEntries(given) };
}

function toTools(request: ModelRequest, { toolChoice, parallelToolCalls }: ModelSettings) {
  const chosen = chosenTool(request, toolChoice);
  return {
    tools: request.tools.map(toTool),
    tool_choice:
      typeof chosen === "string" ? chosen : ({ type: "function", name: chosen.tool } satisfies ToolChoiceFunction),
    ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
  };
}

/** `strict` is always said: left out, it is on, and a schema that does not fit is rewritten so that nothing is optional. */
function toTool({ name, description, parameters }: ToolSpec): FunctionTool {
  const strict = strictSchema(parameters);
  return { type: "function", name, description, parameters: strict ?? parameters, strict: strict !== null };
}

function toFormat(answer: AnswerSchema | undefined): ResponseTextConfig["format"] {
  return answer && { type: "json_schema", name: answer.name, strict: true, schema: answer.schema };
}
