/** A request as Chat Completions takes it. Pure. */
import type { JsonObject } from "../../../domain/json.ts";
import type { AnswerSchema, ModelRequest, ToolSpec } from "../../../domain/model.ts";
import type { ModelSettings } from "../../../domain/model-choice.ts";
import type { FilledField } from "../refusal/parameters.ts";
import { toWireMessages } from "./messages.ts";

export interface WireOptions {
  settings: ModelSettings;
  /** The model's `source`: what providers said beside a text goes back only where it came from. */
  source: string;
  server: "openai" | "azure" | "google" | "other";
}

/** Of digests. OpenAI refuses longer ones. */
const MAX_IDENTIFIER_CHARS = 64;
/** What `extraBody` cannot set: it is what the server decides about a request. */
const OURS = ["model", "messages", "input", "tools", "stream", "store"];

export function toWireRequest(
  request: ModelRequest,
  { settings, source, server }: WireOptions,
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
      tool_choice: toolChoice(request, settings.toolChoice),
      ...(settings.parallelToolCalls !== undefined && { parallel_tool_calls: settings.parallelToolCalls }),
    }),
    // OpenAI's newer models refuse `max_tokens`, and most other servers know nothing else. A wrong guess is found out.
    ...(maxTokens !== undefined && {
      [server === "openai" || server === "azure" ? "max_completion_tokens" : "max_tokens"]: maxTokens,
    }),
    ...(settings.temperature !== undefined && { temperature: settings.temperature }),
    ...(settings.topP !== undefined && { top_p: settings.topP }),
    ...(request.answerSchema !== undefined && { response_format: toWireFormat(request.answerSchema) }),
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

/**
 * `required`, and a tool by its name, hold for the first request of a run: after a round of tools they would make the model
 * call for ever.
 */
function toolChoice({ tools, toolChoice, messages }: ModelRequest, chosen: ModelSettings["toolChoice"]) {
  const isFirst = messages.at(-1)?.role !== "tool";
  if (toolChoice === "none" || chosen === "none") return "none";
  if (chosen === undefined || chosen === "auto" || !isFirst) return "auto";
  if (chosen === "required") return "required";
  // A tool that is not listed would be refused.
  return tools.some(({ name }) => name === chosen.tool)
    ? { type: "function", function: { name: chosen.tool } }
    : "auto";
}

function identifiers({ promptCacheKey, safetyIdentifier }: ModelRequest) {
  return {
    ...(promptCacheKey !== undefined && { prompt_cache_key: promptCacheKey.slice(0, MAX_IDENTIFIER_CHARS) }),
    ...(safetyIdentifier !== undefined && { safety_identifier: safetyIdentifier.slice(0, MAX_IDENTIFIER_CHARS) }),
  };
}

const withoutOurs = (extra: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !OURS.includes(name)));

const toWireFormat = ({ name, schema }: AnswerSchema) => ({
  type: "json_schema",
  json_schema: { name, strict: true, schema },
});

const toWireTool = ({ name, description, parameters }: ToolSpec) => ({
  type: "function",
  function: { name, description, parameters },
});
