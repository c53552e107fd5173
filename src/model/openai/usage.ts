import { isObject, type JsonObject } from "../../domain/json.ts";
import { MAX_COUNT } from "../../domain/limits.ts";
import type { Usage } from "../../domain/model.ts";

/** Where an event tells of tokens: at its top, in its choice (Kimi), or in a part of its own (Groq). */
export function usageIn(event: JsonObject, choice: unknown): Usage | null {
  if (isObject(choice) && isObject(choice.usage)) return toUsage(choice.usage);
  if (isObject(event.usage)) return toUsage(event.usage);
  return isObject(event.x_groq) && isObject(event.x_groq.usage) ? toUsage(event.x_groq.usage) : null;
}

/**
 * OpenAI's names first; then DeepSeek's (`prompt_cache_hit_tokens`), Anthropic's behind gateways (`cache_read_input_tokens`),
 * Kimi's (`cached_tokens`) and those of the Responses API. A count that is told nowhere is 0, or left out.
 */
export function toUsage(usage: JsonObject): Usage {
  const input = firstObject(usage, ["prompt_tokens_details", "input_tokens_details"]);
  const output = firstObject(usage, ["completion_tokens_details", "output_tokens_details"]);
  const inputTokens = firstCount(usage.prompt_tokens, usage.input_tokens);
  const outputTokens = firstCount(usage.completion_tokens, usage.output_tokens);
  const cacheWriteTokens = firstCount(
    input.cache_write_tokens,
    input.cache_creation_tokens,
    usage.cache_creation_input_tokens,
    usage.cache_write_tokens,
  );
  const audioInputTokens = firstCount(input.audio_tokens);
  const audioOutputTokens = firstCount(output.audio_tokens);
  const cost = toCost(usage.cost);
  return {
    inputTokens,
    outputTokens,
    totalTokens: toCount(usage.total_tokens) || inputTokens + outputTokens,
    reasoningTokens: firstCount(output.reasoning_tokens, usage.reasoning_tokens),
    cacheReadTokens: firstCount(
      input.cached_tokens,
      usage.prompt_cache_hit_tokens,
      usage.cache_read_input_tokens,
      usage.cached_tokens,
    ),
    ...(cacheWriteTokens > 0 && { cacheWriteTokens }),
    ...(audioInputTokens > 0 && { audioInputTokens }),
    ...(audioOutputTokens > 0 && { audioOutputTokens }),
    ...(cost !== null && { cost }),
  };
}

function firstObject(usage: JsonObject, names: readonly string[]): JsonObject {
  return names.map((name) => usage[name]).find(isObject) ?? {};
}

const firstCount = (...told: unknown[]): number => told.map(toCount).find((count) => count > 0) ?? 0;

/** No answer takes more than `MAX_COUNT`; a number beyond it would spoil every sum that it comes into. */
function toCount(value: unknown): number {
  return typeof value === "number" && value > 0 && value <= MAX_COUNT ? Math.trunc(value) : 0;
}

/** OpenRouter tells a number, Perplexity an object with the sum. An answer that cost nothing has a cost, too. */
function toCost(told: unknown): number | null {
  const cost = isObject(told) ? told.total_cost : told;
  return typeof cost === "number" && cost >= 0 && cost <= MAX_COUNT ? cost : null;
}
